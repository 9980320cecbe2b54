"""One bot's deliveries on their way: claimed by priority, rendered, sent at the bot's pace, settled by the answer.

What is urgent overtakes: no more than a few seconds' worth is claimed ahead, and a call has it looked for. No more than
``_IN_FLIGHT`` messages are on their way without being settled: a crash can repeat no more than that, and loses nothing,
for leases run out. Within a chat messages of one priority keep their order. Only the process that leads for the bot
claims and sends; what it held passes to the next leader at once.
"""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import structlog

from core.clock import Clock
from core.db.bell import Bell, NotLeading
from core.db.deliveries import (
    DueDelivery,
    Settlement,
    claim_due,
    next_due,
    release_leases,
    retried,
)
from core.db.engine import Database
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState
from core.domain.telling import Held
from notifier.channels.channel import Channel, ChannelError, Fault
from notifier.in_hand import InHand, chat_of
from notifier.limits import Limits, Pace
from notifier.metrics import Metrics
from notifier.notices.notice import Notice
from notifier.order import ChatOrder
from notifier.rendering import Message, render
from notifier.settling import Settling

log = structlog.get_logger(__name__)

_POLL_SECONDS = 2.0
_STAND_BY_SECONDS = 1.0
_SOONEST_SECONDS = 0.02
_TEND_SECONDS = 10.0
_STOP_SECONDS = 10.0
_IN_FLIGHT = 64
_AHEAD_SECONDS = 3.0
_REFILL = 3
"""More is claimed once no more than this part (one in so many) is in hand."""
_LARGEST_CLAIM = 400
_GIVE_UP_AFTER = timedelta(days=1)
_LONGEST_WAIT = 3600.0
_REFUSALS = 5
"""After so many attempts a message that the messenger refuses as such has failed."""
_OUTAGE = 8
"""So many faults in a row, of whatever chats, are the messenger's or the network's: the lane tries one at a time."""
_LONGEST_PAUSE = 30.0
_SPREE_SECONDS = 2.0
_SPREE_CHATS = 3
"""Asked to wait in so many chats within so short a time, it is the whole bot that is meant."""
_LONG_HOLD = 15.0
_EVENTS_KEPT = 200


