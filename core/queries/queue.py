"""What waits to be told, what went wrong, and why: for those who run the bot. No words of messages, no names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.db.engine import LONG
from core.db.models import Delivery, OutboxEvent
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState, Messenger
from core.domain.telling import Held

WAITING = (DeliveryState.PENDING, DeliveryState.SENDING)


@dataclass(frozen=True, slots=True)
class Depth:
    """How many deliveries of one sort there are; ``oldest_due`` is None where none of them is due yet."""

    messenger: Messenger
    bot: int
    kind: str
    priority: int
    state: DeliveryState
    count: int
    oldest_due: datetime | None


@dataclass(frozen=True, slots=True)
class StuckEvent:
    """An event that could not be turned into deliveries; ``why`` names the fault."""

    id: int
    kind: str
    created_at: datetime
    attempts: int
    next_try: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Reason:
    """How many deliveries failed, or wait after a fault, for one reason."""

    state: DeliveryState
    why: str
    count: int
    latest: datetime | None


@dataclass(frozen=True, slots=True)
class Picked:
    """Which deliveries are meant; what is None is not asked for. ``older_than`` is how long ago the event was."""

    states: Collection[DeliveryState]
    kind: str | None = None
    chat_id: int | None = None
    older_than: timedelta | None = None

    def described(self) -> dict[str, Any]:
        """As the audit keeps it."""
        return {
            "states": sorted(self.states),
            "kind": self.kind,
            "chat": self.chat_id,
            "older_than": str(self.older_than) if self.older_than is not None else None,
        }

    def where(self, now: datetime) -> list[sa.ColumnElement[bool]]:
        """The conditions on Delivery."""
        conditions: list[sa.ColumnElement[bool]] = [Delivery.state.in_(list(self.states))]
        if self.kind is not None:
            conditions.append(Delivery.kind == self.kind)
        if self.chat_id is not None:
            conditions.append(Delivery.chat_id == self.chat_id)
        if self.older_than is not None:
            events = sa.select(OutboxEvent.id).where(OutboxEvent.created_at < now - self.older_than)
            conditions.append(Delivery.event_id.in_(events))
        return conditions


async def queue_depths(
    uow: UnitOfWork,
    *,
    states: Sequence[DeliveryState] = WAITING,
    bots: Collection[tuple[Messenger, int]] | None = None,
) -> list[Depth]:
    """The deliveries in these states by bot, kind and priority; naming the ``bots`` spares reading what was sent long
    ago. One statement."""
    due = sa.case(
        (
            sa.and_(Delivery.state == DeliveryState.PENDING, Delivery.not_before <= uow.now),
            Delivery.not_before,
        )
    )
    rows = await uow.rows(
        sa.select(
            *(Delivery.messenger, Delivery.bot, Delivery.kind, Delivery.priority, Delivery.state),
            sa.func.count().label("number"),
            sa.func.min(due, type_=Delivery.not_before.type).label("oldest"),
        )
        .where(
            Delivery.state.in_(states),
            *(
                [
                    sa.or_(
                        sa.false(),
                        *(sa.and_(Delivery.messenger == one, Delivery.bot == bot) for one, bot in bots),
                    )
                ]
                if bots is not None
                else []
            ),
        )
        .group_by(Delivery.messenger, Delivery.bot, Delivery.kind, Delivery.priority, Delivery.state)
        .order_by(Delivery.messenger, Delivery.bot, Delivery.priority, Delivery.kind, Delivery.state)
        .execution_options(**LONG)
    )
    return [
        Depth(row.messenger, row.bot, row.kind, row.priority, row.state, row.number, row.oldest)
        for row in rows
    ]


def _stuck() -> tuple[Any, ...]:
    return (
        OutboxEvent.fanned_out_at.is_(None),
        OutboxEvent.cancelled_at.is_(None),
        OutboxEvent.attempts > 0,
    )


async def stuck_events(uow: UnitOfWork, *, most: int = 100) -> list[StuckEvent]:
    """Events that could not be fanned out, oldest first. One statement."""
    rows = await uow.rows(
        sa.select(
            *(OutboxEvent.id, OutboxEvent.kind, OutboxEvent.created_at),
            *(OutboxEvent.attempts, OutboxEvent.not_before, OutboxEvent.why),
        )
        .where(*_stuck())
        .order_by(OutboxEvent.id)
        .limit(most)
    )
    return [
        StuckEvent(row.id, row.kind, row.created_at, row.attempts, row.not_before, row.why) for row in rows
    ]


async def count_stuck_events(uow: UnitOfWork) -> int:
    """How many there are. One statement."""
    return int(await uow.value(sa.select(sa.func.count()).select_from(OutboxEvent).where(*_stuck())))


async def queue_faults(uow: UnitOfWork, *, since: datetime) -> list[Reason]:
    """Why deliveries failed since then, and why others wait to be tried again, most frequent first. One statement."""
    failed = sa.and_(Delivery.state == DeliveryState.FAILED, Delivery.settled_at >= since)
    plain = (Held.NONE, Held.QUIET_HOURS, Held.DIGEST, Held.WEEKLY)
    again = sa.and_(Delivery.state == DeliveryState.PENDING, Delivery.why.not_in(plain))
    count = sa.func.count().label("number")
    rows = await uow.rows(
        sa.select(Delivery.state, Delivery.why, count, sa.func.max(Delivery.settled_at).label("latest"))
        .where(sa.or_(failed, again))
        .group_by(Delivery.state, Delivery.why)
        .order_by(count.desc(), Delivery.why)
        .limit(50)
        .execution_options(**LONG)
    )
    return [Reason(row.state, row.why, row.number, row.latest) for row in rows]


async def count_picked(uow: UnitOfWork, picked: Picked) -> int:
    """How many deliveries are meant. One statement."""
    found = sa.select(sa.func.count()).select_from(Delivery).where(*picked.where(uow.now))
    return int(await uow.value(found.execution_options(**LONG)))
