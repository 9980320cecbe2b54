"""Leaving an audit entry; part of the transaction of what it tells of."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.db.models import AuditEntry
from core.db.uow import UnitOfWork


async def record(
    uow: UnitOfWork,
    action: str,
    *,
    actor_id: int | None,
    subject: tuple[str, int] | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Add one entry; needs ``uow.writing()``. One statement."""
    kind, subject_id = subject if subject is not None else ("", None)
    await uow.write(
        sa.insert(AuditEntry).values(
            at=uow.now,
            actor_id=actor_id,
            via=uow.via,
            action=action,
            subject_kind=kind,
            subject_id=subject_id,
            before=before or {},
            after=after or {},
        )
    )
