"""What comes by itself: once, at its hour on the school's wall, whatever stops, doubles or delays the jobs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import HomeworkTick, OutboxEvent
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState
from notifier.schedule import JOBS, Schedule
from tests.cast import TODAY, Cast
from tests.notifier.test_telling import School


class Timetabled(School):
    """The school with its schedule."""

    def __init__(self, database: Database, clock: FrozenClock, cast: Cast) -> None:
        super().__init__(database, clock, cast)
        self.schedule = Schedule(database, clock)

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
