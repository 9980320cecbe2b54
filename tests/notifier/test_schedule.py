"""What comes by itself: once, at its hour on the school's wall, whatever stops, doubles or delays the jobs."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import (
    Attachment,
    Attendance,
    Chat,
    CodeTry,
    HomeworkTick,
    IncomingFile,
    Lesson,
    LessonChange,
    Mark,
    OutboxEvent,
    Posting,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import AttendanceKind, ChangeKind, DeliveryState
from core.errors import NotFound
from core.files import FileStore
from notifier.schedule import JOBS, Job, Schedule, cleaning
from tests.cast import TODAY, Cast
from tests.notifier.test_telling import School


class Timetabled(School):
    """The school with its schedule."""

    def __init__(self, database: Database, clock: FrozenClock, cast: Cast) -> None:
        super().__init__(database, clock, cast)
        self.schedule = Schedule(database, clock, JOBS)

    def at(self, hour: int, minute: int = 0, *, day: date = TODAY) -> None:
        """Set the clock to a time on the school's wall (Europe/Moscow)."""
        self.clock.at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(hours=3)

    async def run(self) -> None:
        """Every job once, then everything that is due is sent."""
        await self.schedule.run_once()
        await self.after(seconds=0)

    async def events(self, kind: str = "") -> list[str]:
        async with UnitOfWork(self.database, self.clock) as uow:
            rows = await uow.rows(
                sa.select(OutboxEvent.key)
                .where(OutboxEvent.kind == kind if kind else sa.true())
                .order_by(OutboxEvent.id)
            )
        return [row.key for row in rows]

    async def add(self, table: type, **values: object) -> int:
        async with UnitOfWork(self.database, self.clock) as uow, uow.writing():
            return await uow.insert(table, **values)

    async def change(self, statement: sa.Executable) -> None:
        async with UnitOfWork(self.database, self.clock) as uow, uow.writing():
            await uow.write(statement)


@pytest.fixture
def school(database: Database, clock: FrozenClock, cast: Cast) -> Timetabled:
    return Timetabled(database, clock, cast)


async def test_a_pupil_is_reminded_in_the_evening_of_what_is_not_done_yet(school: Timetabled) -> None:
    school.at(17, 59)
    await school.run()
    assert not school.heard("ivan")
    school.at(18)
    await school.run()
    (said,) = school.heard("ivan")
    assert "Homework for tomorrow, 25 Nov" in said
    assert "exercise of the class 7A" in said
    assert not school.heard("mother"), "a family hears of homework in its digest"
    ivan = school.stage.user(school.cast["ivan"].user_id)
    button = next(one for one in school.phones.heard if one.chat_id == ivan.user_id).buttons["☐ Algebra"]
    assert "☑ Algebra" in str((await ivan.tap_data(button)).buttons)
    school.at(20)
    await school.run()
    assert len(school.heard("ivan")) == 1


async def test_a_reminder_that_was_missed_comes_in_the_evening_but_not_the_next_morning(
    school: Timetabled,
) -> None:
    school.at(7, 30, day=TODAY + timedelta(days=1))
    await school.run()
    assert not await school.events("homework_reminder")
    school.at(20, 45)
    await school.run()
    assert school.heard("ivan")


async def test_a_reminder_held_over_night_is_too_old_to_be_of_use(school: Timetabled) -> None:
    school.at(21, 30)
    await school.run()
    assert not school.heard("ivan")
    school.at(7, 5, day=TODAY + timedelta(days=1))
    await school.run()
    assert not school.heard("ivan")
    assert (DeliveryState.SUPPRESSED, "expired") in await school.rows("ivan")


async def test_who_has_done_it_all_is_not_reminded(school: Timetabled) -> None:
    for course in ("algebra_7a", "literature_7a"):
        await school.add(
            HomeworkTick,
            student_id=school.cast["ivan"].person_id,
            homework_id=school.cast.homework[course],
            ticked_at=school.clock.at,
        )
    school.at(18)
    await school.run()
    assert not school.heard("ivan")
    assert school.heard("alexei")


# --- absences ------------------------------------------------------------------------------------------------


