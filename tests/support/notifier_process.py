"""The notifier in a process of its own, as benches measure it and reliability tests kill it.

``python -m tests.support.notifier_process --database URL --api URL`` tells whoever is to be told until it is ended.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
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

_ROOT = Path(__file__).parents[2]


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


async def _run(options: argparse.Namespace) -> None:
    # Nobody reads what is said after "ready": it would fill the pipe and stop us.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    if options.waits:
        sys.stdin.readline()
    over = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, over.set)
    database = Database(options.database)
    try:
        async with running_notifier(
            database,
            ShiftedClock(datetime.fromisoformat(options.moment)),
            options.api,
            [int(one) for one in options.bots.split(",")],
            Limits(
                bot_rate=options.rate,
                **({"chat_rate": chat_rate} if (chat_rate := options.chat_rate) else {}),
            ),
            timeout=options.timeout,
        ):
            print("ready", flush=True)  # noqa: T201
            await over.wait()
    finally:
        await database.close()


class NotifierProcess:
    """A notifier that was started; ``kill`` is without warning."""

    def __init__(
        self,
        database: str,
        api: str,
        moment: datetime,
        *,
        bots: Sequence[int] = (4242,),
        rate: float = 30.0,
        chat_rate: float = 0.0,
        timeout: float = 60.0,
        log: Path | None = None,
        waits: bool = False,
    ) -> None:
        """Starts it. ``moment`` is what its clock shows as it begins; it runs on from there. With ``waits`` it is only
        made ready, and begins at ``begin()``: to start takes long beside what a test looks at."""
        errors = subprocess.DEVNULL if log is None else os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.support.notifier_process", "--database", database),
                *("--api", api, "--bots", ",".join(map(str, bots)), "--rate", str(rate)),
                *("--chat-rate", str(chat_rate), "--moment", moment.isoformat(), "--timeout", str(timeout)),
                *(["--waits"] if waits else []),
            ],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        if errors >= 0:
            os.close(errors)
        self.pid = self._process.pid

    def begin(self) -> None:
        """End the waiting."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def wait_until_ready(self) -> None:
        """Blocks until it is at work. Raises AssertionError where it ended instead."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.strip() == "ready":
                return
        raise AssertionError("the notifier did not start")

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._end()

    def stop(self) -> None:
        """Ask it to end, and wait for what it has in flight."""
        self._process.terminate()
        self._end()

    def _end(self) -> None:
        try:
            self._process.wait(30)
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.notifier_process", description=__doc__)
    parser.add_argument("--database", required=True, help="address with an async driver")
    parser.add_argument("--api", required=True, help="address of the Bot API double")
    parser.add_argument("--bots", default="4242", help="ids, with commas between")
    parser.add_argument("--rate", type=float, default=30.0, help="messages a second for each bot")
    parser.add_argument(
        "--chat-rate", type=float, default=0.0, help="messages a second in one chat; 0 as usual"
    )
    parser.add_argument("--moment", required=True, help="what the clock shows at the start, ISO with a zone")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for one request")
    parser.add_argument("--waits", action="store_true", help="begin only after a line on standard input")
    uvloop.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
