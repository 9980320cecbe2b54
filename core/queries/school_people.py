"""The people of a school, for its office: a list that is searched, filtered and paged by key, and one person whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.db.models import (
    Chat,
    ChatLink,
    ChatLinkRole,
    Delivery,
    Enrollment,
    Guardianship,
    Invitation,
    Person,
    RoleAssignment,
    SchoolClass,
)
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID, PersonId
from core.domain.kinds import DeliveryState, InvitationKind, Messenger
from core.domain.matching import Named, search_names
from core.domain.names import PersonName
from core.domain.rights import GuardianRights, Role
from core.errors import NotFound
from core.queries.offices import Office, is_linked
from core.queries.pages import ON_A_PAGE, Cursor

_HEALTH_DAYS = 30


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A line of the list. ``about`` are a guardian's children; ``linked`` says whether a chat can be told something."""

    id: PersonId
    name: PersonName
    roles: tuple[Role, ...]
    class_name: str
    about: tuple[str, ...]
    linked: bool


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """A page; ``after`` is where the next begins, None on the last. A search is one page, the best first."""

    lines: tuple[PersonLine, ...]
    after: Cursor | None


def people_of(office: Office, today: date) -> sa.ColumnElement[bool]:
    """Whether a person is one of the school's: by a role there, or as the guardian of a pupil. Said as the set of the
    school's people, so that a region's other people are not gone through."""
    child = aliased(RoleAssignment)
    staff_and_pupils = sa.select(RoleAssignment.person_id).where(
        RoleAssignment.org_id == office.school.id,
        sa.or_(RoleAssignment.ends.is_(None), RoleAssignment.ends >= today),
    )
    guardians = (
        sa.select(Guardianship.guardian_id)
        .join(child, child.person_id == Guardianship.child_id)
        .where(
            sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= today),
            child.org_id == office.school.id,
            child.role == Role.STUDENT,
            sa.or_(child.ends.is_(None), child.ends >= today),
        )
    )
    return Person.id.in_(sa.union(staff_and_pupils, guardians))


async def list_people(
    uow: UnitOfWork,
    office: Office,
    *,
    search: str = "",
    class_id: int | None = None,
    role: Role | None = None,
    linked: bool | None = None,
    after: Cursor | None = None,
    most: int = ON_A_PAGE,
) -> PeoplePage:
    """The people of the school by name. At most four statements, however many there are.

    A search reads every name of the school once and forgives: any order, parts of words, another alphabet or keyboard
    layout, a typo. ``class_id`` are the pupils of a class and their guardians.
    """
    today = office.school.today(uow.now)
    which = [people_of(office, today)]
    if class_id is not None:
        pupils = sa.select(Enrollment.student_id).where(
            Enrollment.class_id == class_id, holds_on(Enrollment, today)
        )
        guardians = sa.select(Guardianship.guardian_id).where(Guardianship.child_id.in_(pupils))
        which.append(sa.or_(Person.id.in_(pupils), Person.id.in_(guardians)))
    if role is Role.GUARDIAN:
        which.append(sa.exists().where(Guardianship.guardian_id == Person.id))
    elif role is not None:
        which.append(
            sa.exists().where(
                RoleAssignment.person_id == Person.id,
                RoleAssignment.org_id == office.school.id,
                RoleAssignment.role == role,
                sa.or_(RoleAssignment.ends.is_(None), RoleAssignment.ends >= today),
            )
        )
    if linked is not None:
        which.append(is_linked(Person.id) if linked else sa.not_(is_linked(Person.id)))
    columns = (Person.id, Person.family, Person.given, Person.middle, Person.nickname, Person.name_key)
    if search:
        rows = await uow.rows(sa.select(*columns).where(*which))
        names = [Named(row.id, PersonName(row.family, row.given, row.middle, row.nickname)) for row in rows]
        order = {one.id: place for place, one in enumerate(search_names(search, names, most))}
        found = sorted((row for row in rows if row.id in order), key=lambda row: order[row.id])
        return PeoplePage(await _lines(uow, office, found, today), None)
    if after is not None:
        which.append(sa.tuple_(Person.name_key, Person.id) > sa.tuple_(after.key, after.id))
    rows = await uow.rows(
        sa.select(*columns).where(*which).order_by(Person.name_key, Person.id).limit(most + 1)
    )
    shown = rows[:most]
    following = Cursor(shown[-1].name_key, shown[-1].id) if len(rows) > most else None
    return PeoplePage(await _lines(uow, office, shown, today), following)


