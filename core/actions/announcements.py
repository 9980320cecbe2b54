"""Announcing: published, edited, withdrawn; and the receipt of who has opened it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.access import Actor, fresh_actor
from core.actions.homework_setting import attachment_rows, check_text
from core.actions.postings import claim_posting, claim_undo, keep_effects, poster
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import Announcement, Attachment, Receipt
from core.db.outbox import cancel_event, publish
from core.db.uow import UnitOfWork
from core.domain.audience_words import Audience
from core.domain.drafts import AnnouncementDraft
from core.domain.ids import AnnouncementId, ChatId, PersonId, PostingId
from core.domain.kinds import AudienceKind, Messenger, PostingKind
from core.domain.rights import Role
from core.errors import Invalid
from core.queries.announcements import SPEAKERS, Announced, access_audience, own_announcement
from core.queries.incoming_files import incoming_of


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
                published_at=uow.now,
            )
        )
        rows = attachment_rows(files, (), announcement_id=number)
        if rows:
            await uow.write(sa.insert(Attachment), rows)
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


async def edit_announcement(uow: UnitOfWork, key: ChatKey, announcement_id: int, text: str) -> Announced:
    """Change the words; families see that they were. The announcement as it was. At most seven statements.

    Raises NotFound, Invalid("announcement_empty") and ("text_too_long").
    """
    words = check_text(text)
    if not words:
        raise Invalid("announcement_empty")
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        own = await own_announcement(uow, actor, announcement_id)
        author = _speaker(actor, own.audience)
        await uow.write(
            sa.update(Announcement).where(Announcement.id == own.id).values(text=words, edited_at=uow.now)
        )
        await _event(uow, "announcement_edited", own.id, author)
        await record(
            uow,
            "announcement.edit",
            actor_id=author,
            subject=("announcement", own.id),
            before={"text": own.text},
            after={"text": words},
        )
    return own


async def withdraw_announcement(uow: UnitOfWork, key: ChatKey, announcement_id: int) -> None:
    """Take it back: it is shown to nobody any more. Raises NotFound. At most seven statements."""
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        own = await own_announcement(uow, actor, announcement_id)
        await _withdraw(uow, own.id, _speaker(actor, own.audience), own.text)


async def undo_announcement(uow: UnitOfWork, key: ChatKey, posting_id: PostingId) -> None:
    """Withdraw what a posting announced. Raises as ``claim_undo``. At most eight statements."""
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        posting = await claim_undo(uow, actor, posting_id, PostingKind.ANNOUNCEMENT)
        assert posting.author_id is not None
        number = AnnouncementId(posting.effects["announcement"])
        await _withdraw(uow, number, posting.author_id, str(posting.draft["text"]))


async def _withdraw(uow: UnitOfWork, number: AnnouncementId, author: PersonId, text: str) -> None:
    result = await uow.write(
        sa.update(Announcement)
        .where(Announcement.id == number, Announcement.withdrawn_at.is_(None))
        .values(withdrawn_at=uow.now)
        .returning(Announcement.id)
    )
    if result.first() is None:
        raise Invalid("undone_already")
    if not await cancel_event(uow, f"announcement_published:{number}"):
        await _event(uow, "announcement_withdrawn", number, author)
    await record(
        uow,
        "announcement.withdraw",
        actor_id=author,
        subject=("announcement", number),
        before={"text": text},
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
