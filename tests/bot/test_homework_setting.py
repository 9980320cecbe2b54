"""Teachers set homework by a line, look at it first, change it, and take it back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import Course, CourseTeacher, Homework, LessonChange
from core.db.uow import UnitOfWork
from core.domain.kinds import ChangeKind
from tests.cast import TODAY, Cast
from tests.support.conversation import Stage, User
from tests.support.trail import audited, happened


@pytest.fixture
def stage(database: Database, clock: FrozenClock) -> Stage:
    return Stage(database, clock)


def phone(stage: Stage, cast: Cast, name: str, *, language: str = "en") -> User:
    return stage.user(cast[name].user_id, language=language)


async def homework_rows(
    stage: Stage, cast: Cast, course: str = "algebra_7a"
) -> list[sa.Row[tuple[str, date]]]:
    """What is set in a course and not withdrawn, beside the cast's own."""
    async with UnitOfWork(stage.database, stage.clock) as uow:
        return list(
            await uow.rows(
                sa.select(Homework.text, Homework.due_on, Homework.due_period, Homework.minutes, Homework.id)
                .where(
                    Homework.course_id == cast.courses[course],
                    Homework.withdrawn_at.is_(None),
                    Homework.id != cast.homework[course],
                )
                .order_by(Homework.id)
            )
        )


def data_of(user: User, do: str) -> str:
    """The data of the button that does it, in whichever language it is labelled."""
    assert user.last is not None
    return next(data for data in user.last.buttons.values() if data.split(":")[1] == do)


async def teach_also(stage: Stage, cast: Cast, teacher: str, *courses: str) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        for course in courses:
            await uow.insert(
                CourseTeacher, course_id=cast.courses[course], teacher_id=cast[teacher].person_id
            )


# --- setting ----------------------------------------------------------------------------------------------


async def test_a_line_is_shown_first_and_saved_for_the_families(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    shown = await teacher.send("/hw 7A algebra tomorrow: §12, No. 345–350 (30 min)")
    for said in ("7A · Algebra", "omorrow", "§12, No. 345–350", "30 min"):
        assert said in shown.text
    assert await homework_rows(stage, cast) == []
    await teacher.tap("Save")
    assert "§12, No. 345–350" in (await phone(stage, cast, "mother").send("/homework")).text
    entry = (await audited(stage.database, stage.clock, "homework.set"))[0]
    assert entry.actor_id == cast["teacher"].person_id
    assert entry.after["text"] == "§12, No. 345–350"
    assert entry.after["due"] == ["2026-11-25"]
    told = (await happened(stage.database, stage.clock, "homework_set"))[0]
    assert told.not_before == stage.clock.now() + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("language", "line", "due"),
    [
        ("en", "/hw 7A algebra Friday: §12", date(2026, 11, 27)),
        ("en", "/hw next lesson: §12", date(2026, 12, 1)),
        ("en", "/hw §12", date(2026, 12, 1)),
        ("ru", "/hw 7А в пт: §12", date(2026, 11, 27)),
        ("ru", "/hw к следующему уроку: §12", date(2026, 12, 1)),
        ("th", "/hw 7A พรุ่งนี้: §12", date(2026, 11, 25)),
        ("th", "/hw คาบหน้า: §12", date(2026, 12, 1)),
    ],
)
async def test_the_day_is_said_in_three_languages_else_it_is_the_next_lesson(
    stage: Stage, cast: Cast, language: str, line: str, due: date
) -> None:
    teacher = phone(stage, cast, "teacher", language=language)
    await teacher.send(line)
    await teacher.tap_data(data_of(teacher, "save"))
    assert [(row.text, row.due_on) for row in await homework_rows(stage, cast)] == [("§12", due)]


async def test_several_classes_are_set_at_once_and_taken_back_at_once(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "homeroom")
    assert "For which courses?" in (await teacher.send("/hw maths tomorrow: count to ten")).text
    await teacher.tap("☐ 3B")
    await teacher.tap("☐ 5A")
    shown = await teacher.tap("Done")
    assert "3B · Maths" in shown.text
    assert "5A · Maths" in shown.text
    await teacher.tap("Save")
    for course in ("maths_3b", "maths_5a"):
        assert [row.text for row in await homework_rows(stage, cast, course)] == ["count to ten"]
    assert "2 pieces of homework" in (await teacher.send("/undo")).text
    for course in ("maths_3b", "maths_5a"):
        assert await homework_rows(stage, cast, course) == []
    assert (await happened(stage.database, stage.clock, "homework_set"))[0].cancelled


