"""Writing down that something happened, to be told later; part of the transaction of what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.db.models import OutboxEvent
from core.db.uow import UnitOfWork


async def publish(
    uow: UnitOfWork,
    kind: str,
    key: str,
    *,
    payload: dict[str, Any],
    actor_id: int | None = None,
    not_before: datetime | None = None,
) -> None:
    """Add one event; a key that is there already changes nothing. Needs ``uow.writing()``. One statement."""
    insert = sqlite.insert if uow.database.is_sqlite else postgresql.insert
    uow.after_commit.append(uow.database.on_publish)
    await uow.write(
        insert(OutboxEvent)
        .values(
            kind=kind,
            key=key,
            payload=payload,
            actor_id=actor_id,
            created_at=uow.now,
            not_before=not_before or uow.now,
        )
        .on_conflict_do_nothing(index_elements=["key"])
    )


async def due_events(uow: UnitOfWork, kinds: tuple[str, ...], most: int) -> Any:
    """Events to be told now and not yet fanned out, oldest first. One statement."""
    return await uow.rows(
        sa.select(
            *(OutboxEvent.id, OutboxEvent.kind, OutboxEvent.payload, OutboxEvent.actor_id),
            OutboxEvent.created_at,
        )
        .where(
            OutboxEvent.fanned_out_at.is_(None),
            OutboxEvent.cancelled_at.is_(None),
            OutboxEvent.not_before <= uow.now,
            OutboxEvent.kind.in_(kinds),
        )
        .order_by(OutboxEvent.id)
        .limit(most)
    )


async def mark_fanned_out(uow: UnitOfWork, event_id: int) -> None:
    """Note that an event has its deliveries; needs ``uow.writing()``. One statement."""
    await uow.write(sa.update(OutboxEvent).where(OutboxEvent.id == event_id).values(fanned_out_at=uow.now))


async def cancel_event(uow: UnitOfWork, key: str) -> bool:
    """Take back an event that nobody was told of yet; False where it is fanned out already, or was never written.

    Needs ``uow.writing()``. One statement.
    """
    result = await uow.write(
        sa.update(OutboxEvent)
        .where(
            OutboxEvent.key == key, OutboxEvent.fanned_out_at.is_(None), OutboxEvent.cancelled_at.is_(None)
        )
        .values(cancelled_at=uow.now)
        .returning(OutboxEvent.id)
    )
    return result.first() is not None
