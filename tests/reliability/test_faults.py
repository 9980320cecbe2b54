"""A server, a database, a network and a clock that fail: nothing is lost, each keeps their order, no storm follows."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from core.db.engine import Database
from core.db.migrate import migrate
from notifier.limits import Limits
from tests.reliability.audience import Audience, RunningClock, Told
from tests.reliability.conftest import RATE
from tests.support.databases import start_postgres
from tests.support.notifier_process import running_notifier
from tests.support.telegram import How, Misbehaviour
from tests.support.telegram.process import BotApiProcess

_LIMITS = Limits(bot_rate=RATE, chat_rate=50.0, chat_burst=10.0)


@asynccontextmanager
async def _telling(audience: Audience) -> AsyncIterator[None]:
    """The notifier at work in this process."""
    async with running_notifier(
        audience.database, audience.clock, audience.api.url, [4242], _LIMITS, timeout=5.0
    ):
        yield


async def _ended_well(audience: Audience) -> Told:
    told = await audience.compare()
    print(f"\n{audience.line(told)}  ({'SQLite' if audience.database.is_sqlite else 'PostgreSQL'})")
    assert told.ends == {"sent": audience.chats * audience.news}
    assert (told.lost, told.unheard, told.disordered) == (0, 0, 0)
    return told


async def _three_in_ten_fail(database: Database, api: BotApiProcess, *, chats: int, news: int) -> None:
    audience = Audience(database, api, RunningClock(speed=60), chats)
    await audience.gather()
    api.misbehave(Misbehaviour(How.MIXED, method="send", share=0.3))
    async with _telling(audience):
        for _ in range(news):
            await audience.publish()
            await asyncio.sleep(0.5)
        await audience.until_all_told(300)
    told = await _ended_well(audience)
    state = await asyncio.to_thread(api.state)
    unknown = sum(count for name, count in state["answers"].items() if name.startswith("0 "))
    assert told.repeats <= unknown, "only what had no answer is sent again"


@pytest.mark.parametrize("database_kind", ["sqlite"])  # both in `make soak`
async def test_a_server_that_fails_three_times_in_ten(database: Database, api: BotApiProcess) -> None:
    await _three_in_ten_fail(database, api, chats=60, news=4)


@pytest.mark.soak
async def test_a_server_that_fails_three_times_in_ten_for_long(
    database: Database, api: BotApiProcess
) -> None:
    await _three_in_ten_fail(database, api, chats=500, news=10)


async def _cut_off(database: Database, api: BotApiProcess, *, chats: int, seconds: float) -> None:
    audience = Audience(database, api, RunningClock(speed=20), chats)
    await audience.gather()
    async with _telling(audience):
        await audience.publish()
        await audience.until(lambda ends: ends["sent"] > chats // 4)
        api.misbehave(Misbehaviour(How.RESET))
        await audience.publish()
        await asyncio.sleep(seconds)
        api.misbehave()
        await audience.until_all_told(180)
    await _ended_well(audience)
    assert api.answers(429) == 0, "what was held back comes at the usual pace"


@pytest.mark.parametrize("database_kind", ["postgres"])  # both in `make soak`
async def test_the_network_is_cut(database: Database, api: BotApiProcess) -> None:
    await _cut_off(database, api, chats=200, seconds=3)


@pytest.mark.soak
async def test_the_network_is_cut_for_a_minute(database: Database, api: BotApiProcess) -> None:
    await _cut_off(database, api, chats=1_000, seconds=60)


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_the_clock_jumps(database: Database, api: BotApiProcess) -> None:
    clock = RunningClock()
    audience = Audience(database, api, clock, 200)
    await audience.gather()
    async with _telling(audience):
        for jump in (timedelta(hours=3), -timedelta(hours=1), timedelta(minutes=90), timedelta(minutes=-5)):
            await audience.publish()
            await asyncio.sleep(0.5)
            clock.jump(jump)
            await asyncio.sleep(0.5)
        # What was written while the clock ran ahead is due when it has come there again.
        clock.jump(timedelta(hours=1))
        await audience.until_all_told(60)
    told = await _ended_well(audience)
    assert told.repeats == 0
    assert api.answers(429) == 0


class _Postgres:
    """A server of its own, which may be restarted."""

    def __init__(self) -> None:
        self._server = start_postgres()
        self.url = self._server.get_uri().replace("postgresql://", "postgresql+asyncpg://")

    def crash(self) -> None:
        """As if the power had failed; what was committed stays."""
        pid = self._server.get_pid()
        assert pid is not None
        os.kill(pid, signal.SIGQUIT)
        while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
            pass

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def end(self) -> None:
        self._server.cleanup()


async def _restart_postgres(api: BotApiProcess, *, chats: int, away: float) -> None:
    server = _Postgres()
    try:
        database = Database(server.url)
        await migrate(database)
        audience = Audience(database, api, RunningClock(speed=20), chats)
        await audience.gather()
        async with _telling(audience):
            await audience.publish(2)
            await audience.until(lambda ends: ends["sent"] > chats // 4)
            await asyncio.to_thread(server.crash)
            await asyncio.sleep(away)
            await asyncio.to_thread(server.start)
            await audience.until_all_told(120)
        told = await _ended_well(audience)
        assert told.repeats <= 64
        await database.close()
    finally:
        server.end()


async def test_postgres_is_restarted_in_the_middle(api: BotApiProcess) -> None:
    await _restart_postgres(api, chats=200, away=1)


@pytest.mark.soak
async def test_postgres_is_away_for_a_minute(api: BotApiProcess) -> None:
    await _restart_postgres(api, chats=1_000, away=60)
