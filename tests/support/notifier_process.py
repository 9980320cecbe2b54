"""The notifier in a process of its own, as benches measure it and reliability tests kill it."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import structlog
import uvloop
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

from core.clock import Clock, ShiftedClock
from core.db.engine import Database
from core.domain.kinds import Messenger
from notifier.channels.channel import Channel
from notifier.channels.telegram.send import TelegramChannel
from notifier.dispatcher import NotificationDispatcher
from notifier.limits import Limits
from notifier.notices.notice import discover
from tests.support.bulk_school import EMERGENCY

_FORKS = multiprocessing.get_context("forkserver")


@asynccontextmanager
async def open_channels(
    api: str, bot_ids: Sequence[int], *, timeout: float = 60.0
) -> AsyncIterator[dict[tuple[Messenger, int], Channel]]:
    """A Telegram channel for each bot at the double's address; ``timeout`` in seconds is a request's."""
    bots = [
        Bot(
            f"{bot_id}:{'A' * 35}",
            session=AiohttpSession(api=TelegramAPIServer.from_base(api), timeout=timeout),
        )
        for bot_id in bot_ids
    ]
    try:
        yield {(Messenger.TELEGRAM, bot.id): TelegramChannel(bot) for bot in bots}
    finally:
        for bot in bots:
            await bot.session.close()


@asynccontextmanager
async def running_notifier(
    database: Database,
    clock: Clock,
    api: str,
    bot_ids: Sequence[int],
    limits: Limits,
    *,
    timeout: float = 60.0,
) -> AsyncIterator[NotificationDispatcher]:
    """A notifier at work in this process; ended with what is in flight."""
    async with open_channels(api, bot_ids, timeout=timeout) as channels:
        notices = {**discover(), EMERGENCY.kind: EMERGENCY}
        notifier = NotificationDispatcher(database, clock, channels, notices, telegram=limits)
        database.on_publish = notifier.wake
        task = asyncio.create_task(notifier.run())
        try:
            yield notifier
        finally:
            notifier.stop()
            await task


@dataclass(frozen=True, slots=True)
class Work:
    """What a notifier in another process is to do. ``moment`` is what its clock shows at ``as_of``, which is now, however
    late it begins; ``rate`` is in
    messages a second for each bot, ``chat_rate`` 0 the usual; ``timeout`` in seconds is a request's."""

    database: str
    api: str
    moment: datetime
    bots: tuple[int, ...] = (4242,)
    rate: float = 30.0
    chat_rate: float = 0.0
    timeout: float = 60.0
    log: Path = Path(os.devnull)
    as_of: datetime = field(default_factory=lambda: datetime.now(UTC))


class NotifierProcess:
    """A notifier at work in another process; ``kill`` is without warning.

    It is forked from a process that has imported everything, because to import takes longer than what most tests look
    at.
    """

    def __init__(self, work: Work) -> None:
        """Starts it."""
        _FORKS.set_forkserver_preload([__name__])
        self._ready, theirs = _FORKS.Pipe(duplex=False)
        self._process = _FORKS.Process(target=_work, args=(work, theirs), daemon=True)
        self._process.start()
        theirs.close()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def wait_until_ready(self) -> None:
        """Blocks until it is at work. Raises EOFError where it ended instead."""
        self._ready.recv()

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._end()

    def stop(self) -> None:
        """Ask it to end, and wait for what it has in flight."""
        self._process.terminate()
        self._end()

    def _end(self) -> None:
        self._process.join(30)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._ready.close()


def _work(work: Work, ready: Connection) -> None:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(work.log.open("a")),
    )
    uvloop.run(_run(work, ready))


async def _run(work: Work, ready: Connection) -> None:
    over = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, over.set)
    database = Database(work.database)
    limits = Limits(bot_rate=work.rate)
    if work.chat_rate:
        limits = replace(limits, chat_rate=work.chat_rate, chat_burst=work.chat_rate)
    clock = ShiftedClock(work.moment + (datetime.now(UTC) - work.as_of))
    try:
        async with running_notifier(database, clock, work.api, work.bots, limits, timeout=work.timeout):
            ready.send(True)
            await over.wait()
    finally:
        await database.close()
