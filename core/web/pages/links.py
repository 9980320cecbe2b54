"""/admin/links: which chats speak for the school's people."""

from __future__ import annotations

from aiohttp import web

from core.i18n import N_
from core.queries.school_links import LinkState, school_links, suspicious_links
from core.web.page import OFFICE_WORK, Page, Visit

STATES: dict[LinkState, str] = {
    "open": N_("In use"),
    "blocked": N_("Cannot be reached"),
    "ended": N_("Ended"),
}


async def show(visit: Visit) -> web.StreamResponse:
    """A page of links in one state; crowded chats stand out on the first."""
    asked = visit.query("state")
    state: LinkState = asked if asked in STATES else "open"
    before = visit.query("after", 18)
    return visit.render(
        "links.html",
        page=await school_links(
            visit.uow, visit.office, state=state, before=int(before) if before.isdecimal() else None
        ),
        crowded=await suspicious_links(visit.uow, visit.office) if not before else (),
        state=state,
        states=STATES,
    )


PAGES = (Page("GET", "/links", show, OFFICE_WORK, entry=(N_("Links"), 30)),)
