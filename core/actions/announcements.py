"""Announcing: published at once or for a moment to come, edited, sent sooner, withdrawn."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from core.access import Actor, fresh_actor
from core.actions.attachments import attach, detach
from core.actions.postings import check_text, claim_posting, claim_undo, keep_effects, poster
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import Announcement, OutboxEvent
from core.db.outbox import cancel_event, publish
from core.db.uow import UnitOfWork
from core.domain.announcing import FARTHEST, MOST_EDITS, RINGING, edited_key, published_key
from core.domain.audience_words import Audience
from core.domain.drafts import AnnouncementDraft
from core.domain.ids import AnnouncementId, ChatId, PersonId, PostingId
from core.domain.kinds import AudienceKind, PostingKind
from core.domain.rights import Role
from core.errors import Invalid, NotFound
from core.queries.announcements import (
    SPEAKERS,
    Announced,
    access_audience,
    may_ring,
    own_announcement,
)
from core.queries.incoming_files import incoming_of
from core.queries.postings import KeptPosting


def check_moment(at: datetime, now: datetime) -> None:
    """Raises Invalid("moment_past") and Invalid("moment_far") for a moment that nothing can be planned for."""
    if at <= now:
        raise Invalid("moment_past", at=at)
    if at - now > FARTHEST:
        raise Invalid("moment_far", at=at)


def speaker(actor: Actor, audience: Audience) -> PersonId:
    """Who of the chat's persons speaks: for a course or class the teacher, else who speaks for the school."""
    teaches = audience.kind in (AudienceKind.COURSE, AudienceKind.CLASS)
    roles = (Role.TEACHER,) if teaches else SPEAKERS
    return next((held.person_id for held in actor.roles if held.role in roles), poster(actor))


async def publish_announcement(
    uow: UnitOfWork, key: ChatKey, chat_id: ChatId, posting_id: PostingId
) -> tuple[AnnouncementId, Audience]:
    """Publish a posting's announcement, now or for its moment: the event is written, nobody is told here. At most
    fourteen statements.

    Raises NotFound for an audience that is not the asker's and for an urgency that is not the asker's to choose,
    Invalid("draft_over"), ("announcement_empty"), ("text_too_long") and as ``check_moment``.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        posting = await claim_posting(uow, actor, posting_id, PostingKind.ANNOUNCEMENT)
        draft = AnnouncementDraft.from_json(posting.draft)
        audience = await access_audience(uow, actor, draft.audience)
        text = check_text(draft.text)
        how = draft.how
        if how.urgency in RINGING and not await may_ring(uow, actor, audience):
            raise NotFound("urgency_not_found")
        if how.at is not None:
            check_moment(how.at, uow.now)
        files = await incoming_of(uow, chat_id, draft.messages)
        if not text and not files:
            raise Invalid("announcement_empty")
        author = speaker(actor, audience)
        kind = audience.kind
        number = AnnouncementId(
            await uow.insert(
                Announcement,
                school_id=audience.school_id,
                audience=kind,
                course_id=audience.number if kind is AudienceKind.COURSE else None,
                class_id=audience.number if kind is AudienceKind.CLASS else None,
                grade=audience.number if kind is AudienceKind.GRADE else None,
                author_id=author,
                text=text,
                urgency=how.urgency,
                silent=how.silent,
                asks=how.asks,
                published_at=how.at or uow.now,
            )
        )
        await attach(uow, files, (), announcement=number)
        await keep_effects(uow, posting.id, {"announcement": int(number)})
        await _event(uow, "announcement_published", number, author, key=published_key(number), at=how.at)
        await record(
            uow,
            "announcement.publish",
            actor_id=author,
            subject=("announcement", number),
            after={"audience": audience.code, "text": text, "files": len(files), **how.as_json()},
        )
    return number, audience


async def edit_announcement(
    uow: UnitOfWork, key: ChatKey, chat_id: ChatId, posting_id: PostingId
) -> Announced:
    """Change the words of one that is out, and add files, as a posting drafts it; families see that it was edited,
    unless it is still for a moment to come. The announcement as it was. At most ten statements.

    Raises NotFound, Invalid("draft_over"), ("changed_since") where it says something else than its author was shown,
    ("announcement_empty") and ("text_too_long").
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        posting = await claim_posting(uow, actor, posting_id, PostingKind.ANNOUNCEMENT)
        draft = AnnouncementDraft.from_json(posting.draft)
        own = await own_announcement(uow, actor, draft.edits)
        if own.text != draft.over:
            raise Invalid("changed_since")
        words = check_text(draft.text)
        files = await incoming_of(uow, chat_id, draft.messages)
        if not (words or files or own.files):
            raise Invalid("announcement_empty")
        author = speaker(actor, own.audience)
        scheduled = own.is_scheduled(uow.now)
        await _write_words(uow, own, words, edited_at=own.edited_at if scheduled else uow.now)
        added = await attach(uow, files, (), announcement=own.id)
        told = "" if scheduled else await _edited(uow, own.id, author)
        await keep_effects(
            uow,
            posting.id,
            {
                "edited": int(own.id),
                "before": own.text,
                "after": words,
                "edited_before": own.edited_at.isoformat() if own.edited_at else None,
                "attachments": added,
                "event": told,
            },
        )
        await record(
            uow,
            "announcement.edit",
            actor_id=author,
            subject=("announcement", own.id),
            before={"text": own.text},
            after={"text": words, "files": len(added)},
        )
    return own