async def test_nobody_but_a_teacher_sets_homework_and_each_only_in_own_courses(
    stage: Stage, cast: Cast
) -> None:
    for name in ("mother", "ivan", "secretary", "head"):
        asker = phone(stage, cast, name)
        unknown = (await asker.send("/nothing")).text.replace("nothing", "hw")
        assert (await asker.send("/hw 7A algebra: §1")).text == unknown
    number = cast.homework["algebra_7a"]
    homeroom = phone(stage, cast, "homeroom")
    await homeroom.send("/hw 7A literature tomorrow: read")
    posting = data_of(homeroom, "save").split(":")[2]
    assert (
        "nothing like that"
        in (await homeroom.tap_data(f"sh:course:{posting}:{cast.courses['algebra_7a']}:0")).text
    )
    for do in ("open", "reword", "redays", "ask", "drop"):
        assert "nothing like that" in (await homeroom.tap_data(f"sh:{do}:0:{number}:0")).text, do
    stranger = phone(stage, cast, "teacher")
    assert "nothing like that" in (await stranger.tap_data(f"sh:save:{posting}:0:0")).text
    mother = phone(stage, cast, "mother")
    assert "not lead anywhere" in (await mother.tap_data(f"sh:drop:0:{number}:0")).text
    async with UnitOfWork(stage.database, stage.clock) as uow:
        row = await uow.row(sa.select(Homework.text, Homework.withdrawn_at).where(Homework.id == number))
    assert row is not None
    assert (row.text, row.withdrawn_at) == ("exercise of the class 7A", None)


# --- the day that was shown -------------------------------------------------------------------------------


async def test_the_next_lesson_that_was_shown_is_the_one_saved_a_day_later(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    clock.at = datetime(2026, 11, 30, 12, tzinfo=UTC)
    teacher = phone(stage, cast, "teacher")
    assert "omorrow, lesson 1" in (await teacher.send("/hw 7A algebra: §12")).text
    clock.at = datetime(2026, 12, 1, 4, tzinfo=UTC)
    assert "oday, lesson 1" in (await teacher.tap("Save")).text
    assert [row.due_on for row in await homework_rows(stage, cast)] == [date(2026, 12, 1)]


async def test_a_lesson_that_was_cancelled_meanwhile_is_shown_again_before_anything_is_saved(
    stage: Stage, cast: Cast
) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("/hw 7A algebra: §12")
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.insert(
            LessonChange,
            course_id=cast.courses["algebra_7a"],
            date=date(2026, 12, 1),
            period=1,
            kind=ChangeKind.CANCELLED,
        )
    again = await teacher.tap("Save")
    assert "has changed" in again.text
    assert "8 December" in again.text
    assert await homework_rows(stage, cast) == []
    await teacher.tap("Save")
    assert [row.due_on for row in await homework_rows(stage, cast)] == [date(2026, 12, 8)]


async def test_a_day_that_is_over_is_said_to_be_and_another_can_be_chosen(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    teacher = phone(stage, cast, "teacher")
    assert "day is over" in (await teacher.send("/hw 7A yesterday: §12")).text
    assert teacher.last is not None
    assert "Save" not in teacher.last.buttons
    await teacher.tap("Change day")
    await teacher.tap("Tuesday, 1 December")
    await teacher.tap("Save")
    assert [row.due_on for row in await homework_rows(stage, cast)] == [date(2026, 12, 1)]


async def test_a_forged_day_far_away_is_not_taken(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("/hw 7A: §12")
    posting = data_of(teacher, "save").split(":")[2]
    assert "not lead anywhere" in (await teacher.tap_data(f"sh:day:{posting}:0:3651000")).text
    in_two_years = (TODAY + timedelta(days=730)).toordinal()
    assert "more than a year" in (await teacher.tap_data(f"sh:day:{posting}:0:{in_two_years}")).text
    assert "more than a year" in (await teacher.tap_data(f"sh:save:{posting}:0:0")).text
    assert await homework_rows(stage, cast) == []


# --- words that are not what they seem --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "text"), [("/hw §12: No. 5", "§12: No. 5"), ("/hw Ex. 5: read it", "Ex. 5: read it")]
)
async def test_a_colon_in_the_words_loses_none_of_them(
    stage: Stage, cast: Cast, line: str, text: str
) -> None:
    teacher = phone(stage, cast, "teacher")
    shown = await teacher.send(line)
    assert text in shown.text
    assert "7A · Algebra" in shown.text
    await teacher.tap("Save")
    assert [row.text for row in await homework_rows(stage, cast)] == [text]


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "none of your courses"), ("ru", "«7C»"), ("th", "7C")]
)
async def test_a_course_of_somebody_else_keeps_the_words_and_asks_for_which(
    stage: Stage, cast: Cast, language: str, sentence: str
) -> None:
    teacher = phone(stage, cast, "teacher", language=language)
    shown = await teacher.send("/hw 7C tomorrow: read the poem")
    assert sentence in shown.text
    assert "read the poem" in shown.text
    await teacher.tap("☐ 7A")
    await teacher.tap_data(data_of(teacher, "show"))
    await teacher.tap_data(data_of(teacher, "save"))
    assert [(row.text, row.due_on) for row in await homework_rows(stage, cast)] == [
        ("read the poem", date(2026, 11, 25))
    ]


