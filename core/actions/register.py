"""Taking a lesson's register pupil by pupil."""

from __future__ import annotations

from core.access import fresh_actor
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.lessons import take_register, touch_lesson
from core.db.outbox import publish
from core.db.presence import PRESENT, Noted, noted_presence, write_presence
from core.db.uow import UnitOfWork
from core.domain.kinds import Presence
from core.domain.lessons import LessonKey
from core.errors import NotFound
from core.queries.lessons import access_lesson, check_writable
from core.queries.register import register_lines


async def note_presence(
    uow: UnitOfWork, key: ChatKey, lesson_key: LessonKey, student_id: int, noted: Noted
) -> bool:
    """Note one pupil's presence; False where it stands so already. At most twelve statements.

    Raises NotFound for a lesson or pupil that is not the asker's, and as ``check_writable``.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        lesson = await access_lesson(uow, actor, lesson_key)
        await check_writable(uow, lesson)
        if student_id not in {line.student_id for line in await register_lines(uow, lesson_key)}:
            raise NotFound("student_not_found")
        lesson_id = await touch_lesson(uow, lesson_key)
        before = (await noted_presence(uow, lesson_id, [student_id])).get(student_id, PRESENT)
        if before.presence is noted.presence and before.minutes == noted.minutes:
            return False
        await write_presence(uow, lesson_id, {student_id: noted}, recorded_by=lesson.teacher_id)
        await record(
            uow,
            "presence.note",
            actor_id=lesson.teacher_id,
            subject=("lesson", lesson_id),
            before={"student": student_id, "presence": str(before)},
            after={"student": student_id, "presence": str(noted)},
        )
        await publish(
            uow,
            "presence_noted",
            f"presence_noted:{lesson_id}:{student_id}:{uow.now.timestamp()}",
            payload={"lesson": int(lesson_id), "student": student_id, "presence": noted.presence.value},
            actor_id=lesson.teacher_id,
        )
    return True


async def all_the_rest_present(uow: UnitOfWork, key: ChatKey, lesson_key: LessonKey) -> bool:
    """Say that whoever is not noted otherwise was there: the register is taken. False where it was already.

    At most nine statements. Raises as ``note_presence``.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        lesson = await access_lesson(uow, actor, lesson_key)
        await check_writable(uow, lesson)
        lesson_id = await touch_lesson(uow, lesson_key)
        if not await take_register(uow, lesson_id, lesson.teacher_id):
            return False
        await record(
            uow,
            "register.take",
            actor_id=lesson.teacher_id,
            subject=("lesson", lesson_id),
            after={"presence": Presence.PRESENT.value},
        )
        await publish(
            uow,
            "register_taken",
            f"register_taken:{lesson_id}:{uow.now.timestamp()}",
            payload={"lesson": int(lesson_id)},
            actor_id=lesson.teacher_id,
        )
    return True
