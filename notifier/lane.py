"""One bot's deliveries on their way: claimed by priority, rendered, sent at the bot's pace, settled by the answer.

Little is claimed ahead, so that what is urgent overtakes a backlog, and nothing is in flight beyond ``_IN_FLIGHT``
without being settled: a crash can repeat no more than that, and loses nothing, for leases run out.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

import structlog

from core.clock import Clock
from core.db.conversation import set_blocked
from core.db.deliveries import (
    DueDelivery,
    Settlement,
    claim_due,
    next_due,
    release_expired_leases,
    settle,
    suppress_pending,
)
from core.db.engine import Database
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState
from core.domain.telling import Held
from notifier.channels.channel import Channel, ChannelError
from notifier.limits import Limits, Pace
from notifier.notices.notice import Notice
from notifier.rendering import Message, render

log = structlog.get_logger(__name__)

_POLL_SECONDS = 2.0
_IN_FLIGHT = 64
_AHEAD_SECONDS = 0.5
_LARGEST_CLAIM = 400
_SETTLE_SECONDS = 0.02
_RELEASE_SECONDS = 10.0
_GIVE_UP_AFTER = timedelta(days=1)


class Lane:
    """Sends the deliveries of one bot; ``wake`` makes it look at once."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        channel: Channel,
        notices: Mapping[str, Notice],
        limits: Limits,
    ) -> None:
        self.channel = channel
        self.pace = Pace(limits)
        self.dead = ""
        """Why the lane has stopped for good, such as a refused token; its rows stay."""
        self._database = database
        self._clock = clock
        self._notices = notices
        self._wake = asyncio.Event()
        self._stopping = False
        self._queue: list[tuple[int, int, Message]] = []
        self._numbers = itertools.count()
        self._slots = asyncio.Semaphore(_IN_FLIGHT)
        self._chat_locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._outcomes: list[Settlement] = []
        self._unsettled = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Something may be due."""
        self._wake.set()

    def stop(self) -> None:
        """End ``run`` after what is in flight; what is only claimed goes back by its lease."""
        self._stopping = True
        self._wake.set()

    def _uow(self) -> UnitOfWork:
        return UnitOfWork(self._database, self._clock, via="notifier")

    async def run(self) -> None:
        """Until stopped or dead; a fault of the database is logged and tried again."""
        settler = asyncio.create_task(self._settle_as_they_come())
        released = 0.0
        loop = asyncio.get_running_loop()
        try:
            while not self._stopping and not self.dead:
                try:
                    if loop.time() - released > _RELEASE_SECONDS:
                        released = loop.time()
                        async with self._uow() as uow:
                            await release_expired_leases(uow, self.channel.messenger, self.channel.bot_id)
                    if not await self._claim() and not self._queue:
                        await self._idle()
                    await self._send_some()
                except Exception:
                    log.exception("lane.failed", bot=self.channel.bot_id)
                    await asyncio.sleep(_POLL_SECONDS)
        finally:
            await asyncio.gather(*self._tasks, return_exceptions=True)
            settler.cancel()
            with suppress(asyncio.CancelledError):
                await settler
            await self._flush()

    async def run_once(self) -> int:
        """Send all that is due now and wait for every answer; how many messages were tried. For tests and tools."""
        async with self._uow() as uow:
            await release_expired_leases(uow, self.channel.messenger, self.channel.bot_id)
        tried = 0
        while await self._claim() or self._queue:
            while self._queue:
                tried += 1
                await self._send(heapq.heappop(self._queue)[2])
            await self._flush()
        await self._flush()
        return tried

    async def _idle(self) -> None:
        async with self._uow() as uow:
            due = await next_due(uow, self.channel.messenger, self.channel.bot_id)
        seconds = _POLL_SECONDS
        if due is not None:
            seconds = min(seconds, max(0.0, (due - self._clock.now()).total_seconds()))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), max(0.01, seconds))
        self._wake.clear()

    async def _claim(self) -> int:
        """Take what can be sent within the next moments; how many rows were taken."""
        ahead = max(1, int(self.pace.rate * _AHEAD_SECONDS)) - len(self._queue)
        if ahead <= 0:
            return 0
        async with self._uow() as uow:
            due = await claim_due(
                uow, self.channel.messenger, self.channel.bot_id, min(ahead, _LARGEST_CLAIM)
            )
            if not due:
                return 0
            batch = await render(uow, self._notices, due)
        for message in batch.messages:
            heapq.heappush(self._queue, (message.priority, next(self._numbers), message))
        self._settle(*batch.settled, *(self._later(one, "could not be made") for one in batch.failed))
        return len(due)

    async def _send_some(self) -> None:
        """Send a part of the queue, then look for what is more urgent."""
        until = asyncio.get_running_loop().time() + _AHEAD_SECONDS / 2
        while self._queue and not self.dead and asyncio.get_running_loop().time() < until:
            await self._slots.acquire()
            message = heapq.heappop(self._queue)[2]
            # The bot's own place is waited for here, in the order of urgency; the chat's in the task.
            await self.pace.wait_for_bot()
            task = asyncio.create_task(self._send_in_turn(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send_in_turn(self, message: Message) -> None:
        chat_id = message.deliveries[0].key.user_id
        lock = self._chat_locks[chat_id]
        try:
            async with lock:
                await self.pace.wait_for_chat(chat_id)
                await self._send(message)
        finally:
            if not lock.locked():
                self._chat_locks.pop(chat_id, None)

    async def _send(self, message: Message) -> None:
        first = message.deliveries[0]
        bound = log.bind(deliveries=[one.id for one in message.deliveries], kind=first.event_kind)
        try:
            message_id = await self.channel.send(first.key.user_id, message.card)
        except ChannelError as error:
            bound.warning("delivery.refused", why=error.why)
            await self._refused(message, error)
        except Exception as error:
            bound.exception("delivery.failed")
            self._settle(*(self._later(one, type(error).__name__) for one in message.deliveries))
        else:
            self._settle(
                *(Settlement(one.id, DeliveryState.SENT, "", message_id) for one in message.deliveries)
            )

    async def _refused(self, message: Message, error: ChannelError) -> None:
        if error.stops_bot:
            self.dead = error.why
            log.error("lane.stopped", bot=self.channel.bot_id, why=error.why)
        if error.gone:
            async with self._uow() as uow:
                await set_blocked(uow, message.deliveries[0].chat_id, blocked=True)
                await suppress_pending(uow, message.deliveries[0].chat_id, Held.BLOCKED.value)
            self._settle(
                *(
                    Settlement(one.id, DeliveryState.SUPPRESSED, Held.BLOCKED.value)
                    for one in message.deliveries
                )
            )
        elif error.retry_after is not None:
            self.pace.slow_down()
            until = self._clock.now() + timedelta(seconds=error.retry_after)
            self._settle(
                *(
                    Settlement(
                        one.id, DeliveryState.PENDING, Held.RETRY_AFTER.value, retry_at=until, counts=False
                    )
                    for one in message.deliveries
                )
            )
        else:
            self._settle(*(self._later(one, error.why) for one in message.deliveries))

    def _later(self, one: DueDelivery, why: str) -> Settlement:
        """Again, with growing, jittered waits; after a day it has failed."""
        now = self._clock.now()
        if now - one.happened_at > _GIVE_UP_AFTER and one.attempts > 1:
            return Settlement(one.id, DeliveryState.FAILED, why)
        wait = min(3600.0, 5.0 * 2 ** min(one.attempts, 12)) * random.uniform(0.8, 1.2)
        return Settlement(one.id, DeliveryState.PENDING, why, retry_at=now + timedelta(seconds=wait))

    def _settle(self, *outcomes: Settlement) -> None:
        self._outcomes += outcomes
        self._unsettled.set()

    async def _settle_as_they_come(self) -> None:
        while True:
            await self._unsettled.wait()
            await asyncio.sleep(_SETTLE_SECONDS)
            try:
                await self._flush()
            except Exception:
                log.exception("lane.not_settled", bot=self.channel.bot_id)
                await asyncio.sleep(_POLL_SECONDS)

    async def _flush(self) -> None:
        """Write the outcomes; what cannot be written is kept and written later."""
        self._unsettled.clear()
        outcomes, self._outcomes = self._outcomes, []
        try:
            async with self._uow() as uow:
                await settle(uow, outcomes)
        except BaseException:
            self._settle(*outcomes)
            raise
