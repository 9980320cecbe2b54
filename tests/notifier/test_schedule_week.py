"""A week of the schedule on a frozen clock: the clocks go back, processes stop, double and sleep; each thing is told
once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import (
    Assessment,
    Attendance,
    Homework,
    Lesson,
    LessonChange,
    Mark,
    MealAccount,
    MealTransaction,
    Org,
    OutboxEvent,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import AttendanceKind, ChangeKind, TransactionKind
from notifier.schedule import JOBS, Job, Schedule
from tests.cast import Cast, make_cast

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 10, 19)
"""The clocks of Berlin go back on the Sunday of its week, 25 October."""
TUESDAY = MONDAY + timedelta(days=1)


def berlin(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), BERLIN).astimezone(UTC)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(berlin(MONDAY, 12))


@pytest.fixture
async def world(database: Database, clock: FrozenClock) -> Cast:
    """The cast in Berlin, with a week that has something of everything."""
    cast = await make_cast(database, clock)
    pupil, algebra = cast["ivan"].person_id, cast.courses["algebra_7a"]
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await uow.write(sa.update(Org).values(timezone="Europe/Berlin"))
        await uow.insert(
            Homework, course_id=algebra, due_on=TUESDAY + timedelta(days=1), text="§ 12", recorded_at=uow.now
        )
        await uow.insert(
            LessonChange,
            course_id=algebra,
            date=TUESDAY,
            period=1,
            kind=ChangeKind.SUBSTITUTED,
            teacher_id=cast["homeroom"].person_id,
        )
        lesson = await uow.insert(
            Lesson, course_id=algebra, date=TUESDAY, period=1, register_taken_at=berlin(TUESDAY, 9)
        )
        await uow.insert(
            Attendance,
            student_id=pupil,
            lesson_id=lesson,
            kind=AttendanceKind.ABSENT,
            recorded_at=berlin(TUESDAY, 9),
        )
        assessment = await uow.insert(Assessment, course_id=algebra, date=TUESDAY)
        await uow.insert(
            Mark,
            student_id=pupil,
            assessment_id=assessment,
            value="4",
            number=Decimal(4),
            recorded_at=berlin(TUESDAY, 9),
        )
        account = await uow.value(sa.select(MealAccount.id).where(MealAccount.student_id == pupil))
        await uow.write(sa.delete(MealTransaction))
        money = (
            (TransactionKind.DEBIT, -16_000, TUESDAY),
            (TransactionKind.TOP_UP, 90_000, MONDAY + timedelta(5)),
        )
        for kind, amount, day in money:
            at = berlin(day, 12, 30)
            await uow.insert(MealTransaction, account_id=account, kind=kind, amount=amount, at=at)
    return cast


async def move_money(database: Database, clock: FrozenClock, cast: Cast) -> None:
    """The balance as it is by now."""
    async with UnitOfWork(database, clock) as uow, uow.writing():
        moved = (-16_000 if clock.now() >= berlin(TUESDAY, 12, 30) else 0) + (
            90_000 if clock.now() >= berlin(MONDAY + timedelta(5), 12, 30) else 0
        )
        await uow.write(
            sa.update(MealAccount)
            .where(MealAccount.student_id == cast["ivan"].person_id)
            .values(balance=15_000 + moved)
        )


async def events(database: Database, clock: FrozenClock) -> list[str]:
    async with UnitOfWork(database, clock) as uow:
        rows = await uow.rows(sa.select(OutboxEvent.key).order_by(OutboxEvent.key))
    return [row.key for row in rows]


def expected(cast: Cast) -> Counter[str]:
    """How often each kind of key is to be there after the week."""
    return Counter(
        {
            f"reminder:{TUESDAY}:school {cast.school_id}": 1,
            f"tomorrow:{TUESDAY}:school {cast.school_id}": 1,
            f"tomorrow:{TUESDAY}:person {cast['teacher'].person_id}:school {cast.school_id}": 1,
            f"tomorrow:{TUESDAY}:person {cast['homeroom'].person_id}:school {cast.school_id}": 1,
            f"nudge:{TUESDAY}:person {cast['homeroom'].person_id}:school {cast.school_id}": 1,
            **{f"week:{MONDAY}:school {school}": 1 for school in (cast.school_id, cast.other_school_id)},
        }
    )


def told_of_money(keys: list[str], cast: Cast) -> tuple[Counter[str], int]:
    """The days on which the mother was warned, and how many top-ups were told."""
    mine = [
        key for key in keys if key.startswith("balance:") and key.endswith(f" {cast['mother'].person_id}")
    ]
    return Counter(key.split(":")[1] for key in mine), sum(key.startswith("topped_up:") for key in keys)


async def test_a_week_with_a_change_of_the_clocks_two_replicas_and_an_outage(
    database: Database, clock: FrozenClock, world: Cast
) -> None:
    """Two processes at every look, an hour and some apart; nobody is up on Tuesday evening until a quarter past eight,
    nor from Saturday noon to Sunday night."""
    one, two = Schedule(database, clock, JOBS), Schedule(database, clock, JOBS)
    outages = (
        (berlin(TUESDAY, 17), berlin(TUESDAY, 20, 15)),
        (berlin(MONDAY + timedelta(5), 11), berlin(MONDAY + timedelta(6), 23)),
    )
    while clock.now() < berlin(MONDAY + timedelta(7), 14):
        if not any(since <= clock.now() < until for since, until in outages):
            await move_money(database, clock, world)
            await asyncio.gather(one.run_once(), two.run_once())
        clock.move(timedelta(minutes=89))
    keys = await events(database, clock)
    assert all(count == 1 for count in Counter(keys).values())
    told = {key for key in keys if not key.startswith(("balance", "topped_up", "sweep"))}
    assert told == set(expected(world))
    assert sum(key.startswith("sweep:") for key in keys) == 1
    days, top_ups = told_of_money(keys, world)
    assert days == {str(MONDAY + timedelta(number)): 1 for number in (1, 2, 3, 4)}
    assert top_ups == 1


class Killed(BaseException):
    """The process ends here."""


class KilledInTheMiddle(UnitOfWork):
    """A unit of work that dies before its n-th statement."""

    left: int = 0

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed

    async def rows(self, statement: sa.Executable, parameters: Mapping[str, Any] | None = None) -> Any:
        self._count()
        return await super().rows(statement, parameters)

    async def write(self, statement: sa.Executable, parameters: Any = None) -> Any:
        self._count()
        result = await super().write(statement, parameters)
        self._count()
        return result


async def killed_at_every_statement(database: Database, clock: FrozenClock, job: Job) -> int:
    """Run a job again and again, each time killed one statement later, until it gets through; how often it died."""
    for number in range(100):
        try:
            uow = KilledInTheMiddle(database, clock, via="test")
            uow.left = number
            await job.run(uow)
        except Killed:
            continue
        return number
    raise AssertionError("it never gets through")


async def test_a_job_killed_between_any_two_statements_tells_everything_once(
    database: Database, clock: FrozenClock, world: Cast
) -> None:
    moments = {
        "homework reminder": berlin(TUESDAY, 18),
        "tomorrow's timetable": berlin(MONDAY, 19),
        "absence sweep": berlin(TUESDAY, 10),
        "lessons left empty": berlin(TUESDAY, 15),
        "weekly digest": berlin(MONDAY + timedelta(6), 17),
        "low balances": berlin(TUESDAY, 16),
        "top-ups": berlin(MONDAY + timedelta(5), 18),
    }
    for job in JOBS:
        clock.at = moments[job.name]
        await move_money(database, clock, world)
        assert await killed_at_every_statement(database, clock, job) >= 3
        async with UnitOfWork(database, clock) as uow:
            assert await job.run(uow) == 0, "nothing is left to do"
    keys = await events(database, clock)
    assert set(expected(world)) <= set(keys)
    assert told_of_money(keys, world) == (Counter({str(TUESDAY): 1}), 1)
    assert sum(key.startswith("sweep:") for key in keys) == 1
