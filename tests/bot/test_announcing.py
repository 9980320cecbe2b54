"""Announcing: to whom, shown first, sent, read, edited and withdrawn; and the author's view of who has read it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import Announcement, ChatLink, CourseEnrollment, Enrollment, Receipt, SchoolClass
from core.db.uow import UnitOfWork
from tests.cast import TODAY, Cast
from tests.support.conversation import Stage, User
from tests.support.statements import Statements
from tests.support.trail import audited, happened


@pytest.fixture
def stage(database: Database, clock: FrozenClock) -> Stage:
    return Stage(database, clock)


def phone(stage: Stage, cast: Cast, name: str, *, language: str = "en") -> User:
    return stage.user(cast[name].user_id, language=language)


def data_of(user: User, do: str) -> str:
    """The data of the button that does it, in whichever language it is labelled."""
    assert user.last is not None
    return next(data for data in user.last.buttons.values() if data.split(":")[1] == do)


async def texts(stage: Stage) -> list[str]:
    """What is announced and not withdrawn."""
    async with UnitOfWork(stage.database, stage.clock) as uow:
        rows = await uow.rows(
            sa.select(Announcement.text).where(Announcement.withdrawn_at.is_(None)).order_by(Announcement.id)
        )
    return [row.text for row in rows]


async def announced(stage: Stage, cast: Cast, line: str, *, by: str = "homeroom") -> User:
    """Somebody who has sent it, with the card of it open."""
    author = phone(stage, cast, by)
    await author.send(line)
    await author.tap("Send")
    await author.tap("Who has read it")
    return author


# --- to whom ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "/announce 7A: bring skis"),
        ("ru", "/announce 7А: лыжи завтра"),
        ("th", "/announce 7A: พรุ่งนี้เรียนเร็ว"),
    ],
)
async def test_a_class_is_told_by_its_homeroom_teacher_and_the_families_are_counted(
    stage: Stage, cast: Cast, language: str, line: str
) -> None:
    words = line.split(": ")[1]
    homeroom = phone(stage, cast, "homeroom", language=language)
    shown = await homeroom.send(line)
    assert "2" in shown.text
    assert await texts(stage) == []
    await homeroom.tap_data(data_of(homeroom, "send"))
    assert words in (await phone(stage, cast, "mother").send("/news")).text
    assert words in (await phone(stage, cast, "ivan").send("/news")).text
    for name in ("cut_father", "katya", "secretary"):
        assert words not in (await phone(stage, cast, name).send("/news")).text, name
    entry = (await audited(stage.database, stage.clock, "announcement.publish"))[0]
    assert entry.actor_id == cast["homeroom"].person_id
    assert entry.after["text"] == words
    assert len(await happened(stage.database, stage.clock, "announcement_published")) == 1


async def test_the_audience_is_counted_in_families_linked_and_not(stage: Stage, cast: Cast) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(
            sa.update(ChatLink)
            .where(ChatLink.person_id.in_([cast["alexei"].person_id, cast["stranger_mother"].person_id]))
            .values(revoked_at=uow.now)
        )
    shown = (await phone(stage, cast, "homeroom").send("/announce 7A: bring skis")).text
    assert "2 families: 1 linked, 1 not linked" in shown


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("teacher", "/announce 7A algebra: x"),
        ("homeroom", "/announce 7A: x"),
        ("homeroom", "/announce 7A literature: x"),
        ("head", "/announce grade 7: x"),
        ("deputy", "/announce school: x"),
        ("admin", "/announce школа: x"),
    ],
)
async def test_everybody_speaks_to_the_own_audience(stage: Stage, cast: Cast, name: str, line: str) -> None:
    author = phone(stage, cast, name)
    await author.send(line)
    await author.tap("Send")
    assert await texts(stage) == ["x"]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("teacher", "/announce school: x"),
        ("teacher", "/announce grade 7: x"),
        ("teacher", "/announce 5A: x"),
        ("homeroom", "/announce 3B algebra: x"),
        ("homeroom", "/announce school: x"),
        ("head", "/announce 7A: x"),
    ],
)
async def test_nobody_speaks_to_a_foreign_audience_and_the_words_are_kept(
    stage: Stage, cast: Cast, name: str, line: str
) -> None:
    author = phone(stage, cast, name)
    asked = await author.send(line)
    assert "You can write to" in asked.text
    assert "x\n" in asked.text
    assert "Send" not in asked.buttons
    posting = data_of(author, "to").split(":")[2]
    for code in (
        f"course.{cast.courses['maths_5a']}",
        f"class.{cast.classes['5A']}",
        f"school.{cast.other_school_id}",
    ):
        if code != f"course.{cast.courses['maths_5a']}" or name != "homeroom":
            assert "nothing like that" in (await author.tap_data(f"an:to:{posting}:{code}")).text, code
    assert await texts(stage) == []


async def test_families_and_office_workers_announce_nothing(stage: Stage, cast: Cast) -> None:
    for name in ("mother", "ivan", "secretary", "canteen"):
        asker = phone(stage, cast, name)
        for command in ("announce", "announcements"):
            unknown = (await asker.send("/nothing")).text.replace("nothing", command)
            assert (await asker.send(f"/{command} school: x")).text == unknown
        assert "not lead anywhere" in (await asker.tap_data("an:send:1:")).text


async def test_a_sentence_with_a_colon_is_kept_whole_and_asks_for_whom(stage: Stage, cast: Cast) -> None:
    homeroom = phone(stage, cast, "homeroom")
    assert "bring skis" in (await homeroom.send("/announce Attention: bring skis tomorrow please")).text
    await homeroom.tap("7A")
    await homeroom.tap("Send")
    assert await texts(stage) == ["Attention: bring skis tomorrow please"]


async def test_without_words_they_are_asked_for_and_too_many_are_not_lost_with_the_audience(
    stage: Stage, cast: Cast
) -> None:
    homeroom = phone(stage, cast, "homeroom")
    assert "For: 7A" in (await homeroom.send("/announce 7A")).text
    assert "10,000" in (await homeroom.send("x" * 10_000)).text
    assert "bring skis" in (await homeroom.send("bring skis")).text
    await homeroom.tap("Send")
    assert await texts(stage) == ["bring skis"]


# --- who reads it -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["/announce 7A: x", "/announce 7A literature: x"])
async def test_a_pupil_whose_enrolment_has_an_end_to_come_reads_the_news_and_is_counted(
    stage: Stage, cast: Cast, line: str
) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        for table in (Enrollment, CourseEnrollment):
            await uow.write(sa.update(table).values(starts=TODAY, ends=TODAY + timedelta(days=180)))
    homeroom = phone(stage, cast, "homeroom")
    assert "2 families" in (await homeroom.send(line)).text
    await homeroom.tap("Send")
    assert "Nothing has been announced" not in (await phone(stage, cast, "ivan").send("/news")).text
    assert "Nothing has been announced" not in (await phone(stage, cast, "mother").send("/news")).text


@pytest.mark.parametrize(("starts", "ends"), [(None, -1), (1, None)])
async def test_who_has_left_or_is_still_to_come_neither_reads_nor_counts(
    stage: Stage, cast: Cast, starts: int | None, ends: int | None
) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(
            sa.update(Enrollment)
            .where(Enrollment.student_id == cast["alexei"].person_id)
            .values(
                starts=TODAY + timedelta(days=starts) if starts else None,
                ends=TODAY + timedelta(days=ends) if ends else None,
            )
        )
    homeroom = phone(stage, cast, "homeroom")
    assert "1 family" in (await homeroom.send("/announce 7A: x")).text
    await homeroom.tap("Send")
    assert "Nothing has been announced" in (await phone(stage, cast, "alexei").send("/news")).text
    assert "x" in (await phone(stage, cast, "ivan").send("/news")).text


async def test_the_news_of_a_grade_names_the_child_whose_grade_it_is(stage: Stage, cast: Cast) -> None:
    head = phone(stage, cast, "head")
    await head.send("/announce grade 7: the library is open")
    await head.tap("Send")
    news = (await phone(stage, cast, "mother").send("/news")).text
    assert "Ivan" in news
    assert "Maria" not in news
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(sa.update(SchoolClass).where(SchoolClass.id == cast.classes["3B"]).values(grade=7))
    assert "Maria" in (await phone(stage, cast, "mother").tap_data("nw:open:1:0")).text


async def test_news_that_open_at_once_cost_a_mother_of_two_four_statements(stage: Stage, cast: Cast) -> None:
    await announced(stage, cast, "/announce 7A: bring skis")
    mother = phone(stage, cast, "mother")
    with Statements(stage.database) as statements:
        assert "Ivan" in (await mother.send("/news")).text
    assert len(statements.seen) <= 4, statements.seen


async def test_opening_leaves_a_receipt_and_the_author_sees_who_has_and_who_has_not(
    stage: Stage, cast: Cast
) -> None:
    homeroom = await announced(stage, cast, "/announce 7A: bring skis")
    assert homeroom.last is not None
    assert "Not read yet: 2" in homeroom.last.buttons
    await phone(stage, cast, "mother").send("/news")
    async with UnitOfWork(stage.database, stage.clock) as uow:
        assert await uow.value(sa.select(Receipt.person_id)) == cast["mother"].person_id
    assert "sent to 0 chats, opened by 1" in (await homeroom.send("/announcements")).text
    await homeroom.tap("7A")
    assert "Anna Petrova" in (await homeroom.tap("Read: 1")).text
    await homeroom.tap("Back")
    unread = (await homeroom.tap("Not read yet: 1")).text
    assert "Smirnov" in unread
    assert "Petrov" not in unread


async def test_nobody_looks_into_the_announcement_of_another_author(stage: Stage, cast: Cast) -> None:
    await announced(stage, cast, "/announce 7A: bring skis")
    for name in ("teacher", "other_admin"):
        other = phone(stage, cast, name)
        for do in ("open", "names", "reword", "ask", "drop"):
            assert "nothing like that" in (await other.tap_data(f"am:{do}:1:0:opened")).text, (name, do)
    head = phone(stage, cast, "head")
    assert "bring skis" in (await head.tap_data("am:open:1:0:opened")).text, "who speaks for the school may"
    assert "nothing like that" in (await phone(stage, cast, "katya").tap_data("nw:open:1:0")).text


# --- editing and withdrawing ------------------------------------------------------------------------------


async def test_new_words_are_shown_beside_the_old_ones_and_count_only_when_saved(
    stage: Stage, cast: Cast
) -> None:
    homeroom = await announced(stage, cast, "/announce 7A: bring skis")
    await homeroom.tap("Edit")
    shown = (await homeroom.send("bring skis and a cap")).text
    assert "This is what it says now:\nbring skis\n" in shown.replace("\n\n", "\n")
    assert "bring skis and a cap" in shown
    assert await texts(stage) == ["bring skis"]
    await homeroom.tap("Save")
    read = (await phone(stage, cast, "mother").send("/news")).text
    assert "bring skis and a cap" in read
    assert "edited" in read
    entry = (await audited(stage.database, stage.clock, "announcement.edit"))[0]
    assert (entry.before["text"], entry.after["text"]) == ("bring skis", "bring skis and a cap")


async def test_a_line_of_marks_does_not_become_the_announcement_that_is_being_edited(
    stage: Stage, cast: Cast
) -> None:
    teacher = await announced(stage, cast, "/announce 7A algebra: bring rulers", by="teacher")
    await teacher.tap("Edit")
    asked = await teacher.send('Petrov 2 "did not prepare"')
    assert "Which is it?" in asked.text
    assert await texts(stage) == ["bring rulers"]
    assert "Petrov" in (await teacher.tap("Give marks")).text
    await teacher.tap("Save")
    assert await texts(stage) == ["bring rulers"]
    assert "did not prepare" not in (await phone(stage, cast, "stranger_mother").send("/news")).text


async def test_the_same_words_are_the_text_where_the_author_says_so(stage: Stage, cast: Cast) -> None:
    teacher = await announced(stage, cast, "/announce 7A algebra: bring rulers", by="teacher")
    await teacher.tap("Edit")
    await teacher.send("Petrov 5")
    assert "Petrov 5" in (await teacher.tap("It is the text")).text
    assert await texts(stage) == ["bring rulers"]
    await teacher.tap("Save")
    assert await texts(stage) == ["Petrov 5"]


@pytest.mark.parametrize("way_out", ["Back", "Cancel"])
async def test_there_is_a_way_out_of_editing(stage: Stage, cast: Cast, way_out: str) -> None:
    teacher = await announced(stage, cast, "/announce 7A algebra: bring rulers", by="teacher")
    await teacher.tap("Edit")
    await teacher.tap(way_out)
    assert "did not understand" in (await teacher.send("hello there")).text
    assert await texts(stage) == ["bring rulers"]


async def test_an_edit_left_open_for_three_days_swallows_nothing(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    teacher = await announced(stage, cast, "/announce 7A algebra: bring rulers", by="teacher")
    await teacher.tap("Edit")
    clock.move(timedelta(days=3))
    assert "did not understand" in (await teacher.send("hello there")).text
    assert await texts(stage) == ["bring rulers"]


async def test_undo_after_an_edit_brings_the_old_words_back_and_withdraws_nothing(
    stage: Stage, cast: Cast
) -> None:
    homeroom = await announced(stage, cast, "/announce 7A: bring skis")
    await homeroom.tap("Edit")
    await homeroom.send("bring a cap")
    await homeroom.tap("Save")
    await homeroom.send("/undo")
    assert await texts(stage) == ["bring skis"]
    assert "edited" not in (await phone(stage, cast, "mother").send("/news")).text
    assert (await happened(stage.database, stage.clock, "announcement_edited"))[0].cancelled
    entry = (await audited(stage.database, stage.clock, "announcement.undo"))[0]
    assert (entry.before["text"], entry.after["text"]) == ("bring a cap", "bring skis")
    await homeroom.send("/undo")
    assert await texts(stage) == []


async def test_an_edit_of_what_was_changed_meanwhile_is_shown_again(stage: Stage, cast: Cast) -> None:
    homeroom = await announced(stage, cast, "/announce 7A: bring skis")
    await homeroom.tap("Edit")
    await homeroom.send("bring a cap")
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(sa.update(Announcement).values(text="of the head"))
    again = (await homeroom.tap("Save")).text
    assert "of the head" in again
    assert "changed meanwhile" in again
    assert await texts(stage) == ["of the head"]
    await homeroom.tap("Save")
    assert await texts(stage) == ["bring a cap"]


async def test_withdrawing_asks_first_and_then_nobody_sees_it(stage: Stage, cast: Cast) -> None:
    homeroom = await announced(stage, cast, "/announce 7A: bring skis")
    assert "Nobody will see it" in (await homeroom.tap("Withdraw")).text
    assert "bring skis" in (await phone(stage, cast, "mother").send("/news")).text
    await homeroom.tap("Withdraw")
    assert "Nothing has been announced" in (await phone(stage, cast, "mother").send("/news")).text
    assert "nothing like that" in (await phone(stage, cast, "ivan").tap_data("nw:open:1:0")).text
    entry = (await audited(stage.database, stage.clock, "announcement.withdraw"))[0]
    assert (entry.actor_id, entry.before) == (cast["homeroom"].person_id, {"text": "bring skis"})
