"""Whom a school's office knows, and whom of these it may change. Loading is the check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
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
from core.queries.offices import Office, ever_of_school


def _lasts(table: Any, today: date) -> sa.ColumnElement[bool]:
    """Whether a dated row holds still, or will."""
    return sa.or_(table.ends.is_(None), table.ends >= today)


def people_of(office: Office, today: date) -> sa.ColumnElement[bool]:
    """Whether a person is one of the school's: by a role there, or as the guardian of a pupil. Said as the set of the
    school's people, so that a region's other people are not gone through."""
    child = aliased(RoleAssignment)
    staff_and_pupils = sa.select(RoleAssignment.person_id).where(
        RoleAssignment.org_id == office.school.id, _lasts(RoleAssignment, today)
    )
    guardians = (
        sa.select(Guardianship.guardian_id)
        .join(child, child.person_id == Guardianship.child_id)
        .where(
            _lasts(Guardianship, today),
            child.org_id == office.school.id,
            child.role == Role.STUDENT,
            _lasts(child, today),
        )
    )
    return Person.id.in_(sa.union(staff_and_pupils, guardians))


def _looked_after_elsewhere(office: Office, today: date) -> sa.ColumnElement[bool]:
    role, child = aliased(RoleAssignment), aliased(RoleAssignment)
    return sa.or_(
        sa.exists().where(role.person_id == Person.id, role.org_id != office.school.id, _lasts(role, today)),
        sa.exists().where(
            Guardianship.guardian_id == Person.id,
            _lasts(Guardianship, today),
            child.person_id == Guardianship.child_id,
            child.org_id != office.school.id,
            _lasts(child, today),
        ),
    )


def in_class(person_id: Any, class_id: int, today: date) -> sa.ColumnElement[bool]:
    """Whether somebody is a pupil of a class, or the guardian of one."""
    pupils = sa.select(Enrollment.student_id).where(
        Enrollment.class_id == class_id, holds_on(Enrollment, today)
    )
    guardians = sa.select(Guardianship.guardian_id).where(
        Guardianship.child_id.in_(pupils), _lasts(Guardianship, today)
    )
    return sa.or_(person_id.in_(pupils), person_id.in_(guardians))


def left_people_of(office: Office, today: date) -> sa.ColumnElement[bool]:
    """Whether a person was one of the school's, is no more, and is not another school's now."""
    return sa.and_(
        ever_of_school(Person.id, office.school.id),
        sa.not_(people_of(office, today)),
        sa.not_(_looked_after_elsewhere(office, today)),
    )


def known_to(office: Office, today: date) -> sa.ColumnElement[bool]:
    """Whether the office may see a person: one of the school's, or one who left it for no other."""
    return sa.and_(
        # Says nothing more than what follows, but it is the small set to begin with.
        ever_of_school(Person.id, office.school.id),
        sa.or_(people_of(office, today), sa.not_(_looked_after_elsewhere(office, today))),
    )


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
                _looked_after_elsewhere(office, today).label("elsewhere"),
            ).where(Person.id == person_id, known_to(office, today))
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
