"""What each messenger calls a file of ours: sent once, it need not be sent again while the id still works."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.db.models import MessengerFile
from core.db.uow import UnitOfWork
from core.domain.kinds import Messenger


async def known_file_id(uow: UnitOfWork, messenger: Messenger, bot: int, sha256: str) -> str | None:
    """The messenger's id of the file at this bot. One statement."""
    found: str | None = await uow.value(sa.select(MessengerFile.file_id).where(*_one(messenger, bot, sha256)))
    return found


async def remember_file_id(
    uow: UnitOfWork, messenger: Messenger, bot: int, sha256: str, file_id: str
) -> None:
    """Keep the newest id. One statement."""
    insert = sqlite.insert if uow.database.is_sqlite else postgresql.insert
    async with uow.writing():
        await uow.write(
            insert(MessengerFile)
            .values(messenger=messenger, bot=bot, sha256=sha256, file_id=file_id)
            .on_conflict_do_update(index_elements=["messenger", "bot", "sha256"], set_={"file_id": file_id})
        )


async def forget_file_id(uow: UnitOfWork, messenger: Messenger, bot: int, sha256: str) -> None:
    """Drop an id that the messenger no longer knows. One statement."""
    async with uow.writing():
        await uow.write(sa.delete(MessengerFile).where(*_one(messenger, bot, sha256)))


def _one(messenger: Messenger, bot: int, sha256: str) -> tuple[sa.ColumnElement[bool], ...]:
    return MessengerFile.messenger == messenger, MessengerFile.bot == bot, MessengerFile.sha256 == sha256
