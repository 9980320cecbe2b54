"""/admin/announcements/new and /drafts/N: an announcement is written, looked at as a chat will show it, and sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time

from aiohttp import web

from core.actions.announcements import (
    check_moment,
    edit_announcement,
    publish_announcement,
    speaker,
)
from core.actions.postings import change_posting, check_text, drop_posting, start_posting
from core.cards.html import render_html
from core.domain.announcing import HowTold, moment_of
from core.domain.audience_words import Audience
from core.domain.drafts import AnnouncementDraft
from core.domain.homework_line import LONGEST_TEXT
from core.domain.ids import PostingId
from core.domain.kinds import AudienceKind, PostingKind, Urgency
from core.errors import Invalid, NotFound
from core.i18n import translator
from core.queries.announcements import SPEAKERS, access_audience, audiences_for, own_announcement
from core.queries.announcements_told import AnnouncementTold, announcement_told, told_as_drafted
from core.queries.postings import KeptPosting, access_posting, open_posting
from core.queries.reach import reach_of
from core.queries.school_announcements import school_announcement
from core.web.page import Page, Visit
from core.words import URGENCY_NAMES, audience_words, count_words, family_words, how_words

_ORDER = (AudienceKind.SCHOOL, AudienceKind.GRADE, AudienceKind.CLASS, AudienceKind.COURSE)
_NAMES_SHOWN = 60


async def write(visit: Visit) -> web.StreamResponse:
    """The empty form, or a draft that is to be changed."""
    number = visit.number_asked("draft")
    draft = AnnouncementDraft("")
    if number is not None:
        kept = await _open(visit, number)
        if kept is None:
            return visit.go("/announcements", done="draft_over")
        draft = AnnouncementDraft.from_json(kept.draft)
        if draft.edits:
            return visit.go(f"/announcements/{draft.edits}/edit", draft=number)
    return await _form(visit, draft, number)


async def _form(
    visit: Visit, draft: AnnouncementDraft, number: int | None, *, status: int = 200
) -> web.StreamResponse:
    at = draft.how.at.astimezone(visit.school.zone) if draft.how.at else None
    today = visit.school.today(visit.uow.now)
    return visit.render(
        "announcement_form.html",
        status=status,
        draft=draft,
        number=number,
        audiences=[(one.code, _audience_words(visit, one)) for one in await _audiences(visit)],
        urgencies=URGENCY_NAMES,
        longest=LONGEST_TEXT,
        on=at.date().isoformat() if at else "",
        at=f"{at:%H:%M}" if at else "",
        today=today.isoformat(),
    )


async def _audiences(visit: Visit) -> Sequence[Audience]:
    """Whom the asker may speak to at this school."""
    found = await audiences_for(visit.uow, visit.actor)
    here = [one for one in found if one.school_id == visit.school.id]
    return sorted(here, key=lambda one: (_ORDER.index(one.kind), one.number if one.kind == "grade" else 0))


def _audience_words(visit: Visit, audience: Audience) -> str:
    words = audience_words(visit.t, audience)
    return visit.t("the whole school: {school}", school=words) if audience.kind == "school" else words


async def check(visit: Visit) -> web.StreamResponse:
    """Keep what was written as a draft, and show it as a chat will."""
    form, t = visit.form, visit.t
    number = form.get("draft", "")
    kept = None
    if number:
        kept = await _open(visit, _number(number))
        if kept is None or kept.draft.get("edits"):
            return visit.go("/announcements", done="draft_over")
    audience = next((one for one in await _audiences(visit) if one.code == form.get("audience")), None)
    if audience is None:
        visit.faults["audience"] = t("Choose for whom it is.")
    draft = AnnouncementDraft(_text(visit), audience.code if audience else "", how=_how(visit))
    if not draft.text:
        visit.faults.setdefault("text", t("Write what families should read."))
    if visit.faults:
        return await _form(visit, draft, kept.id if kept else None, status=400)
    return await _keep(visit, draft, kept)


async def _keep(visit: Visit, draft: AnnouncementDraft, kept: KeptPosting | None) -> web.StreamResponse:
    if kept is not None:
        await change_posting(visit.uow, kept, draft.as_json())
        number = kept.id
    else:
        number = await start_posting(visit.uow, visit.actor, PostingKind.ANNOUNCEMENT, draft.as_json())
    return visit.go(f"/announcements/drafts/{number}")


def _text(visit: Visit) -> str:
    # A form's lines end as in a letter, and are counted so; what is kept has plain line ends.
    plain = _plain(visit.form.get("text", ""))
    try:
        return check_text(plain)
    except Invalid as error:
        visit.faults["text"] = visit.t(
            "It has {length} characters; at most {most}, please.",
            length=visit.t.number(int(error.params["length"])),
            most=visit.t.number(int(error.params["most"])),
        )
        return plain


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _how(visit: Visit) -> HowTold:
    """The choices of the form; where they contradict one another, that is said beside the field."""
    form, t, faults = visit.form, visit.t, visit.faults
    wanted = form.get("urgency", "")
    urgency = Urgency(wanted) if wanted in set(Urgency) else Urgency.AT_ONCE
    how = HowTold(silent=form.get("silent") == "1", asks=form.get("asks") == "1", at=form_moment(visit))
    told = how.told(urgency)
    if told.silent != how.silent:
        faults["silent"] = t("Only what is told at once and is not urgent can come without a sound.")
    if told.asks != how.asks:
        faults["asks"] = t("What asks to be acknowledged is told at once, not in the digest.")
    if told.at != how.at:
        faults["on"] = t("An emergency is told now: it cannot be scheduled.")
    return told


def form_moment(visit: Visit) -> datetime | None:
    """The date and time of the form, at the school; None for now."""
    form, t = visit.form, visit.t
    day, hour = form.get("on", "").strip(), form.get("at", "").strip()
    if not day and not hour:
        return None
    try:
        at = moment_of(
            date.fromisoformat(day), time.fromisoformat(hour).replace(tzinfo=None), visit.school.zone
        )
    except (ValueError, OverflowError):
        visit.faults["on"] = t("A schedule needs a day and a time.")
        return None
    if at is None:
        visit.faults["at"] = t("The clocks change then: that day has no such time.")
        return None
    return _checked(visit, at)


def _checked(visit: Visit, at: datetime) -> datetime | None:
    """A moment that can be planned for; what is wrong with any other is said beside the day."""
    try:
        check_moment(at, visit.uow.now)
    except Invalid as error:
        words = {
            "moment_past": visit.t("It has passed already. Choose a moment to come."),
            "moment_far": visit.t("Choose a moment within a year."),
        }
        visit.faults["on"] = words[error.key]
        return None
    return at


async def reword(visit: Visit) -> web.StreamResponse:
    """The form for other words of one that is out, or still to come."""
    one = await own_announcement(visit.uow, visit.actor, await _of_school(visit))
    number = visit.number_asked("draft")
    kept = await _open(visit, number) if number is not None else None
    text = AnnouncementDraft.from_json(kept.draft).text if kept is not None else one.text
    return visit.render("announcement_reword.html", one=one, text=text, longest=LONGEST_TEXT)


async def check_words(visit: Visit) -> web.StreamResponse:
    """Keep the other words as a draft, and show them as a chat will."""
    one = await own_announcement(visit.uow, visit.actor, await _of_school(visit))
    text = _text(visit)
    if not text and not one.files:
        visit.faults["text"] = visit.t("Write what families should read.")
    elif text == one.text and not visit.faults:
        visit.faults["text"] = visit.t("It says that already.")
    if _plain(visit.form.get("over", "")) != _plain(one.text):
        visit.faults[""] = visit.t("It has changed meanwhile: please look again.")
    if visit.faults:
        return visit.render("announcement_reword.html", status=400, one=one, text=text, longest=LONGEST_TEXT)
    return await _keep(
        visit, AnnouncementDraft(text, one.audience.code, edits=int(one.id), over=one.text), None
    )


async def _of_school(visit: Visit) -> int:
    """The announcement of the address. Raises NotFound for another school's."""
    return (await school_announcement(visit.uow, visit.office, visit.number())).id


