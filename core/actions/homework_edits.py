"""Changing a homework that is set, and changing it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from core.access import Actor
from core.actions.attachments import attach, detach
from core.actions.postings import keep_effects
from core.db.audit import record
from core.db.models import Homework
from core.db.outbox import cancel_event, publish
from core.db.uow import UnitOfWork
from core.domain.drafts import UNDO_TIME
from core.domain.ids import HomeworkId, PersonId, PostingId
from core.errors import Invalid
from core.queries.homework_setting import HomeworkPreview, OwnHomework, access_homework
from core.queries.postings import KeptPosting


@dataclass(frozen=True, slots=True)
class HomeworkWords:
    """What an edit of a homework changes."""

    text: str
    due_on: date
    due_period: int | None
    minutes: int | None

    def as_json(self) -> dict[str, Any]:
        """For effects and audit entries."""
        return {
            "text": self.text,
            "due": str(self.due_on),
            "period": self.due_period,
            "minutes": self.minutes,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> HomeworkWords:
        """The words again."""
        return cls(kept["text"], date.fromisoformat(kept["due"]), kept["period"], kept["minutes"])


async def change_homework(
    uow: UnitOfWork, posting_id: PostingId, author: PersonId, own: OwnHomework, preview: HomeworkPreview
) -> None:
    """Change it as drafted; told after the undo time. Needs ``uow.writing()``. Five statements."""
    place, draft = preview.places[0], preview.draft
    now = HomeworkWords(draft.text, place.on or own.due_on, place.period, draft.minutes)
    await _write_words(uow, own.id, now, edited_at=uow.now)
    added = await attach(uow, preview.files, draft.links, homework=[own.id])
    was = HomeworkWords(own.text, own.due_on, own.due_period, own.minutes)
    await keep_effects(
        uow,
        posting_id,
        {
            "edited": int(own.id),
            "before": was.as_json(),
            "after": now.as_json(),
            "edited_before": own.edited_at.isoformat() if own.edited_at else None,
            "attachments": added,
        },
    )
    await publish(
        uow,
        "homework_edited",
        f"homework_edited:{posting_id}",
        payload={"homework": int(own.id)},
        actor_id=author,
        not_before=uow.now + UNDO_TIME,
    )
    await record(
        uow,
        "homework.edit",
        actor_id=author,
        subject=("homework", own.id),
        before=was.as_json(),
        after={**now.as_json(), "files": len(added)},
    )


async def change_homework_back(uow: UnitOfWork, actor: Actor, posting: KeptPosting) -> None:
    """Bring back what a homework said before a posting changed it. Needs ``uow.writing()``. At most seven statements.

    Raises NotFound, and Invalid("changed_since") for what was edited again.
    """
    effects = posting.effects
    own = await access_homework(uow, actor, int(effects["edited"]))
    now = HomeworkWords(own.text, own.due_on, own.due_period, own.minutes)
    if now != HomeworkWords.from_json(effects["after"]):
        raise Invalid("changed_since")
    was = HomeworkWords.from_json(effects["before"])
    edited_before = effects["edited_before"]
    await _write_words(
        uow, own.id, was, edited_at=datetime.fromisoformat(edited_before) if edited_before else None
    )
    await detach(uow, effects["attachments"])
    if not await cancel_event(uow, f"homework_edited:{posting.id}"):
        await publish(
            uow,
            "homework_edited",
            f"homework_edited:{posting.id}:undone",
            payload={"homework": int(own.id)},
            actor_id=posting.author_id,
        )
    await record(
        uow,
        "homework.undo",
        actor_id=posting.author_id,
        subject=("homework", own.id),
        before=now.as_json(),
        after=was.as_json(),
    )


async def _write_words(
    uow: UnitOfWork, number: HomeworkId, words: HomeworkWords, *, edited_at: datetime | None
) -> None:
    await uow.write(
        sa.update(Homework)
        .where(Homework.id == number)
        .values(
            text=words.text,
            due_on=words.due_on,
            due_period=words.due_period,
            minutes=words.minutes,
            edited_at=edited_at,
        )
    )
