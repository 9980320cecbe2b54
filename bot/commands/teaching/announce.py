"""/announce: words to a course, a class, a grade or the school."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from bot.capability import Capability, Turn, posting
from bot.views.announce import (
    AnnounceTap,
    announcement_preview_card,
    announcement_undone_card,
    ask_text_card,
    audiences_card,
    edit_preview_card,
    edited_card,
    no_audience_card,
    published_card,
    reword_card,
    scheduled_card,
)
from bot.views.announce_options import moments_card, options_card, sure_card
from bot.views.files import file_names
from bot.views.marking import dropped_card
from core.actions.announcements import (
    check_moment,
    edit_announcement,
    publish_announcement,
    undo_announcement,
)
from core.actions.postings import change_posting, check_text, drop_posting, start_posting
from core.cards import Reply
from core.domain.announcing import RINGING
from core.domain.audience_words import Audience, read_announcement
from core.domain.drafts import AnnouncementDraft
from core.domain.ids import PostingId
from core.domain.kinds import PostingKind, Urgency
from core.domain.spoken_moments import find_moment, offered_moments
from core.errors import Invalid, NotFound
from core.i18n import N_
from core.queries.announcements import (
    Announced,
    access_audience,
    audiences_for,
    may_ring,
    own_announcement,
)
from core.queries.incoming_files import incoming_of
from core.queries.postings import KeptPosting, open_posting
from core.queries.reach import Reach, reach_of

_SECONDS = re.compile(r"[0-9]{1,10}")
_OPTIONS = frozenset(("options", "told", "silent", "asks", "when", "at"))


async def announce(turn: Turn, line: str) -> Reply:
    """``/announce 7A: words`` to preview; without an audience it is asked for, and so are missing words."""
    audiences = await audiences_for(turn.uow, turn.actor)
    if not audiences:
        return no_audience_card(turn.t)
    said = read_announcement(line, audiences)
    found = said.audiences
    if not found and not said.unknown and len(audiences) == 1:
        found = audiences
    draft = AnnouncementDraft("", found[0].code if len(found) == 1 else "", turn.attached)
    posting_id = await start_posting(turn.uow, turn.actor, PostingKind.ANNOUNCEMENT, draft.as_json())
    kept = await _open(turn, posting_id)
    draft = await _with_text(turn, kept, draft, said.text)
    if draft.audience:
        return await _show(turn, kept, draft)
    await change_posting(turn.uow, kept, draft.as_json())
    return audiences_card(turn.t, posting_id, found or audiences, draft.text, said.unknown)


async def words(turn: Turn, text: str) -> Reply:
    """The words that were asked for; files may come with them. A file alone leaves them still to be written."""
    kept = await _open(turn, int(turn.chat.state["draft"]["posting"]))
    draft = AnnouncementDraft.from_json(kept.draft)
    draft = replace(draft, messages=draft.messages + turn.attached)
    if not text:
        return await _show(turn, kept, draft, asks=True)
    draft = await _with_text(turn, kept, draft, text)
    turn.chat.leave()
    return await _show(turn, kept, draft)


async def _with_text(turn: Turn, kept: KeptPosting, draft: AnnouncementDraft, text: str) -> AnnouncementDraft:
    """The draft with these words. Where they are too many, they are asked for again; the rest is kept."""
    try:
        return replace(draft, text=check_text(text))
    except Invalid:
        await change_posting(turn.uow, kept, draft.as_json())
        turn.chat.enter("announce", "words", {"posting": int(kept.id)})
        raise


async def _show(turn: Turn, kept: KeptPosting, draft: AnnouncementDraft, *, asks: bool = False) -> Reply:
    """What is still to be asked, or the preview; what was typed and chosen so far is kept."""
    if draft.edits:
        return await _show_edit(turn, kept, draft, asks=asks)
    await change_posting(turn.uow, kept, draft.as_json())
    if not draft.audience:
        return audiences_card(turn.t, kept.id, await audiences_for(turn.uow, turn.actor), draft.text)
    audience = await access_audience(turn.uow, turn.actor, draft.audience)
    files = await incoming_of(turn.uow, turn.chat.id, draft.messages)
    if not draft.text and not files:
        return await _ask(turn, kept.id, draft)
    return announcement_preview_card(
        turn.t,
        kept.id,
        audience,
        await _reach(turn, audience),
        draft.text,
        file_names(turn.t, files),
        draft.how,
        turn.zone,
        asks=asks,
    )


async def _reach(turn: Turn, audience: Audience) -> Reach:
    own = [one.person_id for one in turn.actor.identities]
    return await reach_of(turn.uow, audience, turn.today(), author=own)


async def _show_edit(turn: Turn, kept: KeptPosting, draft: AnnouncementDraft, *, asks: bool = False) -> Reply:
    own = await own_announcement(turn.uow, turn.actor, draft.edits)
    shown = replace(draft, over=own.text)
    await change_posting(turn.uow, kept, shown.as_json())
    files = await incoming_of(turn.uow, turn.chat.id, draft.messages)
    return edit_preview_card(
        turn.t,
        kept.id,
        own,
        draft.text,
        file_names(turn.t, files),
        asks=asks,
        changed=draft.over != own.text,
    )


async def _ask(turn: Turn, posting_id: PostingId, draft: AnnouncementDraft) -> Reply:
    turn.chat.enter("announce", "words", {"posting": int(posting_id)})
    if draft.edits:
        return reword_card(turn.t, posting_id, draft)
    known = await access_audience(turn.uow, turn.actor, draft.audience) if draft.audience else None
    can_go_back = bool(draft.text or draft.messages)
    return ask_text_card(turn.t, posting_id, known, draft.text, can_go_back=can_go_back)


async def edit(turn: Turn, one: Announced) -> Reply:
    """Draft other words for one that is out."""
    draft = AnnouncementDraft(one.text, one.audience.code, edits=int(one.id), over=one.text)
    posting_id = await start_posting(turn.uow, turn.actor, PostingKind.ANNOUNCEMENT, draft.as_json())
    return await _ask(turn, posting_id, draft)


async def moment(turn: Turn, text: str) -> Reply:
    """The moment that was asked for. Raises Invalid("moment_unclear"), and as ``check_moment``."""
    kept = await _open(turn, int(turn.chat.state["draft"]["posting"]))
    at = find_moment(text, turn.now, _zone(turn))
    if at is None:
        raise Invalid("moment_unclear")
    check_moment(at, turn.now)
    turn.chat.leave()
    draft = AnnouncementDraft.from_json(kept.draft)
    return await _show(turn, kept, replace(draft, how=draft.how.planned(at)))


async def _options(turn: Turn, kept: KeptPosting, draft: AnnouncementDraft, tap: AnnounceTap) -> Reply:
    """The options, with the one that was tapped changed. Raises NotFound for an urgency that is not the asker's."""
    how = draft.how
    rings = bool(draft.audience) and await may_ring(
        turn.uow, turn.actor, await access_audience(turn.uow, turn.actor, draft.audience)
    )
    if tap.do == "told":
        urgency = next((one for one in Urgency if one.value == tap.to), how.urgency)
        if urgency in RINGING and not rings:
            raise NotFound("urgency_not_found")
        how = how.told(urgency)
    elif tap.do == "silent":
        how = how.quietly(silent=tap.to == "1")
    elif tap.do == "asks":
        how = how.asking(asks=tap.to == "1")
    elif tap.do == "at":
        how = how.planned(_moment_of(turn, tap.to))
    if how != draft.how:
        draft = replace(draft, how=how)
        await change_posting(turn.uow, kept, draft.as_json())
    if tap.do == "when":
        turn.chat.enter("announce", "moment", {"posting": int(kept.id)})
        zone = _zone(turn)
        return moments_card(turn.t, kept.id, how, offered_moments(turn.now, zone), zone)
    if tap.do == "at":
        return await _show(turn, kept, draft)
    return options_card(turn.t, kept.id, how, turn.zone, may_ring=rings)