async def _write_words(uow: UnitOfWork, own: Announced, words: str, *, edited_at: datetime | None) -> None:
    """Raises Invalid("changed_since") where somebody else was quicker. One statement."""
    result = await uow.write(
        sa.update(Announcement)
        .where(Announcement.id == own.id, Announcement.text == own.text, Announcement.withdrawn_at.is_(None))
        .values(text=words, edited_at=edited_at)
        .returning(Announcement.id)
    )
    if result.first() is None:
        raise Invalid("changed_since")


async def _edited(uow: UnitOfWork, number: AnnouncementId, author: PersonId) -> str:
    """Tell that it was edited; the event's key. Two statements."""
    keys = [edited_key(number, edit) for edit in range(1, MOST_EDITS + 1)]
    known = await uow.rows(sa.select(OutboxEvent.key).where(OutboxEvent.key.in_(keys)))
    key = (
        keys[len(known)] if len(known) < len(keys) else f"announcement_edited:{number}:{uow.now.timestamp()}"
    )
    await _event(uow, "announcement_edited", number, author, key=key)
    return key


async def send_announcement_now(uow: UnitOfWork, key: ChatKey, announcement_id: int) -> Announced:
    """Publish one now that is for a moment to come. Raises NotFound, Invalid("out_already"). At most six statements."""
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        own = await own_announcement(uow, actor, announcement_id)
        await _plan(uow, actor, own, uow.now, "announcement.send_now")
    return own


async def move_announcement(uow: UnitOfWork, key: ChatKey, announcement_id: int, at: datetime) -> Announced:
    """Plan one anew that is for a moment to come; as it was. At most six statements.

    Raises NotFound, Invalid("out_already") and as ``check_moment``.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        own = await own_announcement(uow, actor, announcement_id)
        check_moment(at, uow.now)
        await _plan(uow, actor, own, at, "announcement.move")
    return own


async def _plan(uow: UnitOfWork, actor: Actor, own: Announced, at: datetime, action: str) -> None:
    result = await uow.write(
        sa.update(Announcement)
        .where(Announcement.id == own.id, Announcement.published_at > uow.now)
        .values(published_at=at)
        .returning(Announcement.id)
    )
    if result.first() is None:
        raise Invalid("out_already")
    uow.after_commit.append(uow.database.on_publish)
    await uow.write(
        sa.update(OutboxEvent)
        .where(OutboxEvent.key == published_key(own.id), OutboxEvent.fanned_out_at.is_(None))
        .values(created_at=at, not_before=at)
    )
    await record(
        uow,
        action,
        actor_id=speaker(actor, own.audience),
        subject=("announcement", own.id),
        before={"at": own.published_at.isoformat()},
        after={"at": at.isoformat()},
    )


async def withdraw_announcement(uow: UnitOfWork, key: ChatKey, announcement_id: int) -> None:
    """Take it back: it is shown to nobody any more. Raises NotFound. At most seven statements."""
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        own = await own_announcement(uow, actor, announcement_id)
        await _withdraw(uow, own.id, speaker(actor, own.audience))


async def undo_announcement(uow: UnitOfWork, key: ChatKey, posting_id: PostingId) -> Announced | None:
    """Withdraw what a posting announced; or bring back what an announcement said before it was edited, as it is
    returned.

    Raises as ``claim_undo``, and Invalid("changed_since") for what was edited again. At most ten statements.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        posting = await claim_undo(uow, actor, posting_id, PostingKind.ANNOUNCEMENT)
        assert posting.author_id is not None
        if "edited" in posting.effects:
            return await _change_back(uow, actor, posting)
        number = AnnouncementId(posting.effects["announcement"])
        await _withdraw(uow, number, posting.author_id)
    return None


async def _change_back(uow: UnitOfWork, actor: Actor, posting: KeptPosting) -> Announced:
    effects = posting.effects
    own = await own_announcement(uow, actor, int(effects["edited"]))
    if own.text != effects["after"]:
        raise Invalid("changed_since")
    edited_before = effects["edited_before"]
    edited_at = datetime.fromisoformat(edited_before) if edited_before else None
    author = speaker(actor, own.audience)
    if not own.is_scheduled(uow.now) and not await cancel_event(uow, effects.get("event", "")):
        edited_at = uow.now  # families were told of the edit: this is another one
        await _edited(uow, own.id, author)
    await _write_words(uow, own, effects["before"], edited_at=edited_at)
    await detach(uow, effects["attachments"])
    await record(
        uow,
        "announcement.undo",
        actor_id=author,
        subject=("announcement", own.id),
        before={"text": own.text},
        after={"text": effects["before"]},
    )
    return own


async def _withdraw(uow: UnitOfWork, number: AnnouncementId, author: PersonId) -> None:
    result = await uow.write(
        sa.update(Announcement)
        .where(Announcement.id == number, Announcement.withdrawn_at.is_(None))
        .values(withdrawn_at=uow.now)
        .returning(Announcement.text)
    )
    gone = result.first()
    if gone is None:
        raise Invalid("undone_already")
    if not await cancel_event(uow, published_key(number)):
        await _event(uow, "announcement_withdrawn", number, author)
    await record(
        uow,
        "announcement.withdraw",
        actor_id=author,
        subject=("announcement", number),
        before={"text": gone.text},
    )


async def _event(
    uow: UnitOfWork,
    kind: str,
    number: AnnouncementId,
    author: PersonId,
    *,
    key: str = "",
    at: datetime | None = None,
) -> None:
    """What happens at a moment to come counts from that moment: as news, and for how long it is tried."""
    key = key or f"{kind}:{number}:{uow.now.timestamp()}"
    payload = {"announcement": int(number)}
    await publish(uow, kind, key, payload=payload, actor_id=author, not_before=at)
    if at is not None:
        await uow.write(sa.update(OutboxEvent).where(OutboxEvent.key == key).values(created_at=at))
