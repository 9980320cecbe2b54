"""The lessons that a school's timetable holds over some days, as rows of the database: for counting many at once.

The rules are those of ``day_plans``: within the terms of a course's year, not on days off, by the week's parity, with
cancelled lessons gone and moved ones at their new place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from core.access import School
from core.db.models import (
    AcademicYear,
    BellPeriod,
    BellSchedule,
    Course,
    DayOff,
    LessonChange,
    Org,
    Term,
    TimetableSlot,
)
from core.db.models.base import UtcDateTime
from core.db.uow import UnitOfWork
from core.domain.calendar import finest, week_parity
from core.domain.kinds import ChangeKind, TermKind, WeekParity

NO_YEAR = 0


@dataclass(frozen=True, slots=True)
class HeldLessons:
    """``table`` is for use in a statement that is run with ``values``: ``course_id``, ``day`` with its beginning and end
    (``day_starts``, ``day_ends``), ``period``, ``starts`` on the school's wall where bells tell it, and
    ``substitute_id``. Equally many days have the same table, so that a statement over it can be kept."""

    table: sa.CTE
    values: Mapping[str, Any]


async def held_lessons(uow: UnitOfWork, school: School, since: date, until: date) -> HeldLessons:
    """The lessons from ``since`` to ``until``, both included. One statement, for the calendar."""
    days = _days(school, await _calendar(uow, school, since, until), since, until)
    values: dict[str, Any] = {"school_id": school.id, "since": since, "until": until}
    for number, row in enumerate(days):
        values |= {f"d{number}_{column.name}": value for column, value in zip(_DAY, row, strict=True)}
    return HeldLessons(_held(len(days)), values)


@lru_cache(maxsize=128)
def _held(number: int) -> sa.CTE:
    """Over so many days as ``_days`` makes them."""
    school_id = sa.bindparam("school_id", type_=sa.BigInteger())
    days = _days_table(number)
    lesson_change = sa.orm.aliased(LessonChange)
    usual = (
        sa.select(
            TimetableSlot.course_id,
            *(days.c.day, days.c.day_starts, days.c.day_ends, TimetableSlot.period),
            BellPeriod.starts.label("starts"),
            lesson_change.teacher_id.label("substitute_id"),
        )
        .select_from(Course)
        .join(TimetableSlot, TimetableSlot.course_id == Course.id)
        .join(
            days,
            (days.c.weekday == TimetableSlot.weekday)
            & (days.c.year_id == sa.func.coalesce(Course.year_id, NO_YEAR)),
        )
        .outerjoin(
            BellPeriod,
            (BellPeriod.schedule_id == TimetableSlot.schedule_id)
            & (BellPeriod.number == TimetableSlot.period),
        )
        .outerjoin(
            lesson_change,
            (lesson_change.course_id == Course.id)
            & (lesson_change.date == days.c.day)
            & (lesson_change.period == TimetableSlot.period),
        )
        .where(
            Course.school_id == school_id,
            sa.or_(TimetableSlot.valid_from.is_(None), TimetableSlot.valid_from <= days.c.day),
            sa.or_(TimetableSlot.valid_to.is_(None), TimetableSlot.valid_to >= days.c.day),
            sa.or_(
                days.c.parity == WeekParity.EVERY.value,
                TimetableSlot.parity == WeekParity.EVERY,
                sa.cast(TimetableSlot.parity, sa.Text()) == days.c.parity,
            ),
            sa.or_(
                lesson_change.id.is_(None),
                (lesson_change.kind != ChangeKind.CANCELLED) & (lesson_change.kind != ChangeKind.MOVED),
            ),
        )
    )
    bell = (
        sa.select(sa.func.min(BellPeriod.starts))
        .join(BellSchedule, BellSchedule.id == BellPeriod.schedule_id)
        .where(BellSchedule.school_id == school_id, BellPeriod.number == LessonChange.new_period)
        .scalar_subquery()
    )
    calendar_day = days.alias("calendar_day")
    moved = (
        sa.select(
            LessonChange.course_id,
            LessonChange.new_date,
            sa.func.min(calendar_day.c.day_starts),
            sa.func.min(calendar_day.c.day_ends),
            LessonChange.new_period,
            bell,
            LessonChange.teacher_id,
        )
        .join(Course, Course.id == LessonChange.course_id)
        .join(calendar_day, calendar_day.c.day == LessonChange.new_date)
        .where(
            Course.school_id == school_id,
            LessonChange.kind == ChangeKind.MOVED,
            LessonChange.new_date.between(
                sa.bindparam("since", type_=sa.Date()), sa.bindparam("until", type_=sa.Date())
            ),
        )
        .group_by(LessonChange.id)
    )
    return sa.union_all(usual, moved).cte("held")


async def _calendar(uow: UnitOfWork, school: School, since: date, until: date) -> list[sa.Row[Any]]:
    """The years of the school's courses with their terms, and the days off. One statement."""
    known = {"school_id": school.id, "path": school.path, "since": since, "until": until}
    return list(await uow.rows(_CALENDAR, known))


