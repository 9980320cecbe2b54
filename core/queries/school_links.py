"""The chat links and the codes of a school, for its office: newest first, paged by id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from core.db.models import Chat, ChatLink, Invitation, Person
from core.db.uow import UnitOfWork
from core.domain.ids import PersonId
from core.domain.kinds import InvitationKind, Messenger
from core.domain.names import PersonName
from core.queries.offices import Office, ever_of_school

ON_A_PAGE = 50
MANY_PEOPLE = 4
"""So many people behind one chat are no usual family."""
LinkState = Literal["open", "blocked", "ended"]
CodeState = Literal["open", "used", "expired", "revoked"]


@dataclass(frozen=True, slots=True)
class SchoolLink:
    """One link: whose, where, since when; ``people`` counts all whom its chat speaks for."""

    id: int
    person_id: PersonId
    person: PersonName
    messenger: Messenger
    title: str
    linked_at: datetime
    revoked_at: datetime | None
    why: str
    blocked: bool
    people: int


@dataclass(frozen=True, slots=True)
class SchoolCode:
    """One slip: for whom, by whom, and what became of it."""

    id: int
    person_id: PersonId
    person: PersonName
    issued_by: str
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> CodeState:
        """Where it stands."""
        if self.used_at is not None:
            return "used"
        if self.revoked_at is not None:
            return "revoked"
        return "open" if self.expires_at > now else "expired"


@dataclass(frozen=True, slots=True)
class LinkPage:
    """``before`` is the id that the next, older page ends before; None on the last."""

    lines: tuple[SchoolLink, ...]
    before: int | None


@dataclass(frozen=True, slots=True)
class CodePage:
    """As ``LinkPage``, with how many codes there are of each state."""

    lines: tuple[SchoolCode, ...]
    before: int | None
    counts: dict[CodeState, int]


_PEOPLE = (
    sa.select(sa.func.count(sa.distinct(sa.text("other.person_id"))))
    .select_from(sa.text("chat_link AS other"))
    .where(sa.text("other.chat_id = chat_link.chat_id AND other.revoked_at IS NULL"))
    .scalar_subquery()
)


def _links(office: Office) -> sa.Select[Any]:
    columns: list[Any] = [
        *(ChatLink.id, ChatLink.person_id, ChatLink.linked_at),
        *(ChatLink.revoked_at, ChatLink.revoked_why),
        *(Chat.messenger, Chat.title, Chat.blocked_since),
        *(Person.family, Person.given, Person.middle, Person.nickname),
        _PEOPLE.label("people"),
    ]
    return (
        sa.select(*columns)
        .join(Chat, Chat.id == ChatLink.chat_id)
        .join(Person, Person.id == ChatLink.person_id)
        .where(Chat.messenger != Messenger.TERMINAL, ever_of_school(ChatLink.person_id, office.school.id))
    )


def _link(row: sa.Row[Any]) -> SchoolLink:
    return SchoolLink(
        row.id,
        PersonId(row.person_id),
        PersonName(row.family, row.given, row.middle, row.nickname),
        row.messenger,
        row.title,
        row.linked_at,
        row.revoked_at,
        row.revoked_why,
        row.blocked_since is not None,
        row.people,
    )


async def school_links(
    uow: UnitOfWork,
    office: Office,
    *,
    state: LinkState = "open",
    before: int | None = None,
    most: int = ON_A_PAGE,
) -> LinkPage:
    """A page of the school's links. One statement."""
    which = {
        "open": ChatLink.revoked_at.is_(None),
        "blocked": sa.and_(ChatLink.revoked_at.is_(None), Chat.blocked_since.is_not(None)),
        "ended": ChatLink.revoked_at.is_not(None),
    }[state]
    statement = _links(office).where(which)
    if before is not None:
        statement = statement.where(ChatLink.id < before)
    rows = await uow.rows(statement.order_by(ChatLink.id.desc()).limit(most + 1))
    lines = tuple(_link(row) for row in rows[:most])
    return LinkPage(lines, lines[-1].id if len(rows) > most else None)


async def suspicious_links(uow: UnitOfWork, office: Office) -> Sequence[SchoolLink]:
    """The open links of chats that speak for ``MANY_PEOPLE`` and more, by chat. One statement."""
    crowded = (
        sa.select(ChatLink.chat_id)
        .where(ChatLink.revoked_at.is_(None))
        .group_by(ChatLink.chat_id)
        .having(sa.func.count(ChatLink.person_id.distinct()) >= MANY_PEOPLE)
    )
    rows = await uow.rows(
        _links(office)
        .where(ChatLink.revoked_at.is_(None), ChatLink.chat_id.in_(crowded))
        .order_by(ChatLink.chat_id, ChatLink.id)
        .limit(100)
    )
    return [_link(row) for row in rows]


def _state(uow: UnitOfWork) -> sa.Case[str]:
    return sa.case(
        (Invitation.used_at.is_not(None), "used"),
        (Invitation.revoked_at.is_not(None), "revoked"),
        (Invitation.expires_at > uow.now, "open"),
        else_="expired",
    )


async def school_codes(
    uow: UnitOfWork,
    office: Office,
    *,
    state: CodeState = "open",
    before: int | None = None,
    most: int = ON_A_PAGE,
) -> CodePage:
    """A page of the school's slips in one state, and how many there are in each. Two statements."""
    issuer = sa.orm.aliased(Person)
    of_school = sa.and_(
        Invitation.kind == InvitationKind.SLIP, ever_of_school(Invitation.person_id, office.school.id)
    )
    counts = await uow.rows(
        sa.select(_state(uow).label("state"), sa.func.count().label("number"))
        .where(of_school)
        .group_by(sa.text("state"))
    )
    statement = (
        sa.select(
            *(Invitation.id, Invitation.person_id, Invitation.issued_at, Invitation.expires_at),
            *(Invitation.used_at, Invitation.revoked_at),
            *(Person.family, Person.given, Person.middle, Person.nickname),
            *(issuer.family.label("i_family"), issuer.given.label("i_given")),
        )
        .join(Person, Person.id == Invitation.person_id)
        .outerjoin(issuer, issuer.id == Invitation.issued_by)
        .where(of_school, _state(uow) == state)
    )
    if before is not None:
        statement = statement.where(Invitation.id < before)
    rows = await uow.rows(statement.order_by(Invitation.id.desc()).limit(most + 1))
    lines = tuple(
        SchoolCode(
            row.id,
            PersonId(row.person_id),
            PersonName(row.family, row.given, row.middle, row.nickname),
            PersonName(row.i_family, row.i_given).full_name if row.i_family is not None else "",
            row.issued_at,
            row.expires_at,
            row.used_at,
            row.revoked_at,
        )
        for row in rows[:most]
    )
    return CodePage(
        lines, lines[-1].id if len(rows) > most else None, {one.state: one.number for one in counts}
    )
