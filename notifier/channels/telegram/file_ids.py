"""What Telegram calls the files that were sent before, bot by bot."""

from __future__ import annotations

import hashlib

from core.clock import Clock
from core.db.engine import Database
from core.db.messenger_files import forget_file_id, known_file_id, remember_file_id
from core.db.uow import UnitOfWork
from core.domain.kinds import Messenger


class FileIds:
    """File ids by the bytes they stand for."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, bot: int, content: bytes) -> str | None:
        """The id of these bytes at a bot, if they were sent before."""
        async with UnitOfWork(self._database, self._clock) as uow:
            return await known_file_id(uow, Messenger.TELEGRAM, bot, _key(content))

    async def keep(self, bot: int, content: bytes, file_id: str) -> None:
        """Remember an id."""
        async with UnitOfWork(self._database, self._clock) as uow:
            await remember_file_id(uow, Messenger.TELEGRAM, bot, _key(content), file_id)

    async def forget(self, bot: int, content: bytes) -> None:
        """Drop an id that is refused."""
        async with UnitOfWork(self._database, self._clock) as uow:
            await forget_file_id(uow, Messenger.TELEGRAM, bot, _key(content))


def _key(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
