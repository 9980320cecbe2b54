"""Setting homework: saved for several classes at once, edited, withdrawn, undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from core.access import Actor, fresh_actor
from core.actions.postings import claim_posting, claim_undo, keep_effects, poster
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.lessons import touch_lesson
from core.db.models import Attachment, Homework
from core.db.outbox import cancel_event, publish
from core.db.uow import UnitOfWork
from core.domain.drafts import UNDO_TIME, HomeworkDraft
from core.domain.homework_line import LONGEST_TEXT
from core.domain.ids import ChatId, CourseId, PersonId, PostingId
from core.domain.kinds import PostingKind
from core.domain.lessons import LessonKey, lessons_meant
from core.errors import Invalid, NotFound
from core.queries.homework_setting import DuePlace, HomeworkPreview, own_homework, preview_homework
from core.queries.incoming_files import Incoming
from core.queries.schedule import own_lessons


@dataclass(frozen=True, slots=True)
class SetHomework:
    """Where a homework was set; ``places`` in the order of the draft."""

    places: tuple[DuePlace, ...]


def check_text(text: str) -> str:
    """The words without spaces around. Raises Invalid("text_too_long") with ``length`` and ``most``."""
    plain = text.strip()
    if len(plain) > LONGEST_TEXT:
        raise Invalid("text_too_long", length=len(plain), most=LONGEST_TEXT)
    return plain


async def save_homework(uow: UnitOfWork, key: ChatKey, chat_id: ChatId, posting_id: PostingId) -> SetHomework:
    """Save the posting's homework for all its courses in one transaction; told after the undo time.

    Twelve statements and one more a course at most. Raises NotFound, Invalid("draft_over") and
    Invalid("homework_incomplete") with ``problem``.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        posting = await claim_posting(uow, actor, posting_id, PostingKind.HOMEWORK)
        preview = await preview_homework(uow, actor, chat_id, HomeworkDraft.from_json(posting.draft))
        if preview.problem:
            raise Invalid("homework_incomplete", problem=preview.problem)
        author = poster(actor)
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
    rows = [
        row for one in ids for row in attachment_rows(preview.files, preview.draft.links, homework_id=one)
    ]
    if rows:
        await uow.write(sa.insert(Attachment), rows)
    return ids


def attachment_rows(
    files: Sequence[Incoming],
    links: Sequence[str],
    *,
    homework_id: int | None = None,
    announcement_id: int | None = None,
) -> list[dict[str, Any]]:
    """The rows of what is attached to a homework or an announcement."""
    to = {"homework_id": homework_id, "announcement_id": announcement_id}
    kept = [
        {
            **to,
            "name": one.name,
            "media_type": one.media_type,
            "size": one.size,
            "sha256": one.sha256,
            "url": "",
        }
        for one in files
    ]
    linked = [
        {**to, "name": url[:200], "media_type": "", "size": 0, "sha256": "", "url": url} for url in links
    ]
    return kept + linked


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


async def undo_homework(uow: UnitOfWork, key: ChatKey, posting_id: PostingId) -> int:
    """Withdraw what a posting set; how many. Raises as ``claim_undo``. At most seven statements."""
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        posting = await claim_undo(uow, actor, posting_id, PostingKind.HOMEWORK)
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


async def edit_homework(
    uow: UnitOfWork, key: ChatKey, homework_id: int, *, text: str | None = None, due_on: date | None = None
) -> None:
    """Change the words or the day of one homework. At most seven statements.

    Raises NotFound for a homework of a course that is not the asker's, Invalid("text_empty"), ("text_too_long") and
    ("due_in_past").
    """
    values: dict[str, Any] = {}
    if text is not None:
        values["text"] = check_text(text)
        if not values["text"]:
            raise Invalid("text_empty")
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        own = await own_homework(uow, actor, homework_id=homework_id)
        if not own:
            raise NotFound("homework_not_found")
        before = own[0]
        if due_on is not None:
            if due_on < before.course.school.today(uow.now):
                raise Invalid("due_in_past")
            values |= {"due_on": due_on, "due_period": None}
        await uow.write(
            sa.update(Homework).where(Homework.id == before.id).values(**values, edited_at=uow.now)
        )
        await _tell_change(uow, [before.id], "homework_edited", poster(actor))
        await record(
            uow,
            "homework.edit",
            actor_id=poster(actor),
            subject=("homework", before.id),
            before={"text": before.text, "due": str(before.due_on)},
            after={"text": text or before.text, "due": str(due_on or before.due_on)},
        )


async def withdraw_homework(uow: UnitOfWork, key: ChatKey, homework_id: int) -> None:
    """Take one homework back, whenever it was set. Raises NotFound. At most six statements."""
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        own = await own_homework(uow, actor, homework_id=homework_id)
        if not own:
            raise NotFound("homework_not_found")
        await _withdraw(uow, [own[0].id])
        await _tell_change(uow, [own[0].id], "homework_withdrawn", poster(actor))
        await record(
            uow,
            "homework.withdraw",
            actor_id=poster(actor),
            subject=("homework", own[0].id),
            before={"text": own[0].text},
        )
