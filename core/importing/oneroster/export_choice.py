"""What of the database goes into the package, by which ids, and how a cell is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.db.models import (
    Course,
    CourseEnrollment,
    CourseTeacher,
    Enrollment,
    ExternalId,
    Guardianship,
    Org,
    RoleAssignment,
    SchoolClass,
)
from core.importing.own_ids import own_id

Cells = tuple[str, ...]
UNIT, ENTRY = "\x1f", "\x1e"
"""Between the parts of an entry and between the entries of a list, where one read gathers several rows into a cell."""
_ALIKE = {"class": "course", "course": "class", "year": "term", "term": "year"}
"""Kinds that share a file, where an id may stand once."""


@dataclass(frozen=True, slots=True)
class Table:
    """One file: its columns, and its rows by reads."""

    name: str
    header: Cells
    parts: tuple[tuple[sa.Executable, Callable[[Any], Cells]], ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to go out: the school's path is empty for everything. ``system`` is what this installation is called."""

    source: str
    system: str
    today: date
    school_id: int | None = None
    path: str = ""

    def own(self, kind: str, row_id: int) -> str:
        """An id of our own."""
        return own_id(self.system, kind, row_id)

    def id_of(self, kind: str, column: Any) -> sa.ColumnElement[str]:
        """The id that the row of a kind goes out by: the register's newest, else our own. Lists are cut at commas and
        the like, so an id with one of those is no good in them."""
        tie = aliased(ExternalId)
        found = sa.select(tie.external_id).where(
            tie.source == self.source,
            tie.kind == kind,
            tie.target_id == column,
            *(~tie.external_id.contains(letter, autoescape=True) for letter in ",;|'\"[]"),
        )
        if kind in _ALIKE:
            other = aliased(ExternalId)
            found = found.where(
                ~sa.exists().where(
                    other.source == self.source,
                    other.kind == _ALIKE[kind],
                    other.external_id == tie.external_id,
                )
            )
        newest = found.order_by(tie.ended_on.is_not(None), tie.id.desc()).limit(1)
        ours = sa.literal(self.own(kind, 0)[:-1], sa.Text()) + sa.cast(column, sa.Text())
        return sa.case((column.is_(None), ""), else_=sa.func.coalesce(newest.scalar_subquery(), ours))

    def schools(self, column: Any) -> sa.ColumnElement[bool]:
        """That a column names one of the chosen schools."""
        if not self.path:
            return sa.true()
        chosen = sa.select(Org.id).where(Org.path.startswith(self.path, autoescape=True))
        found: sa.ColumnElement[bool] = column.in_(chosen)
        return found

    def orgs(self, column: Any) -> sa.ColumnElement[bool]:
        """The same, or an org above them."""
        above = [int(one) for one in self.path.split("/") if one]
        return sa.or_(self.schools(column), column.in_(above)) if self.path else sa.true()

    def people(self, column: Any) -> sa.ColumnElement[bool]:
        """That a column names somebody of the chosen schools, guardians of their pupils among them."""
        if not self.path:
            return sa.true()
        lead = SchoolClass.homeroom_teacher_id
        members = sa.union(
            sa.select(RoleAssignment.person_id).where(self.schools(RoleAssignment.org_id)),
            sa.select(Enrollment.student_id).join(SchoolClass).where(self.schools(SchoolClass.school_id)),
            sa.select(CourseEnrollment.student_id).join(Course).where(self.schools(Course.school_id)),
            sa.select(CourseTeacher.teacher_id).join(Course).where(self.schools(Course.school_id)),
            sa.select(lead).where(lead.is_not(None), self.schools(SchoolClass.school_id)),
        ).subquery()
        guardians = sa.select(Guardianship.guardian_id).where(
            Guardianship.child_id.in_(sa.select(members.c.person_id))
        )
        return sa.or_(column.in_(sa.select(members.c.person_id)), column.in_(guardians))


def columns_of(names: str, *ours: str) -> Cells:
    """The header of a file: what all have, its names cut at spaces, then ours."""
    return (
        "sourcedId",
        "status",
        "dateLastModified",
        *names.split(),
        *(f"metadata.schoolbell.{one}" for one in ours),
    )


def day_text(day: date | None) -> str:
    """ISO; empty for none."""
    return "" if day is None else day.isoformat()


def number_text(number: Decimal | None) -> str:
    """Without needless noughts, and never as a power."""
    if number is None:
        return ""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
