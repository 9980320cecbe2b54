"""Whom codes can be issued for, and with which roles: one person, a class, a school, everybody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.db.models import (
    CAN_BE_TOLD,
    AcademicYear,
    Chat,
    ChatLink,
    ChatLinkRole,
    Enrollment,
    ExternalId,
    Guardianship,
    Invitation,
    InvitationRole,
    Org,
    Person,
    RoleAssignment,
    SchoolClass,
)
from core.db.uow import UnitOfWork
from core.domain.ids import PersonId
from core.domain.kinds import InvitationKind
from core.domain.name_forms import class_key
from core.domain.names import PersonName
from core.domain.rights import GuardianRights, Role
from core.errors import Ambiguous, NotFound


@dataclass(frozen=True, slots=True)
class Invitable:
    """A person and the roles a code would grant. ``about`` names the class, or the children with their classes."""

    person_id: PersonId
    name: PersonName
    roles: tuple[Role, ...]
    class_name: str = ""
    about: tuple[str, ...] = ()
    school_id: int = 0
    school_name: str = ""
    school_locale: str = "en"

    def with_roles(self, roles: Set[Role]) -> Invitable:
        """The same person with just these roles; the children and classes of other roles are not spoken of."""
        about = self.about if Role.GUARDIAN in roles else ()
        class_name = self.class_name if roles & {Role.GUARDIAN, Role.STUDENT} else ""
        return replace(self, roles=tuple(sorted(roles)), about=about, class_name=class_name)


async def person_by_external_id(
    uow: UnitOfWork, external_id: str, *, source: str | None = None, school_id: int | None = None
) -> PersonId:
    """The person whom a register calls so. One statement.

    Raises NotFound("person_not_found"), or Ambiguous("external_id_fits_several") whose ``candidates`` say
    source, name and school of each; a guardian's school is a child's.
    """
    of_child = aliased(RoleAssignment)
    statement = (
        sa.select(
            ExternalId.source,
            ExternalId.target_id,
            *(Person.family, Person.given, Person.middle, Person.nickname),
            sa.func.min(Org.name).label("org_name"),
        )
        .join(Person, Person.id == ExternalId.target_id)
        .outerjoin(RoleAssignment, RoleAssignment.person_id == Person.id)
        .outerjoin(Guardianship, Guardianship.guardian_id == Person.id)
        .outerjoin(of_child, of_child.person_id == Guardianship.child_id)
        .outerjoin(Org, Org.id == sa.func.coalesce(RoleAssignment.org_id, of_child.org_id))
        .where(ExternalId.kind == "person", ExternalId.external_id == external_id)
        .group_by(
            ExternalId.source,
            ExternalId.target_id,
            *(Person.family, Person.given, Person.middle, Person.nickname),
        )
        .order_by(ExternalId.source)
    )
    if source is not None:
        statement = statement.where(ExternalId.source == source)
    if school_id is not None:
        statement = statement.where(sa.or_(RoleAssignment.org_id == school_id, of_child.org_id == school_id))
    rows = await uow.rows(statement)
    persons = {row.target_id for row in rows}
    if not persons:
        raise NotFound("person_not_found", external_id=external_id)
    if len(persons) > 1:
        candidates = tuple(
            f"{row.source}: {row.given} {row.family}" + (f", {row.org_name}" if row.org_name else "")
            for row in rows
        )
        raise Ambiguous("external_id_fits_several", external_id=external_id, candidates=candidates)
    return PersonId(persons.pop())


async def list_invitable(
    uow: UnitOfWork,
    *,
    person_id: int | None = None,
    class_name: str | None = None,
    class_ids: Set[int] | None = None,
    school_id: int | None = None,
    role: Role | None = None,
) -> list[Invitable]:
    """Who could be given a code, by class and name; ``role`` keeps only that role of each.

    A class, by its name or several by their ids, means its pupils and their guardians, whatever alphabet its letter is
    written in. Guardians whose rights are all none are left out. Five statements.

    Raises NotFound("class_not_found"), or Ambiguous("class_fits_several") whose ``candidates`` are the schools that
    have such a class.
    """
    today = uow.now.date()
    classes = await _classes(uow, today)
    wanted = _of_name(classes, class_name, school_id) if class_name is not None else class_ids
    pupils = await _pupils(uow, today, classes)
    staff = await uow.rows(
        sa.select(RoleAssignment.person_id, RoleAssignment.role, Org.id, Org.name, Org.locale)
        .join(Org, Org.id == RoleAssignment.org_id)
        .where(
            RoleAssignment.role != Role.STUDENT,
            sa.or_(RoleAssignment.ends.is_(None), RoleAssignment.ends >= today),
        )
    )
    guardians = await uow.rows(
        sa.select(Guardianship.guardian_id, Guardianship.child_id).where(
            Guardianship.rights != GuardianRights.NONE,
            sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= today),
        )
    )
    roles: defaultdict[int, set[Role]] = defaultdict(set)
    children: defaultdict[int, list[_Pupil]] = defaultdict(list)
    schools: dict[int, tuple[int, str, str]] = {}

    def fits(pupil: _Pupil) -> bool:
        in_class = wanted is None or bool(pupil.class_ids & wanted)
        return in_class and (school_id is None or pupil.school[0] == school_id)

    for pupil in pupils.values():
        if fits(pupil):
            roles[pupil.person_id].add(Role.STUDENT)
            schools[pupil.person_id] = pupil.school
    for row in guardians:
        child = pupils.get(row.child_id)
        if child is not None and fits(child):
            roles[row.guardian_id].add(Role.GUARDIAN)
            children[row.guardian_id].append(child)
            schools.setdefault(row.guardian_id, child.school)
    if wanted is None:
        for row in staff:
            if school_id is None or row.id == school_id:
                roles[row.person_id].add(Role(row.role))
                schools.setdefault(row.person_id, (row.id, row.name, row.locale))
    ids = [one for one in roles if person_id is None or one == person_id]
    names = await _names(uow, ids)
    result = []
    for one in ids:
        own = pupils.get(one)
        kids = sorted(children[one], key=lambda kid: kid.name.sort_key)
        about = tuple(
            f"{kid.name.short_name}, {kid.class_name}" if kid.class_name else kid.name.short_name
            for kid in kids
        )
        place = (own.class_name if own else "") or (kids[0].class_name if kids else "")
        found = Invitable(PersonId(one), names[one], (), place, about, *schools[one])
        result.append(found.with_roles(roles[one] if role is None else roles[one] & {role}))
    return sorted(
        (one for one in result if one.roles),
        key=lambda one: (one.school_name, one.class_name, one.name.sort_key),
    )


@dataclass(frozen=True, slots=True)
class _Class:
    name: str
    school_id: int
    school_name: str


async def _classes(uow: UnitOfWork, today: date) -> dict[int, _Class]:
    """Every class of each school's present year, or between years of its latest. One statement."""
    rows = await uow.rows(
        sa.select(
            SchoolClass.id,
            SchoolClass.name,
            SchoolClass.school_id,
            Org.name.label("school_name"),
            AcademicYear.starts,
            AcademicYear.ends,
        )
        .join(Org, Org.id == SchoolClass.school_id)
        .outerjoin(AcademicYear, AcademicYear.id == SchoolClass.year_id)
        .where(SchoolClass.ended_on.is_(None))
    )

    def worth(row: sa.Row[Any]) -> tuple[bool, date]:
        return row.starts <= today <= row.ends, row.starts

    newest: dict[int, tuple[bool, date]] = {}
    for row in rows:
        if row.starts is not None:
            newest[row.school_id] = max(worth(row), newest.get(row.school_id, worth(row)))

    def is_shown(row: sa.Row[Any]) -> bool:
        if row.starts is None:
            return True
        is_now = newest[row.school_id][0]
        return worth(row)[0] if is_now else worth(row) == newest[row.school_id]

    return {row.id: _Class(row.name, row.school_id, row.school_name) for row in rows if is_shown(row)}


