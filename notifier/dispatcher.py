"""Sending what is due: claim, render in the recipient's language, send through the chat's channel, settle.

A row is ``sent`` only on the messenger's answer; a crash in between leaves a lease that runs out, so a message may
be repeated, never lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Mapping
from datetime import timedelta

import structlog

from core.access import load_actor
from core.clock import Clock
from core.db.conversation import set_blocked
from core.db.deliveries import DueDelivery, claim_due, settle
from core.db.engine import Database
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState, Messenger
from core.i18n import match_locale, translator
from notifier.channels.channel import Channel, ChannelError
from notifier.fanout import fan_out_due
from notifier.notices.notice import Notice

log = structlog.get_logger(__name__)

_AT_ONCE = 50
_POLL_SECONDS = 2.0
_GIVE_UP_AFTER = timedelta(days=1)


class NotificationDispatcher:
    """One per process; ``wake`` after a commit that published events makes it look at once."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        channels: Mapping[tuple[Messenger, int], Channel],
        notices: Mapping[str, Notice],
    ) -> None:
        self.database = database
        self.clock = clock
        self.channels = channels
        self.notices = notices
        self._wake = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Something may be due."""
        self._wake.set()

    def stop(self) -> None:
        """End ``run`` after what is in hand."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Until stopped; a fault is logged and tried again at the next look."""
        while not self._stopping:
            try:
                while await self.run_once():
                    pass
            except Exception:
                log.exception("dispatcher.failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _POLL_SECONDS)
            self._wake.clear()

    async def run_once(self) -> int:
        """Fan out and send what is due now; how many events and deliveries were handled."""
        async with UnitOfWork(self.database, self.clock, via="notifier") as uow:
            events = await fan_out_due(uow, self.notices)
            due = await claim_due(uow, _AT_ONCE)
            for delivery in due:
                await self._deliver(uow, delivery)
        return events + len(due)

    async def _deliver(self, uow: UnitOfWork, delivery: DueDelivery) -> None:
        bound = log.bind(delivery=delivery.id, kind=delivery.kind)
        channel = self.channels.get((delivery.key.messenger, delivery.key.bot))
        if channel is None:
            await self._retry(uow, delivery, "no channel for this chat is open")
            return
        chat, actor = await load_actor(uow, delivery.key)
        school = actor.school
        locale = (chat and chat.locale) or match_locale(school.locale if school else None) or "en"
        try:
            card = await self.notices[delivery.kind].render(uow, translator(locale), actor, delivery.payload)
        except Exception:
            bound.exception("notice.render_failed")
            await self._retry(uow, delivery, "could not be rendered")
            return
        if card is None:
            await settle(uow, delivery.id, DeliveryState.SUPPRESSED, why="not theirs to know any more")
            return
        try:
            message_id = await channel.send(delivery.key.user_id, card)
        except ChannelError as error:
            bound.warning("delivery.refused", why=error.why)
            if error.gone:
                await set_blocked(uow, delivery.chat_id, blocked=True)
                await settle(uow, delivery.id, DeliveryState.SUPPRESSED, why="blocked")
            elif error.retry_after is not None:
                until = uow.now + timedelta(seconds=error.retry_after)
                await settle(uow, delivery.id, DeliveryState.PENDING, why="retry after 429", retry_at=until)
            else:
                await self._retry(uow, delivery, error.why)
            return
        await settle(uow, delivery.id, DeliveryState.SENT, message_id=message_id)

    @staticmethod
    async def _retry(uow: UnitOfWork, delivery: DueDelivery, why: str) -> None:
        """Later, with growing, jittered waits; after a day it has failed."""
        if uow.now - delivery.created_at > _GIVE_UP_AFTER:
            await settle(uow, delivery.id, DeliveryState.FAILED, why=why)
            return
        wait = min(3600.0, 5.0 * 2 ** min(delivery.attempts, 12)) * random.uniform(0.8, 1.2)
        await settle(
            uow, delivery.id, DeliveryState.PENDING, why=why, retry_at=uow.now + timedelta(seconds=wait)
        )
