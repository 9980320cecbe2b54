"""Into the panel and out again: one-time links asked for in a chat, and the sessions they open.

Tokens are 256 bits, told once and kept only as hashes. A session is at an end when it is idle for ``IDLE``, ``LIFE``
after it was opened, when it is ended, or when its chat speaks for nobody who works in the panel any more.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.access import Actor
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import Chat, PanelAccount, PanelSession, PanelTicket, SignInTry
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId, PersonId
from core.domain.rights import PANEL_ROLES
from core.errors import NotFound
from core.queries.pages import ON_A_PAGE, Cursor, Order, ordered, page_of

TICKET_LIFE = timedelta(minutes=5)
IDLE = timedelta(hours=2)
LIFE = timedelta(hours=12)
WRONG_WITHIN = timedelta(minutes=15)
WRONG_LINKS = 20
_TOUCH_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session of the panel and the chat it acts as; ``locale`` is the chat's, None where it chose none."""

    id: int
    chat_id: ChatId
    key: ChatKey
    person_id: PersonId
    totp: str
    """The person's sealed secret of an authenticator app, empty without one."""
    verified_at: datetime | None
    locale: str | None
    browser: str
    created_at: datetime
    seen_at: datetime


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def officer_of(uow: UnitOfWork, actor: Actor) -> PersonId:
    """The person whose work in the panel it is: of several behind one chat whoever has an authenticator app, for the
    session will act as all of them. Raises NotFound for somebody without any. One statement, or none."""
    officers = list(dict.fromkeys(held.person_id for held in actor.roles if held.role in PANEL_ROLES))
    if not officers:
        raise NotFound("panel_not_found")
    if len(officers) == 1:
        return officers[0]
    with_app = await uow.rows(
        sa.select(PanelAccount.person_id).where(PanelAccount.person_id.in_(officers), PanelAccount.totp != "")
    )
    guarded = {row.person_id for row in with_app}
    return next((one for one in officers if one in guarded), officers[0])


async def issue_ticket(uow: UnitOfWork, actor: Actor) -> str:
    """The token of a link that opens the panel once, within five minutes; an older unused one of the chat dies.

    Raises NotFound for somebody without work there.
    """
    officer = await officer_of(uow, actor)
    assert actor.chat_id is not None
    token = secrets.token_urlsafe(32)
    async with uow.writing():
        await uow.write(
            sa.update(PanelTicket)
            .where(PanelTicket.chat_id == actor.chat_id, PanelTicket.used_at.is_(None))
            .values(used_at=uow.now)
        )
        await uow.insert(
            PanelTicket,
            token_hash=_hash(token),
            chat_id=actor.chat_id,
            person_id=officer,
            issued_at=uow.now,
            expires_at=uow.now + TICKET_LIFE,
        )
        await record(uow, "panel.link", actor_id=officer, subject=("person", officer))
    return token


async def open_session(uow: UnitOfWork, ticket: str, *, browser: str, address_hash: str) -> str | None:
    """Spend a link's ticket and open a session; its token, or None for one that is wrong, used or too old.

    Both outcomes are audited; of wrong links from one address no more than ``WRONG_LINKS`` within ``WRONG_WITHIN``, since
    anybody can send them. At most four statements.
    """
    async with uow.writing():
        spent = await uow.write(
            sa.update(PanelTicket)
            .where(
                PanelTicket.token_hash == _hash(ticket),
                PanelTicket.used_at.is_(None),
                PanelTicket.expires_at > uow.now,
            )
            .values(used_at=uow.now)
            .returning(PanelTicket.chat_id, PanelTicket.person_id)
        )
        link = spent.first()
        if link is None:
            await _note_wrong_link(uow, address_hash)
            return None
        return await begin_session(
            uow,
            ChatId(link.chat_id),
            PersonId(link.person_id),
            browser=browser,
            address_hash=address_hash,
        )


async def _note_wrong_link(uow: UnitOfWork, address_hash: str) -> None:
    noted = await uow.value(
        sa.select(sa.func.count()).where(
            SignInTry.account_hash == "",
            SignInTry.address_hash == address_hash,
            SignInTry.at > uow.now - WRONG_WITHIN,
        )
    )
    if noted < WRONG_LINKS:
        await uow.insert(SignInTry, at=uow.now, account_hash="", address_hash=address_hash)
        await record(uow, "panel.refused", actor_id=None, after={"address": address_hash})


