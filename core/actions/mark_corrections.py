"""Correcting and withdrawing single marks: rows stay, with their history."""

from __future__ import annotations

import sqlalchemy as sa

from core.access import fresh_actor
from core.actions.marks import withdraw_marks
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import Mark, MarkCorrection
from core.db.outbox import publish
from core.db.uow import UnitOfWork
from core.domain.grading import scale
from core.queries.lessons import check_writable
from core.queries.register import OwnMark, access_mark


async def correct_mark(uow: UnitOfWork, key: ChatKey, mark_id: int, value: str) -> OwnMark:
    """Give a mark another value; the older one stays in its history, and the family sees that it was corrected.

    Returns the mark as it was. Raises NotFound, MarkOutOfScale and Invalid("term_closed"). At most nine statements.
    """
    async with uow.writing():
        own = await access_mark(uow, await fresh_actor(uow, key), mark_id)
        await check_writable(uow, own.lesson)
        new = scale(own.lesson.course.school.scale).parse(value)
        if new.text == own.mark.value:
            return own
        await uow.insert(
            MarkCorrection,
            mark_id=mark_id,
            value=own.mark.value,
            number=own.number,
            comment=own.mark.comment,
            corrected_at=uow.now,
            corrected_by=own.lesson.teacher_id,
        )
        await uow.write(sa.update(Mark).where(Mark.id == mark_id).values(value=new.text, number=new.number))
        await _note_change(uow, own, "mark.correct", new.text)
    return own


async def withdraw_mark(uow: UnitOfWork, key: ChatKey, mark_id: int) -> OwnMark:
    """Take one mark back; its row stays, with who and when. Raises as ``correct_mark``. At most eight statements."""
    async with uow.writing():
        own = await access_mark(uow, await fresh_actor(uow, key), mark_id)
        await check_writable(uow, own.lesson)
        await withdraw_marks(uow, [mark_id], by=own.lesson.teacher_id, why="teacher")
        await _note_change(uow, own, "mark.withdraw", "")
    return own


async def _note_change(uow: UnitOfWork, own: OwnMark, action: str, after: str) -> None:
    mark = own.mark
    await record(
        uow,
        action,
        actor_id=own.lesson.teacher_id,
        subject=("mark", mark.id),
        before={"value": mark.value},
        after={"value": after},
    )
    await publish(
        uow,
        "mark_changed",
        f"mark_changed:{mark.id}:{uow.now.timestamp()}",
        payload={"mark": mark.id, "before": mark.value, "after": after},
        actor_id=own.lesson.teacher_id,
    )
