"""What a lesson was about."""

from __future__ import annotations

import sqlalchemy as sa

from core.access import fresh_actor
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.lessons import touch_lesson
from core.db.models import Lesson
from core.db.uow import UnitOfWork
from core.domain.lessons import LessonKey
from core.errors import Invalid
from core.queries.lessons import TaughtLesson, access_lesson, check_writable

LONGEST_TOPIC = 300


async def set_topic(uow: UnitOfWork, key: ChatKey, lesson_key: LessonKey, topic: str) -> TaughtLesson:
    """Write a lesson's topic, also ahead of the lesson; the lesson as it was. At most eight statements.

    Raises NotFound, Invalid("text_too_long"), and as ``check_writable``.
    """
    words = " ".join(topic.split())
    if len(words) > LONGEST_TOPIC:
        raise Invalid("text_too_long", length=len(words), most=LONGEST_TOPIC)
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        lesson = await access_lesson(uow, actor, lesson_key)
        await check_writable(uow, lesson, ahead=True)
        if words == lesson.topic:
            return lesson
        lesson_id = await touch_lesson(uow, lesson_key)
        await uow.write(sa.update(Lesson).where(Lesson.id == lesson_id).values(topic=words))
        await record(
            uow,
            "lesson.topic",
            actor_id=lesson.teacher_id,
            subject=("lesson", lesson_id),
            before={"topic": lesson.topic},
            after={"topic": words},
        )
    return lesson
