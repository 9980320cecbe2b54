"""A school's years with their terms, its holidays and its bells."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from core.db.models import AcademicYear, BellPeriod, BellSchedule, Course, DayOff, Org, Term, TimetableSlot
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID
from core.domain.kinds import TermKind
from core.domain.rights import Role
from core.domain.school_calendar import PeriodTimes
from core.errors import NotFound
from core.queries.offices import Office

KEEPERS = (Role.ADMIN,)
"""Who keeps the calendar, classes, courses and the week; whoever leads a school reads them."""


@dataclass(frozen=True, slots=True)
class TermLine:
    """A term; ``ended`` ones count no more, and can be brought back."""

    id: int
    year_id: int
    kind: TermKind
    name: str
    starts: date
    ends: date
    ended: bool


@dataclass(frozen=True, slots=True)
class YearLine:
    """A year; ``kept_by`` names the org above that keeps it, empty where the school does."""

    id: int
    name: str
    starts: date
    ends: date
    ended: bool
    kept_by: str
    terms: tuple[TermLine, ...]


@dataclass(frozen=True, slots=True)
class HolidayLine:
    """A day or span without lessons; ``kept_by`` as in YearLine."""

    id: int
    name: str
    starts: date
    ends: date
    kept_by: str


@dataclass(frozen=True, slots=True)
class BellsLine:
    """A bell schedule; ``slots`` counts the places of the week that ring by it."""

    id: int
    name: str
    periods: tuple[PeriodTimes, ...]
    slots: int


def _above(office: Office, column: Any) -> sa.ColumnElement[bool]:
    return sa.and_(Org.id == column, sa.literal(office.school.path).startswith(Org.path))


async def list_years(uow: UnitOfWork, office: Office) -> tuple[YearLine, ...]:
    """The years, the newest first, with their terms in order. Two statements."""
    rows = await uow.rows(
        sa.select(
            *(AcademicYear.id, AcademicYear.name, AcademicYear.starts, AcademicYear.ends),
            *(AcademicYear.ended_on, Org.id.label("org_id"), Org.name.label("org_name")),
        )
        .join(Org, _above(office, AcademicYear.org_id))
        .order_by(AcademicYear.starts.desc(), AcademicYear.id)
    )
    terms: defaultdict[int, list[TermLine]] = defaultdict(list)
    for row in await uow.rows(
        sa.select(Term.id, Term.year_id, Term.kind, Term.name, Term.starts, Term.ends, Term.ended_on)
        .where(Term.year_id.in_([row.id for row in rows]))
        .order_by(Term.starts, Term.id)
    ):
        ended = row.ended_on is not None
        terms[row.year_id].append(
            TermLine(row.id, row.year_id, row.kind, row.name, row.starts, row.ends, ended)
        )
    return tuple(
        YearLine(
            *(row.id, row.name, row.starts, row.ends, row.ended_on is not None),
            *("" if row.org_id == office.school.id else row.org_name, tuple(terms[row.id])),
        )
        for row in rows
    )


async def list_holidays(uow: UnitOfWork, office: Office, *, since: date) -> tuple[HolidayLine, ...]:
    """Those that end on a day or after it, in order. One statement."""
    rows = await uow.rows(
        sa.select(
            *(DayOff.id, DayOff.name, DayOff.starts, DayOff.ends),
            *(Org.id.label("org_id"), Org.name.label("org_name")),
        )
        .join(Org, _above(office, DayOff.org_id))
        .where(DayOff.ends >= since)
        .order_by(DayOff.starts, DayOff.id)
        .limit(200)
    )
    return tuple(
        HolidayLine(
            *(row.id, row.name, row.starts, row.ends),
            "" if row.org_id == office.school.id else row.org_name,
        )
        for row in rows
    )


async def own_holiday(uow: UnitOfWork, office: Office, number: int) -> HolidayLine:
    """One that the school itself keeps. One statement. Raises NotFound."""
    row = None
    if 0 < number <= LARGEST_ID:
        row = await uow.row(
            sa.select(DayOff.id, DayOff.name, DayOff.starts, DayOff.ends).where(
                DayOff.id == number, DayOff.org_id == office.school.id
            )
        )
    if row is None:
        raise NotFound("holiday_not_found")
    return HolidayLine(row.id, row.name, row.starts, row.ends, "")


async def own_year(uow: UnitOfWork, office: Office, number: int) -> YearLine:
    """One that the school itself keeps. Two statements. Raises NotFound."""
    for year in await list_years(uow, office):
        if year.id == number and not year.kept_by:
            return year
    raise NotFound("year_not_found")


async def own_term(uow: UnitOfWork, office: Office, number: int) -> tuple[YearLine, TermLine]:
    """One of a year that the school itself keeps. Two statements. Raises NotFound."""
    for year in await list_years(uow, office):
        for term in year.terms:
            if term.id == number and not year.kept_by:
                return year, term
    raise NotFound("term_not_found")


async def bells_of(uow: UnitOfWork, office: Office) -> tuple[BellsLine, ...]:
    """The school's bell schedules by name. Three statements."""
    rows = await uow.rows(
        sa.select(BellSchedule.id, BellSchedule.name)
        .where(BellSchedule.school_id == office.school.id)
        .order_by(BellSchedule.name, BellSchedule.id)
    )
    ids = [row.id for row in rows]
    periods: defaultdict[int, list[PeriodTimes]] = defaultdict(list)
    for row in await uow.rows(
        sa.select(BellPeriod.schedule_id, BellPeriod.number, BellPeriod.starts, BellPeriod.ends)
        .where(BellPeriod.schedule_id.in_(ids))
        .order_by(BellPeriod.number)
    ):
        periods[row.schedule_id].append(PeriodTimes(row.number, row.starts, row.ends))
    used = await uow.rows(
        sa.select(TimetableSlot.schedule_id, sa.func.count().label("slots"))
        .join(Course, Course.id == TimetableSlot.course_id)
        .where(Course.school_id == office.school.id)
        .group_by(TimetableSlot.schedule_id)
    )
    slots = {row.schedule_id: row.slots for row in used}
    return tuple(BellsLine(row.id, row.name, tuple(periods[row.id]), slots.get(row.id, 0)) for row in rows)


async def own_bells(uow: UnitOfWork, office: Office, number: int) -> BellsLine:
    """One of the school's. Three statements. Raises NotFound."""
    for one in await bells_of(uow, office):
        if one.id == number:
            return one
    raise NotFound("bells_not_found")