def _moment_of(turn: Turn, seconds: str) -> datetime | None:
    """The moment of a button, None for 0. Raises Invalid as ``check_moment``."""
    if not _SECONDS.fullmatch(seconds) or not int(seconds):
        return None
    at = datetime.fromtimestamp(int(seconds), UTC)
    check_moment(at, turn.now)
    return at


def _zone(turn: Turn) -> tzinfo:
    return turn.zone or UTC


async def on_tap(turn: Turn, tap: AnnounceTap) -> Reply:
    """An audience, an option, Send, Undo, or a way out. Whatever waited for words no longer does."""
    turn.chat.leave()
    posting_id = PostingId(tap.posting)
    if tap.do == "undo":
        return await undo(turn, posting_id)
    kept = await _open(turn, posting_id)
    draft = AnnouncementDraft.from_json(kept.draft)
    if tap.do == "cancel":
        await drop_posting(turn.uow, kept)
        return dropped_card(turn.t)
    if tap.do == "choose" and not draft.edits:
        return audiences_card(turn.t, posting_id, await audiences_for(turn.uow, turn.actor), draft.text)
    if tap.do == "to" and not draft.edits:
        audience = await access_audience(turn.uow, turn.actor, tap.to)
        draft = replace(draft, audience=audience.code)
        if draft.how.urgency in RINGING and not await may_ring(turn.uow, turn.actor, audience):
            draft = replace(draft, how=draft.how.told(Urgency.AT_ONCE))
    if tap.do in _OPTIONS and not draft.edits:
        return await _options(turn, kept, draft, tap)
    if tap.do == "edit":
        return await _ask(turn, posting_id, draft)
    if tap.do in ("send", "ring"):
        return await _send(turn, kept, draft, is_sure=tap.do == "ring" and tap.to == draft.seal)
    return await _show(turn, kept, draft)


async def _send(turn: Turn, kept: KeptPosting, draft: AnnouncementDraft, *, is_sure: bool) -> Reply:
    """Out it goes; before every phone rings it is asked once more."""
    if not draft.edits:
        if draft.how.urgency is Urgency.EMERGENCY and not is_sure:
            audience = await access_audience(turn.uow, turn.actor, draft.audience)
            if not await may_ring(turn.uow, turn.actor, audience):
                raise NotFound("urgency_not_found")
            return sure_card(turn.t, kept.id, audience, await _reach(turn, audience), draft)
        number, audience = await publish_announcement(turn.uow, turn.chat.key, turn.chat.id, kept.id)
        if draft.how.at is not None:
            return scheduled_card(turn.t, kept.id, audience, draft.how.at, turn.zone)
        return published_card(turn.t, kept.id, number, audience)
    try:
        own = await edit_announcement(turn.uow, turn.chat.key, turn.chat.id, kept.id)
    except Invalid as error:
        if error.key != "changed_since":
            raise
        return await _show_edit(turn, kept, draft)
    return edited_card(turn.t, kept.id, own)


async def undo(turn: Turn, posting_id: PostingId) -> Reply:
    """Withdraw it, or bring back what it said before it was edited."""
    own = await undo_announcement(turn.uow, turn.chat.key, posting_id)
    return announcement_undone_card(turn.t, own)


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
    steps={"words": words, "moment": moment},
    file_steps=frozenset(("words",)),
    posts=PostingKind.ANNOUNCEMENT,
    undo=undo,
)
