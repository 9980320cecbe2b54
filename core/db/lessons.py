"""A lesson's own row: made when it is first touched."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.db.models import Lesson
from core.db.uow import UnitOfWork
from core.domain.ids import LessonId
from core.domain.lessons import LessonKey


async def touch_lesson(uow: UnitOfWork, key: LessonKey) -> LessonId:
    """The lesson's row, made where there is none and locked until commit, so that two who write in one lesson come
    one after the other; needs ``uow.writing()``. One statement."""
    insert = sqlite.insert if uow.database.is_sqlite else postgresql.insert
    statement = insert(Lesson).values(course_id=key.course_id, date=key.on, period=key.period)
    result = await uow.write(
        statement.on_conflict_do_update(
            index_elements=["course_id", "date", "period"], set_={"period": statement.excluded.period}
        ).returning(Lesson.id)
    )
    return LessonId(result.scalar_one())


async def lock_lesson(uow: UnitOfWork, lesson_id: LessonId) -> None:
    """Make others who write in the lesson wait until commit; needs ``uow.writing()``. One statement."""
    await uow.rows(sa.select(Lesson.id).where(Lesson.id == lesson_id).with_for_update())


async def take_register(uow: UnitOfWork, lesson_id: LessonId, teacher_id: int) -> bool:
    """Say that all who are not noted otherwise were present; False where somebody has said so before.

    Needs ``uow.writing()``. One statement.
    """
    result = await uow.write(
        sa.update(Lesson)
        .where(Lesson.id == lesson_id, Lesson.register_taken_at.is_(None))
        .values(register_taken_at=uow.now, register_taken_by=teacher_id)
        .returning(Lesson.id)
    )
    return result.first() is not None


async def untake_register(uow: UnitOfWork, lesson_id: LessonId) -> None:
    """Take that back; needs ``uow.writing()``. One statement."""
    await uow.write(
        sa.update(Lesson).where(Lesson.id == lesson_id).values(register_taken_at=None, register_taken_by=None)
    )
