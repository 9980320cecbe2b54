"""Who did what to whom, when; entries are only ever added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, Id


class AuditEntry(Base):
    """``actor_id`` and ``subject_id`` are persons' ids without a foreign key: an entry outlives whom it names.

    ``via`` is where it was done (telegram, web, terminal:USER, cli:USER, import); ``before`` and ``after`` hold
    ids and values, of personal details only that they changed.
    """

    __tablename__ = "audit_entry"
    id: Mapped[Id]
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(index=True)
    via: Mapped[str] = mapped_column(default="")
    action: Mapped[str]
    subject_kind: Mapped[str] = mapped_column(default="")
    subject_id: Mapped[int | None]
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)
    __table_args__ = (sa.Index(None, "subject_kind", "subject_id"),)
