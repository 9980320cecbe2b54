"""Taking a lesson's register by taps. Each is an entry that can be undone, like a line that was written."""

from __future__ import annotations

from dataclasses import replace

from core.access import Actor, fresh_actor
from core.actions.postings import save_at_once, save_further
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.entry_effects import EntryEffects
from core.db.lessons import take_register, touch_lesson
from core.db.presence import PRESENT, Noted, noted_presence, tell_presence, write_presence
from core.db.uow import UnitOfWork
from core.domain.drafts import TAP_TIME
from core.domain.ids import LessonId, PersonId
from core.domain.kinds import PostingKind, Presence
from core.domain.lessons import LessonKey
from core.domain.marking import MOST_MINUTES
from core.errors import Invalid
from core.queries.lessons import TaughtLesson, access_lesson, check_writable
from core.queries.postings import last_saved
from core.queries.register import access_pupil


async def note_presence(
    uow: UnitOfWork,
    key: ChatKey,
    lesson_key: LessonKey,
    student_id: int,
    presence: Presence,
    minutes: int | None = None,
) -> bool:
    """Note one pupil's presence, and ``minutes`` late; False where it stands so already.

    Further taps on the same pupil belong to the same entry, and are told as one change a minute after the last.
    Sixteen statements or fewer. Raises NotFound for a lesson or pupil that is not the asker's,
    Invalid("minutes_off"), and as ``check_writable``.
    """
    if minutes is not None and (presence is not Presence.LATE or not 1 <= minutes <= MOST_MINUTES):
        raise Invalid("minutes_off", minutes=minutes, most=MOST_MINUTES)
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        lesson = await access_lesson(uow, actor, lesson_key)
        await check_writable(uow, lesson)
        student = await access_pupil(uow, lesson, student_id)
        lesson_id = await touch_lesson(uow, lesson_key)
        before = (await noted_presence(uow, lesson_id, [student])).get(student, PRESENT)
        after = Noted(presence, minutes, before.reason if before.presence is presence else "")
        if before == after:
            return False
        await write_presence(uow, lesson_id, {student: after}, recorded_by=lesson.teacher_id)
        await _keep_tap(uow, actor, lesson, lesson_id, student, before, after)
        await record(
            uow,
            "presence.note",
            actor_id=lesson.teacher_id,
            subject=("lesson", lesson_id),
            before={"student": student, "presence": str(before)},
            after={"student": student, "presence": str(after)},
        )
        await tell_presence(
            uow,
            lesson_id,
            student,
            (before, after),
            by=lesson.teacher_id,
            not_before=uow.now + TAP_TIME,
        )
    return True


async def _keep_tap(
    uow: UnitOfWork,
    actor: Actor,
    lesson: TaughtLesson,
    lesson_id: LessonId,
    student_id: PersonId,
    before: Noted,
    after: Noted,
) -> None:
    """Into the chat's last entry where that is about this pupil and nobody else wrote since, else as one of its own."""
    last = await last_saved(uow, actor)
    if last is not None and last.kind is PostingKind.MARKS and last.can_be_undone(uow.now):
        so_far = EntryEffects.from_json(last.effects)
        first, latest = so_far.presence.get(student_id, (None, None))
        if so_far.tapped and so_far.lesson_id == lesson_id and first is not None and latest == before:
            effects = replace(so_far, presence={student_id: (first, after)})
            await save_further(uow, last.id, effects.as_json(), is_nothing=first == after)
            return
    effects = EntryEffects(lesson_id, presence={student_id: (before, after)}, tapped=True)
    await save_at_once(uow, actor, lesson.teacher_id, PostingKind.MARKS, effects.as_json())


async def all_the_rest_present(uow: UnitOfWork, key: ChatKey, lesson_key: LessonKey) -> bool:
    """Say that whoever is not noted otherwise was there: the register is taken. False where it was already.

    Nobody is told: present is what families take for granted. At most nine statements. Raises as ``note_presence``.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        lesson = await access_lesson(uow, actor, lesson_key)
        await check_writable(uow, lesson)
        lesson_id = await touch_lesson(uow, lesson_key)
        if not await take_register(uow, lesson_id, lesson.teacher_id):
            return False
        effects = EntryEffects(lesson_id, register=True, tapped=True).as_json()
        posting_id = await save_at_once(uow, actor, lesson.teacher_id, PostingKind.MARKS, effects)
        await record(
            uow,
            "register.take",
            actor_id=lesson.teacher_id,
            subject=("lesson", lesson_id),
            before={"register_taken": False},
            after={"register_taken": True, "posting": int(posting_id)},
        )
    return True
