"""/admin/announcements/drafts/N: an announcement as a chat will show it, counted, and sent just as it was shown."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from core.actions.announcements import edit_announcement, publish_announcement, speaker
from core.actions.postings import drop_posting
from core.cards.html import render_html
from core.domain.audience_words import Audience
from core.domain.drafts import AnnouncementDraft
from core.domain.ids import PostingId
from core.domain.kinds import PostingKind, Urgency
from core.errors import Invalid, NotFound
from core.i18n import translator
from core.queries.announcements import SPEAKERS, access_audience, own_announcement
from core.queries.announcements_told import AnnouncementTold, announcement_told, told_as_drafted
from core.queries.postings import KeptPosting, access_posting, open_posting
from core.queries.reach import reach_of
from core.web.page import Page, Visit
from core.words import URGENCY_NAMES, audience_words, count_words, family_words, how_words

_NAMES_SHOWN = 60


async def preview(visit: Visit) -> web.StreamResponse:
    """The draft as a chat will show it, and how many it reaches."""
    kept = await open_draft(visit, visit.number())
    if kept is None:
        return visit.go("/announcements", done="draft_over")
    return await _preview(visit, kept)


async def _preview(visit: Visit, kept: KeptPosting, *, status: int = 200) -> web.StreamResponse:
    draft = AnnouncementDraft.from_json(kept.draft)
    told, audience = await _told(visit, draft)
    if audience.school_id != visit.school.id:
        raise NotFound("posting_not_found")
    t, foreseen = visit.t, visit.panel.services.foreseen
    today = (draft.how.at or visit.uow.now).astimezone(visit.school.zone).date()
    card = foreseen.card(translator(visit.school.locale), visit.school.zone, told)
    reach = await reach_of(visit.uow, audience, today, author=[told.author_id] if told.author_id else [])
    return visit.render(
        "announcement_preview.html",
        status=status,
        kept=kept,
        draft=draft,
        audience=whole_audience_words(visit, audience),
        how=how_words(t, told.urgency, silent=told.silent, asks=told.asks),
        told_words=t(URGENCY_NAMES[told.urgency][1]),
        counted=count_words(t, reach),
        reach=reach,
        names_shown=_NAMES_SHOWN,
        decisions={}
        if draft.edits
        else await foreseen.decisions(visit.uow, visit.school, told, draft.how.at),
        family_words=family_words,
        card=card,
        card_html=render_html(card),
        rings=not draft.edits and draft.how.urgency is Urgency.EMERGENCY,
    )


async def _told(visit: Visit, draft: AnnouncementDraft) -> tuple[AnnouncementTold, Audience]:
    """Raises NotFound for an audience, or an announcement, that is not the asker's."""
    if draft.edits:
        own = await own_announcement(visit.uow, visit.actor, draft.edits)
        told = await announcement_told(visit.uow, draft.edits)
        assert told is not None
        return replace(told, text=draft.text, edited=not own.is_scheduled(visit.uow.now)), own.audience
    audience = await access_audience(visit.uow, visit.actor, draft.audience)
    author = speaker(visit.actor, audience)
    name = next(one.name for one in visit.actor.identities if one.person_id == author)
    return (
        told_as_drafted(
            visit.school,
            audience,
            draft.text,
            draft.how,
            author,
            name.formal_name,
            visit.uow.now,
        ),
        audience,
    )


async def send(visit: Visit) -> web.StreamResponse:
    """Out it goes, just as it was shown; a second press leads to what the first has sent."""
    kept = await access_posting(visit.uow, visit.actor, visit.number(), PostingKind.ANNOUNCEMENT)
    if not kept.is_open(visit.uow.now):
        return _sent_already(visit, kept)
    draft = AnnouncementDraft.from_json(kept.draft)
    if visit.form.get("seal") != draft.seal:
        visit.faults[""] = visit.t("It has changed meanwhile: please look again.")
    elif not draft.edits and draft.how.urgency is Urgency.EMERGENCY and visit.form.get("sure") != "1":
        visit.faults["sure"] = visit.t("Say that you are sure: it rings every phone.")
    if visit.faults:
        return await _preview(visit, kept, status=400)
    chat_id = visit.actor.chat_id
    assert chat_id is not None
    try:
        if draft.edits:
            await edit_announcement(visit.uow, visit.session.key, chat_id, kept.id)
            return visit.go(f"/announcements/{draft.edits}", done="reworded")
        number, _ = await publish_announcement(visit.uow, visit.session.key, chat_id, kept.id)
    except Invalid as error:
        if error.key == "draft_over":
            again = await access_posting(visit.uow, visit.actor, kept.id, PostingKind.ANNOUNCEMENT)
            return _sent_already(visit, again)
        visit.faults[""] = _why_not(visit, error)
        return await _preview(visit, kept, status=400)
    return visit.go(f"/announcements/{number}", done="planned" if draft.how.at else "announced")


def _why_not(visit: Visit, error: Invalid) -> str:
    if error.key == "moment_past":
        return visit.t("It has passed already. Choose a moment to come.")
    return visit.t("It has changed meanwhile: please look again.")


def _sent_already(visit: Visit, kept: KeptPosting) -> web.StreamResponse:
    number = kept.effects.get("announcement") or kept.effects.get("edited")
    if number:
        return visit.go(f"/announcements/{number}", done="sent_once")
    return visit.go("/announcements", done="draft_over")


async def drop(visit: Visit) -> web.StreamResponse:
    """Give the draft up."""
    kept = await open_draft(visit, visit.number())
    if kept is not None:
        await drop_posting(visit.uow, kept)
    return visit.go("/announcements", done="draft_dropped")


def whole_audience_words(visit: Visit, audience: Audience) -> str:
    """Whom it is for; a school is said to be meant as a whole."""
    words = audience_words(visit.t, audience)
    return visit.t("the whole school: {school}", school=words) if audience.kind == "school" else words


async def open_draft(visit: Visit, number: int) -> KeptPosting | None:
    """A draft of one's own; None where it was sent, given up or forgotten. Raises NotFound."""
    try:
        return await open_posting(visit.uow, visit.actor, PostingId(number), PostingKind.ANNOUNCEMENT)
    except Invalid:
        return None


_DRAFT = r"/announcements/drafts/{id:\d{1,18}}"
PAGES = (
    Page("GET", _DRAFT, preview, SPEAKERS),
    Page("POST", _DRAFT + "/send", send, SPEAKERS),
    Page("POST", _DRAFT + "/drop", drop, SPEAKERS),
)
