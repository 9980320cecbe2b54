"""How an announcement is told is its author's to choose: the options, the moment, and what only the head may."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from core.access import load_actor
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import (
    AcademicYear,
    Announcement,
    Chat,
    ChatLink,
    ChatLinkRole,
    CourseTeacher,
    Org,
    Posting,
    Receipt,
    RoleAssignment,
    SchoolClass,
)
from core.db.uow import UnitOfWork
from core.domain.announcing import HowTold
from core.domain.audience_words import Audience
from core.domain.drafts import AnnouncementDraft
from core.domain.kinds import AudienceKind, OrgKind, Urgency
from core.domain.rights import Role
from core.queries.announcements import may_ring
from tests.bot.test_announcing import data_of, phone, texts
from tests.cast import NOW, Cast, chat_key
from tests.support.conversation import Stage, User
from tests.support.statements import Statements
from tests.support.trail import audited, happened

MOSCOW = ZoneInfo("Europe/Moscow")
TOMORROW = datetime(2026, 11, 25, 7, 30, tzinfo=MOSCOW)


@pytest.fixture
def stage(database: Database, clock: FrozenClock) -> Stage:
    return Stage(database, clock)


async def choosing(stage: Stage, cast: Cast, line: str, *labels: str, by: str = "homeroom") -> User:
    """An author who has tapped these options of a draft."""
    author = phone(stage, cast, by)
    await author.send(line)
    for label in ("Options", *labels):
        await author.tap(label)
    return author


async def kept(stage: Stage) -> tuple[str, bool, bool]:
    """Urgency, silence and question of what is announced."""
    async with UnitOfWork(stage.database, stage.clock) as uow:
        row = await uow.row(sa.select(Announcement.urgency, Announcement.silent, Announcement.asks))
    assert row is not None
    return str(row.urgency), row.silent, row.asks


async def test_the_options_are_one_tap_each_and_show_in_the_preview(stage: Stage, cast: Cast) -> None:
    homeroom = await choosing(
        stage, cast, "/announce 7A: bring skis", "☐ Send silently", "☐ Ask to acknowledge"
    )
    assert "reminded up to three times" in homeroom.last.text  # type: ignore[union-attr]
    assert "without a sound · asks to be acknowledged" in (await homeroom.tap("Back")).text
    await homeroom.tap("Send")
    assert await kept(stage) == ("at_once", True, True)


async def test_the_preview_says_nothing_of_what_is_as_usual(stage: Stage, cast: Cast) -> None:
    shown = (await phone(stage, cast, "homeroom").send("/announce 7A: bring skis")).text
    assert "How" not in shown


async def test_for_the_digest_neither_silence_nor_a_question_is_offered(stage: Stage, cast: Cast) -> None:
    homeroom = await choosing(stage, cast, "/announce 7A: x", "☐ Ask to acknowledge", "In the evening digest")
    assert homeroom.last is not None
    assert not any("silently" in label or "acknowledge" in label for label in homeroom.last.buttons)
    await homeroom.tap("Back")
    await homeroom.tap("Send")
    assert await kept(stage) == ("digest", False, False)


@pytest.mark.parametrize("name", ["head", "deputy", "admin"])
async def test_who_speaks_for_the_school_may_ring_every_phone_and_is_asked_first(
    stage: Stage, cast: Cast, name: str
) -> None:
    head = await choosing(stage, cast, "/announce school: the gas is leaking", "Emergency", "Back", by=name)
    asked = (await head.tap("Send")).text
    assert "rings every phone now, also at night: 3 families" in asked
    assert await texts(stage) == []
    await head.tap("Ring every phone now")
    assert await kept(stage) == ("emergency", False, False)
    (entry,) = await audited(stage.database, stage.clock, "announcement.publish")
    assert (entry.actor_id, entry.after["urgency"]) == (cast[name].person_id, "emergency")


async def test_the_head_of_a_district_rings_at_its_schools_and_at_no_other(stage: Stage, cast: Cast) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        district = await uow.insert(
            Org, kind=OrgKind.DISTRICT, name="Coast", timezone="Europe/Moscow", path="/d/"
        )
        own = sa.update(Org).where(Org.id == cast.school_id)
        await uow.write(own.values(parent_id=district, path=f"/d/{cast.school_id}/"))
        role = sa.update(RoleAssignment).where(RoleAssignment.person_id == cast["head"].person_id)
        await uow.write(role.values(org_id=district))
    head = await choosing(stage, cast, "/announce grade 7: no heating", "Urgent", "Back", by="head")
    await head.tap("Send")
    assert await kept(stage) == ("urgent", False, False)
    async with UnitOfWork(stage.database, stage.clock) as uow:
        _, actor = await load_actor(uow, chat_key(cast, "head"))
        foreign = Audience(AudienceKind.SCHOOL, cast.other_school_id, cast.other_school_id)
        assert not await may_ring(uow, actor, foreign)


async def test_an_old_send_button_rings_no_phone_unasked(stage: Stage, cast: Cast) -> None:
    head = phone(stage, cast, "head")
    await head.send("/announce school: the gas is leaking")
    old = data_of(head, "send")
    await head.tap("Options")
    await head.tap("Emergency")
    assert "are you sure" in (await head.tap_data(old)).text
    assert await texts(stage) == []


@pytest.mark.parametrize("urgency", ["urgent", "emergency"])
async def test_a_teacher_is_not_offered_to_ring_and_cannot_forge_it(
    stage: Stage, cast: Cast, urgency: str
) -> None:
    homeroom = await choosing(stage, cast, "/announce 7A: x")
    assert homeroom.last is not None
    assert not {"Urgent", "Emergency"} & set(homeroom.last.buttons)
    posting = data_of(homeroom, "told").split(":")[2]
    assert "nothing like that" in (await homeroom.tap_data(f"an:told:{posting}:{urgency}")).text
    draft = AnnouncementDraft("x", f"class.{cast.classes['7A']}", how=HowTold(Urgency(urgency)))
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(sa.update(Posting).values(draft=draft.as_json()))
    assert "nothing like that" in (await homeroom.tap_data(f"an:ring:{posting}:")).text
    assert await texts(stage) == []


# --- for a moment to come ---------------------------------------------------------------------------------


async def scheduled(stage: Stage, cast: Cast, *, by: str = "homeroom") -> User:
    author = await choosing(stage, cast, "/announce 7A: bring skis", "Schedule for", "Tomorrow: 07:30", by=by)
    await author.tap("Send")
    return author


async def test_what_is_scheduled_is_seen_by_nobody_but_its_author_before(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    homeroom = await scheduled(stage, cast)
    assert "scheduled" in homeroom.last.text  # type: ignore[union-attr]
    (event,) = await happened(stage.database, stage.clock, "announcement_published")
    assert event.not_before == TOMORROW
    mother = phone(stage, cast, "mother")
    assert "Nothing has been announced" in (await mother.send("/news")).text
    for tap in ("nw:open:1:0", "nw:ack:1:0"):
        assert "nothing like that" in (await mother.tap_data(tap)).text
    assert "scheduled for 25 Nov 2026, 07:30" in (await homeroom.send("/announcements")).text
    clock.at = TOMORROW
    assert "bring skis" in (await mother.send("/news")).text


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "tomorrow 7:30"), ("ru", "завтра в 7:30"), ("th", "พรุ่งนี้ 7.30 น."), ("en", "25.11 7:30")],
)
async def test_the_moment_may_be_written_in_ones_own_words(
    stage: Stage, cast: Cast, language: str, words: str
) -> None:
    homeroom = phone(stage, cast, "homeroom", language=language)
    await homeroom.send("/announce 7A: x")
    await homeroom.tap_data(data_of(homeroom, "options"))
    await homeroom.tap_data(data_of(homeroom, "when"))
    assert "07:30" in (await homeroom.send(words)).text
    await homeroom.tap_data(data_of(homeroom, "send"))
    (event,) = await happened(stage.database, stage.clock, "announcement_published")
    assert event.not_before == TOMORROW


async def test_a_moment_that_is_over_too_far_or_none_is_said_and_may_be_written_again(
    stage: Stage, cast: Cast
) -> None:
    homeroom = await choosing(stage, cast, "/announce 7A: x", "Schedule for")
    assert "passed already" in (await homeroom.send("24.11.2026 8:00")).text
    assert "within a year" in (await homeroom.send("24.12.2027 8:00")).text
    assert "did not understand that moment" in (await homeroom.send("some day")).text
    assert "25 Nov 2026, 08:00" in (await homeroom.send("tomorrow 8:00")).text


async def test_a_draft_whose_moment_is_over_is_not_sent(stage: Stage, cast: Cast, clock: FrozenClock) -> None:
    homeroom = await choosing(stage, cast, "/announce 7A: x", "Schedule for", "In an hour")
    clock.move(timedelta(hours=2))
    assert "passed already" in (await homeroom.tap("Send")).text
    assert await texts(stage) == []


async def test_what_is_scheduled_can_be_sent_now(stage: Stage, cast: Cast) -> None:
    homeroom = await scheduled(stage, cast)
    await homeroom.tap("My announcements")
    await homeroom.tap("7A")
    await homeroom.tap("Send now")
    (event,) = await happened(stage.database, stage.clock, "announcement_published")
    assert event.not_before == NOW
    assert "bring skis" in (await phone(stage, cast, "mother").send("/news")).text
    assert (await audited(stage.database, stage.clock, "announcement.send_now"))[0].actor_id == (
        cast["homeroom"].person_id
    )
    assert "sent meanwhile" in (await homeroom.tap_data("am:now:1:0:opened")).text


async def test_what_is_scheduled_is_edited_in_silence_and_withdrawn_for_good(
    stage: Stage, cast: Cast
) -> None:
    homeroom = await scheduled(stage, cast)
    await homeroom.tap_data("am:reword:1:0:opened")
    await homeroom.send("bring skis and a cap")
    await homeroom.tap("Save")
    assert await texts(stage) == ["bring skis and a cap"]
    assert await happened(stage.database, stage.clock, "announcement_edited") == []
    await homeroom.tap_data("am:drop:1:0:opened")
    (event,) = await happened(stage.database, stage.clock, "announcement_published")
    assert event.cancelled
    assert await happened(stage.database, stage.clock, "announcement_withdrawn") == []


@pytest.mark.parametrize("do", ["now", "nudge"])
async def test_nobody_sends_or_nudges_for_another_author(stage: Stage, cast: Cast, do: str) -> None:
    await scheduled(stage, cast)
    for name in ("teacher", "other_admin"):
        assert "nothing like that" in (await phone(stage, cast, name).tap_data(f"am:{do}:1:0:opened")).text


# --- acknowledging ----------------------------------------------------------------------------------------


async def asked(stage: Stage, cast: Cast) -> User:
    homeroom = await choosing(stage, cast, "/announce 7A: sign the form", "☐ Ask to acknowledge", "Back")
    await homeroom.tap("Send")
    return homeroom


async def test_acknowledging_is_one_tap_and_stays_as_it_was_said_first(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    homeroom = await asked(stage, cast)
    mother = phone(stage, cast, "mother")
    await mother.send("/news")
    shown = await mother.tap("I have read it")
    assert "You have acknowledged it: 24 Nov 2026, 09:10" in shown.text
    assert "I have read it" not in shown.buttons
    assert any("Thank you" in one.text for one in stage.channel.heard if one.kind == "toast")
    clock.move(timedelta(hours=1))
    with Statements(stage.database) as statements:
        assert "24 Nov 2026, 09:10" in (await mother.tap_data("nw:ack:1:0")).text
    assert len(statements.seen) <= 4, statements.seen
    async with UnitOfWork(stage.database, stage.clock) as uow:
        (row,) = await uow.rows(sa.select(Receipt.person_id, Receipt.acknowledged_at))
    assert tuple(row) == (cast["mother"].person_id, NOW)
    await homeroom.tap_data("am:open:1:0:opened")
    assert "Anna Petrova 24 Nov 2026, 09:10" in (await homeroom.tap("Acknowledged: 1")).text
    await homeroom.tap("Back")
    assert "Smirnov" in (await homeroom.tap("Not acknowledged yet: 1")).text


async def test_acknowledging_without_opening_first_counts_as_reading(stage: Stage, cast: Cast) -> None:
    homeroom = await asked(stage, cast)
    mother = phone(stage, cast, "mother")
    with Statements(stage.database) as statements:
        await mother.tap_data("nw:ack:1:0")
    assert len(statements.seen) <= 4, statements.seen
    assert "Read: 1" in (await homeroom.tap_data("am:open:1:0:opened")).buttons


async def test_only_those_whom_it_concerns_acknowledge_and_the_author_does_not(
    stage: Stage, cast: Cast
) -> None:
    homeroom = await asked(stage, cast)
    assert "nothing like that" in (await phone(stage, cast, "katya").tap_data("nw:ack:1:0")).text
    shown = await homeroom.tap_data("nw:open:1:0")
    assert "I have read it" not in shown.buttons
    await homeroom.tap_data("nw:ack:1:0")
    async with UnitOfWork(stage.database, stage.clock) as uow:
        assert await uow.rows(sa.select(Receipt.id)) == []


async def test_what_does_not_ask_takes_no_answer(stage: Stage, cast: Cast) -> None:
    homeroom = phone(stage, cast, "homeroom")
    await homeroom.send("/announce 7A: bring skis")
    await homeroom.tap("Send")
    shown = await phone(stage, cast, "mother").tap_data("nw:ack:1:0")
    assert "acknowledged" not in shown.text


# --- what went wrong --------------------------------------------------------------------------------------


async def test_a_class_that_is_led_no_more_was_still_written_to_and_looked_at_by_its_old_announcement(
    stage: Stage, cast: Cast
) -> None:
    homeroom = phone(stage, cast, "homeroom")
    await homeroom.send("/announce 7A: bring skis")
    await homeroom.tap("Send")
    await homeroom.tap_data("am:reword:1:0:opened")
    drafted = await homeroom.send("of my own")
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(sa.update(SchoolClass).values(homeroom_teacher_id=cast["teacher"].person_id))
    assert "nothing like that" in (await homeroom.tap_data(drafted.buttons["Save"])).text
    for do in ("nudge", "reword", "names", "drop"):
        assert "nothing like that" in (await homeroom.tap_data(f"am:{do}:1:0:unread")).text
    await homeroom.send("/announcements")
    shown = await homeroom.tap("7A")
    assert "bring skis" in shown.text, "the own words stay"
    assert "Petrov" not in shown.text
    assert not {"Edit", "Withdraw", "Nudge the rest"} & set(shown.buttons)
    assert "Reached" in (await phone(stage, cast, "head").tap_data("am:open:1:0:opened")).text


async def test_a_head_no_more_rang_every_phone_by_editing_an_old_emergency(stage: Stage, cast: Cast) -> None:
    head = await choosing(stage, cast, "/announce school: fire", "Emergency", "Back", by="head")
    await head.tap("Send")
    await head.tap("Ring every phone now")
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        who = cast["head"].person_id
        await uow.write(
            sa.update(RoleAssignment).where(RoleAssignment.person_id == who).values(role=Role.TEACHER)
        )
        await uow.insert(CourseTeacher, course_id=cast.courses["maths_5a"], teacher_id=who)
    assert "nothing like that" in (await head.tap_data("am:reword:1:0:opened")).text


async def test_of_two_persons_at_one_tablet_the_second_could_not_acknowledge(
    stage: Stage, cast: Cast
) -> None:
    """The first had done so at the own phone, and the tablet was reminded on and on."""
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        father = cast["father"]
        chat = await uow.value(sa.select(Chat.id).where(Chat.user_id == cast["mother"].user_id))
        link_id = await uow.insert(ChatLink, chat_id=chat, person_id=father.person_id, linked_at=uow.now)
        await uow.write(sa.insert(ChatLinkRole), [{"link_id": link_id, "role": Role.GUARDIAN}])
    await asked(stage, cast)
    await phone(stage, cast, "father").tap_data("nw:ack:1:0")
    mother = phone(stage, cast, "mother")
    shown = await mother.send("/news")
    assert "I have read it" in shown.buttons
    assert "You have acknowledged it" in (await mother.tap("I have read it")).text
    async with UnitOfWork(stage.database, stage.clock) as uow:
        rows = await uow.rows(sa.select(Receipt.person_id).where(Receipt.acknowledged_at.is_not(None)))
    assert {row.person_id for row in rows} == {cast["mother"].person_id, father.person_id}


async def test_its_author_was_asked_to_acknowledge_the_own_announcement(stage: Stage, cast: Cast) -> None:
    head = await choosing(stage, cast, "/announce school: sign", "☐ Ask to acknowledge", "Back", by="head")
    await head.tap("Send")
    await head.send("/announce school: another")
    await head.tap("Send")
    listed = (await head.send("/news")).text
    assert "please acknowledge" not in listed
    assert "new ·" not in listed
    assert "please acknowledge" in (await phone(stage, cast, "mother").send("/news")).text


async def test_urgent_words_could_not_be_sent_to_an_audience_chosen_afterwards_that_may_not_ring(
    stage: Stage, cast: Cast
) -> None:
    """A head who also teaches at another school: Send answered that there is nothing like that."""
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        head, school_id = cast["head"].person_id, cast.other_school_id
        await uow.insert(RoleAssignment, person_id=head, org_id=school_id, role=Role.TEACHER)
        year = await uow.value(sa.select(AcademicYear.id))
        await uow.insert(
            SchoolClass, school_id=school_id, year_id=year, name="9Z", grade=9, homeroom_teacher_id=head
        )
    author = await choosing(stage, cast, "/announce school: dress warmly", "Urgent", "Back", by="head")
    await author.tap("Change audience")
    shown = await author.tap("9Z")
    assert "urgent" not in shown.text
    await author.tap("Send")
    assert (await kept(stage))[0] == "at_once"


async def test_yes_to_an_emergency_of_a_grade_rang_the_whole_school_with_other_words(
    stage: Stage, cast: Cast
) -> None:
    head = await choosing(stage, cast, "/announce grade 7: no heating", "Emergency", "Back", by="head")
    yes = (await head.tap("Send")).buttons["Ring every phone now"]
    for label in ("Back", "Change audience", "Riverside School", "Edit"):
        await head.tap(label)
    await head.send("no heating at all")
    asked = await head.tap_data(yes)
    assert "are you sure" in asked.text
    assert "no heating at all" in asked.text
    assert await texts(stage) == []
    await head.tap("Ring every phone now")
    assert await texts(stage) == ["no heating at all"]
