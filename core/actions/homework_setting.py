"""Setting homework: saved for several classes at once, edited, withdrawn, undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from core.access import Actor, fresh_actor
from core.actions.attachments import attach
from core.actions.homework_edits import change_homework, change_homework_back
from core.actions.postings import claim_posting, claim_undo, keep_effects, poster
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.lessons import touch_lesson
from core.db.models import Homework
from core.db.outbox import cancel_event, publish
from core.db.uow import UnitOfWork
from core.domain.drafts import UNDO_TIME, HomeworkDraft
from core.domain.ids import ChatId, CourseId, PersonId, PostingId
from core.domain.kinds import PostingKind
from core.domain.lessons import LessonKey, lessons_meant
from core.errors import Invalid
from core.queries.homework_setting import (
    DuePlace,
    HomeworkPreview,
    access_homework,
    preview_homework,
)
from core.queries.schedule import own_lessons


@dataclass(frozen=True, slots=True)
class SetHomework:
    """Where a homework was set; ``places`` in the order of the draft. ``edited`` is true for one set before."""

    places: tuple[DuePlace, ...]
    edited: bool = False


async def save_homework(uow: UnitOfWork, key: ChatKey, chat_id: ChatId, posting_id: PostingId) -> SetHomework:
    """Save the posting's homework for all its courses in one transaction, on the days that its author was shown, or
    change the one that it edits; told after the undo time.

    Twelve statements and one more a course at most. Raises NotFound, Invalid("draft_over"),
    Invalid("changed_since") where the author was shown something else, and Invalid("homework_incomplete").
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        posting = await claim_posting(uow, actor, posting_id, PostingKind.HOMEWORK)
        preview = await preview_homework(uow, actor, chat_id, HomeworkDraft.from_json(posting.draft))
        if preview.changed:
            raise Invalid("changed_since")
        if preview.problem:
            raise Invalid("homework_incomplete")
        author = poster(actor)
        if preview.edits is not None:
            await change_homework(uow, posting.id, author, preview.edits, preview)
            return SetHomework(preview.places, edited=True)
        ids = await _insert(uow, actor, author, preview)
        await keep_effects(uow, posting.id, {"homework": ids})
        await publish(
            uow,
            "homework_set",
            f"homework_set:{posting.id}",
            payload={"posting": int(posting.id), "homework": ids},
            actor_id=author,
            not_before=uow.now + UNDO_TIME,
        )
        await record(
            uow,
            "homework.set",
            actor_id=author,
            subject=("homework", ids[0]),
            after={
                "posting": int(posting.id),
                "homework": ids,
                "courses": [int(place.course.id) for place in preview.places],
                "due": [str(place.on) for place in preview.places],
                "text": preview.draft.text,
            },
        )
    return SetHomework(preview.places)


async def _insert(uow: UnitOfWork, actor: Actor, author: PersonId, preview: HomeworkPreview) -> list[int]:
    set_at = await _lessons_of_now(uow, actor, preview)
    result = await uow.write(
        sa.insert(Homework).returning(Homework.id, sort_by_parameter_order=True),
        [
            {
                "course_id": place.course.id,
                "set_lesson_id": set_at.get(place.course.id),
                "due_on": place.on,
                "due_period": place.period,
                "text": preview.draft.text,
                "minutes": preview.draft.minutes,
                "author_id": author,
                "recorded_at": uow.now,
            }
            for place in preview.places
        ],
    )
    ids = list(result.scalars().all())
    await attach(uow, preview.files, preview.draft.links, homework=ids)
    return ids


async def _lessons_of_now(uow: UnitOfWork, actor: Actor, preview: HomeworkPreview) -> dict[CourseId, int]:
    """The lesson of today that each course's homework is set at, where it has one; made where it has no row."""
    plan = await own_lessons(uow, actor, since=preview.today, until=preview.today)
    now = uow.now.astimezone(plan.school.zone).replace(tzinfo=None)
    found: dict[CourseId, int] = {}
    for place in preview.places:
        meant = lessons_meant(
            plan.on(preview.today).lessons, now, courses={place.course.id}, day=preview.today
        )
        if meant:
            key = LessonKey(preview.today, meant[0].period, place.course.id)
            found[place.course.id] = await touch_lesson(uow, key)
    return found


async def undo_homework(uow: UnitOfWork, key: ChatKey, posting_id: PostingId) -> int | None:
    """Withdraw what a posting set, and how many; or, for None, bring back what a homework said before it was edited.

    Raises as ``claim_undo``, and Invalid("changed_since") for what was edited again. At most nine statements.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        posting = await claim_undo(uow, actor, posting_id, PostingKind.HOMEWORK)
        if "edited" in posting.effects:
            await change_homework_back(uow, actor, posting)
            return None
        ids = [int(one) for one in posting.effects["homework"]]
        gone = await _withdraw(uow, ids)
        if not await cancel_event(uow, f"homework_set:{posting.id}"):
            await _tell_change(uow, gone, "homework_withdrawn", posting.author_id)
        await record(
            uow,
            "homework.undo",
            actor_id=posting.author_id,
            subject=("homework", ids[0]),
            before={"posting": int(posting.id), "homework": gone},
        )
    return len(gone)


async def _withdraw(uow: UnitOfWork, ids: Sequence[int]) -> list[int]:
    result = await uow.write(
        sa.update(Homework)
        .where(Homework.id.in_(ids), Homework.withdrawn_at.is_(None))
        .values(withdrawn_at=uow.now)
        .returning(Homework.id)
    )
    return sorted(result.scalars().all())


async def _tell_change(uow: UnitOfWork, ids: Sequence[int], kind: str, actor_id: int | None) -> None:
    for one in ids:
        await publish(
            uow, kind, f"{kind}:{one}:{uow.now.timestamp()}", payload={"homework": one}, actor_id=actor_id
        )


async def withdraw_homework(uow: UnitOfWork, key: ChatKey, homework_id: int) -> None:
    """Take one homework back, whenever it was set. Raises NotFound. At most six statements."""
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        own = await access_homework(uow, actor, homework_id)
        await _withdraw(uow, [own.id])
        await _tell_change(uow, [own.id], "homework_withdrawn", poster(actor))
        await record(
            uow,
            "homework.withdraw",
            actor_id=poster(actor),
            subject=("homework", own.id),
            before={"text": own.text},
        )