async def imported_absence(school: Timetabled, period: int, course: str, *, taken: bool = True) -> int:
    lesson = await school.add(
        Lesson,
        course_id=school.cast.courses[course],
        date=TODAY,
        period=period,
        register_taken_at=school.clock.at if taken else None,
    )
    await school.add(
        Attendance,
        student_id=school.cast["ivan"].person_id,
        lesson_id=lesson,
        kind=AttendanceKind.ABSENT,
        recorded_at=school.clock.at,
    )
    return lesson


async def test_an_imported_absence_is_told_once_where_the_register_was_taken(school: Timetabled) -> None:
    await imported_absence(school, 1, "algebra_7a", taken=False)
    await school.run()
    assert not school.heard("mother")
    await school.change(sa.update(Lesson).values(register_taken_at=school.clock.at))
    await imported_absence(school, 2, "literature_7a")
    await school.run()
    await school.run()
    (said,) = school.heard("mother")
    assert "Ivan is not at school" in said
    assert "Algebra" in said
    assert not school.heard("stranger_mother")


async def test_an_absence_of_yesterday_is_not_swept_up(school: Timetabled) -> None:
    await imported_absence(school, 1, "algebra_7a")
    school.at(9, day=TODAY + timedelta(days=1))
    await school.run()
    assert not school.heard("mother")


async def test_only_the_days_first_absence_is_told_at_once(school: Timetabled) -> None:
    await school.say("teacher", "Petrov absent", "Save")
    await school.after(minutes=1)
    school.at(10, 30)
    await school.say("homeroom", "7A literature: Petrov absent", "Save")
    await school.after(minutes=1)
    assert len(school.heard("mother")) == 1
    school.at(18, 1)
    await school.after(minutes=1)
    assert "Literature, 24 Nov, lesson 2: absent" in school.heard("mother")[-1]


async def test_what_became_of_an_absence_is_told_at_once_to_who_was_told_of_it(school: Timetabled) -> None:
    await school.say("teacher", "Petrov absent", "Save")
    await school.after(minutes=1)
    await school.say("teacher", "Petrov late 10", "Save")
    await school.after(minutes=2)
    absent, late = school.heard("mother")
    assert "not at school" in absent
    assert "late by 10 minutes" in late
    assert not school.heard("ivan"), "the pupil knows"


async def test_mere_lateness_waits_for_the_digest(school: Timetabled) -> None:
    await school.say("teacher", "Petrov late 10", "Save")
    await school.after(minutes=2)
    assert not school.heard("mother")
    assert await school.rows("mother") == [(DeliveryState.PENDING, "digest")]


# --- the week ------------------------------------------------------------------------------------------------


SATURDAY = date(2026, 11, 28)


async def test_the_week_comes_on_sunday_with_what_changed(school: Timetabled) -> None:
    await school.say("teacher", "Petrov 5 absent", "Save")
    await school.say("homeroom", "3B maths: Petrova 3", "Save")
    school.at(12, day=SATURDAY)
    await school.run()
    assert not any("week" in one for one in school.heard("mother"))
    school.at(18, day=SATURDAY + timedelta(days=1))
    await school.run()
    await school.run()
    said = school.heard("mother")[-1]
    assert "Your week at school" in said
    assert "Algebra: 5 · average 4.50 ↑ from 4.00" in said
    assert "Missed 1 lesson, 2 the week before" in said
    assert "Maths: 3 · average 3.50 ↓ from 4.00" in said
    assert said.index("Ivan") < said.index("Algebra") < said.index("Maria") < said.index("Maths")
    assert sum("Your week at school" in one for one in school.heard("mother")) == 1
    assert not any("Your week" in one for one in school.heard("stranger_mother")), (
        "nothing when there is nothing"
    )


async def test_a_weekly_digest_that_was_missed_comes_on_return_until_monday_noon(school: Timetabled) -> None:
    await school.say("teacher", "Petrov 5", "Save")
    school.at(8, day=SATURDAY + timedelta(days=2))
    await school.run()
    assert "Your week at school" in school.heard("mother")[-1]


async def test_a_weekly_digest_missed_for_longer_is_left_out(school: Timetabled) -> None:
    await school.say("teacher", "Petrov 5", "Save")
    school.at(12, day=SATURDAY + timedelta(days=2))
    await school.run()
    assert not await school.events("week_reviewed")


# --- teachers, and what is over ------------------------------------------------------------------------------


