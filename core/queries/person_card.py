"""One person whole, as a school's office sees them: what they are, their family, chats, codes, and how telling goes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.db.models import (
    CAN_BE_TOLD,
    Chat,
    ChatLink,
    ChatLinkRole,
    Delivery,
    Enrollment,
    Guardianship,
    Invitation,
    PanelSession,
    Person,
    RoleAssignment,
    SchoolClass,
)
from core.db.uow import UnitOfWork
from core.domain.ids import PersonId
from core.domain.kinds import DeliveryState, InvitationKind, Messenger
from core.domain.names import PersonName
from core.domain.personal import PersonalDetails
from core.domain.rights import GuardianRights, Role, may_grant
from core.queries.office_people import known_person
from core.queries.offices import Office

HEALTH_DAYS = 30
_REASONS = 5


@dataclass(frozen=True, slots=True)
class Relative:
    """A child or guardian of a person and the guardian's rights; ``ended`` where that is over."""

    id: PersonId
    name: PersonName
    relation: str
    rights: GuardianRights
    ended: bool


@dataclass(frozen=True, slots=True)
class PersonRole:
    """A role at the school, with its dates. ``lasts``: it holds, or will; ``grantable``: the office may give and end it."""

    role: Role
    starts: date | None
    ends: date | None
    lasts: bool
    grantable: bool


@dataclass(frozen=True, slots=True)
class PersonClass:
    """A pupil's class with its dates."""

    id: int
    name: str
    starts: date | None
    ends: date | None


@dataclass(frozen=True, slots=True)
class PersonLink:
    """A chat link; open while ``revoked_at`` is None. ``seen_at`` is when somebody last wrote or tapped there, to the
    hour."""

    id: int
    messenger: Messenger
    title: str
    linked_at: datetime
    revoked_at: datetime | None
    why: str
    blocked: bool
    seen_at: datetime | None
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
class TellingOfPerson:
    """What became of the messages to a person's chats in the last 30 days; ``failures`` are the commonest reasons why
    some did not arrive, with how many, ``waits_until`` when the first of those held is due."""

    sent: int = 0
    held: int = 0
    queued: int = 0
    failed: int = 0
    kept_back: int = 0
    waits_until: datetime | None = None
    last_sent: datetime | None = None
    failures: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class PersonCard:
    """One person as the office sees them. ``in_charge`` as of ``KnownPerson``; ``seen_at`` is the latest of all chats and
    of the panel."""

    id: PersonId
    details: PersonalDetails
    in_charge: bool
    elsewhere: bool
    roles: tuple[PersonRole, ...]
    classes: tuple[PersonClass, ...]
    guardians: tuple[Relative, ...]
    children: tuple[Relative, ...]
    links: tuple[PersonLink, ...]
    codes: tuple[PersonCode, ...]
    told: TellingOfPerson
    seen_at: datetime | None
    today: date

    @property
    def name(self) -> PersonName:
        """The person's names."""
        return self.details.name

    @property
    def class_now(self) -> PersonClass | None:
        """The class of today."""
        return next(
            (
                one
                for one in self.classes
                if (one.starts is None or one.starts <= self.today)
                and (one.ends is None or one.ends >= self.today)
            ),
            None,
        )

    @property
    def is_pupil(self) -> bool:
        """Whether there is a pupil's role that lasts."""
        return any(one.role is Role.STUDENT and one.lasts for one in self.roles)


async def person_details(uow: UnitOfWork, office: Office, person_id: int) -> PersonalDetails:
    """What is written down of somebody whom the office may see. Two statements. Raises NotFound."""
    await known_person(uow, office, person_id)
    row = await uow.row(_DETAILS.where(Person.id == person_id))
    assert row is not None
    return _details(row)


_DETAILS = sa.select(
    *(Person.family, Person.given, Person.middle, Person.nickname),
    *(Person.birth_date, Person.email, Person.phone, Person.locale),
)  # fmt: skip


def _details(row: sa.Row[Any]) -> PersonalDetails:
    name = PersonName(row.family, row.given, row.middle, row.nickname)
    return PersonalDetails(name, row.birth_date, row.email, row.phone, row.locale)


