"""The rows of telling: adding, claiming under a lease, and settling them with what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.db.conversation import ChatKey
from core.db.models import Chat, Delivery, OutboxEvent
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId
from core.domain.kinds import DeliveryState

LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A claimed delivery with its event and its chat."""

    id: int
    kind: str
    payload: dict[str, Any]
    chat_id: ChatId
    key: ChatKey
    attempts: int
    created_at: datetime


async def add_deliveries(uow: UnitOfWork, event_id: int, chats: Sequence[ChatId], *, priority: int) -> None:
    """One pending row a chat; those there already are kept. Needs ``uow.writing()``. One statement."""
    if not chats:
        return
    insert = sqlite.insert if uow.database.is_sqlite else postgresql.insert
    await uow.write(
        insert(Delivery).on_conflict_do_nothing(index_elements=["event_id", "chat_id", "child_id"]),
        [
            {
                "event_id": event_id,
                "chat_id": chat_id,
                "child_id": 0,
                "state": DeliveryState.PENDING,
                "priority": priority,
                "not_before": uow.now,
            }
            for chat_id in chats
        ],
    )


async def claim_due(uow: UnitOfWork, most: int) -> list[DueDelivery]:
    """Take due rows for sending under a lease, urgent first; rows whose lease ran out are due again.

    Three statements in one transaction of its own; on PostgreSQL two dispatchers never claim the same row.
    """
    async with uow.writing():
        due = (
            sa.select(Delivery.id)
            .where(
                sa.or_(
                    (Delivery.state == DeliveryState.PENDING) & (Delivery.not_before <= uow.now),
                    (Delivery.state == DeliveryState.SENDING) & (Delivery.leased_until < uow.now),
                )
            )
            .order_by(Delivery.priority, Delivery.not_before, Delivery.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        ids = [row.id for row in await uow.rows(due)]
        if not ids:
            return []
        await uow.write(
            sa.update(Delivery)
            .where(Delivery.id.in_(ids))
            .values(state=DeliveryState.SENDING, leased_until=uow.now + LEASE, attempts=Delivery.attempts + 1)
        )
        rows = await uow.rows(
            sa.select(
                Delivery.id,
                Delivery.chat_id,
                Delivery.attempts,
                OutboxEvent.kind,
                OutboxEvent.payload,
                OutboxEvent.created_at,
                *(Chat.messenger, Chat.bot, Chat.user_id),
            )
            .join(OutboxEvent, OutboxEvent.id == Delivery.event_id)
            .join(Chat, Chat.id == Delivery.chat_id)
            .where(Delivery.id.in_(ids))
            .order_by(Delivery.priority, Delivery.not_before, Delivery.id)
        )
    return [
        DueDelivery(
            row.id,
            row.kind,
            row.payload,
            ChatId(row.chat_id),
            ChatKey(row.messenger, row.bot, row.user_id),
            row.attempts,
            row.created_at,
        )
        for row in rows
    ]


async def settle(
    uow: UnitOfWork,
    delivery_id: int,
    state: DeliveryState,
    *,
    why: str = "",
    message_id: int | None = None,
    retry_at: datetime | None = None,
) -> None:
    """Write what became of a claimed delivery; PENDING needs ``retry_at``. One statement in its own transaction."""
    values: dict[str, Any] = {"state": state, "why": why, "leased_until": None}
    if state is DeliveryState.PENDING:
        values["not_before"] = retry_at
    else:
        values |= {"message_id": message_id, "settled_at": uow.now}
    async with uow.writing():
        await uow.write(sa.update(Delivery).where(Delivery.id == delivery_id).values(**values))
