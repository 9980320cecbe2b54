"""Who is told what, and when: marks, absences, homework and announcements on their way to a family."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from core.actions.mark_corrections import correct_mark
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import Chat, ChatLink, Delivery, Guardianship, Mark, NoticePreference
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState
from core.domain.rights import GuardianRights
from core.domain.telling import Choice
from notifier.dispatcher import NotificationDispatcher
from notifier.notices.notice import discover
from tests.cast import Cast, chat_key
from tests.support.conversation import RecordingChannel, Stage


class School:
    """The cast's school with its dispatcher: teachers write, families hear."""

    def __init__(self, database: Database, clock: FrozenClock, cast: Cast) -> None:
        self.cast = cast
        self.clock = clock
        self.database = database
        self.stage = Stage(database, clock)
        self.phones = RecordingChannel()
        channels = {(self.phones.messenger, self.phones.bot_id): self.phones}
        self.dispatcher = NotificationDispatcher(database, clock, channels, discover())

    async def say(self, who: str, *words: str) -> None:
        """Write the first words, then tap."""
        user = self.stage.user(self.cast[who].user_id)
        await user.send(words[0])
        for label in words[1:]:
            await user.tap(label)

    async def after(self, **span: float) -> None:
        self.clock.move(timedelta(**span))
        while await self.dispatcher.run_once():
            pass

    def heard(self, who: str) -> list[str]:
        user_id = self.cast[who].user_id
        return [one.text for one in self.phones.heard if one.chat_id == user_id]

    async def rows(self, who: str) -> list[tuple[DeliveryState, str]]:
        async with UnitOfWork(self.database, self.clock) as uow:
            found = await uow.rows(
                sa.select(Delivery.state, Delivery.why)
                .join(Chat, Chat.id == Delivery.chat_id)
                .where(Chat.user_id == self.cast[who].user_id)
                .order_by(Delivery.id)
            )
        return [tuple(row) for row in found]

    async def prefer(self, who: str, kind: str, choice: Choice) -> None:
        async with UnitOfWork(self.database, self.clock) as uow, uow.writing():
            link = await uow.value(
                sa.select(ChatLink.id).where(ChatLink.person_id == self.cast[who].person_id)
            )
            await uow.insert(NoticePreference, link_id=link, kind=kind, choice=choice)


@pytest.fixture
def school(database: Database, clock: FrozenClock, cast: Cast) -> School:
    return School(database, clock, cast)


async def test_a_poor_mark_is_told_at_once_after_the_undo_time_to_the_adults(school: School) -> None:
    await school.say("teacher", "Petrov 2", "Save")
    await school.after(minutes=4)
    assert not school.heard("mother")
    await school.after(minutes=2)
    (said,) = school.heard("mother")
    assert "Ivan" in said
    assert "Algebra: 2" in said
    assert school.heard("father"), "who may read is told, too"
    assert not school.heard("ivan"), "the pupil hears in the evening"
    assert not school.heard("cut_father")
    assert not school.heard("stranger_mother")
    assert not school.heard("teacher"), "not of one's own deed"


async def test_good_marks_wait_for_the_evening_digest_and_say_so(school: School) -> None:
    await school.say("teacher", "Petrov 5, Smirnov 4", "Save")
    await school.after(minutes=6)
    assert not school.heard("mother")
    assert await school.rows("mother") == [(DeliveryState.PENDING, "digest")]
    await school.after(hours=9)
    (said,) = school.heard("mother")
    assert "Your day at school" in said
    assert "Ivan" in said
    assert "Algebra: 5" in said
    assert "Smirnov" not in said
    assert school.heard("stranger_mother")


async def test_an_absence_is_told_at_once_and_its_undo_to_who_was_told(school: School) -> None:
    await school.say("teacher", "Petrov absent", "Save")
    await school.after(seconds=1)
    (said,) = school.heard("mother")
    assert "Ivan is not at school" in said
    assert "Algebra" in said
    await school.say("teacher", "/undo")
    await school.after(seconds=5)
    assert "taken back" in school.heard("mother")[-1]
    assert not school.heard("stranger_mother")


async def test_marks_undone_in_time_are_told_to_nobody(school: School) -> None:
    teacher = school.stage.user(school.cast["teacher"].user_id)
    await teacher.send("Petrov 2")
    await teacher.tap("Save")
    await teacher.tap("Undo")
    await school.after(hours=12)
    assert not school.heard("mother")
    assert await school.rows("mother") == []


async def test_a_correction_is_told_with_what_it_was(school: School) -> None:
    await school.say("teacher", "Petrov 4", "Save")
    await school.after(minutes=6)
    async with UnitOfWork(school.database, school.clock) as uow:
        mark_id = await uow.value(sa.select(sa.func.max(Mark.id)))
        await correct_mark(uow, chat_key(school.cast, "teacher"), mark_id, "2")
    await school.after(minutes=2)
    (said,) = school.heard("mother")
    assert "Ivan: a mark was corrected" in said
    assert "2, was 4" in said
    assert not school.heard("stranger_mother")


