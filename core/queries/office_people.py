"""Whom a school's office knows, and whom of these it may change. Loading is the check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.db.models import Enrollment, Guardianship, Person, RoleAssignment
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID, PersonId
from core.domain.names import PersonName
from core.domain.rights import PANEL_ROLES, Role, may_grant
from core.errors import NotFound
from core.queries.offices import Office, people_ever

_SCHOOL_ID = sa.bindparam("office_school_id", type_=sa.BigInteger())
_TODAY = sa.bindparam("office_today", type_=sa.Date())


def asked_by(office: Office, now: datetime) -> dict[str, Any]:
    """The parameters of a statement that has one of the conditions below which say nothing of an office themselves: they
    are put together once, which takes longer than to run them."""
    return {_SCHOOL_ID.key: office.school.id, _TODAY.key: office.school.today(now)}


def _lasts(table: Any, today: Any = _TODAY) -> sa.ColumnElement[bool]:
    """Whether a dated row holds still, or will."""
    return sa.or_(table.ends.is_(None), table.ends >= today)


def _people() -> tuple[sa.Select[int], sa.Select[int]]:
    """The ids of the office's people: by a role at the school, and as the guardian of a pupil."""
    child = aliased(RoleAssignment)
    return (
        sa.select(RoleAssignment.person_id).where(
            RoleAssignment.org_id == _SCHOOL_ID, _lasts(RoleAssignment)
        ),
        sa.select(Guardianship.guardian_id)
        .join(child, child.person_id == Guardianship.child_id)
        .where(
            _lasts(Guardianship),
            child.org_id == _SCHOOL_ID,
            child.role == Role.STUDENT,
            _lasts(child),
        ),
    )


def _is_elsewhere(person_id: Any) -> sa.ColumnElement[bool]:
    """Whether another school looks after a person."""
    role, child = aliased(RoleAssignment), aliased(RoleAssignment)
    return sa.or_(
        sa.exists().where(role.person_id == person_id, role.org_id != _SCHOOL_ID, _lasts(role)),
        sa.exists().where(
            Guardianship.guardian_id == person_id,
            _lasts(Guardianship),
            child.person_id == Guardianship.child_id,
            child.org_id != _SCHOOL_ID,
            _lasts(child),
        ),
    )


def _left() -> sa.Select[int]:
    """The ids of those who were the office's people, are it no more, and are not another school's now."""
    ever = people_ever(_SCHOOL_ID).subquery()
    return sa.select(ever.c.person_id).where(
        ever.c.person_id.not_in(sa.union(*_people())), sa.not_(_is_elsewhere(ever.c.person_id))
    )


# Said as sets of people, so that a region's others are not gone through.
IS_OF_OFFICE: sa.ColumnElement[bool] = Person.id.in_(sa.union(*_people()))
"""Whether a person is one of the office's people: by a role at the school, or as the guardian of a pupil."""
HAS_LEFT_OFFICE: sa.ColumnElement[bool] = Person.id.in_(_left())
"""Whether a person was one of the office's people, is it no more, and is not another school's now."""
_IS_ELSEWHERE = _is_elsewhere(Person.id)
# Gathered first, and once a statement: PostgreSQL, left to weave the rule into the statement, expects one row of it, and
# then asks it of every row of a region.
_KNOWN = sa.union(*_people(), _left()).cte("known").prefix_with("MATERIALIZED", dialect="postgresql")
_KNOWN_IDS = sa.select(_KNOWN.c.person_id)


def is_known(person_id: Any) -> sa.ColumnElement[bool]:
    """Whether the office may see somebody: one of its people, or one who left it for no other."""
    known: sa.ColumnElement[bool] = person_id.in_(_KNOWN_IDS)
    return known


def in_class(person_id: Any, class_id: int, today: date) -> sa.ColumnElement[bool]:
    """Whether somebody is a pupil of a class, or the guardian of one."""
    pupils = sa.select(Enrollment.student_id).where(
        Enrollment.class_id == class_id, holds_on(Enrollment, today)
    )
    guardians = sa.select(Guardianship.guardian_id).where(
        Guardianship.child_id.in_(pupils), _lasts(Guardianship, today)
    )
    return sa.or_(person_id.in_(pupils), person_id.in_(guardians))


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody whom the office sees. ``in_charge`` says that the office may change them: they hold no role that its
    people could not grant, and no work in another school's panel. ``elsewhere``: another school looks after them, too."""

    id: PersonId
    name: PersonName
    in_charge: bool
    elsewhere: bool


async def known_person(uow: UnitOfWork, office: Office, person_id: int) -> KnownPerson:
    """Somebody whom the office may see. One statement. Raises NotFound."""
    today = office.school.today(uow.now)
    row = None
    if 0 < person_id <= LARGEST_ID:
        row = await uow.row(
            sa.select(
                *(Person.family, Person.given, Person.middle, Person.nickname),
                _beyond(office, today).label("beyond"),
                _IS_ELSEWHERE.label("elsewhere"),
            ).where(Person.id == person_id, is_known(Person.id)),
            asked_by(office, uow.now),
        )
    if row is None:
        raise NotFound("person_not_found")
    name = PersonName(row.family, row.given, row.middle, row.nickname)
    return KnownPerson(PersonId(person_id), name, not row.beyond, bool(row.elsewhere))


async def changeable_person(uow: UnitOfWork, office: Office, person_id: int) -> KnownPerson:
    """Somebody whom the office may change. One statement. Raises NotFound, also for who is beyond it: whoever could
    rewrite an administrator could become one."""
    found = await known_person(uow, office, person_id)
    if not found.in_charge:
        raise NotFound("person_not_found")
    return found


def _beyond(office: Office, today: date) -> sa.Exists:
    held = aliased(RoleAssignment)
    return sa.exists().where(
        held.person_id == Person.id,
        _lasts(held, today),
        sa.or_(
            held.role.not_in(may_grant(office.roles)),
            sa.and_(held.org_id != office.school.id, held.role.in_(PANEL_ROLES)),
        ),
    )


async def panel_roles_elsewhere(
    uow: UnitOfWork, office: Office, person_ids: Iterable[int]
) -> set[tuple[int, Role]]:
    """Of these people the roles in the panel that they hold outside of the school: a role in a code is granted wherever
    the person holds it. One statement."""
    today = office.school.today(uow.now)
    ids = list(person_ids)
    statement = sa.select(RoleAssignment.person_id, RoleAssignment.role).where(
        RoleAssignment.org_id != office.school.id,
        RoleAssignment.role.in_(PANEL_ROLES),
        _lasts(RoleAssignment, today),
    )
    if len(ids) <= 500:
        statement = statement.where(RoleAssignment.person_id.in_(ids))
    return {(row.person_id, row.role) for row in await uow.rows(statement)}
