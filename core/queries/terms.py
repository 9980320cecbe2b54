"""The terms of a pupil's school and the one to show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from core.access import School, Student
from core.db.models import AcademicYear, Assessment, Attendance, Lesson, Mark, Org, Term
from core.db.uow import UnitOfWork
from core.domain.calendar import TermSpan, choose_term, finest, term_on, window
from core.domain.kinds import TermKind


@dataclass(frozen=True, slots=True)
class TermChoice:
    """All terms to choose from, oldest first, and the one shown; its window is ``from`` ≤ day < ``until``.

    ``shown`` is None where the school has no terms: then the window is all time.
    """

    terms: tuple[TermSpan, ...]
    shown: TermSpan | None
    since: date
    until: date
    is_current: bool


_LATEST: sa.Select[Any] = sa.select(sa.func.max(sa.column("day", sa.Date()))).select_from(
    sa.union_all(
        sa.select(sa.func.max(Assessment.date).label("day"))
        .join(Mark, Mark.assessment_id == Assessment.id)
        .where(Mark.student_id == sa.bindparam("student_id")),
        sa.select(sa.func.max(Lesson.date))
        .join(Attendance, Attendance.lesson_id == Lesson.id)
        .where(Attendance.student_id == sa.bindparam("student_id")),
    ).subquery()
)
"""The newest day with something in the diary."""

_TERMS = (
    sa.select(
        Term.id,
        Term.kind,
        Term.name,
        Term.starts,
        Term.ends,
        Term.year_id,
        sa.func.length(Org.path).label("depth"),
    )
    .join(AcademicYear, AcademicYear.id == Term.year_id)
    .join(Org, Org.id == AcademicYear.org_id)
    .where(
        sa.bindparam("path", type_=sa.Text()).startswith(Org.path),
        Term.ended_on.is_(None),
        AcademicYear.ended_on.is_(None),
    )
    .order_by(Term.starts, Term.id)
)


async def term_choice(uow: UnitOfWork, student: Student, term_id: int = 0) -> TermChoice:
    """The term asked for, or the one that fits today; an unknown id counts as none. One statement.

    Where today lies outside every term, one more finds the newest day with something in the diary, which decides.
    Years may be kept by the school or by an org above it; the nearest wins, and of a year's levels the finest.
    """
    terms, today = await _terms(uow, student.school), student.school.today(uow.now)
    latest = None
    if terms and term_on(terms, today) is None and not any(term.id == term_id for term in terms):
        latest = await uow.value(_LATEST, {"student_id": student.id})
    return _choose(terms, today, latest, term_id)


async def term_of_school(uow: UnitOfWork, school: School, term_id: int = 0) -> TermChoice:
    """As ``term_choice``, for all of a school, whatever is in its diaries. One statement."""
    return _choose(await _terms(uow, school), school.today(uow.now), None, term_id)


async def _terms(uow: UnitOfWork, school: School) -> tuple[TermSpan, ...]:
    """One statement."""
    rows = await uow.rows(_TERMS, {"path": school.path})
    deepest = max((row.depth for row in rows), default=0)
    by_year: dict[int, set[TermKind]] = {}
    for row in rows:
        by_year.setdefault(row.year_id, set()).add(row.kind)
    shown_kind = {year: finest(kinds) for year, kinds in by_year.items()}
    return tuple(
        TermSpan(row.id, row.name, row.starts, row.ends)
        for row in rows
        if row.depth == deepest and row.kind == shown_kind[row.year_id]
    )


def _choose(terms: tuple[TermSpan, ...], today: date, latest: date | None, term_id: int) -> TermChoice:
    shown = next((term for term in terms if term.id == term_id), None) or choose_term(terms, today, latest)
    if shown is None:
        return TermChoice((), None, date.min, date.max, is_current=False)
    since, until = window(terms, shown)
    return TermChoice(terms, shown, since, until, is_current=shown.starts <= today <= shown.ends)
