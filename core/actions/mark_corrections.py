"""Correcting and withdrawing single marks: rows stay, with their history."""

from __future__ import annotations

import sqlalchemy as sa

from core.access import fresh_actor
from core.actions.marks import withdraw_marks
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import Mark, MarkCorrection
from core.db.outbox import publish_change
from core.db.uow import UnitOfWork
from core.domain.drafts import TAP_TIME, UNDO_TIME
from core.domain.grading import parse_points, scale
from core.queries.lessons import check_writable
from core.queries.register import OwnMark, access_mark


async def correct_mark(uow: UnitOfWork, key: ChatKey, mark_id: int, text: str) -> OwnMark:
    """Give a mark another value, points as ``8`` or ``8/10``; the older one stays in its history, and the family sees
    that it was corrected.

    Returns the mark as it was. Raises NotFound, MarkOutOfScale, PointsOutOfRange and Invalid("term_closed"). At most
    ten statements.
    """
    async with uow.writing():
        own = await access_mark(uow, await fresh_actor(uow, key), mark_id)
        await check_writable(uow, own.lesson)
        if own.mark.maximum is not None:
            new = parse_points(text, own.mark.maximum)
        else:
            new = scale(own.lesson.course.school.scale).parse(text)
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
    """Take one mark back; its row stays, with who and when. Raises as ``correct_mark``. At most nine statements."""
    async with uow.writing():
        own = await access_mark(uow, await fresh_actor(uow, key), mark_id)
        await check_writable(uow, own.lesson)
        await withdraw_marks(uow, [mark_id], by=own.lesson.teacher_id, why="teacher")
        await _note_change(uow, own, "mark.withdraw", "")
    return own


async def _note_change(uow: UnitOfWork, own: OwnMark, action: str, after: str) -> None:
    """A mark that nobody was told of yet is told as it is then, so its change is nothing to tell."""
    mark = own.mark
    await record(
        uow,
        action,
        actor_id=own.lesson.teacher_id,
        subject=("mark", mark.id),
        before={"value": mark.value},
        after={"value": after},
    )
    if uow.now <= own.recorded_at + UNDO_TIME:
        return
    await publish_change(
        uow,
        "mark_changed",
        f"mark_changed:{mark.id}",
        before=mark.value,
        after=after,
        payload={"mark": mark.id},
        actor_id=own.lesson.teacher_id,
        not_before=uow.now + TAP_TIME,
    )
