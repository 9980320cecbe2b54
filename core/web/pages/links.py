"""/admin/links: which chats speak for the school's people."""

from __future__ import annotations

from aiohttp import web

from core.i18n import N_
from core.queries.pages import FOUND_IN_A_FILE, IN_A_FILE, ON_A_PAGE, Cursor
from core.queries.school_links import LinkPage, LinkState, SchoolLink, school_links, suspicious_links
from core.web.page import OFFICE_WORK, Page, Visit
from core.web.take_away import list_file
from core.words import MESSENGER_NAMES

STATES: dict[LinkState, str] = {
    "open": N_("In use"),
    "blocked": N_("Cannot be reached"),
    "suspicious": N_("Many people in one chat"),
    "ended": N_("Ended"),
}


async def show(visit: Visit) -> web.StreamResponse:
    """A page of links in one state; crowded chats stand out on the first."""
    state = _state(visit)
    first = visit.after is None and not visit.query("search") and state == "open"
    return visit.render(
        "links.html",
        page=await _page(visit, visit.after),
        crowded=await suspicious_links(visit.uow, visit.office) if first else (),
        state=state,
        states=STATES,
    )


def _state(visit: Visit) -> LinkState:
    asked = visit.query("state")
    return asked if asked in STATES else "open"


async def export(visit: Visit) -> web.StreamResponse:
    """The list as a table file, whole; audited."""
    t, zone = visit.t, visit.school.zone
    header = [
        *(t("Family name"), t("Given name"), t("Messenger"), t("Chat")),
        *(t("Linked"), t("Ended"), t("People")),
    ]

    def cells(one: SchoolLink) -> list[str]:
        return [
            *(one.person.family, one.person.given),
            *(t(MESSENGER_NAMES[one.messenger]), one.title),
            one.linked_at.astimezone(zone).date().isoformat(),
            one.revoked_at.astimezone(zone).date().isoformat() if one.revoked_at else "",
            str(one.people),
        ]

    return await list_file(
        *(visit, "links.csv", "links.export", header),
        lambda after: _page(visit, after, FOUND_IN_A_FILE if visit.query("search") else IN_A_FILE),
        cells,
        state=_state(visit),
    )


async def _page(visit: Visit, after: Cursor | None, most: int = ON_A_PAGE) -> LinkPage:
    return await school_links(
        *(visit.uow, visit.office),
        state=_state(visit),
        search=visit.query("search"),
        sort=visit.query("sort", 30),
        after=after,
        most=most,
    )


PAGES = (
    Page("GET", "/links", show, OFFICE_WORK, entry=(N_("Chats"), 14)),
    Page("POST", "/links/export", export, OFFICE_WORK, needs_code=True),
)