_NONE_DAY = sa.cast(sa.null(), sa.Date())
_CALENDAR = sa.union_all(
    sa.select(
        AcademicYear.id.label("year_id"),
        sa.cast(Term.kind, sa.Text()).label("kind"),
        *(AcademicYear.starts.label("year_starts"), AcademicYear.ends.label("year_ends")),
        *(Term.starts.label("starts"), Term.ends.label("ends")),
    )
    .outerjoin(Term, (Term.year_id == AcademicYear.id) & Term.ended_on.is_(None))
    .where(
        AcademicYear.id.in_(
            sa.select(Course.year_id).where(
                Course.school_id == sa.bindparam("school_id", type_=sa.BigInteger())
            )
        )
    ),
    sa.select(
        sa.cast(sa.null(), sa.BigInteger()),
        sa.literal_column("'off'", sa.Text()),
        *(_NONE_DAY, _NONE_DAY, DayOff.starts, DayOff.ends),
    )
    .join(Org, Org.id == DayOff.org_id)
    .where(
        sa.bindparam("path", type_=sa.Text()).startswith(Org.path),
        DayOff.starts <= sa.bindparam("until", type_=sa.Date()),
        DayOff.ends >= sa.bindparam("since", type_=sa.Date()),
    ),
)


def _days(school: School, calendar: list[sa.Row[Any]], since: date, until: date) -> list[tuple[Any, ...]]:
    """A row as ``_DAY`` for each year and each day on which its courses are held."""
    off = [(row.starts, row.ends) for row in calendar if row.kind == "off"]
    years: dict[int, tuple[date, date]] = {}
    terms: defaultdict[int, defaultdict[TermKind, list[tuple[date, date]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row in calendar:
        if row.kind != "off":
            years[row.year_id] = (row.year_starts, row.year_ends)
            if row.kind is not None:
                terms[row.year_id][TermKind(row.kind)].append((row.starts, row.ends))
    rows: list[tuple[Any, ...]] = []
    for number in range((until - since).days + 1):
        day = since + timedelta(days=number)
        if any(starts <= day <= ends for starts, ends in off):
            continue
        bounds = [datetime.combine(one, time(), school.zone) for one in (day, day + timedelta(days=1))]
        rows.append((day, day.isoweekday(), NO_YEAR, WeekParity.EVERY.value, *bounds))
        for year_id, span in years.items():
            spans = terms[year_id][finest(terms[year_id])] if terms[year_id] else [span]
            if any(starts <= day <= ends for starts, ends in spans):
                parity = week_parity(day, span[0])
                rows.append((day, day.isoweekday(), year_id, parity, *bounds))
    return rows


def _days_table(number: int) -> sa.CTE:
    if not number:
        nothing = (sa.cast(sa.null(), one.type).label(one.name) for one in _DAY)
        return sa.select(*nothing).where(sa.false()).cte("days")
    return sa.union_all(
        *(
            sa.select(
                *(
                    sa.bindparam(f"d{row}_{column.name}", type_=column.type).label(column.name)
                    for column in _DAY
                )
            )
            for row in range(number)
        )
    ).cte("days")


_DAY: tuple[sa.ColumnClause[Any], ...] = (
    sa.column("day", sa.Date()),
    sa.column("weekday", sa.BigInteger()),
    sa.column("year_id", sa.BigInteger()),
    sa.column("parity", sa.Text()),
    sa.column("day_starts", UtcDateTime()),
    sa.column("day_ends", UtcDateTime()),
)
