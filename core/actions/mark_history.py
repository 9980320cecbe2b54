"""Single changes of marks: taken back as if they had not been, and told once they have come to rest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.db.entry_effects import MarkChange
from core.db.models import Mark, MarkCorrection
from core.db.outbox import publish_change
from core.db.uow import UnitOfWork
from core.domain.drafts import TAP_TIME, UNDO_TIME

WITHDRAWN = ""
"""What a mark is after it was withdrawn, in audit entries and events."""


async def restore_mark(uow: UnitOfWork, change: MarkChange, *, by: int) -> bool:
    """Make a change as if it had not been; False where the mark was changed again since.

    Needs ``uow.writing()``. At most seven statements.
    """
    mark = await uow.row(
        sa.select(Mark.value, Mark.withdrawn_at, Mark.withdrawn_why, Mark.recorded_at)
        .where(Mark.id == change.mark_id)
        .with_for_update()
    )
    if mark is None:
        return False
    if change.correction_id is None:
        if mark.withdrawn_at is None or mark.withdrawn_why != "teacher":
            return False
        values: dict[str, Any] = {"withdrawn_at": None, "withdrawn_by": None, "withdrawn_why": ""}
    else:
        newest = await uow.row(
            sa.select(MarkCorrection.id, MarkCorrection.value, MarkCorrection.number)
            .where(MarkCorrection.mark_id == change.mark_id)
            .order_by(MarkCorrection.id.desc())
        )
        if mark.withdrawn_at is not None or newest is None or newest.id != change.correction_id:
            return False
        values = {"value": newest.value, "number": newest.number}
        await uow.write(sa.delete(MarkCorrection).where(MarkCorrection.id == newest.id))
    await uow.write(sa.update(Mark).where(Mark.id == change.mark_id).values(**values))
    await tell_mark(uow, change.mark_id, (change.after, change.before), recorded_at=mark.recorded_at, by=by)
    return True


async def tell_mark(
    uow: UnitOfWork, mark_id: int, change: tuple[str, str], *, recorded_at: datetime, by: int
) -> None:
    """Tell of a mark's value, before and after. One that nobody was told of yet is told as it is then: nothing to add.

    Needs ``uow.writing()`` and the mark's lock. At most three statements.
    """
    if uow.now <= recorded_at + UNDO_TIME:
        return
    before, after = change
    await publish_change(
        uow,
        "mark_changed",
        f"mark_changed:{mark_id}",
        before=before,
        after=after,
        payload={"mark": mark_id},
        actor_id=by,
        not_before=uow.now + TAP_TIME,
    )