def _of_name(classes: Mapping[int, _Class], name: str, school_id: int | None) -> set[int]:
    found = {
        class_id: one
        for class_id, one in classes.items()
        if class_key(one.name) == class_key(name) and school_id in (None, one.school_id)
    }
    if not found:
        raise NotFound("class_not_found", name=name)
    schools = sorted({(one.school_name, one.school_id) for one in found.values()})
    if len(schools) > 1:
        candidates = tuple(f"{number}: {school}" for school, number in schools)
        raise Ambiguous("class_fits_several", name=name, candidates=candidates)
    return set(found)


@dataclass(frozen=True, slots=True)
class _Pupil:
    person_id: int
    name: PersonName
    class_name: str
    class_ids: frozenset[int]
    school: tuple[int, str, str]


async def _pupils(uow: UnitOfWork, today: date, classes: Mapping[int, _Class]) -> dict[int, _Pupil]:
    """Every pupil with those of the classes that they are, or will be, in."""
    rows = await uow.rows(
        sa.select(
            RoleAssignment.person_id,
            *(Person.family, Person.given, Person.middle, Person.nickname),
            *(Org.id.label("org_id"), Org.name.label("org_name"), Org.locale),
            Enrollment.class_id,
        )
        .join(Person, Person.id == RoleAssignment.person_id)
        .join(Org, Org.id == RoleAssignment.org_id)
        .outerjoin(
            Enrollment,
            (Enrollment.student_id == Person.id)
            & sa.or_(Enrollment.ends.is_(None), Enrollment.ends >= today),
        )
        .where(
            RoleAssignment.role == Role.STUDENT,
            sa.or_(RoleAssignment.ends.is_(None), RoleAssignment.ends >= today),
        )
    )
    pupils: dict[int, _Pupil] = {}
    for row in rows:
        known = pupils.get(row.person_id)
        found = classes.get(row.class_id)
        if found is not None and found.school_id != row.org_id:
            found = None
        if known is None or (found and not known.class_name):
            known = _Pupil(
                row.person_id,
                PersonName(row.family, row.given, row.middle, row.nickname),
                found.name if found else "",
                frozenset(),
                (row.org_id, row.org_name, row.locale),
            )
        if found:
            known = replace(known, class_ids=known.class_ids | {row.class_id})
        pupils[row.person_id] = known
    return pupils


