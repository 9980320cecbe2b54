"""What was written down of what was done: audit entries and events, read back in tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.clock import Clock
from core.db.engine import Database
from core.db.models import AuditEntry, OutboxEvent
from core.db.uow import UnitOfWork


@dataclass(frozen=True)
class Audited:
    """An audit entry."""

    actor_id: int | None
    before: dict[str, Any]
    after: dict[str, Any]


async def audited(database: Database, clock: Clock, action: str) -> list[Audited]:
    """The entries of an action, oldest first."""
    async with UnitOfWork(database, clock) as uow:
        rows = await uow.rows(
            sa.select(AuditEntry.actor_id, AuditEntry.before, AuditEntry.after)
            .where(AuditEntry.action == action)
            .order_by(AuditEntry.id)
        )
    return [Audited(row.actor_id, row.before, row.after) for row in rows]


@dataclass(frozen=True)
class Happened:
    """An event of the outbox."""

    payload: dict[str, Any]
    not_before: datetime
    cancelled: bool


async def happened(database: Database, clock: Clock, kind: str) -> list[Happened]:
    """The events of a kind, oldest first."""
    async with UnitOfWork(database, clock) as uow:
        rows = await uow.rows(
            sa.select(OutboxEvent.payload, OutboxEvent.not_before, OutboxEvent.cancelled_at)
            .where(OutboxEvent.kind == kind)
            .order_by(OutboxEvent.id)
        )
    return [Happened(row.payload, row.not_before, row.cancelled_at is not None) for row in rows]
