"""Mending the queue by hand: trying again what failed or waits, giving up what is no longer worth telling. Audited."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from core.db.audit import record
from core.db.models import Delivery, OutboxEvent
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState
from core.domain.telling import Held
from core.queries.queue import Picked


async def retry_deliveries(uow: UnitOfWork, picked: Picked) -> int:
    """Make the deliveries meant due now, as if never tried; how many. What is sent, on its way, or not wanted is left
    alone.

    Two statements.
    """
    return await _change(
        uow,
        picked,
        (DeliveryState.PENDING, DeliveryState.FAILED),
        "queue.retried",
        {
            "state": DeliveryState.PENDING,
            "why": "",
            "not_before": uow.now,
            "attempts": 0,
            "tried_at": None,
            "settled_at": None,
        },
    )


async def drop_deliveries(uow: UnitOfWork, picked: Picked) -> int:
    """Give up the deliveries meant that still wait; how many. They stay, and say that they were dropped.

    Two statements.
    """
    return await _change(
        uow,
        picked,
        (DeliveryState.PENDING, DeliveryState.FAILED),
        "queue.dropped",
        {"state": DeliveryState.SUPPRESSED, "why": Held.DROPPED.value, "settled_at": uow.now},
    )


async def _change(
    uow: UnitOfWork, picked: Picked, only: Collection[DeliveryState], action: str, values: dict[str, object]
) -> int:
    async with uow.writing():
        changed = await uow.write(
            sa.update(Delivery)
            .where(*picked.where(uow.now), Delivery.state.in_(list(only)))
            .values(values)
            .returning(Delivery.id)
        )
        count = len(changed.all())
        if count:
            await record(uow, action, actor_id=None, after={**picked.described(), "count": count})
            uow.after_commit.append(uow.database.on_publish)
    return count


async def retry_stuck_events(uow: UnitOfWork, kind: str | None = None) -> int:
    """Try at once to fan out the events that failed to be; how many. Two statements."""
    async with uow.writing():
        changed = await uow.write(
            sa.update(OutboxEvent)
            .where(
                OutboxEvent.fanned_out_at.is_(None),
                OutboxEvent.cancelled_at.is_(None),
                OutboxEvent.attempts > 0,
                *([OutboxEvent.kind == kind] if kind is not None else []),
            )
            .values(not_before=uow.now)
            .returning(OutboxEvent.id)
        )
        count = len(changed.all())
        if count:
            await record(uow, "queue.events_retried", actor_id=None, after={"kind": kind, "count": count})
            uow.after_commit.append(uow.database.on_publish)
    return count