async def person_card(uow: UnitOfWork, office: Office, person_id: int) -> PersonCard:
    """A person whom the office may see. Ten statements. Raises NotFound."""
    known = await known_person(uow, office, person_id)
    today = office.school.today(uow.now)
    row = await uow.row(_DETAILS.where(Person.id == person_id))
    assert row is not None
    roles = await uow.rows(
        sa.select(RoleAssignment.role, RoleAssignment.starts, RoleAssignment.ends)
        .where(RoleAssignment.person_id == person_id, RoleAssignment.org_id == office.school.id)
        .order_by(RoleAssignment.role)
    )
    classes = await uow.rows(
        sa.select(SchoolClass.id, SchoolClass.name, Enrollment.starts, Enrollment.ends)
        .join(Enrollment, Enrollment.class_id == SchoolClass.id)
        .where(Enrollment.student_id == person_id, SchoolClass.school_id == office.school.id)
        .order_by(Enrollment.ends.is_not(None), Enrollment.ends.desc(), Enrollment.id.desc())
        .limit(20)
    )
    guardians, children = await _family(uow, office, person_id, today)
    links = await _links(uow, person_id)
    in_panel = await uow.value(
        sa.select(sa.func.max(PanelSession.seen_at)).where(PanelSession.person_id == person_id)
    )
    grantable = may_grant(office.roles)
    return PersonCard(
        PersonId(person_id),
        _details(row),
        known.in_charge,
        known.elsewhere,
        tuple(
            PersonRole(
                one.role,
                one.starts,
                one.ends,
                one.ends is None or one.ends >= today,
                one.role in grantable,
            )
            for one in roles
        ),
        tuple(PersonClass(one.id, one.name, one.starts, one.ends) for one in classes),
        guardians,
        children,
        links,
        await _codes(uow, person_id),
        await _telling(uow, person_id),
        max(filter(None, (*(one.seen_at for one in links), in_panel)), default=None),
        today,
    )


async def _telling(uow: UnitOfWork, person_id: int) -> TellingOfPerson:
    """Two statements."""
    of_person = sa.and_(
        Delivery.chat_id.in_(
            sa.select(ChatLink.chat_id).where(ChatLink.person_id == person_id, ChatLink.revoked_at.is_(None))
        ),
        Delivery.not_before > uow.now - timedelta(days=HEALTH_DAYS),
    )
    is_due = Delivery.not_before <= uow.now
    rows = await uow.rows(
        sa.select(
            Delivery.state,
            is_due.label("due"),
            sa.func.count().label("number"),
            sa.func.min(Delivery.not_before).label("first"),
            sa.func.max(Delivery.settled_at).label("last"),
        )
        .where(of_person)
        .group_by(Delivery.state, is_due)
    )
    waiting = (DeliveryState.PENDING, DeliveryState.SENDING)
    held = [row for row in rows if row.state in waiting and not row.due]
    failures = await uow.rows(
        sa.select(Delivery.why, sa.func.count().label("number"))
        .where(of_person, Delivery.state == DeliveryState.FAILED)
        .group_by(Delivery.why)
        .order_by(sa.func.count().desc(), Delivery.why)
        .limit(_REASONS)
    )

    def count(*states: DeliveryState) -> int:
        return sum(row.number for row in rows if row.state in states)

    return TellingOfPerson(
        count(DeliveryState.SENT),
        sum(row.number for row in held),
        sum(row.number for row in rows if row.state in waiting and row.due),
        count(DeliveryState.FAILED),
        count(DeliveryState.SUPPRESSED),
        min((row.first for row in held), default=None),
        max((row.last for row in rows if row.state is DeliveryState.SENT and row.last), default=None),
        tuple((row.why, row.number) for row in failures),
    )


async def _family(
    uow: UnitOfWork, office: Office, person_id: int, today: date
) -> tuple[tuple[Relative, ...], tuple[Relative, ...]]:
    """The guardians, and the children as far as they are, or were, the school's. One statement."""
    child = aliased(RoleAssignment)
    rows = await uow.rows(
        sa.select(
            *(Guardianship.guardian_id, Guardianship.relation, Guardianship.rights, Guardianship.ends),
            *(Person.id, Person.family, Person.given, Person.middle, Person.nickname),
        )
        .join(
            Person,
            sa.or_(
                (Guardianship.child_id == person_id) & (Person.id == Guardianship.guardian_id),
                (Guardianship.guardian_id == person_id) & (Person.id == Guardianship.child_id),
            ),
        )
        .where(
            sa.exists().where(
                child.person_id == Guardianship.child_id,
                child.org_id == office.school.id,
                child.role == Role.STUDENT,
            )
        )
        .order_by(Guardianship.id)
    )
    guardians: list[Relative] = []
    children: list[Relative] = []
    for row in rows:
        name = PersonName(row.family, row.given, row.middle, row.nickname)
        ended = row.ends is not None and row.ends < today
        one = Relative(PersonId(row.id), name, row.relation, row.rights, ended)
        (children if row.guardian_id == person_id else guardians).append(one)
    return tuple(guardians), tuple(children)


async def _links(uow: UnitOfWork, person_id: int) -> tuple[PersonLink, ...]:
    rows = await uow.rows(
        sa.select(
            *(ChatLink.id, ChatLink.linked_at, ChatLink.revoked_at, ChatLink.revoked_why),
            *(Chat.messenger, Chat.title, Chat.blocked_since, Chat.seen_at, ChatLinkRole.role),
        )
        .join(Chat, Chat.id == ChatLink.chat_id)
        .outerjoin(ChatLinkRole, ChatLinkRole.link_id == ChatLink.id)
        .where(ChatLink.person_id == person_id, CAN_BE_TOLD)
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
            row.seen_at if row.revoked_at is None else None,
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