async def _names(uow: UnitOfWork, ids: Sequence[int]) -> dict[int, PersonName]:
    statement = sa.select(Person.id, Person.family, Person.given, Person.middle, Person.nickname)
    if len(ids) <= 500:
        statement = statement.where(Person.id.in_(ids))
    rows = await uow.rows(statement)
    return {row.id: PersonName(row.family, row.given, row.middle, row.nickname) for row in rows}


RolesOf = Mapping[int, frozenset[Role]]


async def linked_and_invited(uow: UnitOfWork, person_ids: Sequence[int]) -> tuple[RolesOf, RolesOf]:
    """The roles that open chat links (support's terminal apart) and open slips give each of these. Two statements."""
    linked = await uow.rows(
        sa.select(ChatLink.person_id, ChatLinkRole.role)
        .join(Chat, Chat.id == ChatLink.chat_id)
        .join(ChatLinkRole, ChatLinkRole.link_id == ChatLink.id)
        .where(ChatLink.revoked_at.is_(None), CAN_BE_TOLD)
        .distinct()
    )
    invited = await uow.rows(
        sa.select(Invitation.person_id, InvitationRole.role)
        .join(InvitationRole, InvitationRole.invitation_id == Invitation.id)
        .where(
            Invitation.kind == InvitationKind.SLIP,
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > uow.now,
        )
        .distinct()
    )
    return _roles_of(linked, person_ids), _roles_of(invited, person_ids)


def _roles_of(rows: Sequence[sa.Row[Any]], person_ids: Sequence[int]) -> RolesOf:
    found: dict[int, set[Role]] = {person_id: set() for person_id in person_ids}
    for row in rows:
        if row.person_id in found:
            found[row.person_id].add(row.role)
    return {person_id: frozenset(roles) for person_id, roles in found.items()}


async def school_by_name(uow: UnitOfWork, wanted: str) -> int:
    """A school by our number, the register's id or its exact name. One statement.

    Raises NotFound("school_not_found"), or Ambiguous("school_fits_several").
    """
    rows = await uow.rows(
        sa.select(Org.id, Org.name)
        .outerjoin(ExternalId, (ExternalId.kind == "org") & (ExternalId.target_id == Org.id))
        .where(
            sa.or_(
                sa.cast(Org.id, sa.Text()) == wanted,
                ExternalId.external_id == wanted,
                sa.func.lower(Org.name) == wanted.lower(),
            )
        )
        .distinct()
    )
    if not rows:
        raise NotFound("school_not_found", name=wanted)
    if len(rows) > 1:
        candidates = tuple(f"{row.id}: {row.name}" for row in sorted(rows, key=lambda row: row.name))
        raise Ambiguous("school_fits_several", name=wanted, candidates=candidates)
    return int(rows[0].id)
