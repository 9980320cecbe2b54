"""Telling everybody: events become deliveries, and each bot sends its own in a lane of its own.

Any process may turn an event into deliveries; only the one that leads for a bot sends them (``core/db/bell.py``).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping

import structlog

from core.clock import Clock
from core.db.bell import bell_of
from core.db.engine import Database
from core.db.uow import UnitOfWork
from core.domain.kinds import Messenger
from notifier.channels.channel import Channel
from notifier.fanout import fan_out_due, until_next_event
from notifier.lane import Lane
from notifier.limits import Limits
from notifier.metrics import Metrics
from notifier.notices.notice import Notice
from notifier.settling import Settling

log = structlog.get_logger(__name__)

_POLL_SECONDS = 2.0
_SLOWEST_LOOK = 30.0
_UNLIMITED = Limits(bot_rate=2_000.0, chat_rate=50.0, chat_burst=50.0, share=1.0)
_Key = tuple[Messenger, int]


class NotificationDispatcher:
    """One per process; ``wake`` after a commit that published events makes it look at once.

    ``channels`` may grow and shrink while it runs: a lane is opened for each.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        channels: Mapping[_Key, Channel],
        notices: Mapping[str, Notice],
        *,
        telegram: Limits | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.channels = channels
        self.notices = notices
        self.telegram = telegram or Limits()
        self.metrics = metrics or Metrics()
        self.lanes: dict[_Key, Lane] = {}
        self.bell = bell_of(database)
        self.bell.on_ring = self._heard
        self._settling = Settling(database, clock)
        self._running: dict[_Key, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._stopping = False
        self._looked = float("-inf")

    def wake(self) -> None:
        """Something may be due."""
        self._wake.set()

    def stop(self) -> None:
        """End ``run`` after what is in flight."""
        self._stopping = True
        self._wake.set()
        for lane in self.lanes.values():
            lane.stop()

    def ailments(self) -> dict[str, str]:
        """What does not work, by name, with the reason; a lane that stands by for another process is well."""
        found = {}
        if time.monotonic() - self._looked > _SLOWEST_LOOK:
            found["fan-out"] = "is not running"
        for key in self.channels:
            if key[0] is Messenger.TERMINAL:
                continue
            lane, task = self.lanes.get(key), self._running.get(key)
            name = f"{key[0].value} {key[1]}"
            if lane is not None and lane.dead:
                found[name] = lane.dead
            elif lane is None or task is None or task.done():
                found[name] = "is not running"
        return found

    async def run(self) -> None:
        """Until stopped; a fault is logged and tried again at the next look."""
        helpers = [
            asyncio.create_task(self.bell.run(), name="bell"),
            asyncio.create_task(self._settling.run(), name="settling"),
        ]
        try:
            while not self._stopping:
                self._tend_lanes()
                seconds = _POLL_SECONDS
                self._wake.clear()
                try:
                    if await self.fan_out():
                        self._wake_lanes()
                        self.bell.ring()
                        continue
                    seconds = min(seconds, await self._until_next())
                    self._looked = time.monotonic()
                except Exception:
                    log.exception("fanout.failed")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), seconds)
        finally:
            self.stop()
            await asyncio.gather(*self._running.values(), return_exceptions=True)
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    async def run_once(self) -> int:
        """Fan out and send all that is due now, one after the other; how much there was. For tests and tools."""
        handled = await self.fan_out()
        for key, channel in self.channels.items():
            lane = Lane(self.database, self.clock, channel, self.notices, self.telegram, metrics=self.metrics)
            handled += await self.lanes.setdefault(key, lane).run_once()
        return handled

    async def fan_out(self) -> int:
        """Give due events their deliveries; how many events there were."""
        async with UnitOfWork(self.database, self.clock, via="notifier") as uow:
            return await fan_out_due(uow, self.notices, self.metrics)

    async def _until_next(self) -> float:
        async with UnitOfWork(self.database, self.clock, via="notifier") as uow:
            return await until_next_event(uow, self.notices)

    def _heard(self) -> None:
        """Another process published something, or gave events their deliveries."""
        self._wake.set()
        self._wake_lanes()

    def _wake_lanes(self) -> None:
        for lane in self.lanes.values():
            lane.wake()

    async def close_lane(self, key: _Key) -> None:
        """End the lane of a channel that was closed, once what it has in flight has come home."""
        lane, task = self.lanes.pop(key, None), self._running.pop(key, None)
        if lane is not None:
            lane.stop()
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)

    def _tend_lanes(self) -> None:
        """A lane for each open channel that can be delivered to; those of channels that were closed end."""
        for key, channel in self.channels.items():
            if key not in self._running and key[0] is not Messenger.TERMINAL:
                limits = self.telegram if key[0] is Messenger.TELEGRAM else _UNLIMITED
                lane = Lane(
                    *(self.database, self.clock, channel, self.notices, limits),
                    bell=self.bell,
                    settling=self._settling,
                    metrics=self.metrics,
                )
                self.lanes[key] = lane
                self._running[key] = asyncio.create_task(lane.run(), name=f"lane {lane.name}")
        for key in [key for key in self._running if key not in self.channels]:
            self.lanes.pop(key).stop()
            del self._running[key]