async def _lines(
    uow: UnitOfWork, office: Office, rows: Sequence[sa.Row[Any]], today: date
) -> tuple[PersonLine, ...]:
    """Three statements."""
    ids = [row.id for row in rows]
    if not ids:
        return ()
    held = await uow.rows(
        sa.select(RoleAssignment.person_id, RoleAssignment.role, SchoolClass.name.label("class_name"))
        .outerjoin(
            Enrollment,
            (Enrollment.student_id == RoleAssignment.person_id)
            & (RoleAssignment.role == Role.STUDENT)
            & holds_on(Enrollment, today),
        )
        .outerjoin(
            SchoolClass, (SchoolClass.id == Enrollment.class_id) & (SchoolClass.school_id == office.school.id)
        )
        .where(
            RoleAssignment.person_id.in_(ids),
            RoleAssignment.org_id == office.school.id,
            sa.or_(RoleAssignment.ends.is_(None), RoleAssignment.ends >= today),
        )
        .order_by(RoleAssignment.role)
    )
    children = await uow.rows(
        sa.select(Guardianship.guardian_id, Person.family, Person.given, Person.middle)
        .join(Person, Person.id == Guardianship.child_id)
        .where(
            Guardianship.guardian_id.in_(ids),
            sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= today),
        )
        .order_by(Person.given)
    )
    linked = await uow.rows(sa.select(Person.id).where(Person.id.in_(ids), is_linked(Person.id)))
    roles: defaultdict[int, set[Role]] = defaultdict(set)
    places: dict[int, str] = {}
    about: defaultdict[int, list[str]] = defaultdict(list)
    for row in held:
        roles[row.person_id].add(row.role)
        if row.class_name:
            places[row.person_id] = row.class_name
    for row in children:
        roles[row.guardian_id].add(Role.GUARDIAN)
        about[row.guardian_id].append(PersonName(row.family, row.given, row.middle).short_name)
    reached = {row.id for row in linked}
    return tuple(
        PersonLine(
            PersonId(row.id),
            PersonName(row.family, row.given, row.middle, row.nickname),
            tuple(sorted(roles[row.id])),
            places.get(row.id, ""),
            tuple(about[row.id]),
            row.id in reached,
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True)
class Relative:
    """A child or guardian of a person and the guardian's rights."""

    id: PersonId
    name: PersonName
    relation: str
    rights: GuardianRights


@dataclass(frozen=True, slots=True)
class PersonRole:
    """A role at the school, with its dates."""

    role: Role
    starts: date | None
    ends: date | None


@dataclass(frozen=True, slots=True)
class PersonLink:
    """A chat link; open while ``revoked_at`` is None."""

    id: int
    messenger: Messenger
    title: str
    linked_at: datetime
    revoked_at: datetime | None
    why: str
    blocked: bool
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class PersonCode:
    """A slip that was issued; what became of it follows from the three dates."""

    id: int
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class PersonCard:
    """One person as the office sees them. ``told`` counts the deliveries of the last 30 days by state."""

    id: PersonId
    name: PersonName
    email: str
    phone: str
    class_name: str
    roles: tuple[PersonRole, ...]
    guardians: tuple[Relative, ...]
    children: tuple[Relative, ...]
    links: tuple[PersonLink, ...]
    codes: tuple[PersonCode, ...]
    told: dict[DeliveryState, int]


async def person_card(uow: UnitOfWork, office: Office, person_id: int) -> PersonCard:
    """A person of the school. Seven statements. Raises NotFound."""
    today = office.school.today(uow.now)
    row = None
    if 0 < person_id <= LARGEST_ID:
        row = await uow.row(
            sa.select(
                *(Person.id, Person.family, Person.given, Person.middle, Person.nickname),
                *(Person.email, Person.phone),
            ).where(Person.id == person_id, people_of(office, today))
        )
    if row is None:
        raise NotFound("person_not_found")
    roles = await uow.rows(
        sa.select(RoleAssignment.role, RoleAssignment.starts, RoleAssignment.ends)
        .where(RoleAssignment.person_id == person_id, RoleAssignment.org_id == office.school.id)
        .order_by(RoleAssignment.role)
    )
    place = await uow.value(
        sa.select(SchoolClass.name)
        .join(Enrollment, Enrollment.class_id == SchoolClass.id)
        .where(
            Enrollment.student_id == person_id,
            SchoolClass.school_id == office.school.id,
            holds_on(Enrollment, today),
        )
    )
    told = await uow.rows(
        sa.select(Delivery.state, sa.func.count().label("number"))
        .join(ChatLink, ChatLink.chat_id == Delivery.chat_id)
        .where(
            ChatLink.person_id == person_id,
            ChatLink.revoked_at.is_(None),
            Delivery.not_before > uow.now - timedelta(days=_HEALTH_DAYS),
        )
        .group_by(Delivery.state)
    )
    guardians, children = await _family(uow, person_id, today)
    return PersonCard(
        PersonId(row.id),
        PersonName(row.family, row.given, row.middle, row.nickname),
        row.email,
        row.phone,
        place or "",
        tuple(PersonRole(one.role, one.starts, one.ends) for one in roles),
        guardians,
        children,
        await _links(uow, person_id),
        await _codes(uow, person_id),
        {one.state: one.number for one in told},
    )


async def _family(
    uow: UnitOfWork, person_id: int, today: date
) -> tuple[tuple[Relative, ...], tuple[Relative, ...]]:
    """The guardians and the children. One statement."""
    rows = await uow.rows(
        sa.select(
            *(Guardianship.guardian_id, Guardianship.relation, Guardianship.rights),
            *(Person.id, Person.family, Person.given, Person.middle, Person.nickname),
        )
        .join(
            Person,
            sa.or_(
                (Guardianship.child_id == person_id) & (Person.id == Guardianship.guardian_id),
                (Guardianship.guardian_id == person_id) & (Person.id == Guardianship.child_id),
            ),
        )
        .where(sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= today))
        .order_by(Guardianship.id)
    )
    guardians: list[Relative] = []
    children: list[Relative] = []
    for row in rows:
        name = PersonName(row.family, row.given, row.middle, row.nickname)
        one = Relative(PersonId(row.id), name, row.relation, row.rights)
        (children if row.guardian_id == person_id else guardians).append(one)
    return tuple(guardians), tuple(children)


