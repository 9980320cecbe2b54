"""The messages of channels that keep their own history: the browser's and the terminal's.

Every new or changed message takes the chat's next ``revision``, so a reader that knows one revision can ask for
all that came after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.db.conversation import ChatKey
from core.db.models import Chat, ChatMessage
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId
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
    file: tuple[str, str, bytes] | None = None,
) -> int:
    """Keep a new message and return its id; ``file`` is name, media type and bytes. One statement."""
    name, media_type, content = file or ("", "", None)
    async with uow.writing():
        return await uow.insert(
            ChatMessage,
            chat_id=chat_id,
            outgoing=outgoing,
            plain=plain,
            html=html,
            buttons=list(buttons),
            file_name=name,
            file_type=media_type,
            file_content=content,
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
