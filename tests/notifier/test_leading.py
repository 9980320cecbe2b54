"""Two processes, one bot: one sends, the other stands by and takes over; and each wakes the other at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa

import notifier.dispatcher
import notifier.lane
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import Delivery, OutboxEvent
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState
from notifier.dispatcher import NotificationDispatcher
from tests.cast import Cast
from tests.notifier.test_answers import Office


@pytest.fixture(autouse=True)
def no_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is not woken sleeps on."""
    monkeypatch.setattr(notifier.dispatcher, "_POLL_SECONDS", 3600.0)
    monkeypatch.setattr(notifier.lane, "_POLL_SECONDS", 3600.0)


class Process:
    """One of several on the same database."""

    def __init__(self, database: Database, clock: FrozenClock, cast: Cast) -> None:
        self.database = Database(database.url.render_as_string(hide_password=False))
        self.office = Office(self.database, clock, cast)
        self.database.on_publish = self.dispatcher.wake

    @property
    def dispatcher(self) -> NotificationDispatcher:
        return self.office.dispatcher

    @property
    def leads(self) -> bool:
        return any(lane.lead for lane in self.dispatcher.lanes.values())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Process]:
        task = asyncio.create_task(self.dispatcher.run())
        try:
            yield self
        finally:
            self.dispatcher.stop()
            await task
            await self.database.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.02)


async def all_settled(database: Database, clock: FrozenClock) -> None:
    left = sa.select(sa.func.count()).where(Delivery.state != DeliveryState.SENT)
    async with UnitOfWork(database, clock) as uow, asyncio.timeout(30):
        while await uow.value(left):
            await asyncio.sleep(0.05)


async def test_one_sends_and_the_other_takes_over(database: Database, clock: FrozenClock, cast: Cast) -> None:
    first, second = (Process(database, clock, cast) for _ in range(2))
    async with second.running():
        async with first.running():
            await until(lambda: first.leads or second.leads)
            leader, standby = (first, second) if first.leads else (second, first)
            await leader.office.announce("First")
            await until(lambda: bool(leader.office.heard("mother")))
            assert not standby.leads
            assert not standby.office.phones.heard
            assert not standby.dispatcher.ailments(), "standing by is no ailment"
        if leader is first:
            await until(lambda: second.leads)
            await second.office.announce("Second")
            await until(lambda: len(second.office.heard("mother")) == 1)


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
async def test_news_published_anywhere_wakes_who_sends(
    database: Database, clock: FrozenClock, cast: Cast
) -> None:
    leader, other = (Process(database, clock, cast) for _ in range(2))
    async with leader.running():
        await until(lambda: leader.leads)
        async with other.running():
            await other.office.announce("First")
            await until(lambda: bool(leader.office.heard("mother")))
            assert not other.office.phones.heard


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
async def test_who_loses_the_lock_stops_and_what_it_had_in_hand_passes_on(
    database: Database, clock: FrozenClock, cast: Cast
) -> None:
    leader = Process(database, clock, cast)
    async with leader.running():
        await until(lambda: leader.leads)
        lane = next(iter(leader.dispatcher.lanes.values()))
        term = lane.lead
        await leader.office.announce("First")
        await until(lambda: bool(leader.office.heard("mother")))
        await all_settled(database, clock)
        # What a process that died has left in hand, under a lease that still runs.
        async with UnitOfWork(database, clock) as uow, uow.writing():
            await uow.write(sa.update(Delivery).values(state=DeliveryState.SENDING, leased_until=uow.now))
        async with database.writer.connect() as connection:
            await connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = pg_locks.database"
                    " WHERE locktype = 'advisory' AND d.datname = current_database()"
                )
            )
        await until(lambda: lane.lead not in (0, term))
        await until(lambda: len(leader.office.heard("mother")) == 2)


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
async def test_an_event_is_fanned_out_by_one(database: Database, clock: FrozenClock, cast: Cast) -> None:
    one, other = Office(database, clock, cast), Office(database, clock, cast)
    await one.announce("First")
    handled = await asyncio.gather(one.dispatcher.fan_out(), other.dispatcher.fan_out())
    assert sum(handled) == 1
    async with UnitOfWork(database, clock) as uow:
        assert await uow.value(sa.select(sa.func.count()).where(OutboxEvent.fanned_out_at.is_(None))) == 0
