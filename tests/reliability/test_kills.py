"""kill -9 at random moments: nothing is lost, and no more is repeated than was in flight."""

from __future__ import annotations

import asyncio
import random

import pytest

from core.db.deliveries import LEASE
from core.db.engine import Database
from tests.reliability.audience import Audience, RunningClock
from tests.support.notifier_process import NotifierProcess, Work
from tests.support.telegram import How, Misbehaviour
from tests.support.telegram.process import BotApiProcess

_IN_FLIGHT = 64


async def _kill_again_and_again(
    database: Database, api: BotApiProcess, *, chats: int, news: int, kills: int, rate: float
) -> None:
    chance = random.Random(7)
    clock = RunningClock()
    audience = Audience(database, api, clock, chats)
    await audience.gather()
    await audience.publish(news)
    # An answer takes its time, so that there is something in flight.
    api.misbehave(Misbehaviour(How.SLOW, method="send", seconds=0.05))
    url = database.url.render_as_string(hide_password=False)

    def next_one(number: int) -> NotifierProcess:
        # Each begins later than the leases of the one before, wherever those are waited for.
        moment = clock.now() + (number + 1) * 2 * LEASE
        return NotifierProcess(Work(url, api.url, moment, rate=rate, chat_rate=100.0))

    running = next_one(0)
    try:
        for number in range(kills):
            running.wait_until_ready()
            share = chats * news / kills / rate
            before = len(api.log(text=False))
            while len(api.log(text=False)) == before:
                await asyncio.sleep(0.01)
            await asyncio.sleep(chance.uniform(0, 1.6) * share)
            running.kill()
            await audience.note_kill()
            running = next_one(number + 1)
        await audience.until_all_told(240)
    finally:
        running.kill()
    told = await audience.compare()
    print(
        f"\n{audience.line(told, kills=kills)}  ({'SQLite' if database.is_sqlite else 'PostgreSQL'}, rows={told.rows})"
    )
    assert told.ends == {"sent": chats * news}
    assert (told.lost, told.unheard, told.disordered) == (0, 0, 0)
    assert told.repeats <= sum(audience.in_flight)
    assert max(audience.in_flight) <= _IN_FLIGHT
    assert max(api.state()["most_in_hand"].values()) <= _IN_FLIGHT


async def test_five_kills_lose_nothing(database: Database, api: BotApiProcess) -> None:
    await _kill_again_and_again(database, api, chats=200, news=3, kills=5, rate=150.0)


@pytest.mark.soak
async def test_twenty_kills_lose_nothing(database: Database, api: BotApiProcess) -> None:
    await _kill_again_and_again(database, api, chats=1_000, news=5, kills=20, rate=200.0)
