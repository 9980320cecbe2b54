"""The messages of channels that keep their own history: the browser's and the terminal's.

Every new or changed message takes the chat's next ``revision``, so a reader that knows one revision can ask for
all that came after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.db.conversation import ChatKey
from core.db.models import Chat, ChatMessage
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID, ChatId
from core.errors import NotFound


async def chat_of(uow: UnitOfWork, key: ChatKey) -> ChatId:
    """The id of a known chat. Raises NotFound. One statement."""
    found = await uow.value(
        sa.select(Chat.id).where(
            Chat.messenger == key.messenger, Chat.bot == key.bot, Chat.user_id == key.user_id
        )
    )
    if found is None:
        raise NotFound("chat_not_found")
    return ChatId(found)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A message's file: ``content`` made for it alone, or kept by ``sha256``, or an attachment by its id with the pupil
    whose homework it belongs to (0 for an announcement's)."""

    name: str
    media_type: str
    content: bytes | None = None
    sha256: str = ""
    attachment_id: int | None = None
    attachment_of: int | None = None


def _next_revision(chat_id: int) -> sa.ScalarSelect[Any]:
    return (
        sa.select(sa.func.coalesce(sa.func.max(ChatMessage.revision), 0) + 1)
        .where(ChatMessage.chat_id == chat_id)
        .scalar_subquery()
    )


async def note(
    uow: UnitOfWork,
    chat_id: ChatId,
    *,
    outgoing: bool,
    plain: str,
    html: str = "",
    buttons: Sequence[Any] = (),
    file: KeptFile | None = None,
) -> int:
    """Keep a new message and return its id. One statement."""
    kept = file or KeptFile("", "")
    async with uow.writing():
        return await uow.insert(
            ChatMessage,
            chat_id=chat_id,
            outgoing=outgoing,
            plain=plain,
            html=html,
            buttons=list(buttons),
            file_name=kept.name,
            file_type=kept.media_type,
            file_content=kept.content,
            file_sha256=kept.sha256,
            attachment_id=kept.attachment_id,
            attachment_of=kept.attachment_of,
            sent_at=uow.now,
            revision=_next_revision(chat_id),
        )


async def amend(
    uow: UnitOfWork,
    chat_id: ChatId,
    message_id: int,
    *,
    plain: str,
    html: str = "",
    buttons: Sequence[Any] = (),
) -> bool:
    """Change one of our messages in place; False where the chat has no such message. One statement."""
    async with uow.writing():
        result = await uow.write(
            sa.update(ChatMessage)
            .where(ChatMessage.id == message_id, ChatMessage.chat_id == chat_id, ChatMessage.outgoing)
            .values(plain=plain, html=html, buttons=list(buttons), revision=_next_revision(chat_id))
            .returning(ChatMessage.id)
        )
        return result.first() is not None


async def last_answer(uow: UnitOfWork, chat_id: ChatId) -> sa.Row[Any] | None:
    """Our message shown or changed last, with id, plain and buttons. One statement."""
    return await uow.row(
        sa.select(ChatMessage.id, ChatMessage.plain, ChatMessage.buttons)
        .where(ChatMessage.chat_id == chat_id, ChatMessage.outgoing)
        .order_by(ChatMessage.revision.desc())
        .limit(1)
    )


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message as a page shows it; ``file_name`` is empty where there is no file."""

    id: int
    revision: int
    outgoing: bool
    plain: str
    html: str
    file_name: str
    sent_at: datetime


_SHOWN = (
    ChatMessage.id,
    ChatMessage.revision,
    ChatMessage.outgoing,
    ChatMessage.plain,
    ChatMessage.html,
    ChatMessage.file_name,
    ChatMessage.sent_at,
)


async def messages_since(uow: UnitOfWork, chat_id: ChatId, revision: int) -> list[KeptMessage]:
    """What is new or changed after a revision, in that order, at most 200. One statement."""
    rows = await uow.rows(
        sa.select(*_SHOWN)
        .where(ChatMessage.chat_id == chat_id, ChatMessage.revision > revision)
        .order_by(ChatMessage.revision)
        .limit(200)
    )
    return [KeptMessage(**row._mapping) for row in rows]


async def messages_before(
    uow: UnitOfWork, chat_id: ChatId, message_id: int | None, most: int
) -> list[KeptMessage]:
    """The newest messages, or those before one, oldest first. One statement."""
    statement = sa.select(*_SHOWN).where(ChatMessage.chat_id == chat_id)
    if message_id is not None:
        statement = statement.where(ChatMessage.id < message_id)
    rows = await uow.rows(statement.order_by(ChatMessage.id.desc()).limit(most))
    return [KeptMessage(**row._mapping) for row in reversed(rows)]


async def file_of(uow: UnitOfWork, chat_id: ChatId, message_id: int) -> KeptFile:
    """A message's file. Raises NotFound, also for another chat's. One statement."""
    row = None
    if 0 < message_id <= LARGEST_ID:
        row = await uow.row(
            sa.select(
                ChatMessage.file_name,
                ChatMessage.file_type,
                ChatMessage.file_content,
                ChatMessage.file_sha256,
                ChatMessage.attachment_id,
                ChatMessage.attachment_of,
            ).where(ChatMessage.id == message_id, ChatMessage.chat_id == chat_id, ChatMessage.file_name != "")
        )
    if row is None:
        raise NotFound("file_not_found")
    return KeptFile(
        row.file_name,
        row.file_type,
        row.file_content,
        row.file_sha256,
        row.attachment_id,
        row.attachment_of,
    )
