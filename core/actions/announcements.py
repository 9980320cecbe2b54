"""Announcing: published, edited, withdrawn; and the receipt of who has opened it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.access import Actor, fresh_actor
from core.actions.attachments import attach, detach
from core.actions.postings import check_text, claim_posting, claim_undo, keep_effects, poster
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import Announcement, Receipt
from core.db.outbox import cancel_event, publish
from core.db.uow import UnitOfWork
from core.domain.audience_words import Audience
from core.domain.drafts import AnnouncementDraft
from core.domain.ids import AnnouncementId, ChatId, PersonId, PostingId
from core.domain.kinds import AudienceKind, Messenger, PostingKind, Urgency
from core.domain.rights import Role
from core.errors import Invalid
from core.queries.announcements import SPEAKERS, Announced, access_audience, own_announcement
from core.queries.incoming_files import incoming_of
from core.queries.postings import KeptPosting


def _speaker(actor: Actor, audience: Audience) -> PersonId:
    """Who of the chat's persons speaks: for a course or class the teacher, else who speaks for the school."""
    teaches = audience.kind in (AudienceKind.COURSE, AudienceKind.CLASS)
    roles = (Role.TEACHER,) if teaches else SPEAKERS
    return next((held.person_id for held in actor.roles if held.role in roles), poster(actor))


async def publish_announcement(
    uow: UnitOfWork, key: ChatKey, chat_id: ChatId, posting_id: PostingId
) -> tuple[AnnouncementId, Audience]:
    """Publish a posting's announcement: the event is written, nobody is told here. At most twelve statements.

    Raises NotFound for an audience that is not the asker's, Invalid("draft_over"), ("announcement_empty") and
    ("text_too_long").
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        posting = await claim_posting(uow, actor, posting_id, PostingKind.ANNOUNCEMENT)
        draft = AnnouncementDraft.from_json(posting.draft)
        audience = await access_audience(uow, actor, draft.audience)
        text = check_text(draft.text)
        files = await incoming_of(uow, chat_id, draft.messages)
        if not text and not files:
            raise Invalid("announcement_empty")
        author = _speaker(actor, audience)
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
                urgency=Urgency.AT_ONCE,
                published_at=uow.now,
            )
        )
        await attach(uow, files, (), announcement=number)
        await keep_effects(uow, posting.id, {"announcement": int(number)})
        await _event(uow, "announcement_published", number, author, key=f"announcement_published:{number}")
        await record(
            uow,
            "announcement.publish",
            actor_id=author,
            subject=("announcement", number),
            after={"audience": audience.code, "text": text, "files": len(files)},
        )
    return number, audience


async def edit_announcement(
    uow: UnitOfWork, key: ChatKey, chat_id: ChatId, posting_id: PostingId
) -> Announced:
    """Change the words of one that is out, and add files, as a posting drafts it; families see that it was edited. The
    announcement as it was. At most ten statements.

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
        author = _speaker(actor, own.audience)
        await _write_words(uow, own.id, words, edited_at=uow.now)
        added = await attach(uow, files, (), announcement=own.id)
        await keep_effects(
            uow,
            posting.id,
            {
                "edited": int(own.id),
                "before": own.text,
                "after": words,
                "edited_before": own.edited_at.isoformat() if own.edited_at else None,
                "attachments": added,
            },
        )
        await _event(uow, "announcement_edited", own.id, author, key=f"announcement_edited:{posting.id}")
        await record(
            uow,
            "announcement.edit",
            actor_id=author,
            subject=("announcement", own.id),
            before={"text": own.text},
            after={"text": words, "files": len(added)},
        )
    return own


async def _write_words(
    uow: UnitOfWork, number: AnnouncementId, words: str, *, edited_at: datetime | None
) -> None:
    await uow.write(
        sa.update(Announcement).where(Announcement.id == number).values(text=words, edited_at=edited_at)
    )


async def withdraw_announcement(uow: UnitOfWork, key: ChatKey, announcement_id: int) -> None:
    """Take it back: it is shown to nobody any more. Raises NotFound. At most seven statements."""
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        own = await own_announcement(uow, actor, announcement_id)
        await _withdraw(uow, own.id, _speaker(actor, own.audience))


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
    await _write_words(uow, own.id, effects["before"], edited_at=edited_at)
    await detach(uow, effects["attachments"])
    author = _speaker(actor, own.audience)
    if not await cancel_event(uow, f"announcement_edited:{posting.id}"):
        await _event(uow, "announcement_edited", own.id, author)
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
    if not await cancel_event(uow, f"announcement_published:{number}"):
        await _event(uow, "announcement_withdrawn", number, author)
    await record(
        uow,
        "announcement.withdraw",
        actor_id=author,
        subject=("announcement", number),
        before={"text": gone.text},
    )


async def _event(
    uow: UnitOfWork, kind: str, number: AnnouncementId, author: PersonId, *, key: str = ""
) -> None:
    key = key or f"{kind}:{number}:{uow.now.timestamp()}"
    await publish(uow, kind, key, payload={"announcement": int(number)}, actor_id=author)


async def note_opened(uow: UnitOfWork, actor: Actor, key: ChatKey, announced: Announced) -> None:
    """Keep that the chat's persons have opened it. Support's terminal reads nothing, and neither does the author.

    One statement, or none.
    """
    readers = [one.person_id for one in actor.identities if one.person_id != announced.author_id]
    if key.messenger is Messenger.TERMINAL or not readers or announced.opened:
        return
    insert = sqlite.insert if uow.database.is_sqlite else postgresql.insert
    async with uow.writing():
        await uow.write(
            insert(Receipt).on_conflict_do_nothing(index_elements=["announcement_id", "person_id"]),
            [
                {"announcement_id": announced.id, "person_id": person_id, "opened_at": uow.now}
                for person_id in readers
            ],
        )