async def test_at_night_news_waits_for_the_morning(school: School) -> None:
    school.clock.at = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)  # 21:30 at school
    await school.say("teacher", "7A algebra: Petrov 2", "Save")
    await school.after(minutes=6)
    assert not school.heard("mother")
    assert await school.rows("mother") == [(DeliveryState.PENDING, "quiet_hours")]
    await school.after(hours=9, minutes=30)
    assert len(school.heard("mother")) == 1


async def test_what_is_turned_off_is_written_down_as_such(school: School) -> None:
    await school.prefer("mother", "poor_mark", Choice.OFF)
    await school.say("teacher", "Petrov 2", "Save")
    await school.after(minutes=6)
    assert not school.heard("mother")
    assert await school.rows("mother") == [(DeliveryState.SUPPRESSED, "preference")]
    assert school.heard("father")


async def test_an_absence_cannot_be_turned_off(school: School) -> None:
    await school.prefer("mother", "absence", Choice.OFF)
    await school.say("teacher", "Petrov absent", "Save")
    await school.after(seconds=1)
    assert school.heard("mother")


async def test_a_mother_whose_rights_are_cut_meanwhile_gets_nothing(school: School) -> None:
    await school.say("teacher", "Petrov 5", "Save")
    await school.after(minutes=6)
    async with UnitOfWork(school.database, school.clock) as uow, uow.writing():
        await uow.write(
            sa.update(Guardianship)
            .where(Guardianship.guardian_id == school.cast["mother"].person_id)
            .values(rights=GuardianRights.NONE)
        )
    await school.after(hours=10)
    assert not school.heard("mother")
    assert await school.rows("mother") == [(DeliveryState.SUPPRESSED, "unlinked")]
    assert school.heard("father")


async def test_a_teacher_who_is_also_a_mother_gets_an_announcement_once(school: School) -> None:
    await school.say("head", "/announce school: the library is open on Saturday", "Send")
    await school.after(minutes=6)
    assert len(school.heard("teacher")) == 1
    assert len(school.heard("mother")) == 1
    assert "library" in school.heard("mother")[0]
    assert not school.heard("head")
    assert not school.heard("other_admin")
    assert not school.heard("cut_father"), "not even class news"


async def test_fanning_out_twice_changes_nothing(school: School) -> None:
    await school.say("teacher", "Petrov 2", "Save")
    await school.after(minutes=6)
    async with UnitOfWork(school.database, school.clock) as uow, uow.writing():
        await uow.write(sa.text("UPDATE outbox_event SET fanned_out_at = NULL"))
    await school.after(minutes=1)
    assert len(school.heard("mother")) == 1


async def test_who_blocked_the_bot_has_a_row_that_says_so(school: School) -> None:
    async with UnitOfWork(school.database, school.clock) as uow, uow.writing():
        await uow.write(
            sa.update(Chat).where(Chat.user_id == school.cast["mother"].user_id).values(blocked_since=uow.now)
        )
    await school.say("teacher", "Petrov absent", "Save")
    await school.after(seconds=1)
    assert not school.heard("mother")
    assert await school.rows("mother") == [(DeliveryState.SUPPRESSED, "blocked")]


async def test_homework_comes_with_the_digest_a_section_for_each_child(school: School) -> None:
    await school.say("teacher", "/hw 7A algebra tomorrow: number 345", "Save")
    await school.say("homeroom", "/hw 3B maths tomorrow: number 12", "Save")
    await school.after(minutes=6)
    await school.after(hours=10)
    (said,) = school.heard("mother")
    assert said.index("Ivan") < said.index("345") < said.index("Maria") < said.index("number 12")


async def test_who_chose_quiet_hours_and_a_digest_hour_of_their_own_is_told_all_the_same(
    school: School,
) -> None:
    async with UnitOfWork(school.database, school.clock) as uow, uow.writing():
        hours = {"quiet_from": time(22), "quiet_to": time(6), "digest_at": time(20)}
        await uow.write(sa.update(Chat).values(**hours))
    await school.say("teacher", "Petrov 2", "Save")
    await school.after(minutes=6)
    assert len(school.heard("mother")) == 1


async def test_an_absence_said_again_is_not_told_again(school: School) -> None:
    for _ in range(2):
        await school.say("teacher", "Petrov absent", "Save")
        await school.after(seconds=5)
    assert len(school.heard("mother")) == 1
    await school.say("teacher", "Petrov ill", "Save")
    await school.after(seconds=5)
    assert "ill" in school.heard("mother")[-1], "what has changed is told"
