"""Drafts of teachers' entries: opened, changed, dropped. What saving and undoing do stands with each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.access import Actor
from core.db.models import Posting
from core.db.uow import UnitOfWork
from core.domain.drafts import DRAFT_LIFE
from core.domain.homework_line import LONGEST_TEXT
from core.domain.ids import PersonId, PostingId
from core.domain.kinds import PostingKind
from core.domain.rights import Role
from core.errors import Invalid, NotFound
from core.queries.postings import KeptPosting, access_posting


def poster(actor: Actor) -> PersonId:
    """Who of the chat's persons posts: the teacher, else the first of the staff. Raises NotFound for anybody else."""
    held = sorted(actor.roles, key=lambda one: one.role is not Role.TEACHER)
    staff = [one.person_id for one in held if one.role is not Role.STUDENT]
    if not staff:
        raise NotFound("nothing_to_post")
    return staff[0]


def check_text(text: str, most: int = LONGEST_TEXT) -> str:
    """The words without spaces around. Raises Invalid("text_too_long") with ``length`` and ``most``."""
    plain = text.strip()
    if len(plain) > most:
        raise Invalid("text_too_long", length=len(plain), most=most)
    return plain


async def start_posting(
    uow: UnitOfWork, actor: Actor, kind: PostingKind, draft: Mapping[str, Any]
) -> PostingId:
    """Keep a new draft. One statement."""
    assert actor.chat_id is not None
    async with uow.writing():
        return PostingId(
            await uow.insert(
                Posting,
                chat_id=actor.chat_id,
                author_id=poster(actor),
                kind=kind,
                draft=dict(draft),
                made_at=uow.now,
            )
        )


async def change_posting(uow: UnitOfWork, posting: KeptPosting, draft: Mapping[str, Any]) -> None:
    """Keep what was typed or chosen since. Raises Invalid("draft_over"). One statement."""
    await _update_open(uow, posting.id, draft=dict(draft))


async def drop_posting(uow: UnitOfWork, posting: KeptPosting) -> None:
    """Give a draft up. Raises Invalid("draft_over"). One statement."""
    await _update_open(uow, posting.id, dropped_at=uow.now)


async def _update_open(uow: UnitOfWork, posting_id: PostingId, **values: Any) -> None:
    async with uow.writing():
        result = await uow.write(
            sa.update(Posting)
            .where(
                Posting.id == posting_id,
                Posting.saved_at.is_(None),
                Posting.dropped_at.is_(None),
                Posting.made_at >= uow.now - DRAFT_LIFE,
            )
            .values(**values)
            .returning(Posting.id)
        )
        if result.first() is None:
            raise Invalid("draft_over")


async def claim_posting(uow: UnitOfWork, actor: Actor, posting_id: int, kind: PostingKind) -> KeptPosting:
    """Mark a draft as saved before its rows are written, so that two taps save it once; needs ``uow.writing()``.

    Raises NotFound, and Invalid("draft_over") for whoever comes second. Two statements.
    """
    posting = await access_posting(uow, actor, posting_id, kind)
    await _update_open(uow, posting.id, saved_at=uow.now)
    return posting


async def keep_effects(uow: UnitOfWork, posting_id: PostingId, effects: Mapping[str, Any]) -> None:
    """Note what saving made, for undoing it; needs ``uow.writing()``. One statement."""
    await uow.write(sa.update(Posting).where(Posting.id == posting_id).values(effects=dict(effects)))


async def save_at_once(
    uow: UnitOfWork, actor: Actor, author_id: PersonId, kind: PostingKind, effects: Mapping[str, Any]
) -> PostingId:
    """Keep an entry that one tap made, with nothing to look at first; needs ``uow.writing()``. One statement."""
    assert actor.chat_id is not None
    return PostingId(
        await uow.insert(
            Posting,
            chat_id=actor.chat_id,
            author_id=author_id,
            kind=kind,
            effects=dict(effects),
            made_at=uow.now,
            saved_at=uow.now,
        )
    )


async def save_further(
    uow: UnitOfWork, posting_id: PostingId, effects: Mapping[str, Any], *, is_nothing: bool
) -> None:
    """What a further tap made of an entry, which counts from now on; one that came to nothing is undone by it.

    Needs ``uow.writing()``. One statement.
    """
    await uow.write(
        sa.update(Posting)
        .where(Posting.id == posting_id)
        .values(effects=dict(effects), saved_at=uow.now, undone_at=uow.now if is_nothing else None)
    )


async def claim_undo(uow: UnitOfWork, actor: Actor, posting_id: int, kind: PostingKind) -> KeptPosting:
    """Mark an entry as undone before its rows are taken back; needs ``uow.writing()``.

    Raises NotFound, Invalid("undone_already") and Invalid("undo_too_late"). Two statements.
    """
    posting = await access_posting(uow, actor, posting_id, kind)
    if posting.saved_at is None:
        raise NotFound("posting_not_found")
    if posting.undone_at is not None:
        raise Invalid("undone_already")
    if not posting.can_be_undone(uow.now):
        raise Invalid("undo_too_late")
    result = await uow.write(
        sa.update(Posting)
        .where(Posting.id == posting.id, Posting.undone_at.is_(None))
        .values(undone_at=uow.now)
        .returning(Posting.id)
    )
    if result.first() is None:
        raise Invalid("undone_already")
    return posting
