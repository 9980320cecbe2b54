"""/admin/announcements: what the school has announced, and what is still to come."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from core.domain.kinds import AudienceKind
from core.i18n import N_
from core.queries.announcements import SPEAKERS
from core.queries.pages import IN_A_FILE, Cursor
from core.queries.progress import Counts, counts_of
from core.queries.school_announcements import (
    ON_A_PAGE,
    AnnouncementsPage,
    AnnouncementState,
    SchoolAnnouncement,
    list_school_announcements,
    scheduled_by_leavers,
)
from core.web.page import Page, Visit
from core.web.table_file import table_file
from core.web.take_away import note_export
from core.words import audience_words, how_words

STATES: dict[AnnouncementState, str] = {
    "out": N_("Published"),
    "scheduled": N_("Scheduled"),
    "withdrawn": N_("Withdrawn"),
}
KINDS: dict[AudienceKind, str] = {
    AudienceKind.SCHOOL: N_("the whole school"),
    AudienceKind.GRADE: N_("a grade"),
    AudienceKind.CLASS: N_("a class"),
    AudienceKind.COURSE: N_("a course"),
}


async def show(visit: Visit) -> web.StreamResponse:
    """A page of the list, newest first."""
    page = await _page(visit, after=visit.after)
    return visit.render(
        "announcements.html",
        page=page,
        counts=await counts_of(visit.uow, [one.said.id for one in page.lines]),
        leavers=await scheduled_by_leavers(visit.uow, visit.office),
        states=STATES,
        kinds=KINDS,
        state=_state(visit),
        kind=_kind(visit),
        audience_words=audience_words,
        how_words=how_words,
    )


async def export(visit: Visit) -> web.StreamResponse:
    """The same list as a table file, whole; audited."""
    await note_export(visit, "announcements.export")
    t = visit.t
    header = [
        *(t("When"), t("State"), t("For"), t("How"), t("Text"), t("By")),
        *(t("Chats it was sent to"), t("People who opened it"), t("People who acknowledged it")),
    ]
    return table_file("announcements.csv", header, _rows(visit))


async def _rows(visit: Visit) -> AsyncIterator[list[str]]:
    after: Cursor | None = None
    while True:
        page = await _page(visit, after=after, most=IN_A_FILE)
        counts = await counts_of(visit.uow, [one.said.id for one in page.lines])
        for one in page.lines:
            yield _cells(visit, one, counts.get(one.said.id, Counts()))
        after = page.after
        if after is None:
            return


def _cells(visit: Visit, one: SchoolAnnouncement, counts: Counts) -> list[str]:
    t, said = visit.t, one.said
    return [
        said.published_at.astimezone(visit.school.zone).isoformat(timespec="minutes"),
        t(STATES[one.state(visit.uow.now)]),
        audience_words(t, said.audience),
        how_words(t, said.urgency, silent=said.silent, asks=said.asks),
        *(said.text, said.author),
        *(str(counts.chats), str(counts.opened), str(counts.acknowledged) if said.asks else ""),
    ]


async def _page(visit: Visit, *, after: Cursor | None, most: int = ON_A_PAGE) -> AnnouncementsPage:
    return await list_school_announcements(
        visit.uow,
        visit.office,
        state=_state(visit),
        kind=_kind(visit),
        search=visit.query("search"),
        sort=visit.query("sort", 30),
        after=after,
        most=most,
    )


def _state(visit: Visit) -> AnnouncementState | None:
    asked = visit.query("state", 20)
    return asked if asked in STATES else None


def _kind(visit: Visit) -> AudienceKind | None:
    asked = visit.query("for", 20)
    return AudienceKind(asked) if asked in set(AudienceKind) else None


PAGES = (
    Page("GET", "/announcements", show, SPEAKERS, entry=(N_("Announcements"), 30)),
    Page("POST", "/announcements/export", export, SPEAKERS, needs_code=True),
)
