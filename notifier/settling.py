"""Writing down what became of messages, many at a time; nothing is forgotten while the database is away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NoReturn

import structlog

from core.clock import Clock
from core.db.conversation import move_chat, set_blocked
from core.db.deliveries import Settlement, settle, suppress_pending
from core.db.engine import Database
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId
from core.domain.telling import Held

log = structlog.get_logger(__name__)

_GATHER_SECONDS = 0.01
_AGAIN_SECONDS = 1.0


class Settling:
    """The outcomes of one lane on their way into the database."""

    def __init__(
        self, database: Database, clock: Clock, written: Callable[[list[Settlement], int], None]
    ) -> None:
        """``written`` hears of outcomes once they are committed, and of how many messages they are."""
        self._database = database
        self._clock = clock
        self._written = written
        self._outcomes: list[Settlement] = []
        self._messages = 0
        self._gone: set[ChatId] = set()
        self._moved: dict[ChatId, int] = {}
        self._some = asyncio.Event()
        self._turn = asyncio.Lock()

    def add(self, *outcomes: Settlement) -> None:
        """These are to be written."""
        self._outcomes += outcomes
        self._some.set()

    def answered(self) -> None:
        """One message, whose outcomes were added, is over."""
        self._messages += 1
        self._some.set()

    def gone(self, chat_id: ChatId) -> None:
        """The chat cannot be reached: it is blocked, and what waits for it is given up."""
        self._gone.add(chat_id)

    def moved(self, chat_id: ChatId, user_id: int) -> None:
        """The messenger calls the chat otherwise now."""
        self._moved[chat_id] = user_id

    async def run(self) -> NoReturn:
        """Write outcomes as they come, until cancelled."""
        while True:
            await self._some.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            try:
                await self.flush()
            except Exception:
                log.exception("lane.not_settled")
                await asyncio.sleep(_AGAIN_SECONDS)

    async def flush(self) -> None:
        """Write what there is; what cannot be written is kept. Raises what the driver raises."""
        async with self._turn:
            self._some.clear()
            outcomes, self._outcomes = self._outcomes, []
            messages, self._messages = self._messages, 0
            gone, moved = set(self._gone), dict(self._moved)
            try:
                if outcomes:
                    await self._write(outcomes, gone, moved)
            except BaseException:
                self._outcomes = [*outcomes, *self._outcomes]
                self._messages += messages
                self._some.set()
                raise
            self._gone -= gone
            for chat_id in moved:
                self._moved.pop(chat_id, None)
            self._written(outcomes, messages)

    async def _write(self, outcomes: list[Settlement], gone: set[ChatId], moved: dict[ChatId, int]) -> None:
        async with UnitOfWork(self._database, self._clock, via="notifier") as uow, uow.writing():
            for chat_id, user_id in moved.items():
                await move_chat(uow, chat_id, user_id)
            await settle(uow, outcomes)
            for chat_id in gone:
                await set_blocked(uow, chat_id, blocked=True)
                await suppress_pending(uow, chat_id, Held.BLOCKED.value)
