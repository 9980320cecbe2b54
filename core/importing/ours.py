"""Which rows are one school's: what an import for that school alone may know, and so change or end.

A row is a school's by its column ``school_id`` or ``org_id``, or by what it hangs on. A person is by what they are
there; a guardian's link is the school's where the child is at no other, for it opens all of the child's diary.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from core.db.models import (
    Course,
    CourseEnrollment,
    CourseTeacher,
    Enrollment,
    Guardianship,
    Org,
    Person,
    RoleAssignment,
    SchoolClass,
)
from core.db.uow import UnitOfWork
from core.importing.register import Scope

_BATCH = 2_000


def rows_of_school(table: sa.FromClause, scope: Scope) -> sa.Select[Any]:
    """The ids of a table's rows that are the school's. Of people and guardians' links these are some too many:
    ``is_of_school`` says the rest."""
    columns = table.c
    if table is Org.__table__:
        return sa.select(columns.id).where(columns.id == scope.school_id)
    if table is Person.__table__:
        return sa.select(_ever_at(scope.school_id).c.person_id)
    if table is Guardianship.__table__:
        return sa.select(columns.id).where(
            columns.child_id.in_(sa.select(_direct(scope.school_id).c.person_id))
        )
    for name in ("school_id", "org_id"):
        if name in columns:
            return sa.select(columns.id).where(columns[name] == scope.school_id)
    for column in columns:
        for key in column.foreign_keys:
            owner = key.column.table
            if owner not in (Person.__table__, table) and not column.nullable:
                return sa.select(columns.id).where(column.in_(rows_of_school(owner, scope)))
    raise ValueError(f"{table} hangs on no school")


def is_of_school(kind: str, values: Mapping[str, Any], scope: Scope | None) -> bool:
    """What the ids alone do not say, of a row in hand."""
    if scope is None:
        return True
    if kind == "person":
        return values["id"] in scope.own or values["id"] in scope.shared
    return kind != "guardianship" or values["child_id"] in scope.own


def _direct(school_id: Any, *, elsewhere: bool = False, today: date | None = None) -> sa.Subquery:
    """Who is something at the school, or ``elsewhere``: by a role, a class or a course; with ``today`` still."""
    found = []
    for table, person, owner in (
        (RoleAssignment, RoleAssignment.person_id, None),
        (Enrollment, Enrollment.student_id, SchoolClass),
        (CourseTeacher, CourseTeacher.teacher_id, Course),
        (CourseEnrollment, CourseEnrollment.student_id, Course),
    ):
        statement = sa.select(person.label("person_id"))
        school: Any = RoleAssignment.org_id
        if owner is not None:
            statement = statement.join(owner)
            school = owner.school_id
        statement = statement.where(school != school_id if elsewhere else school == school_id)
        if today is not None:
            statement = statement.where(sa.or_(table.ends.is_(None), table.ends >= today))
        found.append(statement)
    return sa.union_all(*found).subquery()


def _ever_at(school_id: int) -> sa.Subquery:
    direct = _direct(school_id).c.person_id
    guardians = sa.select(Guardianship.guardian_id).where(Guardianship.child_id.in_(sa.select(direct)))
    return sa.union(sa.select(direct), guardians).subquery()


async def scope_of(uow: UnitOfWork, school_id: int) -> Scope:
    """The school's people. Two statements, and three for each 2,000 people.

    Whoever was there once and is elsewhere now is not the school's any more.
    """
    today = uow.now.date()
    ever = {row.person_id for row in await uow.rows(sa.select(_ever_at(school_id)))}
    now = _direct(school_id, today=today).c.person_id
    guardians = sa.select(Guardianship.guardian_id).where(
        Guardianship.child_id.in_(sa.select(now)),
        sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= today),
    )
    still = {row[0] for row in await uow.rows(sa.union(sa.select(now), guardians))}
    away = await _elsewhere(uow, school_id, ever)
    links = [
        row
        for batch in _batches(ever)
        for row in await uow.rows(
            sa.select(Guardianship.guardian_id, Guardianship.child_id).where(
                Guardianship.guardian_id.in_(batch)
            )
        )
    ]
    children = await _elsewhere(uow, school_id, {row.child_id for row in links})
    away |= {row.guardian_id for row in links if row.child_id in children}
    return Scope(school_id, frozenset(ever - away), frozenset(ever & away & still))


async def _elsewhere(uow: UnitOfWork, school_id: int, people: set[int]) -> set[int]:
    person = _direct(school_id, elsewhere=True).c.person_id
    return {
        row[0]
        for batch in _batches(people)
        for row in await uow.rows(sa.select(person).where(person.in_(batch)))
    }


def _batches(people: set[int]) -> Iterator[list[int]]:
    ordered = sorted(people)
    for start in range(0, len(ordered), _BATCH):
        yield ordered[start : start + _BATCH]
