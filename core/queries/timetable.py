"""The weeks of a school's timetable, of a class, a teacher or a room; and what there is to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from core.access import School
from core.db.models import (
    BellPeriod,
    BellSchedule,
    Course,
    CourseTeacher,
    Org,
    Person,
    RoleAssignment,
    SchoolClass,
    TimetableSlot,
)
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID, PersonId
from core.domain.names import PersonName, fold
from core.domain.rights import Role
from core.errors import NotFound
from core.queries.day_plans import DayPlan
from core.queries.offices import Office
from core.queries.schedule import class_lessons, room_lessons, teacher_lessons

Whose = Literal["class", "teacher", "room"]
WEEK = timedelta(days=7)
_WORKING_DAYS = 5


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody or something with a week of lessons: ``key`` is a class's or teacher's id, a room's own name."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Week:
    """Monday to Friday, and the days behind them up to the last with lessons. ``periods`` are those that occur, with
    the times at which most of their lessons begin and end."""

    owner: Owner
    monday: date
    days: tuple[DayPlan, ...]
    periods: tuple[tuple[int, time | None, time | None], ...]


@dataclass(frozen=True, slots=True)
class StaffTeacher:
    """A teacher of the school; ``teaches_it`` says that one of the own courses is of the subject in question."""

    id: PersonId
    name: PersonName
    teaches_it: bool = False


async def list_owners(uow: UnitOfWork, office: Office, whose: Whose) -> tuple[Owner, ...]:
    """Whose week may be shown, in order. One statement."""
    if whose == "teacher":
        return tuple(Owner(str(one.id), _listed(one.name)) for one in await list_teachers(uow, office.school))
    if whose == "room":
        return tuple(Owner(room, room) for room in await list_rooms(uow, office.school))
    rows = await uow.rows(
        sa.select(SchoolClass.id, SchoolClass.name)
        .where(SchoolClass.school_id == office.school.id, SchoolClass.ended_on.is_(None))
        .order_by(SchoolClass.grade, SchoolClass.name, SchoolClass.id)
    )
    return tuple(Owner(str(row.id), row.name) for row in rows)


def _listed(name: PersonName) -> str:
    return f"{name.family} {name.given} {name.middle}".strip()


async def week_of(
    uow: UnitOfWork, office: Office, whose: Whose, owners: Sequence[Owner], key: str, monday: date
) -> Week:
    """The week of one of the owners. Two statements. Raises NotFound."""
    owner = next((one for one in owners if one.key == key), None)
    if owner is None:
        raise NotFound("timetable_not_found")
    school, until = office.school, monday + timedelta(days=6)
    if whose == "room":
        plan = await room_lessons(uow, school, owner.key, since=monday, until=until)
    elif whose == "teacher":
        plan = await teacher_lessons(uow, school, int(owner.key), since=monday, until=until)
    else:
        plan = await class_lessons(uow, school, int(owner.key), since=monday, until=until)
    days = [_in_room(day, owner.key) if whose == "room" else day for day in plan]
    while len(days) > _WORKING_DAYS and not days[-1].lessons:
        days.pop()
    return Week(owner, monday, tuple(days), _periods(days))


def _in_room(day: DayPlan, room: str) -> DayPlan:
    return replace(day, lessons=tuple(one for one in day.lessons if fold(one.room) == fold(room)))


def _periods(days: Sequence[DayPlan]) -> tuple[tuple[int, time | None, time | None], ...]:
    times: dict[int, list[tuple[time | None, time | None]]] = {}
    for day in days:
        for one in day.lessons:
            times.setdefault(one.period, []).append((one.starts, one.ends))
    return tuple(
        (period, *max(seen, key=lambda one: (one[0] is not None, seen.count(one))))
        for period, seen in sorted(times.items())
    )


def teaches_at(school: School, today: date) -> sa.ColumnElement[bool]:
    """That a person's role makes a teacher at the school, by a role there or above; joins RoleAssignment and Org."""
    return sa.and_(
        RoleAssignment.role == Role.TEACHER,
        sa.literal(school.path).startswith(Org.path),
        holds_on(RoleAssignment, today),
    )


async def list_teachers(uow: UnitOfWork, school: School, *, subject_id: int = 0) -> tuple[StaffTeacher, ...]:
    """The school's teachers by name. One statement."""
    today = school.today(uow.now)
    own = sa.exists().where(
        CourseTeacher.teacher_id == Person.id,
        Course.id == CourseTeacher.course_id,
        Course.subject_id == subject_id,
        Course.ended_on.is_(None),
        holds_on(CourseTeacher, today),
    )
    columns: list[Any] = [
        *(Person.id, Person.family, Person.given, Person.middle, Person.name_key),
        (own if subject_id else sa.false()).label("teaches_it"),
    ]
    rows = await uow.rows(
        sa.select(*columns)
        .distinct()
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .join(Org, Org.id == RoleAssignment.org_id)
        .where(teaches_at(school, today))
        .order_by(Person.name_key, Person.id)
    )
    return tuple(
        StaffTeacher(PersonId(row.id), PersonName(row.family, row.given, row.middle), bool(row.teaches_it))
        for row in rows
    )


async def list_rooms(uow: UnitOfWork, school: School) -> tuple[str, ...]:
    """The rooms that the school's timetable names today or later. One statement."""
    today = school.today(uow.now)
    rows = await uow.rows(
        sa.select(TimetableSlot.room)
        .distinct()
        .join(Course, Course.id == TimetableSlot.course_id)
        .where(
            Course.school_id == school.id,
            TimetableSlot.room != "",
            sa.or_(TimetableSlot.valid_to.is_(None), TimetableSlot.valid_to >= today),
        )
    )
    return tuple(sorted((row.room for row in rows), key=_as_numbered))


def _as_numbered(room: str) -> tuple[int, str]:
    digits = "".join(one for one in room[:9] if one.isascii() and one.isdigit())
    return int(digits) if digits else 0, room


@dataclass(frozen=True, slots=True)
class Bell:
    """When a period is, by one of the school's bells."""

    schedule_id: int
    number: int
    starts: time
    ends: time


async def list_bells(uow: UnitOfWork, school_id: int) -> tuple[Bell, ...]:
    """The periods of all of a school's bells, in order. One statement."""
    rows = await uow.rows(
        sa.select(BellPeriod.schedule_id, BellPeriod.number, BellPeriod.starts, BellPeriod.ends)
        .join(BellSchedule, BellSchedule.id == BellPeriod.schedule_id)
        .where(BellSchedule.school_id == school_id)
        .order_by(BellPeriod.schedule_id, BellPeriod.number)
    )
    return tuple(Bell(row.schedule_id, row.number, row.starts, row.ends) for row in rows)


def is_id(text: str) -> bool:
    """Whether a text could be a row's number."""
    return text.isascii() and text.isdigit() and len(text) < 19 and 0 < int(text) <= LARGEST_ID
