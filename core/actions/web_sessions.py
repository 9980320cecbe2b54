"""A browser's sessions: a 256-bit token in a cookie, kept only as a hash, that leads to one chat."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from core.db.audit import record
from core.db.conversation import ChatKey, open_chat
from core.db.models import Chat, ChatLink, ChatLinkRole, RoleAssignment, WebSession
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId, PersonId
from core.domain.kinds import Messenger
from core.domain.rights import Role

IDLE = timedelta(days=30)
WEB_BOT = 1
"""The browser's reserved number among bots."""
_TOUCH_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """An open session and its chat; ``links`` is another number whenever a person is linked or unlinked."""

    id: int
    chat_id: ChatId
    user_id: int
    locale: str | None
    links: int = 0


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def open_session(uow: UnitOfWork, title: str) -> tuple[BrowserSession, str]:
    """A new stranger's chat and a session for it; the token is told this once."""
    user_id = secrets.randbelow(2**52 - 1) + 1
    async with uow.writing():
        chat = await open_chat(uow, ChatKey(Messenger.WEB, WEB_BOT, user_id), title)
        return await _session(uow, chat.id, user_id)


async def _session(uow: UnitOfWork, chat_id: ChatId, user_id: int) -> tuple[BrowserSession, str]:
    token = secrets.token_urlsafe(32)
    session_id = await uow.insert(
        WebSession, token_hash=_hash(token), chat_id=chat_id, created_at=uow.now, seen_at=uow.now
    )
    return BrowserSession(session_id, chat_id, user_id, None), token


async def enter_as(uow: UnitOfWork, person_id: PersonId, title: str) -> tuple[BrowserSession, str]:
    """The demo's door: a session whose chat is linked to a person with all the person's roles.

    One chat a person, so that the conversation goes on where it was left.
    """
    async with uow.writing():
        # Numbers below 2**32 are the demo's own: a real browser's are drawn from far more.
        chat = await open_chat(uow, ChatKey(Messenger.WEB, WEB_BOT, int(person_id)), title)
        linked = await uow.value(
            sa.select(ChatLink.id).where(
                ChatLink.chat_id == chat.id, ChatLink.person_id == person_id, ChatLink.revoked_at.is_(None)
            )
        )
        if linked is None:
            link_id = await uow.insert(ChatLink, chat_id=chat.id, person_id=person_id, linked_at=uow.now)
            rows = await uow.rows(
                sa.select(RoleAssignment.role).where(RoleAssignment.person_id == person_id).distinct()
            )
            roles = sorted({Role.GUARDIAN, *(row.role for row in rows)})
            await uow.write(sa.insert(ChatLinkRole), [{"link_id": link_id, "role": role} for role in roles])
            await record(uow, "demo.enter", actor_id=person_id, subject=("person", person_id))
        return await _session(uow, chat.id, int(person_id))


_LINKS = (
    sa.select(sa.func.coalesce(sa.func.sum(ChatLink.id), 0))
    .where(ChatLink.chat_id == Chat.id, ChatLink.revoked_at.is_(None))
    .scalar_subquery()
)


async def read_session(uow: UnitOfWork, token: str) -> BrowserSession | None:
    """The session of a cookie's token; None where it is unknown, ended or idle for too long. One statement, and
    once an hour another that notes it was seen."""
    row = await uow.row(
        sa.select(
            WebSession.id,
            WebSession.seen_at,
            Chat.id.label("chat_id"),
            Chat.user_id,
            Chat.locale,
            _LINKS.label("links"),
        )
        .join(Chat, Chat.id == WebSession.chat_id)
        .where(
            WebSession.token_hash == _hash(token),
            WebSession.ended_at.is_(None),
            WebSession.seen_at > uow.now - IDLE,
        )
    )
    if row is None:
        return None
    if uow.now - row.seen_at > _TOUCH_EVERY:
        async with uow.writing():
            await uow.write(sa.update(WebSession).where(WebSession.id == row.id).values(seen_at=uow.now))
    return BrowserSession(row.id, ChatId(row.chat_id), row.user_id, row.locale, int(row.links))


async def end_session(uow: UnitOfWork, session: BrowserSession) -> None:
    """Sign out: the cookie opens nothing any more.

    Where no other session leads to the chat, nobody reads there any longer: its links end too, so that ``/links`` does
    not name it, nothing is told there, and whoever signs in on this machine next begins with an empty chat.
    """
    async with uow.writing():
        await uow.write(sa.update(WebSession).where(WebSession.id == session.id).values(ended_at=uow.now))
        others = await uow.value(
            sa.select(sa.func.count()).where(
                WebSession.chat_id == session.chat_id,
                WebSession.ended_at.is_(None),
                WebSession.seen_at > uow.now - IDLE,
            )
        )
        if others:
            return
        ended = await uow.write(
            sa.update(ChatLink)
            .where(ChatLink.chat_id == session.chat_id, ChatLink.revoked_at.is_(None))
            .values(revoked_at=uow.now, revoked_why="signed out")
            .returning(ChatLink.id, ChatLink.person_id)
        )
        for row in ended.all():
            await record(
                uow,
                "link.sign_out",
                actor_id=row.person_id,
                subject=("person", row.person_id),
                before={"link": row.id, "chat": session.chat_id},
            )
