"""Telling people: what happened (outbox) and what became of telling it (deliveries)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, Id, one_of, reference
from core.domain.kinds import DeliveryState


class OutboxEvent(Base):
    """A fact to be told from ``not_before`` on; ``key`` makes writing it twice change nothing."""

    __tablename__ = "outbox_event"
    id: Mapped[Id]
    kind: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    actor_id: Mapped[int | None] = reference("person.id", on_delete="SET NULL")
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    fanned_out_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    __table_args__ = (sa.Index(None, "fanned_out_at", "not_before"),)


class Delivery(Base):
    """One decision: tell this chat of this event, about this child where it is about one."""

    __tablename__ = "delivery"
    id: Mapped[Id]
    event_id: Mapped[int] = reference("outbox_event.id", index=False)
    chat_id: Mapped[int] = reference("chat.id")
    child_id: Mapped[int] = mapped_column(default=0)
    state: Mapped[DeliveryState] = one_of(DeliveryState)
    why: Mapped[str] = mapped_column(default="")
    priority: Mapped[int]
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    message_id: Mapped[int | None]
    settled_at: Mapped[datetime | None]
    __table_args__ = (
        sa.UniqueConstraint("event_id", "chat_id", "child_id"),
        sa.Index(None, "state", "priority", "not_before"),
    )
