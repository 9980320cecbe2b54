"""Whom codes can be issued for, and with which roles: one person, a class, a school, everybody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.db.models import (
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
from core.domain.kinds import InvitationKind, Messenger
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


async def person_by_external_id(
    uow: UnitOfWork, external_id: str, *, source: str | None = None, school_id: int | None = None
) -> PersonId:
    """The person whom a register calls so. One statement.

    Raises NotFound("person_not_found"), or Ambiguous("external_id_fits_several") whose ``candidates`` say
    source, name and school of each.
    """
    statement = (
        sa.select(
            ExternalId.source,
            ExternalId.target_id,
            *(Person.family, Person.given, Person.middle, Person.nickname),
            sa.func.min(Org.name).label("org_name"),
        )
        .join(Person, Person.id == ExternalId.target_id)
        .outerjoin(RoleAssignment, RoleAssignment.person_id == Person.id)
        .outerjoin(Org, Org.id == RoleAssignment.org_id)
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
        statement = statement.where(
            sa.or_(
                RoleAssignment.org_id == school_id,
                Person.id.in_(
                    sa.select(Guardianship.guardian_id)
                    .join(RoleAssignment, RoleAssignment.person_id == Guardianship.child_id)
                    .where(RoleAssignment.org_id == school_id)
                ),
            )
        )
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
    school_id: int | None = None,
    role: Role | None = None,
) -> list[Invitable]:
    """Who could be given a code, by class and name; ``role`` keeps only that role of each.

    A class means its pupils and their guardians. Guardians whose rights are all none are left out. Four
    statements.
    """
    today = uow.now.date()
    pupils = await _pupils(uow, today)
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
    wanted_class = class_name.casefold().replace(" ", "") if class_name else None

    def fits(pupil: _Pupil) -> bool:
        in_class = wanted_class is None or pupil.class_name.casefold().replace(" ", "") == wanted_class
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
    if wanted_class is None:
        for row in staff:
            if school_id is None or row.id == school_id:
                roles[row.person_id].add(Role(row.role))
                schools.setdefault(row.person_id, (row.id, row.name, row.locale))
    if wanted_class is not None and not roles:
        raise NotFound("class_not_found", name=class_name)
    ids = [one for one in roles if person_id is None or one == person_id]
    names = await _names(uow, ids)
    result = []
    for one in ids:
        granted = roles[one] if role is None else roles[one] & {role}
        if not granted:
            continue
        own = pupils.get(one)
        kids = sorted(children[one], key=lambda kid: kid.name.sort_key)
        about = tuple(
            f"{kid.name.short_name}, {kid.class_name}" if kid.class_name else kid.name.short_name
            for kid in kids
        )
        place = (own.class_name if own else "") or (kids[0].class_name if kids else "")
        result.append(
            Invitable(PersonId(one), names[one], tuple(sorted(granted)), place, about, *schools[one])
        )
    return sorted(result, key=lambda one: (one.school_name, one.class_name, one.name.sort_key))


@dataclass(frozen=True, slots=True)
class _Pupil:
    person_id: int
    name: PersonName
    class_name: str
    school: tuple[int, str, str]


async def _pupils(uow: UnitOfWork, today: object) -> dict[int, _Pupil]:
    rows = await uow.rows(
        sa.select(
            RoleAssignment.person_id,
            *(Person.family, Person.given, Person.middle, Person.nickname),
            *(Org.id.label("org_id"), Org.name.label("org_name"), Org.locale),
            SchoolClass.name.label("class_name"),
        )
        .join(Person, Person.id == RoleAssignment.person_id)
        .join(Org, Org.id == RoleAssignment.org_id)
        .outerjoin(
            Enrollment,
            (Enrollment.student_id == Person.id)
            & sa.or_(Enrollment.ends.is_(None), Enrollment.ends >= today),
        )
        .outerjoin(SchoolClass, (SchoolClass.id == Enrollment.class_id) & (SchoolClass.school_id == Org.id))
        .where(
            RoleAssignment.role == Role.STUDENT,
            sa.or_(RoleAssignment.ends.is_(None), RoleAssignment.ends >= today),
        )
    )
    pupils: dict[int, _Pupil] = {}
    for row in rows:
        known = pupils.get(row.person_id)
        if known is None or (row.class_name and not known.class_name):
            name = PersonName(row.family, row.given, row.middle, row.nickname)
            pupils[row.person_id] = _Pupil(
                row.person_id, name, row.class_name or "", (row.org_id, row.org_name, row.locale)
            )
    return pupils


async def _names(uow: UnitOfWork, ids: Sequence[int]) -> dict[int, PersonName]:
    statement = sa.select(Person.id, Person.family, Person.given, Person.middle, Person.nickname)
    if len(ids) <= 500:
        statement = statement.where(Person.id.in_(ids))
    rows = await uow.rows(statement)
    return {row.id: PersonName(row.family, row.given, row.middle, row.nickname) for row in rows}


async def linked_and_invited(uow: UnitOfWork, invitees: Sequence[Invitable]) -> tuple[set[int], set[int]]:
    """Of these, who has an open chat link (support's terminal apart) and who holds an open slip, for one of the roles
    in question: a teacher's link is none of a mother's. Two statements."""
    wanted = {(one.person_id, role) for one in invitees for role in one.roles}
    linked = await uow.rows(
        sa.select(ChatLink.person_id, ChatLinkRole.role)
        .join(ChatLinkRole, ChatLinkRole.link_id == ChatLink.id)
        .join(Chat, Chat.id == ChatLink.chat_id)
        .where(ChatLink.revoked_at.is_(None), Chat.messenger != Messenger.TERMINAL)
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
    return _among(linked, wanted), _among(invited, wanted)


def _among(rows: Sequence[sa.Row[Any]], wanted: Set[tuple[int, Role]]) -> set[int]:
    return {row.person_id for row in rows if (row.person_id, row.role) in wanted}


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
        raise Ambiguous("school_fits_several", candidates=tuple(f"{row.id}: {row.name}" for row in rows))
    return int(rows[0].id)
