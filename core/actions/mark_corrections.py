"""Correcting and withdrawing single marks: rows stay, with their history. Each is an entry that can be undone."""

from __future__ import annotations

import sqlalchemy as sa

from core.access import Actor, fresh_actor
from core.actions.mark_history import WITHDRAWN, tell_mark
from core.actions.marks import withdraw_marks
from core.actions.postings import save_at_once
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.entry_effects import EntryEffects, MarkChange
from core.db.models import Mark, MarkCorrection
from core.db.uow import UnitOfWork
from core.domain.grading import parse_points, scale
from core.domain.kinds import PostingKind
from core.queries.lessons import check_writable
from core.queries.register import OwnMark, access_mark


async def correct_mark(uow: UnitOfWork, key: ChatKey, mark_id: int, text: str) -> OwnMark:
    """Give a mark another value, points as ``8`` or ``8/10``; the older one stays in its history, and the family sees
    that it was corrected.

    Returns the mark as it was. Raises NotFound, MarkOutOfScale, PointsOutOfRange and Invalid("term_closed"). At most
    eleven statements.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        own = await access_mark(uow, actor, mark_id)
        await check_writable(uow, own.lesson)
        if own.mark.maximum is not None:
            new = parse_points(text, own.mark.maximum)
        else:
            new = scale(own.lesson.course.school.scale).parse(text)
        if new.text == own.mark.value:
            return own
        correction_id = await uow.insert(
            MarkCorrection,
            mark_id=mark_id,
            value=own.mark.value,
            number=own.number,
            comment=own.mark.comment,
            corrected_at=uow.now,
            corrected_by=own.lesson.teacher_id,
        )
        await uow.write(sa.update(Mark).where(Mark.id == mark_id).values(value=new.text, number=new.number))
        await _keep_change(uow, actor, own, "mark.correct", new.text, correction_id)
    return own


async def withdraw_mark(uow: UnitOfWork, key: ChatKey, mark_id: int) -> OwnMark:
    """Take one mark back; its row stays, with who and when. Raises as ``correct_mark``. At most ten statements."""
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        own = await access_mark(uow, actor, mark_id)
        await check_writable(uow, own.lesson)
        await withdraw_marks(uow, [mark_id], by=own.lesson.teacher_id, why="teacher")
        await _keep_change(uow, actor, own, "mark.withdraw", WITHDRAWN, None)
    return own


async def _keep_change(
    uow: UnitOfWork, actor: Actor, own: OwnMark, action: str, after: str, correction_id: int | None
) -> None:
    """As an entry that can be undone, in the audit, and to be told."""
    mark, by = own.mark, own.lesson.teacher_id
    change = MarkChange(mark.id, own.student_id, mark.value, after, correction_id)
    assert own.lesson.id is not None
    effects = EntryEffects(own.lesson.id, changed=change, tapped=True)
    await save_at_once(uow, actor, by, PostingKind.MARKS, effects.as_json())
    await record(
        uow,
        action,
        actor_id=by,
        subject=("mark", mark.id),
        before={"value": mark.value},
        after={"value": after},
    )
    await tell_mark(uow, mark.id, (mark.value, after), recorded_at=own.recorded_at, by=by)
