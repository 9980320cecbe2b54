"""The rows of telling: claiming those of one bot under a lease, and settling them with what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa

from core.db.conversation import ChatKey
from core.db.models import Chat, Delivery, OutboxEvent
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId
from core.domain.kinds import DeliveryState, Messenger

LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A claimed delivery with its event and its chat; ``locale`` and ``timezone`` empty where the chat chose none."""

    id: int
    event_id: int
    event_kind: str
    payload: dict[str, Any]
    actor_id: int | None
    happened_at: datetime
    chat_id: ChatId
    key: ChatKey
    child_id: int
    bundle: str
    priority: int
    attempts: int
    locale: str
    timezone: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a claimed delivery. PENDING is due again at ``retry_at``; ``counts`` is False where the messenger
    only asked to wait, which is no attempt."""

    delivery_id: int
    state: DeliveryState
    why: str = ""
    message_id: int | None = None
    retry_at: datetime | None = None
    counts: bool = True


def _due(uow: UnitOfWork, messenger: Messenger, bot: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        Delivery.messenger == messenger,
        Delivery.bot == bot,
        Delivery.state == DeliveryState.PENDING,
        Delivery.not_before <= uow.now,
    )


async def release_expired_leases(uow: UnitOfWork, messenger: Messenger, bot: int) -> None:
    """What a dispatcher took and never settled is due again. One statement in its own transaction."""
    async with uow.writing():
        await uow.write(
            sa.update(Delivery)
            .where(
                Delivery.messenger == messenger,
                Delivery.bot == bot,
                Delivery.state == DeliveryState.SENDING,
                Delivery.leased_until < uow.now,
            )
            .values(state=DeliveryState.PENDING, leased_until=None)
        )


async def claim_due(uow: UnitOfWork, messenger: Messenger, bot: int, most: int) -> list[DueDelivery]:
    """Take due rows of one bot for sending, urgent first, with all due rows of the bundles they belong to.

    At most four statements in one transaction of its own; on PostgreSQL two dispatchers never claim the same row.
    """
    due = _due(uow, messenger, bot)
    async with uow.writing():
        rows = await uow.rows(
            sa.select(Delivery.id, Delivery.chat_id, Delivery.bundle)
            .where(due)
            .order_by(Delivery.priority, Delivery.not_before, Delivery.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        if not rows:
            return []
        ids = {row.id for row in rows}
        bundles = {(row.chat_id, row.bundle) for row in rows if row.bundle}
        if bundles:
            together = await uow.rows(
                sa.select(Delivery.id)
                .where(due, sa.tuple_(Delivery.chat_id, Delivery.bundle).in_(bundles))
                .with_for_update(skip_locked=True)
            )
            ids |= {row.id for row in together}
        await uow.write(
            sa.update(Delivery)
            .where(Delivery.id.in_(ids))
            .values(state=DeliveryState.SENDING, leased_until=uow.now + LEASE, attempts=Delivery.attempts + 1)
        )
        taken = await uow.rows(
            sa.select(
                Delivery.id,
                *(Delivery.chat_id, Delivery.child_id, Delivery.bundle, Delivery.priority, Delivery.attempts),
                OutboxEvent.id.label("event_id"),
                *(OutboxEvent.kind, OutboxEvent.payload, OutboxEvent.actor_id, OutboxEvent.created_at),
                *(Chat.messenger, Chat.bot, Chat.user_id, Chat.locale, Chat.timezone),
            )
            .join(OutboxEvent, OutboxEvent.id == Delivery.event_id)
            .join(Chat, Chat.id == Delivery.chat_id)
            .where(Delivery.id.in_(ids))
            .order_by(Delivery.priority, Delivery.not_before, Delivery.id)
        )
    return [
        DueDelivery(
            row.id,
            row.event_id,
            row.kind,
            row.payload,
            row.actor_id,
            row.created_at,
            ChatId(row.chat_id),
            ChatKey(row.messenger, row.bot, row.user_id),
            row.child_id,
            row.bundle,
            row.priority,
            row.attempts,
            row.locale or "",
            row.timezone,
        )
        for row in taken
    ]


async def settle(uow: UnitOfWork, settlements: Sequence[Settlement]) -> None:
    """Write what became of claimed deliveries. At most three statements in one transaction."""
    if not settlements:
        return
    waiting = [one for one in settlements if one.state is DeliveryState.PENDING]
    ended = [one for one in settlements if one.state is not DeliveryState.PENDING]
    table = cast(sa.Table, Delivery.__table__)
    async with uow.writing():
        if ended:
            await uow.write(
                sa.update(table)
                .where(table.c.id == sa.bindparam("b_id"))
                .values(
                    state=sa.bindparam("b_state"),
                    why=sa.bindparam("b_why"),
                    message_id=sa.bindparam("b_message"),
                    settled_at=uow.now,
                    leased_until=None,
                ),
                [
                    {
                        "b_id": one.delivery_id,
                        "b_state": one.state,
                        "b_why": one.why,
                        "b_message": one.message_id,
                    }
                    for one in ended
                ],
            )
        if waiting:
            await uow.write(
                sa.update(table)
                .where(table.c.id == sa.bindparam("b_id"))
                .values(
                    state=DeliveryState.PENDING,
                    why=sa.bindparam("b_why"),
                    not_before=sa.bindparam("b_retry"),
                    attempts=table.c.attempts - sa.bindparam("b_free"),
                    leased_until=None,
                ),
                [
                    {
                        "b_id": one.delivery_id,
                        "b_why": one.why,
                        "b_retry": one.retry_at,
                        "b_free": 0 if one.counts else 1,
                    }
                    for one in waiting
                ],
            )


async def suppress_pending(uow: UnitOfWork, chat_id: int, why: str) -> None:
    """Give up what still waits for a chat that cannot be reached. One statement in its own transaction."""
    async with uow.writing():
        await uow.write(
            sa.update(Delivery)
            .where(Delivery.chat_id == chat_id, Delivery.state == DeliveryState.PENDING)
            .values(state=DeliveryState.SUPPRESSED, why=why, settled_at=uow.now)
        )


async def next_due(uow: UnitOfWork, messenger: Messenger, bot: int) -> datetime | None:
    """When the bot's next row is due; None where none waits. One statement."""
    found: datetime | None = await uow.value(
        sa.select(sa.func.min(Delivery.not_before)).where(
            Delivery.messenger == messenger, Delivery.bot == bot, Delivery.state == DeliveryState.PENDING
        )
    )
    return found
