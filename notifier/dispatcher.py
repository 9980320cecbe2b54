"""Telling everybody: events become deliveries, and each bot sends its own in a lane of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

import structlog

from core.clock import Clock
from core.db.engine import Database
from core.db.uow import UnitOfWork
from core.domain.kinds import Messenger
from notifier.channels.channel import Channel
from notifier.fanout import fan_out_due
from notifier.lane import Lane
from notifier.limits import Limits
from notifier.notices.notice import Notice

log = structlog.get_logger(__name__)

_POLL_SECONDS = 1.0
_UNLIMITED = Limits(bot_rate=2_000.0, bot_burst=50.0, chat_rate=50.0, chat_burst=50.0)


class NotificationDispatcher:
    """One per process; ``wake`` after a commit that published events makes it look at once.

    ``channels`` may grow and shrink while it runs: a lane is opened for each.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        channels: Mapping[tuple[Messenger, int], Channel],
        notices: Mapping[str, Notice],
        *,
        telegram: Limits | None = None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.channels = channels
        self.notices = notices
        self.telegram = telegram or Limits()
        self.lanes: dict[tuple[Messenger, int], Lane] = {}
        self._running: dict[tuple[Messenger, int], asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Something may be due."""
        self._wake.set()

    def stop(self) -> None:
        """End ``run`` after what is in flight."""
        self._stopping = True
        self._wake.set()
        for lane in self.lanes.values():
            lane.stop()

    async def run(self) -> None:
        """Until stopped; a fault is logged and tried again at the next look."""
        try:
            while not self._stopping:
                self._tend_lanes()
                try:
                    if await self.fan_out():
                        for lane in self.lanes.values():
                            lane.wake()
                        continue
                except Exception:
                    log.exception("fanout.failed")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), _POLL_SECONDS)
                self._wake.clear()
        finally:
            self.stop()
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def run_once(self) -> int:
        """Fan out and send all that is due now, one after the other; how much there was. For tests and tools."""
        handled = await self.fan_out()
        for key, channel in self.channels.items():
            handled += await self._lane(key, channel).run_once()
        return handled

    async def fan_out(self) -> int:
        """Give due events their deliveries; how many events there were."""
        async with UnitOfWork(self.database, self.clock, via="notifier") as uow:
            return await fan_out_due(uow, self.notices)

    def _lane(self, key: tuple[Messenger, int], channel: Channel) -> Lane:
        if key not in self.lanes:
            limits = self.telegram if key[0] is Messenger.TELEGRAM else _UNLIMITED
            self.lanes[key] = Lane(self.database, self.clock, channel, self.notices, limits)
        return self.lanes[key]

    def _tend_lanes(self) -> None:
        """A lane for each open channel that can be delivered to; those of channels that were closed end."""
        for key, channel in self.channels.items():
            if key not in self._running and key[0] is not Messenger.TERMINAL:
                self._running[key] = asyncio.create_task(self._lane(key, channel).run(), name=f"lane {key}")
        for key in [key for key in self._running if key not in self.channels]:
            self.lanes.pop(key).stop()
            del self._running[key]
