"""Keeping files that somebody sent to the bot."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite

from core.db.models import IncomingFile
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId
from core.files import FileStore, identify


async def keep_incoming(
    uow: UnitOfWork,
    chat_id: ChatId,
    message_id: int,
    *,
    album: str,
    name: str,
    content: bytes,
    files: FileStore,
) -> None:
    """Keep a file and whose message brought it; the same message again changes nothing. One statement.

    Raises FileRefused.
    """
    kind = identify(content, name)
    sha256 = files.keep(content)
    insert = sqlite.insert if uow.database.is_sqlite else postgresql.insert
    async with uow.writing():
        await uow.write(
            insert(IncomingFile)
            .values(
                chat_id=chat_id,
                message_id=message_id,
                album=album[:64],
                name=kind.name,
                media_type=kind.media_type,
                size=len(content),
                sha256=sha256,
                received_at=uow.now,
            )
            .on_conflict_do_nothing(index_elements=["chat_id", "message_id"])
        )
