"""/admin/links: which chats speak for the school's people."""

from __future__ import annotations

from aiohttp import web

from core.i18n import N_
from core.queries.pages import Cursor
from core.queries.school_links import LinkState, school_links, suspicious_links
from core.web.page import OFFICE_WORK, Page, Visit
from core.web.pages.person_forms import note_export
from core.web.table_file import table_file
from core.words import MESSENGER_NAMES

STATES: dict[LinkState, str] = {
    "open": N_("In use"),
    "blocked": N_("Cannot be reached"),
    "suspicious": N_("Many people in one chat"),
    "ended": N_("Ended"),
}
_MOST_IN_A_FILE = 20_000


async def show(visit: Visit) -> web.StreamResponse:
    """A page of links in one state; crowded chats stand out on the first."""
    state = _state(visit)
    first = not visit.query("after", 300) and not visit.query("search") and state == "open"
    return visit.render(
        "links.html",
        page=await school_links(
            visit.uow,
            visit.office,
            state=state,
            search=visit.query("search"),
            sort=visit.query("sort", 30),
            after=Cursor.read(visit.query("after", 300)),
        ),
        crowded=await suspicious_links(visit.uow, visit.office) if first else (),
        state=state,
        states=STATES,
    )


def _state(visit: Visit) -> LinkState:
    asked = visit.query("state")
    return asked if asked in STATES else "open"


async def export(visit: Visit) -> web.StreamResponse:
    """The list as a table file; audited."""
    page = await school_links(
        visit.uow,
        visit.office,
        state=_state(visit),
        search=visit.query("search"),
        sort=visit.query("sort", 30),
        most=_MOST_IN_A_FILE,
    )
    await note_export(visit, "links.export", links=len(page.lines))
    t, zone = visit.t, visit.school.zone
    header = [
        t("Family name"),
        t("Given name"),
        t("Messenger"),
        t("Chat"),
        t("Linked"),
        t("Ended"),
        t("People"),
    ]
    rows = [
        [
            *(one.person.family, one.person.given),
            *(t(MESSENGER_NAMES[one.messenger]), one.title),
            one.linked_at.astimezone(zone).date().isoformat(),
            one.revoked_at.astimezone(zone).date().isoformat() if one.revoked_at else "",
            str(one.people),
        ]
        for one in page.lines
    ]
    return table_file("links.csv", header, rows)


PAGES = (
    Page("GET", "/links", show, OFFICE_WORK, entry=(N_("Links"), 30)),
    Page("POST", "/links/export", export, OFFICE_WORK, needs_code=True),
)
