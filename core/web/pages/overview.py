"""/admin: how the school stands today, and what somebody should look at now."""

from __future__ import annotations

from aiohttp import web

from core.domain.kinds import ImportState
from core.domain.rights import PANEL_ROLES, Role
from core.i18n import N_
from core.queries.alarms import LATE_AFTER, alarms_now
from core.queries.attendance_today import attendance_on
from core.queries.joining import joining_of
from core.queries.journal_quality import SPANS, journal_gaps
from core.queries.latest_imports import latest_imports
from core.queries.telling_health import telling_health
from core.web.page import OFFICE_WORK, SCHOOL_VIEW, STATISTICS, Page, Visit

IMPORT_STATES: dict[ImportState, str] = {
    ImportState.LOOKED: N_("only looked at"),
    ImportState.RUNNING: N_("under way"),
    ImportState.APPLIED: N_("taken in"),
    ImportState.REFUSED: N_("refused"),
    ImportState.FAILED: N_("failed"),
}


async def show(visit: Visit) -> web.StreamResponse:
    """What each may know: an operator how telling goes, the canteen its greeting, the office the joining and the
    imports, those who lead the school its attendance and journal too."""
    uow, office = visit.uow, visit.office
    sees_school, leads = office.may(SCHOOL_VIEW), office.may(STATISTICS)
    watches = sees_school or office.may((Role.OPERATOR,))
    health = await telling_health(uow, office) if watches else None
    is_late = health is not None and health.oldest is not None and uow.now - health.oldest > LATE_AFTER
    return visit.render(
        "overview.html",
        joining=await joining_of(uow, office) if sees_school else None,
        health=health,
        is_late=is_late,
        alarms=await alarms_now(uow) if watches else None,
        attendance=await attendance_on(uow, office) if leads else None,
        gaps=await journal_gaps(uow, office, SPANS[0]) if leads else None,
        imports=await latest_imports(uow, office) if office.may(OFFICE_WORK) else (),
        import_states=IMPORT_STATES,
        days=SPANS[0],
    )


PAGES = (Page("GET", "", show, PANEL_ROLES, entry=(N_("Overview"), 0)),)
