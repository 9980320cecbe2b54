"""Files that somebody sent to the bot and may want to attach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from core.db.models import IncomingFile
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId


@dataclass(frozen=True, slots=True)
class Incoming:
    """A kept file, by the message that brought it; ``album`` is empty for one that came alone."""

    message_id: int
    album: str
    name: str
    media_type: str
    size: int
    sha256: str


async def incoming_of(uow: UnitOfWork, chat_id: ChatId, message_ids: Sequence[int]) -> tuple[Incoming, ...]:
    """The files of these messages and all that came in the same albums, in their order. One statement, or none."""
    if not message_ids:
        return ()
    albums = sa.select(IncomingFile.album).where(
        IncomingFile.chat_id == chat_id, IncomingFile.message_id.in_(message_ids), IncomingFile.album != ""
    )
    rows = await uow.rows(
        sa.select(
            IncomingFile.message_id,
            IncomingFile.album,
            IncomingFile.name,
            IncomingFile.media_type,
            IncomingFile.size,
            IncomingFile.sha256,
        )
        .where(
            IncomingFile.chat_id == chat_id,
            sa.or_(IncomingFile.message_id.in_(message_ids), IncomingFile.album.in_(albums)),
        )
        .order_by(IncomingFile.message_id)
    )
    return tuple(Incoming(**row._mapping) for row in rows)


async def is_known(uow: UnitOfWork, chat_id: ChatId, message_id: int) -> bool:
    """Whether the message's file is kept already. One statement."""
    found = await uow.value(
        sa.select(IncomingFile.id).where(
            IncomingFile.chat_id == chat_id, IncomingFile.message_id == message_id
        )
    )
    return found is not None


async def is_first_of_album(uow: UnitOfWork, chat_id: ChatId, album: str) -> bool:
    """Whether nothing of the album came before. One statement, or none for a file that came alone."""
    if not album:
        return True
    found = await uow.value(
        sa.select(IncomingFile.id)
        .where(IncomingFile.chat_id == chat_id, IncomingFile.album == album)
        .limit(1)
    )
    return found is None