async def test_ten_thousand_characters_are_too_many_and_all_else_is_kept(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    said = (await teacher.send("/hw 7A algebra Friday: " + "x" * 10_000)).text
    assert "10,000" in said
    assert "4,000" in said
    assert "27 November" in (await teacher.send("§12")).text
    await teacher.tap("Save")
    assert [(row.text, row.due_on) for row in await homework_rows(stage, cast)] == [
        ("§12", date(2026, 11, 27))
    ]


async def test_without_words_they_are_asked_for(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    assert "Write it now" in (await teacher.send("/hw 7A algebra tomorrow")).text
    assert "§12" in (await teacher.send("§12")).text
    await teacher.tap("Save")
    assert [(row.text, row.due_on) for row in await homework_rows(stage, cast)] == [
        ("§12", date(2026, 11, 25))
    ]


async def test_what_is_due_there_already_and_which_course_has_no_lesson_is_said(
    stage: Stage, cast: Cast
) -> None:
    await teach_also(stage, cast, "teacher", "maths_5a")
    teacher = phone(stage, cast, "teacher")
    await teacher.send("/hw 7A, 5A tomorrow: §12")
    assert teacher.last is not None
    assert "exercise of the class 7A" in teacher.last.text
    assert "7A · Algebra: no lesson on that day" in teacher.last.text
    assert "5A · Maths: no lesson on that day" in teacher.last.text


# --- editing ----------------------------------------------------------------------------------------------


async def test_back_from_edit_and_save_leaves_the_chat_free(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("/hw 7A algebra: §12")
    await teacher.tap("Edit")
    await teacher.tap("Back")
    await teacher.tap("Save")
    assert "Petrov" in (await teacher.send("Petrov 5")).text
    assert [row.text for row in await homework_rows(stage, cast)] == ["§12"]


async def test_new_words_for_what_is_set_are_shown_beside_the_old_ones_before_they_count(
    stage: Stage, cast: Cast
) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("/hw")
    await teacher.tap("25 Nov")
    assert "exercise of the class 7A" in (await teacher.tap("Edit")).text
    shown = await teacher.send("Friday: only No. 5 (10 min)")
    for said in ("exercise of the class 7A", "only No. 5", "27 November", "10 min"):
        assert said in shown.text
    mother = phone(stage, cast, "mother")
    assert "exercise of the class 7A" in (await mother.send("/homework")).text
    await teacher.tap("Save")
    await mother.send("/homework")
    await mother.tap("By subject")
    assert "only No. 5" in (await mother.tap("Algebra")).text
    entry = (await audited(stage.database, stage.clock, "homework.edit"))[0]
    assert (entry.before["text"], entry.before["due"]) == ("exercise of the class 7A", "2026-11-25")
    assert (entry.after["text"], entry.after["due"]) == ("only No. 5", "2026-11-27")


async def test_undo_after_an_edit_brings_the_old_words_back_and_withdraws_nothing(
    stage: Stage, cast: Cast
) -> None:
    teacher = phone(stage, cast, "teacher")
    number = cast.homework["algebra_7a"]
    await teacher.tap_data(f"sh:reword:0:{number}:0")
    await teacher.send("only No. 5")
    await teacher.tap("Save")
    assert "what it said before" in (await teacher.send("/undo")).text
    assert "exercise of the class 7A" in (await phone(stage, cast, "mother").send("/homework")).text
    assert (await happened(stage.database, stage.clock, "homework_edited"))[0].cancelled
    entry = (await audited(stage.database, stage.clock, "homework.undo"))[0]
    assert (entry.before["text"], entry.after["text"]) == ("only No. 5", "exercise of the class 7A")
    assert entry.after["minutes"] == 20


async def test_another_day_for_what_is_set_is_shown_first_too(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    number = cast.homework["algebra_7a"]
    await teacher.tap_data(f"sh:redays:0:{number}:0")
    assert "This is what it says now" in (await teacher.tap("Tuesday, 1 December")).text
    await teacher.tap("Save")
    async with UnitOfWork(stage.database, stage.clock) as uow:
        row = await uow.row(sa.select(Homework.due_on, Homework.due_period).where(Homework.id == number))
    assert row is not None
    assert (row.due_on, row.due_period) == (date(2026, 12, 1), 1)


async def test_an_edit_of_what_was_changed_meanwhile_is_shown_again(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    number = cast.homework["algebra_7a"]
    await teacher.tap_data(f"sh:reword:0:{number}:0")
    await teacher.send("only No. 5")
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(sa.update(Homework).where(Homework.id == number).values(text="of the substitute"))
    assert "of the substitute" in (await teacher.tap("Save")).text
    await teacher.tap("Save")
    assert "only No. 5" in (await phone(stage, cast, "mother").send("/homework")).text


async def test_back_leads_to_what_is_set_and_cancel_changes_nothing(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    for way_out in ("Back", "Cancel"):
        await teacher.tap_data(f"sh:reword:0:{cast.homework['algebra_7a']}:0")
        await teacher.tap(way_out)
        await teacher.send("Petrov 5")
    assert "exercise of the class 7A" in (await phone(stage, cast, "mother").send("/homework")).text


async def test_withdrawing_asks_first_and_says_what_will_happen(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    number = cast.homework["algebra_7a"]
    await teacher.tap_data(f"sh:open:0:{number}:0")
    assert "will no longer see it" in (await teacher.tap("Withdraw")).text
    assert "Algebra" in (await phone(stage, cast, "mother").send("/homework")).text
    await teacher.tap("Withdraw")
    assert "Algebra" not in (await phone(stage, cast, "mother").send("/homework")).text
    entry = (await audited(stage.database, stage.clock, "homework.withdraw"))[0]
    assert entry.before == {"text": "exercise of the class 7A"}


async def test_saving_twice_saves_once(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("/hw 7A algebra: §12")
    assert teacher.last is not None
    save = teacher.last.buttons["Save"]
    await teacher.tap_data(save)
    assert "It was saved" in (await teacher.tap_data(save)).text
    assert len(await homework_rows(stage, cast)) == 1


async def test_a_substitute_sets_homework_in_the_course_that_is_taken_over(stage: Stage, cast: Cast) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.insert(
            LessonChange,
            course_id=cast.courses["algebra_7a"],
            date=TODAY,
            period=1,
            kind=ChangeKind.SUBSTITUTED,
            teacher_id=cast["homeroom"].person_id,
        )
        await uow.write(sa.update(Course).where(Course.id == cast.courses["maths_3b"]).values(name="group 2"))
    substitute = phone(stage, cast, "homeroom")
    await substitute.send("/hw 7A algebra tomorrow: §12")
    await substitute.tap("Save")
    assert [row.text for row in await homework_rows(stage, cast)] == ["§12"]
