"""The register by taps: each an entry with its audit, told once and only when it has come to rest."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.actions.marks import NewEntry, save_marks, undo_marks
from core.actions.postings import start_posting
from core.actions.register import all_the_rest_present, note_presence
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import (
    Attendance,
    AuditEntry,
    CourseEnrollment,
    Lesson,
    LessonChange,
    OutboxEvent,
    Posting,
)
from core.db.outbox import mark_fanned_out
from core.db.uow import UnitOfWork
from core.domain.drafts import TAP_TIME, UNDO_TIME
from core.domain.ids import CourseId, PersonId, PostingId
from core.domain.kinds import AttendanceKind, ChangeKind, PostingKind, Presence
from core.domain.lessons import LessonKey
from core.errors import Invalid, NotFound
from tests.cast import TODAY, Cast, actor_of, chat_key

ABSENT, LATE, ILL, PRESENT = Presence.ABSENT, Presence.LATE, Presence.ILL, Presence.PRESENT


class Register:
    """The algebra lesson of today, tapped by its teacher or somebody else."""

    def __init__(self, uow: UnitOfWork, cast: Cast) -> None:
        self.uow, self.cast = uow, cast
        self.key = LessonKey(TODAY, 1, CourseId(cast.courses["algebra_7a"]))

    async def tap(
        self, presence: Presence, minutes: int | None = None, *, pupil: str = "ivan", by: str = "teacher"
    ) -> bool:
        return await note_presence(
            self.uow,
            chat_key(self.cast, by),
            self.key,
            self.cast[pupil].person_id,
            presence,
            minutes,
        )

    async def write(self, pupil: str, presence: Presence) -> PostingId:
        """As in a line that is saved."""
        actor = await actor_of(self.uow, self.cast, "teacher")
        posting = await start_posting(self.uow, actor, PostingKind.MARKS, {})
        entry = NewEntry(PersonId(self.cast[pupil].person_id), presence=presence)
        await save_marks(self.uow, chat_key(self.cast, "teacher"), posting, self.key, [entry])
        return posting

    async def undo(self) -> Any:
        """The newest entry that is not undone, by the teacher."""
        newest = await self.uow.value(
            sa.select(Posting.id)
            .where(Posting.undone_at.is_(None))
            .order_by(Posting.saved_at.desc(), Posting.id.desc())
        )
        return await undo_marks(self.uow, chat_key(self.cast, "teacher"), PostingId(newest))

    async def noted(self, pupil: str = "ivan") -> tuple[str, int | None, str] | None:
        row = await self.uow.row(
            sa.select(Attendance.kind, Attendance.minutes, Attendance.reason)
            .join(Lesson, Lesson.id == Attendance.lesson_id)
            .where(Attendance.student_id == self.cast[pupil].person_id, Lesson.date == TODAY)
        )
        return (row.kind.value, row.minutes, row.reason) if row is not None else None

    async def waiting(self, kind: str = "presence_noted") -> list[Any]:
        """What is still to be told."""
        return list(
            await self.uow.rows(
                sa.select(OutboxEvent.id, OutboxEvent.payload, OutboxEvent.not_before)
                .where(
                    OutboxEvent.kind == kind,
                    OutboxEvent.cancelled_at.is_(None),
                    OutboxEvent.fanned_out_at.is_(None),
                )
                .order_by(OutboxEvent.id)
            )
        )

    async def tell(self) -> None:
        """All that waits is told."""
        for event in await self.waiting():
            async with self.uow.writing():
                await mark_fanned_out(self.uow, event.id)


@pytest.fixture
def register(uow: UnitOfWork, cast: Cast) -> Register:
    return Register(uow, cast)


async def test_cycling_to_ill_tells_one_thing_a_minute_after_the_last_tap(
    register: Register, clock: FrozenClock
) -> None:
    for presence in (ABSENT, LATE, ILL):
        clock.move(timedelta(seconds=1))
        assert await register.tap(presence)
    (event,) = await register.waiting()
    lesson = await register.uow.value(sa.select(Lesson.id).where(Lesson.date == TODAY))
    assert event.payload == {
        "lesson": lesson,
        "student": register.cast["ivan"].person_id,
        "before": ["present", None],
        "after": ["ill", None],
    }
    assert event.not_before == clock.now() + TAP_TIME


async def test_back_to_present_before_anybody_heard_tells_nothing(register: Register) -> None:
    for presence in (ABSENT, LATE, ILL, PRESENT):
        await register.tap(presence)
    assert await register.waiting() == []
    assert await register.noted() is None
    assert await register.tap(ABSENT), "and round again"
    assert len(await register.waiting()) == 1


async def test_what_was_told_is_corrected_by_an_event_of_its_own(register: Register) -> None:
    await register.tap(ABSENT)
    await register.tell()
    await register.tap(LATE, 10)
    (event,) = await register.waiting()
    assert (event.payload["before"], event.payload["after"]) == (["absent", None], ["late", 10])
    await register.tap(ABSENT)
    assert await register.waiting() == [], "absent is what the family knows"
    await register.tell()
    await register.tap(PRESENT)
    (event,) = await register.waiting()
    assert event.payload["after"] == ["present", None]
    await register.tell()
    total = sa.select(sa.func.count()).select_from(OutboxEvent)
    assert await register.uow.value(total) == 2, "each told once, under a key of its own"


async def test_two_pupils_are_two_events(register: Register) -> None:
    await register.tap(ABSENT)
    await register.tap(ABSENT, pupil="alexei")
    assert len(await register.waiting()) == 2


async def test_a_line_that_is_saved_is_told_at_once_instead_of_the_tap(
    register: Register, clock: FrozenClock
) -> None:
    await register.tap(ABSENT)
    await register.write("ivan", ILL)
    assert await register.waiting() == []
    (event,) = await register.waiting("absences_posted")
    assert event.not_before == clock.now()


async def test_taps_on_one_pupil_are_one_entry_and_undo_restores_what_was_before_the_first(
    register: Register, uow: UnitOfWork
) -> None:
    await register.write("ivan", ABSENT)
    async with uow.writing():
        await uow.write(
            sa.update(Attendance)
            .where(Attendance.kind == AttendanceKind.ABSENT)
            .values(reason="at the dentist's")
        )
    for presence, minutes in ((LATE, None), (LATE, 15), (ILL, None)):
        await register.tap(presence, minutes)
    undone = await register.undo()
    assert (undone.presences, undone.kept) == (1, 0)
    assert await register.noted() == ("absent", None, "at the dentist's")
    assert await register.waiting() == [], "nobody had heard of it"


async def test_an_undo_after_the_telling_tells_the_correction_at_once(
    register: Register, clock: FrozenClock
) -> None:
    await register.tap(ABSENT)
    await register.tell()
    clock.move(timedelta(minutes=2))
    await register.undo()
    (event,) = await register.waiting()
    assert (event.payload["before"], event.payload["after"]) == (["absent", None], ["present", None])
    assert event.not_before == clock.now()
    assert await register.waiting("posting_undone") == []


async def test_taps_on_another_pupil_or_after_the_undo_time_are_entries_of_their_own(
    register: Register, clock: FrozenClock
) -> None:
    await register.tap(ABSENT)
    await register.tap(ABSENT, pupil="alexei")
    await register.tap(LATE)
    clock.move(UNDO_TIME + timedelta(seconds=1))
    await register.tap(ILL)
    await register.undo()
    assert await register.noted() == ("late", None, "")
    with pytest.raises(Invalid, match="undo_too_late"):
        await register.undo()
    assert await register.noted("alexei") == ("absent", None, "")


async def test_a_pupil_tapped_round_to_present_is_no_entry_to_undo(register: Register) -> None:
    await register.tap(ABSENT, pupil="alexei")
    for presence in (ABSENT, LATE, ILL, PRESENT):
        await register.tap(presence)
    await register.undo()
    assert await register.noted("alexei") is None


async def _orlov_stands_in(uow: UnitOfWork, cast: Cast) -> None:
    async with uow.writing():
        await uow.insert(
            LessonChange,
            course_id=cast.courses["algebra_7a"],
            date=TODAY,
            period=1,
            kind=ChangeKind.SUBSTITUTED,
            teacher_id=cast["homeroom"].person_id,
        )


async def test_what_somebody_else_changed_since_stays(
    register: Register, uow: UnitOfWork, cast: Cast
) -> None:
    await _orlov_stands_in(uow, cast)
    await register.tap(ABSENT)
    await register.tap(ILL, by="homeroom")
    (event,) = await register.waiting()
    assert event.payload["after"] == ["ill", None]
    newest_of_teacher = await uow.value(sa.select(sa.func.min(Posting.id)))
    undone = await undo_marks(uow, chat_key(cast, "teacher"), PostingId(newest_of_teacher))
    assert (undone.presences, undone.kept) == (0, 1)
    assert await register.noted() == ("ill", None, "")


async def test_two_phones_at_once_leave_one_presence_and_one_thing_to_tell(
    register: Register, database: Database, uow: UnitOfWork, cast: Cast, clock: FrozenClock
) -> None:
    await _orlov_stands_in(uow, cast)

    async def tap(by: str, presence: Presence) -> None:
        async with UnitOfWork(database, clock, via="test") as own:
            await Register(own, cast).tap(presence, by=by)

    await asyncio.gather(tap("teacher", ABSENT), tap("homeroom", ILL), tap("teacher", LATE))
    noted = await register.noted()
    assert noted is not None
    (event,) = await register.waiting()
    assert event.payload["before"] == ["present", None]
    assert event.payload["after"][0] == noted[0]


async def test_all_the_rest_present_is_undone_like_any_entry(register: Register, uow: UnitOfWork) -> None:
    await register.tap(ABSENT)
    assert await all_the_rest_present(uow, chat_key(register.cast, "teacher"), register.key)
    assert not await all_the_rest_present(uow, chat_key(register.cast, "teacher"), register.key)
    taken = sa.select(Lesson.register_taken_by).where(Lesson.date == TODAY)
    assert await uow.value(taken) == register.cast["teacher"].person_id
    await register.undo()
    assert await uow.value(taken) is None
    assert await register.noted() == ("absent", None, "")


async def test_each_tap_is_audited_with_before_and_after(register: Register, uow: UnitOfWork) -> None:
    await register.tap(ABSENT)
    await register.tap(LATE, 10)
    await all_the_rest_present(uow, chat_key(register.cast, "teacher"), register.key)
    await register.undo()
    await register.undo()
    ivan = register.cast["ivan"].person_id
    rows = await uow.rows(
        sa.select(AuditEntry.actor_id, AuditEntry.action, AuditEntry.before, AuditEntry.after).order_by(
            AuditEntry.id
        )
    )
    assert {row.actor_id for row in rows} == {register.cast["teacher"].person_id}
    said = [(row.action, row.before, row.after) for row in rows]
    assert said[0] == (
        "presence.note",
        {"student": ivan, "presence": "present"},
        {"student": ivan, "presence": "absent"},
    )
    assert said[1][2] == {"student": ivan, "presence": "late 10"}
    assert said[2][0] == "register.take"
    assert (said[2][1]["register_taken"], said[2][2]["register_taken"]) == (False, True)
    assert [one[0] for one in said[3:]] == ["marks.undo", "marks.undo"]
    assert said[3][1]["register_taken"] is True
    assert said[4][1]["presence"] == {str(ivan): "late 10"}
    assert said[4][2]["presence"] == {str(ivan): "present"}


@pytest.mark.parametrize(
    ("presence", "minutes"), [(LATE, 0), (LATE, 301), (LATE, 999), (ABSENT, 5), (PRESENT, 1), (LATE, -1)]
)
async def test_minutes_belong_to_being_late_and_are_at_most_three_hundred(
    register: Register, presence: Presence, minutes: int
) -> None:
    with pytest.raises(Invalid, match="minutes_off"):
        await register.tap(presence, minutes)
    assert await register.noted() is None


async def test_nobody_is_noted_whom_the_course_does_not_teach(
    register: Register, uow: UnitOfWork, cast: Cast
) -> None:
    for pupil in ("maria", "katya", "teacher"):
        with pytest.raises(NotFound):
            await register.tap(ABSENT, pupil=pupil)
    async with uow.writing():
        await uow.write(
            sa.update(CourseEnrollment)
            .where(CourseEnrollment.student_id == cast["ivan"].person_id)
            .values(ends=TODAY - timedelta(days=1))
        )
    with pytest.raises(NotFound):
        await register.tap(ABSENT)
    for who in ("homeroom", "head", "mother", "admin"):
        with pytest.raises(NotFound):
            await register.tap(ABSENT, pupil="alexei", by=who)
    assert await uow.value(sa.select(sa.func.count()).select_from(Posting)) == 0
    assert await uow.value(sa.select(sa.func.count()).select_from(OutboxEvent)) == 0


async def test_a_tap_takes_a_bounded_number_of_statements(register: Register, uow: UnitOfWork) -> None:
    await register.tap(ABSENT, pupil="alexei")
    for presence in (ABSENT, LATE, ILL, PRESENT):
        before = uow.statements
        await register.tap(presence)
        assert uow.statements - before <= 16
    before = uow.statements
    await all_the_rest_present(uow, chat_key(register.cast, "teacher"), register.key)
    assert uow.statements - before <= 8
