"""The chat links and the codes of a school, for its office: filtered, sorted, searched, paged by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from core.db.engine import LONG
from core.db.models import CAN_BE_TOLD, Chat, ChatLink, Invitation, Person
from core.db.uow import UnitOfWork
from core.domain.ids import PersonId
from core.domain.kinds import InvitationKind, Messenger
from core.domain.matching import Named, search_names
from core.domain.names import PersonName
from core.queries.office_people import asked_by, in_class, is_known
from core.queries.offices import Office
from core.queries.pages import ON_A_PAGE, Cursor, Order, ordered, page_of

MANY_PEOPLE = 4
"""So many people behind one chat are no usual family."""
LinkState = Literal["open", "blocked", "suspicious", "ended"]
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
    """``after`` is where the next page begins, None on the last; a search is one page, the best first. ``counts`` says how
    many there are of each state."""

    lines: tuple[SchoolLink, ...]
    after: Cursor | None
    counts: dict[LinkState, int]


@dataclass(frozen=True, slots=True)
class CodePage:
    """As ``LinkPage``, with how many codes there are of each state."""

    lines: tuple[SchoolCode, ...]
    after: Cursor | None
    counts: dict[CodeState, int]


_PEOPLE = (
    sa.select(sa.func.count(sa.distinct(sa.text("other.person_id"))))
    .select_from(sa.text("chat_link AS other"))
    .where(sa.text("other.chat_id = chat_link.chat_id AND other.revoked_at IS NULL"))
    .scalar_subquery()
)


_LINKS = (
    sa.select(
        *(ChatLink.id, ChatLink.person_id, ChatLink.linked_at),
        *(ChatLink.revoked_at, ChatLink.revoked_why),
        *(Chat.messenger, Chat.title, Chat.blocked_since),
        *(Person.family, Person.given, Person.middle, Person.nickname),
        _PEOPLE.label("people"),
    )
    .join(Chat, Chat.id == ChatLink.chat_id)
    .join(Person, Person.id == ChatLink.person_id)
    .where(CAN_BE_TOLD, is_known(ChatLink.person_id))
    .execution_options(**LONG)
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


_LINK_ORDERS = {
    "linked": Order(ChatLink.linked_at, datetime, descending=True),
    "name": Order(Person.name_key),
    "chat": Order(Chat.title),
}
_CODE_ORDERS = {
    "issued": Order(Invitation.issued_at, datetime, descending=True),
    "name": Order(Person.name_key),
    "expires": Order(Invitation.expires_at, datetime),
}
# Asked of each chat of the school, so that a region's others are not gone through.
_IS_CROWDED = _PEOPLE >= MANY_PEOPLE


_IS_OPEN = ChatLink.revoked_at.is_(None)
_LINK_STATES: dict[LinkState, sa.ColumnElement[bool]] = {
    "open": _IS_OPEN,
    "blocked": _IS_OPEN & Chat.blocked_since.is_not(None),
    "suspicious": _IS_OPEN & _IS_CROWDED,
    "ended": ChatLink.revoked_at.is_not(None),
}
_LINK_COUNTS = (
    sa.select(
        *(sa.func.sum(sa.case((which, 1), else_=0)).label(state) for state, which in _LINK_STATES.items())
    )
    .select_from(ChatLink)
    .join(Chat, Chat.id == ChatLink.chat_id)
    .where(CAN_BE_TOLD, is_known(ChatLink.person_id))
    .execution_options(**LONG)
)


async def school_links(
    uow: UnitOfWork,
    office: Office,
    *,
    state: LinkState = "open",
    search: str = "",
    sort: str = "",
    after: Cursor | None = None,
    most: int = ON_A_PAGE,
) -> LinkPage:
    """A page of the school's links: newest first, unless ``sort`` says name or chat. Two statements."""
    parameters = asked_by(office, uow.now)
    numbers = await uow.row(_LINK_COUNTS, parameters)
    counts: dict[LinkState, int] = {one: int(getattr(numbers, one) or 0) for one in _LINK_STATES}
    statement = _LINKS.where(_LINK_STATES[state])
    if search:
        found = _found(search, await uow.rows(statement, parameters), most)
        return LinkPage(tuple(_link(row) for row in found), None, counts)
    order = ordered(_LINK_ORDERS, sort)
    rows, following = await page_of(
        uow, statement, ChatLink.id, order, parameters=parameters, after=after, most=most
    )
    return LinkPage(tuple(_link(row) for row in rows), following, counts)


def _found(search: str, rows: Sequence[sa.Row[Any]], most: int) -> list[sa.Row[Any]]:
    """The rows of those whom a search means, the best first; whoever has several rows comes with all."""
    names = {
        row.person_id: Named(row.person_id, PersonName(row.family, row.given, row.middle, row.nickname))
        for row in rows
    }
    places = {one.id: place for place, one in enumerate(search_names(search, list(names.values()), most))}
    mine = [row for row in rows if row.person_id in places]
    return sorted(mine, key=lambda row: (places[row.person_id], -row.id))[:most]


async def suspicious_links(uow: UnitOfWork, office: Office) -> Sequence[SchoolLink]:
    """The open links of chats that speak for ``MANY_PEOPLE`` and more, by chat. One statement."""
    return [_link(row) for row in await uow.rows(_SUSPICIOUS, asked_by(office, uow.now))]


_SUSPICIOUS = _LINKS.where(_LINK_STATES["suspicious"]).order_by(ChatLink.chat_id, ChatLink.id).limit(100)


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
    class_id: int | None = None,
    search: str = "",
    sort: str = "",
    after: Cursor | None = None,
    most: int = ON_A_PAGE,
) -> CodePage:
    """A page of the school's slips in one state, newest first unless ``sort`` says name or expires, and how many there are
    in each. ``class_id`` keeps those of its pupils and their guardians. Two statements."""
    issuer = sa.orm.aliased(Person)
    parameters = asked_by(office, uow.now)
    of_school = sa.and_(Invitation.kind == InvitationKind.SLIP, is_known(Invitation.person_id))
    if class_id is not None:
        of_school &= in_class(Invitation.person_id, class_id, office.school.today(uow.now))
    counts = await uow.rows(
        sa.select(_state(uow).label("state"), sa.func.count().label("number"))
        .where(of_school)
        .group_by(sa.text("state")),
        parameters,
    )
    columns: list[Any] = [
        *(Invitation.id, Invitation.person_id, Invitation.issued_at, Invitation.expires_at),
        *(Invitation.used_at, Invitation.revoked_at),
        *(Person.family, Person.given, Person.middle, Person.nickname),
        *(issuer.family.label("i_family"), issuer.given.label("i_given")),
    ]
    statement = (
        sa.select(*columns)
        .join(Person, Person.id == Invitation.person_id)
        .outerjoin(issuer, issuer.id == Invitation.issued_by)
        .where(of_school, _state(uow) == state)
    )
    found: Sequence[sa.Row[Any]]
    following = None
    if search:
        found = _found(search, await uow.rows(statement, parameters), most)
    else:
        order = ordered(_CODE_ORDERS, sort)
        found, following = await page_of(
            uow, statement, Invitation.id, order, parameters=parameters, after=after, most=most
        )
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
        for row in found
    )
    return CodePage(lines, following, {one.state: one.number for one in counts})