class Lane:
    """Sends the deliveries of one bot; ``wake`` makes it look at once."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        channel: Channel,
        notices: Mapping[str, Notice],
        limits: Limits,
        *,
        bell: Bell | None = None,
        settling: Settling | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        """Without a ``bell`` nobody is asked who leads, and without a ``settling`` that runs only ``run_once`` writes
        outcomes; for tests and tools."""
        self.channel = channel
        self.pace = Pace(limits)
        self.name = f"{channel.messenger.value} {channel.bot_id}"
        self.dead = ""
        """Why the lane has stopped for good, such as a refused token; its rows stay."""
        self.lead = 0
        """0 while another process sends for the bot."""
        self._database = database
        self._clock = clock
        self._notices = notices
        self._bell = bell
        self._metrics = metrics or Metrics()
        self._order = ChatOrder()
        self._settling = settling or Settling(database, clock)
        self._desk = self._settling.desk(self._written)
        self._wake = asyncio.Event()
        self._was_called = False
        self._stopping = False
        self._in_hand = InHand(self._put_back)
        self._slots = asyncio.Semaphore(_IN_FLIGHT)
        self._tasks: set[asyncio.Task[None]] = set()
        self._asked_to_wait: dict[int, float] = {}
        self._faults = 0
        self._events: OrderedDict[int, Any] = OrderedDict()
        self._tended = float("-inf")

    def wake(self) -> None:
        """Something may be due."""
        self._was_called = True
        self._wake.set()

    def stop(self) -> None:
        """End ``run`` after what is in flight; what is only claimed is given back."""
        self._stopping = True
        self._wake.set()
        self._in_hand.more.set()

    def _uow(self, over: Any = None) -> UnitOfWork:
        return UnitOfWork(self._database, self._clock, via="notifier", over=over)

    async def run(self) -> None:
        """Until stopped or dead; a fault of the database is logged and tried again."""
        sender = asyncio.create_task(self._send_all(), name=f"send {self.name}")
        try:
            while not self._stopping:
                try:
                    await self._feed()
                except NotLeading:
                    self._follow()
                except Exception:
                    log.exception("lane.failed", bot=self.channel.bot_id)
                    await asyncio.sleep(_POLL_SECONDS)
        finally:
            self.stop()
            await self._stop_sending(sender)
            self._in_hand.give_all_back()
            with suppress(Exception):
                await self._settling.flush()
                self._settling.close(self._desk)

    async def _stop_sending(self, sender: asyncio.Task[None]) -> None:
        """Let what is in flight come home; what waits for its place does not go out any more."""
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_STOP_SECONDS)

    async def run_once(self) -> int:
        """Send all that is due now and wait for every answer; how many messages were tried. For tests and tools."""
        await self._tend(is_new=True)
        tried = 0
        while not self.dead and (await self._claim(self._ahead) or len(self._in_hand)):
            while (message := self._next(paced=False)) is not None:
                tried += 1
                await self._send(message)
            await self._settling.flush()
        self._in_hand.give_all_back()
        await self._settling.flush()
        return tried

    # --- claiming -------------------------------------------------------------------------------------------

    @property
    def _ahead(self) -> int:
        """How many messages may be in hand and not yet sent."""
        return max(2, min(_LARGEST_CLAIM, int(self.pace.rate * _AHEAD_SECONDS)))

    async def _feed(self) -> None:
        """One look: take the lead, claim what is due, wait until there is room or something to do."""
        if not await self._leads():
            await self._sleep(_STAND_BY_SECONDS)
            return
        if asyncio.get_running_loop().time() - self._tended > _TEND_SECONDS:
            await self._tend()
        self._wake.clear()
        was_called, self._was_called = self._was_called, False
        took, ahead = 0, self._ahead
        if self.pace.held > _LONG_HOLD:
            await self._sleep(self.pace.held)
            return
        low = ahead // _REFILL
        if len(self._in_hand) <= low:
            took = await self._claim(ahead - len(self._in_hand))
        elif was_called:
            # Enough is in hand; what has just come may be more urgent than all of that.
            await self._claim(ahead, more_urgent_than=self._in_hand.least_urgent)
        if len(self._in_hand) > low:
            await self._sleep(_AHEAD_SECONDS)
        elif not took:
            await self._sleep(await self._until_due())

    async def _leads(self) -> bool:
        if self._bell is None:
            return True
        lead = await self._bell.leads(self.name)
        if lead != self.lead:
            self._follow()
            if lead:
                # Whoever led before is gone: what it had in hand is nobody's now. It may have been this process.
                if self._tasks:
                    await asyncio.wait(self._tasks)
                await self._tend(is_new=True)
                log.info("lane.leads", bot=self.channel.bot_id)
            self.lead = lead
        return bool(lead)

    def _follow(self) -> None:
        """Another process may send now: whatever is claimed here is left alone."""
        if self.lead:
            log.warning("lane.lost_lead", bot=self.channel.bot_id)
        self.lead = 0
        self._in_hand.forget()

    async def _tend(self, *, is_new: bool = False) -> None:
        """Free what was left lying, and look which rows wait to be tried again; ``is_new`` where nothing is known."""
        # First what is known already: a lease that ran out while the database was away stands for a message that is sent.
        await self._settling.flush()
        messenger, bot = self.channel.messenger, self.channel.bot_id
        async with self._uow() as uow:
            await release_leases(uow, messenger, bot, expired_only=not is_new or self._bell is None)
            if is_new:
                self._order.load(await retried(uow, messenger, bot))
            elif known := self._order.retried:
                self._order.keep(await retried(uow, messenger, bot, of=known))
        self._tended = asyncio.get_running_loop().time()

    async def _claim(self, most: int, *, more_urgent_than: int | None = None) -> int:
        """Take rows and make messages of them; how many rows were taken."""
        async with self._claiming() as over, self._uow(over) as uow:
            due = await claim_due(
                uow,
                self.channel.messenger,
                self.channel.bot_id,
                most,
                waiting=self._order.waiting(self._clock.now(), self._in_hand.long_lines()),
                more_urgent_than=more_urgent_than,
                events=self._events,
            )
        if not due:
            return 0
        while len(self._events) > _EVENTS_KEPT:
            self._events.popitem(last=False)
        try:
            async with self._uow() as uow:
                batch = await render(uow, self._notices, due)
        except BaseException:
            self._put_back(due)
            raise
        self._in_hand.add(batch.messages)
        self._desk.add(*batch.settled, *(self._later(one, "could not be made") for one in batch.failed))
        return len(due)

    @asynccontextmanager
    async def _claiming(self) -> AsyncIterator[Any]:
        if self._bell is None:
            yield None
        else:
            async with self._bell.claiming(self.name) as over:
                yield over

    async def _until_due(self) -> float:
        """Seconds until the next row of the bot is due, at most a poll."""
        now = self._clock.now()
        async with self._uow() as uow:
            due = await next_due(
                uow,
                self.channel.messenger,
                self.channel.bot_id,
                waiting=self._order.waiting(now, self._in_hand.long_lines()),
            )
        moments = [*self._order.held_until, *([due] if due is not None else [])]
        soonest = min(((moment - now).total_seconds() for moment in moments), default=_POLL_SECONDS)
        return max(_SOONEST_SECONDS, min(soonest, _POLL_SECONDS))

    async def _sleep(self, seconds: float) -> None:
        """Until called, or so long."""
        if not self._stopping:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), seconds)

    # --- sending --------------------------------------------------------------------------------------------

    async def _send_all(self) -> None:
        while not self._stopping:
            try:
                await self._send_next()
            except Exception:
                log.exception("lane.failed", bot=self.channel.bot_id)
                await asyncio.sleep(_POLL_SECONDS)

    async def _send_next(self) -> None:
        """Wait for a free place, then send the most urgent message whose chat is free."""
        if not len(self._in_hand):
            self._in_hand.more.clear()
            self._wake.set()
            await self._in_hand.more.wait()
            return
        await self._slots.acquire()
        message = None
        try:
            if self._faults >= _OUTAGE and self._tasks:
                await asyncio.wait(self._tasks)
            await self.pace.wait_for_bot()
            message = self._next(paced=True)
        finally:
            if message is None:
                self._slots.release()
        if message is None:
            return
        if len(self._in_hand) == self._ahead // _REFILL:
            self._wake.set()
        chat = chat_of(message)
        self._in_hand.occupy(chat)
        self.pace.take_in(chat)
        task = asyncio.create_task(self._send_and_free(message, chat))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _next(self, *, paced: bool) -> Message | None:
        """The most urgent message that may go now, None where none may."""
        if self._stopping or (self._bell is not None and not self._bell.still_leads(self.name)):
            return None
        now = self._clock.now()
        return self._in_hand.take(
            lambda deliveries: self._order.waits(deliveries, now), self.pace.wait_in if paced else None
        )

    async def _send_and_free(self, message: Message, chat: int) -> None:
        try:
            await self._send(message)
        finally:
            self._desk.answered()
            self._in_hand.free(chat)

    async def _send(self, message: Message) -> None:
        rows, messenger = message.deliveries, self.channel.messenger.value
        try:
            message_id = await self.channel.send(rows[0].key.user_id, message.card)
        except ChannelError as error:
            _logged(message).warning("delivery.refused", why=error.why)
            self._metrics.told(messenger, error.fault.value)
            self._desk.add(*self._refused(message, error))
        except Exception as error:
            _logged(message).exception("delivery.failed")
            self._metrics.told(messenger, "fault")
            self._desk.add(*(self._later(one, type(error).__name__) for one in rows))
        else:
            self._faults = 0
            self._desk.add(*(Settlement(one.id, DeliveryState.SENT, "", message_id) for one in rows))
            self._metrics.sent(messenger, self._clock.now(), rows)

    # --- what the answer means ------------------------------------------------------------------------------

    def _refused(self, message: Message, error: ChannelError) -> list[Settlement]:
        """The table of the design: what becomes of the rows of a message that did not go out."""
        rows, chat_id = message.deliveries, message.deliveries[0].chat_id
        match error.fault:
            case Fault.GONE:
                self._desk.bar(chat_id)
                rows = [*rows, *self._in_hand.take_out(chat_of(message))]
                return [Settlement(one.id, DeliveryState.SUPPRESSED, Held.BLOCKED.value) for one in rows]
            case Fault.MOVED:
                # Claimed anew it goes to the new id, before whatever else the chat is to be told.
                self._desk.move(chat_id, error.moved_to or 0)
                return [
                    self._again(one, error.why, 0.0) if one.attempts == 1 else self._later(one, error.why)
                    for one in rows
                ]
            case Fault.WAIT:
                self._wait(chat_id, error.retry_after)
                why = Held.RETRY_AFTER.value
                return [self._again(one, why, error.retry_after, counts=False) for one in rows]
            case Fault.TOKEN:
                self.dead = error.why
                log.error("lane.stopped", bot=self.channel.bot_id, why=error.why)
                self.stop()
                return [_put_back(one) for one in rows]
            case Fault.REFUSED:
                return [
                    Settlement(one.id, DeliveryState.FAILED, error.why)
                    if one.attempts >= _REFUSALS
                    else self._later(one, error.why)
                    for one in rows
                ]
            case Fault.TEMPORARY:
                self._faults += 1
                if self._faults >= _OUTAGE:
                    pause = min(_LONGEST_PAUSE, 0.5 * 2 ** min(self._faults - _OUTAGE, 10))
                    self.pace.hold(pause * random.uniform(0.8, 1.2))
                return [self._later(one, error.why) for one in rows]

    def _wait(self, chat_id: int, seconds: float) -> None:
        """The messenger asked to wait: the chat does, and where several chats are told so the whole bot."""
        now = asyncio.get_running_loop().time()
        self._order.hold(chat_id, self._clock.now() + timedelta(seconds=seconds))
        recent = {chat: at for chat, at in self._asked_to_wait.items() if now - at < _SPREE_SECONDS}
        self._asked_to_wait = {**recent, chat_id: now}
        self.pace.slow_down()
        if len(self._asked_to_wait) >= _SPREE_CHATS:
            self._asked_to_wait = {}
            self.pace.hold(seconds)
            if seconds > _LONG_HOLD:
                self._in_hand.give_all_back()

    def _later(self, one: DueDelivery, why: str) -> Settlement:
        """Again, with growing, jittered waits; after a day it has failed."""
        if self._clock.now() - one.tried_at > _GIVE_UP_AFTER:
            return Settlement(one.id, DeliveryState.FAILED, why)
        wait = min(_LONGEST_WAIT, 2.0 ** min(one.attempts, 12)) * random.uniform(0.8, 1.2)
        return self._again(one, why, wait)

    def _again(self, one: DueDelivery, why: str, seconds: float, *, counts: bool = True) -> Settlement:
        self._order.try_again(one)
        until = self._clock.now() + timedelta(seconds=seconds)
        return Settlement(one.id, DeliveryState.PENDING, why, retry_at=until, counts=counts)

    def _put_back(self, deliveries: Iterable[DueDelivery]) -> None:
        """They are due again as they were."""
        self._desk.add(*(_put_back(one) for one in deliveries))

    def _written(self, outcomes: list[Settlement], messages: int) -> None:
        for _ in range(messages):
            self._slots.release()
        self._order.ended(outcomes)
        if sent := [one.delivery_id for one in outcomes if one.state is DeliveryState.SENT]:
            log.info("deliveries.sent", bot=self.channel.bot_id, deliveries=sent)


def _put_back(one: DueDelivery) -> Settlement:
    return Settlement(one.id, DeliveryState.PENDING, counts=False)


def _logged(message: Message) -> Any:
    first = message.deliveries[0]
    ids = [one.id for one in message.deliveries]
    return log.bind(deliveries=ids, bot=first.key.bot, kind=first.event_kind)
