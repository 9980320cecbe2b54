"""/admin/announcements/new and /N/edit: an announcement is written, or reworded, into a draft."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from aiohttp import web

from core.actions.announcements import check_moment
from core.actions.postings import change_posting, check_text, start_posting
from core.domain.announcing import HowTold, moment_of
from core.domain.audience_words import Audience
from core.domain.drafts import AnnouncementDraft
from core.domain.homework_line import LONGEST_TEXT
from core.domain.kinds import AudienceKind, PostingKind, Urgency
from core.errors import Invalid, NotFound
from core.queries.announcements import SPEAKERS, audiences_for, own_announcement
from core.queries.postings import KeptPosting
from core.queries.school_announcements import school_announcement
from core.web.page import Page, Visit
from core.web.pages.announcement_draft import open_draft, whole_audience_words
from core.words import URGENCY_NAMES

_ORDER = (AudienceKind.SCHOOL, AudienceKind.GRADE, AudienceKind.CLASS, AudienceKind.COURSE)


async def write(visit: Visit) -> web.StreamResponse:
    """The empty form, or a draft that is to be changed."""
    number = visit.number_asked("draft")
    draft = AnnouncementDraft("")
    if number is not None:
        kept = await open_draft(visit, number)
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
        audiences=[(one.code, whole_audience_words(visit, one)) for one in await _audiences(visit)],
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


async def check(visit: Visit) -> web.StreamResponse:
    """Keep what was written as a draft, and show it as a chat will."""
    form, t = visit.form, visit.t
    number = form.get("draft", "")
    kept = None
    if number:
        kept = await open_draft(visit, _number(number))
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
    kept = await open_draft(visit, number) if number is not None else None
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


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound("posting_not_found")
    return int(text)


_EDIT = r"/announcements/{id:\d{1,18}}/edit"
PAGES = (
    Page("GET", "/announcements/new", write, SPEAKERS),
    Page("POST", "/announcements/new", check, SPEAKERS),
    Page("GET", _EDIT, reword, SPEAKERS),
    Page("POST", _EDIT, check_words, SPEAKERS),
)
