"""/admin: how the school stands today."""

from __future__ import annotations

from aiohttp import web

from core.domain.rights import PANEL_ROLES, Role
from core.i18n import N_
from core.queries.joining import joining_of
from core.queries.telling_health import telling_health
from core.web.page import SCHOOL_VIEW, Page, Visit


async def show(visit: Visit) -> web.StreamResponse:
    """What each may know: an operator the queue, a canteen its greeting, the others the school."""
    sees_school = visit.office.may(SCHOOL_VIEW)
    return visit.render(
        "overview.html",
        joining=await joining_of(visit.uow, visit.office) if sees_school else None,
        health=await telling_health(visit.uow, visit.office)
        if sees_school or visit.office.may((Role.OPERATOR,))
        else None,
    )


PAGES = (Page("GET", "", show, PANEL_ROLES, entry=(N_("Overview"), 0)),)