async def _links(uow: UnitOfWork, person_id: int) -> tuple[PersonLink, ...]:
    rows = await uow.rows(
        sa.select(
            *(ChatLink.id, ChatLink.linked_at, ChatLink.revoked_at, ChatLink.revoked_why),
            *(Chat.messenger, Chat.title, Chat.blocked_since, ChatLinkRole.role),
        )
        .join(Chat, Chat.id == ChatLink.chat_id)
        .outerjoin(ChatLinkRole, ChatLinkRole.link_id == ChatLink.id)
        .where(ChatLink.person_id == person_id, Chat.messenger != Messenger.TERMINAL)
        .order_by(ChatLink.revoked_at.is_not(None), ChatLink.id.desc(), ChatLinkRole.role)
        .limit(60)
    )
    roles: defaultdict[int, list[Role]] = defaultdict(list)
    for row in rows:
        if row.role is not None:
            roles[row.id].append(row.role)
    found = {
        row.id: PersonLink(
            row.id,
            row.messenger,
            row.title,
            row.linked_at,
            row.revoked_at,
            row.revoked_why,
            row.blocked_since is not None,
            tuple(roles[row.id]),
        )
        for row in rows
    }
    return tuple(found.values())


async def _codes(uow: UnitOfWork, person_id: int) -> tuple[PersonCode, ...]:
    rows = await uow.rows(
        sa.select(
            *(Invitation.id, Invitation.issued_at, Invitation.expires_at),
            *(Invitation.used_at, Invitation.revoked_at),
        )
        .where(Invitation.person_id == person_id, Invitation.kind == InvitationKind.SLIP)
        .order_by(Invitation.id.desc())
        .limit(10)
    )
    return tuple(
        PersonCode(row.id, row.issued_at, row.expires_at, row.used_at, row.revoked_at) for row in rows
    )