async def test_a_teacher_is_nudged_once_when_the_day_is_over_and_a_lesson_is_empty(
    school: Timetabled,
) -> None:
    await school.say("teacher", "Petrov 5", "Save")
    school.at(11)
    await school.run()
    assert not await school.events("lessons_left_empty"), "lessons go on"
    school.at(12, 50)
    await school.run()
    await school.run()
    assert not any("Nothing entered" in one for one in school.heard("teacher")), "marks are an entry"
    (said,) = [one for one in school.heard("homeroom") if "Nothing entered" in one]
    assert "Lesson 2: 7A · Literature" in said
    assert "Lesson 4: 5A · Maths" in said
    button = next(one for one in school.phones.heard if "Nothing entered" in one.text).buttons
    homeroom = school.stage.user(school.cast["homeroom"].user_id)
    assert "Literature" in (await homeroom.tap_data(button["Lesson 2: 7A · Literature"])).text


async def test_a_substitute_is_nudged_and_a_cancelled_lesson_is_nobodys(school: Timetabled) -> None:
    for course, period, kind, by in (
        ("literature_7a", 2, ChangeKind.SUBSTITUTED, "teacher"),
        ("maths_3b", 3, ChangeKind.CANCELLED, None),
        ("maths_5a", 4, ChangeKind.CANCELLED, None),
    ):
        await school.add(
            LessonChange,
            course_id=school.cast.courses[course],
            date=TODAY,
            period=period,
            kind=kind,
            teacher_id=school.cast[by].person_id if by else None,
        )
    school.at(13)
    await school.run()
    assert any("7A · Literature" in one for one in school.heard("teacher"))
    assert not any("Nothing entered" in one for one in school.heard("homeroom"))


async def test_what_is_over_is_cleaned_up_and_what_may_be_asked_for_stays(
    school: Timetabled, tmp_path: Path
) -> None:
    await school.say("teacher", "Petrov 2", "Save")
    await school.say("head", "/announce school: the library is open", "Send")
    await school.say("teacher", "Petrov 3")
    await school.after(minutes=6)
    files = FileStore(tmp_path / "files")
    unused, used = files.keep(b"nobody wants this"), files.keep(b"a worksheet")
    async with UnitOfWork(school.database, school.clock) as uow, uow.writing():
        chat = await uow.value(sa.select(Chat.id).limit(1))
        for number, name in enumerate((unused, used)):
            what = {"name": "a.txt", "media_type": "text/plain", "size": 9, "sha256": name}
            await uow.insert(IncomingFile, chat_id=chat, message_id=number, received_at=uow.now, **what)
        homework = school.cast.homework["algebra_7a"]
        await uow.insert(
            Attachment, homework_id=homework, name="a.txt", media_type="text/plain", size=9, sha256=used
        )
        await uow.insert(CodeTry, at=uow.now, chat_id=chat)
    tidy = Schedule(school.database, school.clock, [cleaning(files)])
    assert await tidy.run_once() == 0
    await school.after(hours=10)
    school.clock.move(timedelta(days=100))
    while await tidy.run_once():
        pass
    assert await school.events() == [one for one in await school.events() if one.startswith("announcement")]
    assert await school.rows("mother") == [(DeliveryState.SENT, "")], "the announcement's report stays"
    async with UnitOfWork(school.database, school.clock) as uow:
        assert await uow.value(sa.select(sa.func.count()).select_from(CodeTry)) == 0
        assert await uow.value(sa.select(sa.func.count()).where(Posting.saved_at.is_(None))) == 0
        assert await uow.value(sa.select(sa.func.count()).select_from(Mark)) > 4
    assert files.read(used) == b"a worksheet"
    with pytest.raises(NotFound):
        files.read(unused)


# --- the schedule itself -------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_every_job_runs_at_the_start_and_a_faulty_one_holds_up_no_other(
    database: Database, clock: FrozenClock
) -> None:
    ran = asyncio.Event()

    async def faulty(_uow: UnitOfWork) -> int:
        raise RuntimeError("no such table")

    async def sound(_uow: UnitOfWork) -> int:
        ran.set()
        return 1

    jobs = [Job("faulty", timedelta(hours=1), faulty), Job("sound", timedelta(hours=1), sound)]
    running = asyncio.create_task(Schedule(database, clock, jobs).run())
    await asyncio.wait_for(ran.wait(), 30)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