async def preview(visit: Visit) -> web.StreamResponse:
    """The draft as a chat will show it, and how many it reaches."""
    kept = await _open(visit, visit.number())
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
        audience=_audience_words(visit, audience),
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
    kept = await _open(visit, visit.number())
    if kept is not None:
        await drop_posting(visit.uow, kept)
    return visit.go("/announcements", done="draft_dropped")


async def _open(visit: Visit, number: int) -> KeptPosting | None:
    """A draft of one's own; None where it was sent, given up or forgotten. Raises NotFound."""
    try:
        return await open_posting(visit.uow, visit.actor, PostingId(number), PostingKind.ANNOUNCEMENT)
    except Invalid:
        return None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound("posting_not_found")
    return int(text)


_DRAFT = r"/announcements/drafts/{id:\d{1,18}}"
_EDIT = r"/announcements/{id:\d{1,18}}/edit"
PAGES = (
    Page("GET", "/announcements/new", write, SPEAKERS),
    Page("POST", "/announcements/new", check, SPEAKERS),
    Page("GET", _DRAFT, preview, SPEAKERS),
    Page("POST", _DRAFT + "/send", send, SPEAKERS),
    Page("POST", _DRAFT + "/drop", drop, SPEAKERS),
    Page("GET", _EDIT, reword, SPEAKERS),
    Page("POST", _EDIT, check_words, SPEAKERS),
)
