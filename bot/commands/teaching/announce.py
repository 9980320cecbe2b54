"""/announce: words to a course, a class, a grade or the school."""

from __future__ import annotations

from dataclasses import replace

from bot.capability import Capability, Turn, posting
from bot.views.announce import (
    AnnounceTap,
    announcement_help_card,
    announcement_preview_card,
    announcement_undone_card,
    ask_text_card,
    audiences_card,
    published_card,
)
from bot.views.marking import dropped_card
from core.actions.announcements import publish_announcement, undo_announcement
from core.actions.homework_setting import check_text
from core.actions.postings import change_posting, drop_posting, start_posting
from core.cards import Reply
from core.domain.audience_words import match_audience
from core.domain.drafts import AnnouncementDraft
from core.domain.homework_line import split_target
from core.domain.ids import PostingId
from core.domain.kinds import PostingKind
from core.errors import Invalid
from core.i18n import N_
from core.queries.announcements import access_audience, audiences_for
from core.queries.incoming_files import incoming_of
from core.queries.postings import KeptPosting, open_posting
from core.queries.reach import reach_of


async def announce(turn: Turn, line: str) -> Reply:
    """``/announce 7A: words`` to preview; without an audience it is asked for, and so are missing words."""
    audiences = await audiences_for(turn.uow, turn.actor)
    target, text = split_target(line)
    found = match_audience(target, audiences) if target else ()
    if target and not found:
        if not text or len(target) <= 20:
            return announcement_help_card(turn.t, audiences)
        text = line
    if not found and len(audiences) == 1:
        found = audiences
    audience = found[0].code if len(found) == 1 else ""
    draft = AnnouncementDraft("", audience, turn.attached)
    posting_id = await start_posting(turn.uow, turn.actor, PostingKind.ANNOUNCEMENT, draft.as_json())
    kept = await _open(turn, posting_id)
    reply = await _with_text(turn, kept, draft, text)
    return audiences_card(turn.t, posting_id, found, text) if len(found) > 1 else reply


async def words(turn: Turn, text: str) -> Reply:
    """The words that were asked for; files may come with them."""
    kept = await _open(turn, int(turn.chat.state["draft"]["posting"]))
    draft = AnnouncementDraft.from_json(kept.draft)
    draft = replace(draft, messages=draft.messages + turn.attached)
    return await _with_text(turn, kept, draft, text)


async def _with_text(turn: Turn, kept: KeptPosting, draft: AnnouncementDraft, text: str) -> Reply:
    """The draft with these words, and what is still to be asked. Too many words are asked for again; the rest stays."""
    try:
        draft = replace(draft, text=check_text(text))
    except Invalid:
        turn.chat.enter("announce", "words", {"posting": int(kept.id)})
        await turn.chat.save(turn.uow)
        raise
    turn.chat.leave()
    await change_posting(turn.uow, kept, draft.as_json())
    return await _show(turn, kept.id, draft)


async def _show(turn: Turn, posting_id: PostingId, draft: AnnouncementDraft) -> Reply:
    if not draft.audience:
        return audiences_card(turn.t, posting_id, await audiences_for(turn.uow, turn.actor), draft.text)
    audience = await access_audience(turn.uow, turn.actor, draft.audience)
    files = await incoming_of(turn.uow, turn.chat.id, draft.messages)
    if not draft.text and not files:
        turn.chat.enter("announce", "words", {"posting": int(posting_id)})
        return ask_text_card(turn.t, posting_id, audience, "")
    reach = await reach_of(turn.uow, audience)
    return announcement_preview_card(
        turn.t, posting_id, audience, reach, draft.text, [one.name for one in files]
    )


async def on_tap(turn: Turn, tap: AnnounceTap) -> Reply:
    """An audience, Send, Undo, or a way out."""
    posting_id = PostingId(tap.posting)
    if tap.do == "undo":
        return await undo(turn, posting_id)
    kept = await _open(turn, posting_id)
    draft = AnnouncementDraft.from_json(kept.draft)
    if tap.do == "cancel":
        turn.chat.leave()
        await drop_posting(turn.uow, kept)
        return dropped_card(turn.t)
    if tap.do == "choose":
        return audiences_card(turn.t, posting_id, await audiences_for(turn.uow, turn.actor), draft.text)
    if tap.do == "to":
        audience = await access_audience(turn.uow, turn.actor, tap.to)
        draft = replace(draft, audience=audience.code)
        await change_posting(turn.uow, kept, draft.as_json())
    if tap.do == "edit":
        turn.chat.enter("announce", "words", {"posting": int(posting_id)})
        known = await access_audience(turn.uow, turn.actor, draft.audience) if draft.audience else None
        return ask_text_card(turn.t, posting_id, known, draft.text)
    if tap.do == "send":
        number, audience = await publish_announcement(turn.uow, turn.chat.key, turn.chat.id, posting_id)
        turn.chat.leave()
        return published_card(turn.t, posting_id, number, audience)
    return await _show(turn, posting_id, draft)


async def undo(turn: Turn, posting_id: PostingId) -> Reply:
    """Withdraw it."""
    await undo_announcement(turn.uow, turn.chat.key, posting_id)
    return announcement_undone_card(turn.t)


async def _open(turn: Turn, posting_id: int) -> KeptPosting:
    return await open_posting(turn.uow, turn.actor, posting_id, PostingKind.ANNOUNCEMENT)


CAPABILITY = Capability(
    name="announce",
    commands=("announce",),
    title=N_("Announce"),
    menu=N_("Tell a course, a class or the school"),
    order=230,
    for_whom=posting,
    on_command=announce,
    tap=AnnounceTap,
    on_tap=on_tap,
    steps={"words": words},
    posts=PostingKind.ANNOUNCEMENT,
    undo=undo,
)