async def begin_session(
    uow: UnitOfWork, chat_id: ChatId, person_id: PersonId, *, browser: str, address_hash: str
) -> str:
    """A new session that acts as a chat; its token. Always a new one: none from before is taken up. Two statements."""
    token = secrets.token_urlsafe(32)
    async with uow.writing():
        session_id = await uow.insert(
            PanelSession,
            token_hash=_hash(token),
            chat_id=chat_id,
            person_id=person_id,
            browser=browser,
            address_hash=address_hash,
            created_at=uow.now,
            seen_at=uow.now,
            expires_at=uow.now + LIFE,
        )
        await record(
            uow,
            "panel.enter",
            actor_id=person_id,
            subject=("chat", chat_id),
            after={"session": session_id, "browser": browser, "address": address_hash},
        )
    return token


async def verify_session(uow: UnitOfWork, session_id: int) -> None:
    """Note that the person behind a session has given a code of their authenticator app."""
    async with uow.writing():
        await uow.write(
            sa.update(PanelSession).where(PanelSession.id == session_id).values(verified_at=uow.now)
        )


def _is_open(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    return sa.and_(
        PanelSession.ended_at.is_(None),
        PanelSession.expires_at > uow.now,
        PanelSession.seen_at > uow.now - IDLE,
    )


_SESSION = (
    sa.select(
        *(PanelSession.id, PanelSession.chat_id, PanelSession.browser),
        *(PanelSession.created_at, PanelSession.seen_at, PanelSession.person_id, PanelSession.verified_at),
        sa.func.coalesce(PanelAccount.totp, "").label("totp"),
        *(Chat.messenger, Chat.bot, Chat.user_id, Chat.locale),
    )
    .join(Chat, Chat.id == PanelSession.chat_id)
    .outerjoin(PanelAccount, PanelAccount.person_id == PanelSession.person_id)
)  # fmt: skip


def _read(row: sa.Row[tuple[object, ...]]) -> OpenSession:
    return OpenSession(
        row.id,
        ChatId(row.chat_id),
        ChatKey(row.messenger, row.bot, row.user_id),
        PersonId(row.person_id),
        row.totp,
        row.verified_at,
        row.locale,
        row.browser,
        row.created_at,
        row.seen_at,
    )


async def read_session(uow: UnitOfWork, token: str) -> OpenSession | None:
    """The session of a cookie's token; None where it is unknown or at an end. One statement, and every five minutes
    another that notes it was seen."""
    row = await uow.row(_SESSION.where(PanelSession.token_hash == _hash(token), _is_open(uow)))
    if row is None:
        return None
    if uow.now - row.seen_at > _TOUCH_EVERY:
        async with uow.writing():
            await uow.write(sa.update(PanelSession).where(PanelSession.id == row.id).values(seen_at=uow.now))
    return _read(row)


@dataclass(frozen=True, slots=True)
class SessionsPage:
    """A page; ``after`` is where the next begins, None on the last."""

    lines: tuple[OpenSession, ...]
    after: Cursor | None


_ORDERS = {
    "since": Order(PanelSession.created_at, datetime, descending=True),
    "seen": Order(PanelSession.seen_at, datetime, descending=True),
    "browser": Order(PanelSession.browser),
}


def _is_own(actor: Actor) -> sa.ColumnElement[bool]:
    """Whether a session acts as the asker's chat, or was opened for a person of theirs in any other way."""
    people = [one.person_id for one in actor.identities]
    return sa.or_(PanelSession.chat_id == actor.chat_id, PanelSession.person_id.in_(people))


async def sessions_of(
    uow: UnitOfWork, actor: Actor, *, sort: str = "", after: Cursor | None = None, most: int = ON_A_PAGE
) -> SessionsPage:
    """A page of the asker's open sessions, whichever way they came in, newest first unless ``sort`` says seen or browser.
    One statement."""
    rows, following = await page_of(
        uow,
        _SESSION.where(_is_own(actor), _is_open(uow)),
        PanelSession.id,
        ordered(_ORDERS, sort),
        after=after,
        most=most,
    )
    return SessionsPage(tuple(_read(row) for row in rows), following)


async def end_session(uow: UnitOfWork, actor: Actor, session_id: int) -> None:
    """End one of the asker's own sessions. Raises NotFound."""
    async with uow.writing():
        ended = await uow.write(
            sa.update(PanelSession)
            .where(PanelSession.id == session_id, _is_own(actor), PanelSession.ended_at.is_(None))
            .values(ended_at=uow.now)
            .returning(PanelSession.id)
        )
        if ended.first() is None:
            raise NotFound("session_not_found")
        officer = next((one.person_id for one in actor.identities), None)
        await record(uow, "panel.leave", actor_id=officer, before={"session": session_id})
