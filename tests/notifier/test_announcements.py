"""Announcements on their way: as their author says, again to who has not read them, and what the author sees of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core.actions.unread import resend_unread
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import Chat, ChatLink, ChatLinkRole, Delivery
from core.db.outbox import publish
from core.db.uow import UnitOfWork
from core.domain.announcing import MOST_NUDGES, SHORT_RESENDS, Resends, nudge_key
from core.domain.kinds import DeliveryState
from core.domain.rights import Role
from core.domain.telling import Choice
from tests.cast import Cast
from tests.notifier.test_telling import School
from tests.support.conversation import User
from tests.support.trail import audited

NIGHT = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)  # 23:00 at school


@pytest.fixture
def school(database: Database, clock: FrozenClock, cast: Cast) -> School:
    return School(database, clock, cast)


def phone(school: School, name: str) -> User:
    return school.stage.user(school.cast[name].user_id)


async def announce(school: School, who: str, line: str, *options: str) -> User:
    """Announce with these options, and tell everybody."""
    author = phone(school, who)
    await author.send(line)
    if options:
        for label in ("Options", *options, "Back"):
            await author.tap(label)
    await author.tap("Send")
    if "Emergency" in options:
        await author.tap("Ring every phone now")
    await school.after(seconds=1)
    return author


async def resend(school: School, resends: Resends | None = None) -> int:
    """Run the job, and tell what it wrote."""
    async with UnitOfWork(school.database, school.clock) as uow:
        written = await resend_unread(uow, resends)
        assert uow.statements <= 3
    await school.after(seconds=1)
    return written


ASKS = "☐ Ask to acknowledge"


# --- as its author says -----------------------------------------------------------------------------------


async def test_one_for_the_digest_waits_for_it_unless_a_chat_wants_news_at_once(school: School) -> None:
    await school.prefer("father", "news", Choice.AT_ONCE)
    await announce(school, "homeroom", "/announce 7A: the canteen has new plates", "In the evening digest")
    assert await school.rows("mother") == [(DeliveryState.PENDING, "digest")]
    assert "new plates" in school.heard("father")[0]
    await school.after(hours=9)
    assert "Your day at school" in school.heard("mother")[0]


async def test_an_emergency_rings_at_night_whatever_was_chosen(school: School) -> None:
    await school.prefer("mother", "emergency", Choice.OFF)
    async with UnitOfWork(school.database, school.clock) as uow, uow.writing():
        await uow.write(sa.update(Chat).values(emergencies_only=True))
    school.clock.at = NIGHT
    await announce(school, "head", "/announce school: the gas is leaking", "Emergency")
    (said,) = school.heard("mother")
    assert said.startswith("⚠ Emergency · ")
    assert school.heard("teacher")
    assert not school.heard("cut_father")


async def test_an_urgent_one_breaks_quiet_hours_by_day_and_waits_at_night(school: School) -> None:
    school.clock.at = NIGHT
    await announce(school, "head", "/announce grade 7: no heating, dress warmly", "Urgent")
    assert not school.heard("mother")
    await school.after(hours=7, minutes=29)
    assert not school.heard("mother")
    await school.after(minutes=2)
    assert school.heard("mother")[0].startswith("❗ Urgent · ")


async def test_a_question_cannot_be_turned_off_and_silence_makes_no_sound(school: School) -> None:
    await school.prefer("mother", "news", Choice.OFF)
    await school.prefer("mother", "answer", Choice.OFF)
    await announce(school, "homeroom", "/announce 7A: sign the form", "☐ Send silently", ASKS)
    (heard,) = [one for one in school.phones.heard if one.chat_id == school.cast["mother"].user_id]
    assert heard.what.silent  # type: ignore[union-attr]
    assert heard.buttons["I have read it"] == "nw:ack:1:0"


async def test_a_scheduled_one_is_told_at_its_moment(school: School) -> None:
    homeroom = phone(school, "homeroom")
    await homeroom.send("/announce 7A: bring skis")
    for label in ("Options", "Schedule for", "Tomorrow", "Send"):
        await homeroom.tap(label)
    await school.after(hours=22)
    assert not school.heard("mother")
    await school.after(minutes=21)
    assert "bring skis" in school.heard("mother")[0]


# --- again ------------------------------------------------------------------------------------------------


async def test_who_has_not_read_it_is_told_again_three_times_and_the_author_once(school: School) -> None:
    await announce(school, "homeroom", "/announce 7A: sign the form", ASKS)
    await phone(school, "mother").tap_data("nw:ack:1:0")
    await phone(school, "ivan").tap_data("nw:open:1:0")
    assert await resend(school) == 0
    for number, span in enumerate((timedelta(minutes=15), timedelta(minutes=46), timedelta(hours=22)), 2):
        school.clock.move(span)
        assert await resend(school) == 1
        assert await resend(school) == 0, "twice changes nothing"
        assert len(school.heard("stranger_mother")) == number
    assert "please say that you have read it" in school.heard("stranger_mother")[-1]
    assert len(school.heard("mother")) == 1, "stops on acknowledging"
    assert len(school.heard("ivan")) == 1, "stops on reading"
    await school.after(minutes=16)
    (said,) = school.heard("homeroom")
    assert "1 has not acknowledged your announcement" in said
    school.clock.move(timedelta(days=1))
    assert await resend(school) == 0, "no more than three"


async def test_a_resend_may_be_turned_off_and_the_question_may_not(school: School) -> None:
    await school.prefer("stranger_mother", "again", Choice.OFF)
    await announce(school, "homeroom", "/announce 7A: sign the form", ASKS)
    school.clock.move(timedelta(minutes=15))
    await resend(school)
    assert len(school.heard("stranger_mother")) == 1
    assert (await school.rows("stranger_mother"))[-1] == (DeliveryState.SUPPRESSED, "preference")


async def test_who_has_read_it_before_a_reminder_goes_out_gets_none_and_is_told_why(school: School) -> None:
    school.clock.at = NIGHT - timedelta(hours=2, minutes=10)
    await announce(school, "homeroom", "/announce 7A: sign the form", ASKS)
    school.clock.move(timedelta(minutes=15))
    await resend(school)
    mother = phone(school, "mother")
    await mother.tap_data("nw:open:1:0")
    await school.after(hours=11)
    assert len(school.heard("mother")) == 1
    assert (await school.rows("mother"))[-1] == (DeliveryState.SUPPRESSED, "read")
    assert "you had read it by then" in (await mother.send("/why")).text


async def test_who_waits_for_the_morning_is_not_told_again_before(school: School) -> None:
    school.clock.at = NIGHT
    await announce(school, "homeroom", "/announce 7A: sign the form", ASKS)
    for minutes in (15, 46):
        school.clock.move(timedelta(minutes=minutes))
        await resend(school)
    await school.after(hours=7)
    assert len(school.heard("mother")) == 1
    await school.after(minutes=30)
    await resend(school)
    assert len(school.heard("mother")) == 2


async def test_after_a_long_stop_only_the_last_missed_one_is_told(school: School) -> None:
    await announce(school, "homeroom", "/announce 7A: sign the form", ASKS)
    school.clock.move(timedelta(hours=2))
    assert await resend(school) == 1
    school.clock.move(timedelta(minutes=1))
    assert await resend(school) == 0
    assert len(school.heard("mother")) == 2


async def test_the_demo_shows_it_within_minutes(school: School) -> None:
    await announce(school, "homeroom", "/announce 7A: sign the form", ASKS)
    for _ in range(3):
        school.clock.move(timedelta(minutes=1))
        assert await resend(school, SHORT_RESENDS) == 1
    assert len(school.heard("mother")) == 4


async def test_withdrawing_ends_the_resends_and_what_waits_is_superseded(school: School) -> None:
    school.clock.at = NIGHT
    homeroom = await announce(school, "homeroom", "/announce 7A: sign the form", ASKS)
    await homeroom.tap_data("am:drop:1:0:opened")
    school.clock.move(timedelta(minutes=15))
    assert await resend(school) == 0
    await school.after(hours=9)
    assert not school.heard("mother")
    assert await school.rows("mother") == [(DeliveryState.SUPPRESSED, "superseded")]


async def test_who_waits_for_the_digest_reads_the_edited_words_once(school: School) -> None:
    homeroom = await announce(school, "homeroom", "/announce 7A: bring skis", "In the evening digest")
    for words in ("bring skis and a cap", "bring skates"):
        await homeroom.tap_data("am:reword:1:0:opened")
        await homeroom.send(words)
        await homeroom.tap("Save")
        await school.after(seconds=1)
    await school.after(hours=9)
    (said,) = school.heard("mother")
    assert said.count("bring skates") == 1
    assert "skis" not in said


async def test_a_withdrawal_is_told_to_those_who_were_told(school: School) -> None:
    await school.prefer("father", "news", Choice.DAILY)
    homeroom = await announce(school, "homeroom", "/announce 7A: bring skis")
    await homeroom.tap_data("am:drop:1:0:opened")
    await school.after(hours=10)
    assert "taken back" in school.heard("mother")[-1]
    assert not school.heard("father")
    assert await school.rows("father") == [(DeliveryState.SUPPRESSED, "superseded")]


# --- what the author sees ---------------------------------------------------------------------------------


async def test_the_author_sees_reached_waiting_no_link_and_blocked_with_the_names(school: School) -> None:
    async with UnitOfWork(school.database, school.clock) as uow, uow.writing():
        alexei = [school.cast[name].user_id for name in ("alexei", "stranger_mother")]
        await uow.write(sa.update(Chat).where(Chat.user_id.in_(alexei)).values(blocked_since=uow.now))
        persons = [school.cast[name].person_id for name in ("katya", "teacher")]
        await uow.write(sa.update(ChatLink).where(ChatLink.person_id.in_(persons)).values(revoked_at=uow.now))
    await school.prefer("mother", "news", Choice.DAILY)
    for name in ("father", "ivan", "maria"):
        await school.prefer(name, "news", Choice.OFF)
    head = await announce(school, "head", "/announce school: the library is open")
    shown = (await head.tap("Who has read it")).buttons
    assert {"Still waiting: 1", "Blocked the bot: 1"} <= shown.keys()
    assert "in their digest at 24 Nov 2026, 18:00" in (await head.tap("Still waiting")).text
    await head.tap("Back")
    assert "Smirnov Alexei" in (await head.tap("Blocked the bot")).text
    await head.tap("Back")
    assert "Sokolova Katya" in (await head.tap("No link")).text
    await head.tap("Back")
    reached = (await head.tap("Reached")).text
    assert "Sonya Secretary" in reached, "the staff is told of what is for the school"
    assert "Galina Head" not in reached, "the author is not told"
    await school.after(hours=9)
    assert "Petrov Ivan" in (await head.tap_data("am:names:1:0:reached")).text


async def test_the_list_counts_each_announcement_by_itself(school: School) -> None:
    await announce(school, "homeroom", "/announce 7A: sign the form", ASKS)
    await phone(school, "mother").tap_data("nw:ack:1:0")
    school.clock.at = NIGHT
    homeroom = await announce(school, "homeroom", "/announce 7A: bring skis")
    listed = (await homeroom.send("/announcements")).text
    assert "sign the form — sent to 5 chats, opened by 1, acknowledged by 1" in listed
    assert "bring skis — sent to 0 chats, opened by 0" in listed


async def test_a_link_for_work_alone_is_no_familys_link(school: School) -> None:
    """As the notifier tells only links that speak for a guardian, the report counts only those."""
    async with UnitOfWork(school.database, school.clock) as uow, uow.writing():
        persons = [school.cast[name].person_id for name in ("alexei", "stranger_mother")]
        links = sa.select(ChatLink.id).where(ChatLink.person_id.in_(persons))
        family = [Role.GUARDIAN, Role.STUDENT]
        await uow.write(
            sa.delete(ChatLinkRole).where(ChatLinkRole.link_id.in_(links), ChatLinkRole.role.in_(family))
        )
    homeroom = phone(school, "homeroom")
    assert "2 families: 1 linked, 1 not linked" in (await homeroom.send("/announce 7A: bring skis")).text


async def test_the_author_nudges_the_rest_once_an_hour(school: School) -> None:
    homeroom = await announce(school, "homeroom", "/announce 7A: bring skis")
    await phone(school, "mother").tap_data("nw:open:1:0")
    await homeroom.tap("Who has read it")
    await homeroom.tap("Nudge the rest")
    await school.after(seconds=1)
    assert "please read" in school.heard("stranger_mother")[-1]
    assert len(school.heard("mother")) == 1
    assert "less than an hour ago" in (await homeroom.tap("Nudge the rest")).text
    await school.after(minutes=61)
    await homeroom.tap("Nudge the rest")
    await school.after(seconds=1)
    assert len(school.heard("stranger_mother")) == 3
    (first, _) = await audited(school.database, school.clock, "announcement.nudge")
    assert first.actor_id == school.cast["homeroom"].person_id


async def test_a_nudge_at_night_waits_for_the_morning(school: School) -> None:
    homeroom = await announce(school, "homeroom", "/announce 7A: bring skis")
    school.clock.at = NIGHT
    await homeroom.tap_data("am:nudge:1:0:opened")
    await school.after(seconds=1)
    assert len(school.heard("mother")) == 1
    assert (await school.rows("mother"))[-1] == (DeliveryState.PENDING, "quiet_hours")


# --- what went wrong --------------------------------------------------------------------------------------


async def edit(school: School, author: User, words: str) -> None:
    await author.tap_data("am:reword:1:0:opened")
    await author.send(words)
    await author.tap("Save")
    await school.after(seconds=1)


async def test_two_edits_at_night_were_told_twice_in_the_same_words(school: School) -> None:
    homeroom = await announce(school, "homeroom", "/announce 7A: bring skis")
    school.clock.at = NIGHT
    await edit(school, homeroom, "bring skates")
    await edit(school, homeroom, "bring a sledge")
    await school.after(hours=9)
    (_, said) = school.heard("mother")
    assert "bring a sledge" in said


async def test_an_edit_missed_those_to_whom_the_old_words_were_just_being_sent(school: School) -> None:
    homeroom = await announce(school, "homeroom", "/announce 7A: bring skis")
    async with UnitOfWork(school.database, school.clock) as uow, uow.writing():
        on_its_way = uow.now + timedelta(minutes=2)
        await uow.write(sa.update(Delivery).values(state=DeliveryState.SENDING, leased_until=on_its_way))
    await edit(school, homeroom, "bring skates")
    assert "bring skates" in school.heard("mother")[-1]


async def test_the_undo_of_a_told_edit_looked_like_a_new_announcement(school: School) -> None:
    homeroom = await announce(school, "homeroom", "/announce 7A: bring skis")
    await edit(school, homeroom, "bring skates")
    await homeroom.tap_data("an:undo:2:")
    await school.after(seconds=1)
    assert school.heard("mother")[-1].startswith("Riverside School: edited announcement\n\nbring skis")


async def test_a_nudge_of_plain_news_rang_where_news_are_off(school: School) -> None:
    await school.prefer("stranger_mother", "news", Choice.OFF)
    homeroom = await announce(school, "homeroom", "/announce 7A: bring skis")
    await homeroom.tap_data("am:nudge:1:0:opened")
    await school.after(seconds=1)
    assert not school.heard("stranger_mother")
    assert "please read" in school.heard("mother")[-1]
    assert (
        "News and announcements: off in your settings"
        in (await phone(school, "stranger_mother").send("/why")).text
    )


async def test_a_withdrawal_missed_those_who_only_knew_it_by_a_nudge(school: School) -> None:
    """They were linked after it was announced; the report did not call them reached either."""
    family = [school.cast[name].person_id for name in ("stranger_mother", "alexei")]
    links = sa.update(ChatLink).where(ChatLink.person_id.in_(family))
    async with UnitOfWork(school.database, school.clock) as uow, uow.writing():
        await uow.write(links.values(revoked_at=uow.now))
    homeroom = await announce(school, "homeroom", "/announce 7A: bring skis")
    async with UnitOfWork(school.database, school.clock) as uow, uow.writing():
        await uow.write(links.values(revoked_at=None))
    await homeroom.tap_data("am:nudge:1:0:opened")
    await school.after(seconds=1)
    assert "Reached: 2" in (await homeroom.tap_data("am:open:1:0:opened")).buttons
    await homeroom.tap_data("am:drop:1:0:opened")
    await school.after(seconds=1)
    assert "taken back" in school.heard("stranger_mother")[-1]


async def test_who_nudges_without_end_is_told_that_it_is_enough(school: School) -> None:
    homeroom = await announce(school, "homeroom", "/announce 7A: bring skis")
    async with UnitOfWork(school.database, school.clock) as uow, uow.writing():
        for number in range(1, MOST_NUDGES + 1):
            await publish(uow, "announcement_nudged", nudge_key(1, number), payload={"announcement": 1})
    school.clock.move(timedelta(hours=2))
    assert "often enough" in (await homeroom.tap_data("am:nudge:1:0:opened")).text


async def test_a_notice_said_nothing_of_the_files_that_are_to_be_opened(school: School) -> None:
    homeroom = phone(school, "homeroom")
    await homeroom.give(homeroom.document(b"a form", "form.pdf", caption="/announce 7A: sign the form"))
    await homeroom.tap("Send")
    await school.after(seconds=1)
    assert "1 file comes with it" in school.heard("mother")[0]


async def test_the_authors_count_lost_its_number_in_a_digest(school: School) -> None:
    await school.prefer("homeroom", "again", Choice.DAILY)
    await announce(school, "homeroom", "/announce 7A: sign the form", ASKS)
    school.clock.move(timedelta(minutes=3))
    await resend(school, SHORT_RESENDS)
    await school.after(minutes=5)
    await school.after(hours=9)
    (said,) = school.heard("homeroom")
    assert "2 have not acknowledged your announcement" in said


async def test_everybody_had_acknowledged_what_nobody_could_be_told(school: School) -> None:
    async with UnitOfWork(school.database, school.clock) as uow, uow.writing():
        families = [school.cast[name].person_id for name in ("mother", "father", "ivan", "alexei")]
        families.append(school.cast["stranger_mother"].person_id)
        await uow.write(
            sa.update(ChatLink).where(ChatLink.person_id.in_(families)).values(revoked_at=uow.now)
        )
    await announce(school, "homeroom", "/announce 7A: sign the form", ASKS)
    school.clock.move(timedelta(minutes=3))
    await resend(school, SHORT_RESENDS)
    await school.after(minutes=5)
    assert not school.heard("homeroom")
