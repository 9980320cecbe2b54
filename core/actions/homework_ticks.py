"""A student's own "done" on a homework."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.access import Actor, access_student, still_self
from core.db.audit import record
from core.db.models import CourseEnrollment, Homework, HomeworkTick
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID
from core.domain.rights import Right
from core.errors import NotFound
from core.queries.homework import TAUGHT_WHEN_DUE


async def tick_homework(
    uow: UnitOfWork, actor: Actor, student_id: int, homework_id: int, *, done: bool
) -> None:
    """Tick a homework off, or not: setting what is set already changes nothing. Two statements.

    The tick itself asks again whether the chat still speaks for the pupil and whether the pupil has the homework.
    Raises NotFound for a homework of other courses, Forbidden for anybody but the pupil.
    """
    access = await access_student(uow, actor, student_id, Right.TICK_HOMEWORK)
    if not 0 < homework_id <= LARGEST_ID:
        raise NotFound("homework_not_found")
    own = (
        sa.select(
            sa.literal(student_id, sa.BigInteger()),
            Homework.id,
            sa.literal(uow.now, HomeworkTick.ticked_at.type),
        )
        .join(CourseEnrollment, TAUGHT_WHEN_DUE)
        .where(
            Homework.id == homework_id,
            Homework.withdrawn_at.is_(None),
            CourseEnrollment.student_id == student_id,
            still_self(actor, access.student, uow.now),
        )
    )
    async with uow.writing():
        if done:
            insert = sqlite.insert if uow.database.is_sqlite else postgresql.insert
            changed = await uow.write(
                insert(HomeworkTick)
                .from_select(["student_id", "homework_id", "ticked_at"], own)
                .on_conflict_do_nothing(index_elements=["student_id", "homework_id"])
                .returning(HomeworkTick.id)
            )
        else:
            changed = await uow.write(
                sa.delete(HomeworkTick)
                .where(
                    HomeworkTick.student_id == student_id,
                    HomeworkTick.homework_id.in_(own.with_only_columns(Homework.id)),
                )
                .returning(HomeworkTick.id)
            )
        if changed.first() is not None:
            await record(
                uow,
                "homework.tick" if done else "homework.untick",
                actor_id=student_id,
                subject=("homework", homework_id),
            )
        elif await uow.row(own) is None:
            raise NotFound("homework_not_found")
