"""Writing down what became of messages, many at a time; nothing is forgotten while the database is away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
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

_GATHER_SECONDS = 0.02
_MANY = 32
_AGAIN_SECONDS = 1.0


class Desk:
    """Where one lane leaves its outcomes. ``written`` hears of them once they are committed, and of how many messages
    they were."""

    def __init__(self, written: Callable[[list[Settlement], int], None], some: Callable[[int], None]) -> None:
        self.written = written
        self._some = some
        self.outcomes: list[Settlement] = []
        self.messages = 0
        self.gone: set[ChatId] = set()
        self.moved: dict[ChatId, int] = {}

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not self.outcomes and not self.messages

    def add(self, *outcomes: Settlement) -> None:
        """These are to be written."""
        self.outcomes += outcomes
        self._some(len(outcomes))

    def answered(self) -> None:
        """One message, whose outcomes were added, is over."""
        self.messages += 1
        self._some(0)

    def bar(self, chat_id: ChatId) -> None:
        """The chat cannot be reached: it is blocked, and what waits for it is given up."""
        self.gone.add(chat_id)

    def move(self, chat_id: ChatId, user_id: int) -> None:
        """The messenger calls the chat otherwise now."""
        self.moved[chat_id] = user_id

    def take(self) -> Desk:
        """All that lies here, on a desk of its own; nothing is left."""
        taken = Desk(self.written, self._some)
        taken.outcomes, self.outcomes = self.outcomes, []
        taken.messages, self.messages = self.messages, 0
        taken.gone, self.gone = self.gone, set()
        taken.moved, self.moved = self.moved, {}
        return taken

    def put_back(self, taken: Desk) -> None:
        """What could not be written, before what has come since."""
        self.outcomes = [*taken.outcomes, *self.outcomes]
        self.messages += taken.messages
        self.gone |= taken.gone
        self.moved = {**taken.moved, **self.moved}
        self._some(len(taken.outcomes))


class Settling:
    """The outcomes of all lanes of a process on their way into the database, in common transactions."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._desks: list[Desk] = []
        self._waiting = 0
        self._some = asyncio.Event()
        self._many = asyncio.Event()
        self._turn = asyncio.Lock()

    def desk(self, written: Callable[[list[Settlement], int], None]) -> Desk:
        """A desk for one lane."""
        desk = Desk(written, self._noted)
        self._desks.append(desk)
        return desk

    def close(self, desk: Desk) -> None:
        """The lane has ended; its desk is to be empty."""
        if desk in self._desks:
            self._desks.remove(desk)

    def _noted(self, more: int) -> None:
        self._waiting += more
        self._some.set()
        if self._waiting >= _MANY:
            self._many.set()

    async def run(self) -> NoReturn:
        """Write outcomes as they come, until cancelled."""
        while True:
            await self._some.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._many.wait(), _GATHER_SECONDS)
            try:
                await self.flush()
            except Exception:
                log.exception("outcomes.not_written")
                await asyncio.sleep(_AGAIN_SECONDS)

    async def flush(self) -> None:
        """Write what there is; what cannot be written is kept. Raises what the driver raises."""
        async with self._turn:
            self._some.clear()
            self._many.clear()
            self._waiting = 0
            taken = [(desk, desk.take()) for desk in self._desks if not desk.is_empty]
            try:
                await self._write([some for _, some in taken])
            except BaseException:
                for desk, some in taken:
                    desk.put_back(some)
                raise
            for desk, some in taken:
                desk.written(some.outcomes, some.messages)

    async def _write(self, taken: list[Desk]) -> None:
        outcomes = [one for some in taken for one in some.outcomes]
        if not outcomes:
            return
        async with UnitOfWork(self._database, self._clock, via="notifier") as uow, uow.writing():
            for chat_id, user_id in [moved for some in taken for moved in some.moved.items()]:
                await move_chat(uow, chat_id, user_id)
            await settle(uow, outcomes)
            for chat_id in {chat_id for some in taken for chat_id in some.gone}:
                await set_blocked(uow, chat_id, blocked=True)
                await suppress_pending(uow, chat_id, Held.BLOCKED.value)
