"""The chats that speak for the persons of a chat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.access import Actor
from core.db.models import CAN_BE_TOLD, Chat, ChatLink
from core.db.uow import UnitOfWork
from core.domain.ids import LinkId, PersonId
from core.domain.kinds import Messenger


@dataclass(frozen=True, slots=True)
class LinkLine:
    """One open link; ``here`` is the asking chat's own."""

    link_id: LinkId
    person_id: PersonId
    messenger: Messenger
    title: str
    linked_at: datetime
    here: bool
    blocked: bool


async def links_for(uow: UnitOfWork, actor: Actor) -> tuple[LinkLine, ...]:
    """Every open link of the asker's persons, oldest first; support's terminal apart. One statement."""
    rows = await uow.rows(
        sa.select(
            ChatLink.id,
            ChatLink.person_id,
            ChatLink.chat_id,
            ChatLink.linked_at,
            Chat.messenger,
            Chat.title,
            Chat.blocked_since,
        )
        .join(Chat, Chat.id == ChatLink.chat_id)
        .where(
            ChatLink.person_id.in_([identity.person_id for identity in actor.identities]),
            ChatLink.revoked_at.is_(None),
            CAN_BE_TOLD,
        )
        .order_by(ChatLink.linked_at, ChatLink.id)
    )
    return tuple(
        LinkLine(
            LinkId(row.id),
            PersonId(row.person_id),
            row.messenger,
            row.title,
            row.linked_at,
            row.chat_id == actor.chat_id,
            row.blocked_since is not None,
        )
        for row in rows
    )
