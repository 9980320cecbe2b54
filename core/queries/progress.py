"""How far an announcement has got: with each of its readers, and in numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.db.engine import LONG
from core.db.models import Announcement, Chat, ChatLink, Delivery, OutboxEvent, Receipt
from core.db.uow import UnitOfWork
from core.domain.announcing import published_key, telling_keys
from core.domain.audience_words import Audience
from core.domain.kinds import DeliveryState
from core.domain.names import PersonName
from core.domain.telling import Held
from core.queries.audiences import readers_of


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a delivery still waits, ERROR where it did not go out, and until when."""

    held: Held
    until: datetime


@dataclass(frozen=True, slots=True)
class Reader:
    """A pupil, guardian or member of staff. ``linked`` to a chat that is told; ``blocked`` where every such chat has
    shut the bot out, ``off`` where the person's settings keep it from being told. The author, who may be a guardian,
    too, has read the own words."""

    name: PersonName
    linked: bool = False
    blocked: bool = False
    off: bool = False
    reached: bool = False
    wait: Wait | None = None
    opened_at: datetime | None = None
    acknowledged_at: datetime | None = None
    is_author: bool = False
    id: int = 0

    def can_be_reminded(self, *, asks: bool) -> bool:
        """Whether a reminder goes to this very person; what asks is reminded of until it is acknowledged."""
        done = self.acknowledged_at if asks else self.opened_at
        return self.linked and not (self.blocked or self.is_author or done)


@dataclass(frozen=True, slots=True)
class Counts:
    """How far an announcement has got: chats it was sent to, people who opened and who acknowledged it."""

    chats: int = 0
    opened: int = 0
    acknowledged: int = 0


async def counts_of(uow: UnitOfWork, announcement_ids: Collection[int]) -> Mapping[int, Counts]:
    """The numbers of several announcements, which the caller has checked to be the asker's. One statement, or none."""
    if not announcement_ids:
        return {}
    key = sa.literal(published_key(0).removesuffix("0")) + sa.cast(Announcement.id, sa.Text())

    def number(*where: Any) -> sa.ScalarSelect[Any]:
        return sa.select(sa.func.count()).where(*where).correlate(Announcement).scalar_subquery()

    of_it = Receipt.announcement_id == Announcement.id
    sent = (Delivery.event_id == OutboxEvent.id, Delivery.state == DeliveryState.SENT)
    rows = await uow.rows(
        sa.select(
            Announcement.id,
            number(OutboxEvent.key == key, *sent).label("chats"),
            number(of_it, Receipt.id.is_not(None)).label("opened"),
            number(of_it, Receipt.acknowledged_at.is_not(None)).label("acknowledged"),
        )
        .where(Announcement.id.in_(announcement_ids))
        .execution_options(**LONG)
    )
    return {row.id: Counts(row.chats, row.opened, row.acknowledged) for row in rows}


async def progress_of(
    uow: UnitOfWork, audience: Audience, announcement_id: int, author: Collection[int]
) -> Callable[[int, PersonName], Reader]:
    """Makes a reader of a person's id and name. At most three statements."""
    links = readers_of(uow, audience).subquery()
    chats: defaultdict[int, set[int]] = defaultdict(set)
    shut: set[int] = set()
    for row in await uow.rows(
        sa.select(ChatLink.person_id, links.c.chat_id, Chat.blocked_since.is_not(None).label("blocked"))
        .join(ChatLink, ChatLink.id == links.c.link_id)
        .join(Chat, Chat.id == links.c.chat_id)
        .execution_options(**LONG)
    ):
        chats[row.person_id].add(row.chat_id)
        if row.blocked:
            shut.add(row.chat_id)
    sent: set[int] = set()
    off: set[int] = set()
    waits: dict[int, Wait] = {}
    receipts: dict[int, tuple[datetime, datetime | None]] = {}
    if announcement_id:
        for row in await _deliveries(uow, announcement_id):
            if row.state is DeliveryState.SENT:
                sent.add(row.chat_id)
            elif row.state in (DeliveryState.PENDING, DeliveryState.SENDING):
                waits[row.chat_id] = Wait(_held(row.why), row.not_before)
            elif row.state is DeliveryState.SUPPRESSED and row.why == Held.PREFERENCE:
                off.add(row.chat_id)
        for row in await uow.rows(
            sa.select(Receipt.person_id, Receipt.opened_at, Receipt.acknowledged_at)
            .where(Receipt.announcement_id == announcement_id)
            .execution_options(**LONG)
        ):
            receipts[row.person_id] = (row.opened_at, row.acknowledged_at)

    def reader(person_id: int, name: PersonName) -> Reader:
        own = chats.get(person_id, set())
        is_sent = not own.isdisjoint(sent)
        held = (
            [] if is_sent else sorted((waits[one] for one in own if one in waits), key=lambda one: one.until)
        )
        opened_at, acknowledged_at = receipts.get(person_id, (None, None))
        return Reader(
            name,
            linked=bool(own),
            blocked=bool(own) and own <= shut,
            off=not is_sent and not own.isdisjoint(off),
            reached=is_sent,
            wait=held[0] if held else None,
            opened_at=opened_at,
            acknowledged_at=acknowledged_at,
            is_author=person_id in author,
            id=person_id,
        )

    return reader


def _held(why: str) -> Held:
    return Held(why) if why in set(Held) else Held.ERROR


async def _deliveries(uow: UnitOfWork, announcement_id: int) -> Sequence[sa.Row[Any]]:
    """What became of telling it, and of telling it again. One statement."""
    return await uow.rows(
        sa.select(Delivery.chat_id, Delivery.state, Delivery.why, Delivery.not_before)
        .join(OutboxEvent, OutboxEvent.id == Delivery.event_id)
        .where(OutboxEvent.key.in_(telling_keys(announcement_id)))
        .order_by(Delivery.id)
        .execution_options(**LONG)
    )
