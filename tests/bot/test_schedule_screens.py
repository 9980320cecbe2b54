"""The timetable outside of the ordinary day: holidays, the week, and a teacher with many children."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import Course, DayOff, Guardianship, Term
from core.db.uow import UnitOfWork
from core.domain.rights import GuardianRights
from tests.cast import TODAY, Cast
from tests.support.conversation import Stage, User


@pytest.fixture
def stage(database: Database, clock: FrozenClock) -> Stage:
    return Stage(database, clock)


def phone(stage: Stage, cast: Cast, name: str, *, language: str = "en") -> User:
    return stage.user(cast[name].user_id, language=language)


@pytest.mark.parametrize(
    "today", [datetime(2026, 10, 27, 7, tzinfo=UTC), datetime(2027, 3, 2, 7, tzinfo=UTC)]
)
@pytest.mark.parametrize("name", ["mother", "teacher"])
async def test_between_the_terms_and_after_the_last_there_are_holidays_and_no_lessons(
    stage: Stage, cast: Cast, clock: FrozenClock, today: datetime, name: str
) -> None:
    clock.at = today
    user = phone(stage, cast, name)
    await user.send("/schedule")
    assert "School holidays: no lessons." in (await user.tap("Today")).text
    week = await user.tap("Week")
    assert "School holidays: no lessons." in week.text
    assert "Algebra" not in week.text


async def test_of_a_year_without_terms_its_own_dates_count(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(sa.delete(Term))
    mother = phone(stage, cast, "mother")
    clock.at = datetime(2027, 3, 2, 5, tzinfo=UTC)
    assert "Algebra" in (await mother.send("/schedule")).text
    clock.at = datetime(2027, 7, 6, 5, tzinfo=UTC)
    assert "School holidays: no lessons." in (await mother.send("/schedule")).text


async def test_courses_of_no_year_have_lessons_always(stage: Stage, cast: Cast, clock: FrozenClock) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(sa.update(Course).values(year_id=None))
    clock.at = datetime(2027, 7, 6, 5, tzinfo=UTC)
    assert "Algebra" in (await phone(stage, cast, "mother").send("/schedule")).text


async def test_of_days_far_from_every_term_nothing_is_claimed(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    clock.at = datetime(2028, 10, 3, 5, tzinfo=UTC)
    said = (await phone(stage, cast, "mother").send("/schedule")).text
    assert "No lessons." in said
    assert "holidays" not in said


async def test_before_the_holidays_end_the_next_lessons_are_shown(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    clock.at = datetime(2026, 10, 28, 7, tzinfo=UTC)
    said = (await phone(stage, cast, "mother").send("/schedule")).text
    assert "Today: School holidays. Next lessons:" in said
    assert "Tuesday, 3 November" in said


async def test_a_holiday_of_several_days_is_named_once_in_the_week(stage: Stage, cast: Cast) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        off = {"org_id": cast.school_id, "name": "Snow days"}
        await uow.insert(DayOff, starts=TODAY + timedelta(days=1), ends=TODAY + timedelta(days=3), **off)
    mother = phone(stage, cast, "mother")
    await mother.send("/schedule")
    week = (await mother.tap("Week")).text
    assert week.count("Snow days") == 1
    assert "Wednesday, 25 Nov – Friday, 27 Nov" in week
    assert "Algebra" in week


async def test_the_week_tells_times_rooms_and_teachers(stage: Stage, cast: Cast) -> None:
    mother = phone(stage, cast, "mother")
    await mother.send("/schedule")
    line = next(line for line in (await mother.tap("Week")).text.splitlines() if "Algebra" in line)
    for said in ("08:30–09:15", "room 101", "Olga Sokolova"):
        assert said in line


async def test_a_teacher_reaches_every_child_however_many(stage: Stage, cast: Cast) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        for child in ("ivan", "maria", "alexei"):
            await uow.insert(
                Guardianship,
                guardian_id=cast["teacher"].person_id,
                child_id=cast[child].person_id,
                relation="mother",
                rights=GuardianRights.FULL,
            )
    teacher = phone(stage, cast, "teacher")
    await teacher.send("/schedule")
    for name in ("Katya", "Ivan", "Maria", "Alexei", "Me"):
        assert f"• {name}" in (await teacher.tap(name)).buttons
