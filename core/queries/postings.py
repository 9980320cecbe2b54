"""A chat's postings: drafts that wait, and entries that can still be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.access import Actor
from core.db.models import Posting
from core.db.uow import UnitOfWork
from core.domain.drafts import DRAFT_LIFE, UNDO_TIME
from core.domain.ids import LARGEST_ID, PersonId, PostingId
from core.domain.kinds import PostingKind
from core.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True)
class KeptPosting:
    """A posting as its author sees it."""

    id: PostingId
    author_id: PersonId | None
    kind: PostingKind
    draft: Mapping[str, Any]
    effects: Mapping[str, Any]
    made_at: datetime
    saved_at: datetime | None
    dropped_at: datetime | None
    undone_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be changed and saved."""
        return not (self.saved_at or self.dropped_at) and now - self.made_at <= DRAFT_LIFE

    def can_be_undone(self, now: datetime) -> bool:
        """Within five minutes of saving."""
        return self.saved_at is not None and self.undone_at is None and now - self.saved_at <= UNDO_TIME


_COLUMNS = (
    Posting.id,
    Posting.author_id,
    Posting.kind,
    Posting.draft,
    Posting.effects,
    Posting.made_at,
    Posting.saved_at,
    Posting.dropped_at,
    Posting.undone_at,
)


async def access_posting(uow: UnitOfWork, actor: Actor, posting_id: int, kind: PostingKind) -> KeptPosting:
    """A posting of this very chat, by somebody it still speaks for. One statement. Raises NotFound."""
    row = None
    if actor.chat_id is not None and 0 < posting_id <= LARGEST_ID:
        row = await uow.row(
            sa.select(*_COLUMNS).where(
                Posting.id == posting_id,
                Posting.chat_id == actor.chat_id,
                Posting.kind == kind,
                _by_one_of(actor),
            )
        )
    if row is None:
        raise NotFound("posting_not_found")
    return KeptPosting(**row._mapping)


async def open_posting(uow: UnitOfWork, actor: Actor, posting_id: int, kind: PostingKind) -> KeptPosting:
    """As ``access_posting``; raises Invalid("draft_over") for one that was saved, dropped or forgotten for a day."""
    posting = await access_posting(uow, actor, posting_id, kind)
    if not posting.is_open(uow.now):
        raise Invalid("draft_over")
    return posting


async def last_saved(uow: UnitOfWork, actor: Actor) -> KeptPosting | None:
    """The chat's newest entry that was saved and not undone. One statement."""
    row = await uow.row(
        sa.select(*_COLUMNS)
        .where(
            Posting.chat_id == actor.chat_id,
            Posting.saved_at.is_not(None),
            Posting.undone_at.is_(None),
            _by_one_of(actor),
        )
        .order_by(Posting.saved_at.desc(), Posting.id.desc())
        .limit(1)
    )
    return KeptPosting(**row._mapping) if row is not None else None


def _by_one_of(actor: Actor) -> sa.ColumnElement[bool]:
    return Posting.author_id.in_([one.person_id for one in actor.identities])
