"""What a lesson was about: written, and taken back."""

from __future__ import annotations

import sqlalchemy as sa

from core.access import fresh_actor
from core.actions.postings import check_text, claim_posting, claim_undo, keep_effects
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.lessons import touch_lesson
from core.db.models import Lesson
from core.db.uow import UnitOfWork
from core.domain.drafts import FARTHEST, TopicDraft, lesson_as_json, lesson_from_json
from core.domain.ids import LessonId, PostingId
from core.domain.kinds import PostingKind
from core.domain.lessons import LessonKey
from core.errors import Invalid, NotFound
from core.queries.lessons import TaughtLesson, access_lesson, check_writable

LONGEST_TOPIC = 300


def check_topic(text: str) -> str:
    """The words on one line. Raises Invalid("text_too_long") with ``length`` and ``most``."""
    return check_text(" ".join(text.split()), LONGEST_TOPIC)


async def save_topic(uow: UnitOfWork, key: ChatKey, posting_id: PostingId) -> TaughtLesson:
    """Write a posting's topic, also ahead of the lesson; the lesson as it was. At most nine statements.

    Raises NotFound, Invalid("draft_over"), ("text_too_long"), ("term_closed"), ("lesson_in_future") for one more than a
    year ahead, and ("changed_since") where another topic stands there than the author was shown.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        posting = await claim_posting(uow, actor, posting_id, PostingKind.TOPIC)
        draft = TopicDraft.from_json(posting.draft)
        if draft.lesson is None:
            raise NotFound("lesson_not_found")
        words = check_topic(draft.text)
        lesson = await access_lesson(uow, actor, draft.lesson)
        if lesson.key.on > lesson.course.school.today(uow.now) + FARTHEST:
            raise Invalid("lesson_in_future", on=lesson.key.on)
        await check_writable(uow, lesson, ahead=True)
        if lesson.topic != draft.over:
            raise Invalid("changed_since")
        lesson_id = await _write(uow, draft.lesson, words)
        effects = {"lesson": lesson_as_json(draft.lesson), "before": lesson.topic, "after": words}
        await keep_effects(uow, posting.id, effects)
        await record(
            uow,
            "lesson.topic",
            actor_id=lesson.teacher_id,
            subject=("lesson", lesson_id),
            before={"topic": lesson.topic},
            after={"topic": words},
        )
    return lesson


async def undo_topic(uow: UnitOfWork, key: ChatKey, posting_id: PostingId) -> tuple[TaughtLesson, str]:
    """Bring back the topic that stood there before: the lesson, and that topic. At most nine statements.

    Raises as ``claim_undo``, NotFound, and Invalid("changed_since") where it was written again.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        posting = await claim_undo(uow, actor, posting_id, PostingKind.TOPIC)
        lesson_key = lesson_from_json(posting.effects["lesson"])
        assert lesson_key is not None
        lesson = await access_lesson(uow, actor, lesson_key)
        before, after = str(posting.effects["before"]), str(posting.effects["after"])
        if lesson.topic != after:
            raise Invalid("changed_since")
        lesson_id = await _write(uow, lesson_key, before)
        await record(
            uow,
            "lesson.topic_undo",
            actor_id=posting.author_id,
            subject=("lesson", lesson_id),
            before={"topic": after},
            after={"topic": before},
        )
    return lesson, before


async def _write(uow: UnitOfWork, key: LessonKey, topic: str) -> LessonId:
    lesson_id = await touch_lesson(uow, key)
    await uow.write(sa.update(Lesson).where(Lesson.id == lesson_id).values(topic=topic))
    return lesson_id
