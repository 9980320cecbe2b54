"""/admin/invitations: codes for a class or for all, what became of the older ones, and how far the school has joined."""

from __future__ import annotations

from aiohttp import web

from core.actions.invitations import IssueReport
from core.actions.office_links import invite_from_office, revoke_code
from core.errors import NotFound
from core.i18n import N_
from core.printing.slips import print_slips
from core.queries.classes import OFFICE, list_classes
from core.queries.joining import joining_of
from core.queries.org_bots import bot_names
from core.queries.school_links import CodeState, school_codes
from core.web.page import OFFICE_WORK, Page, Visit

STATES: dict[CodeState, str] = {
    "open": N_("Not used yet"),
    "used": N_("Used"),
    "expired": N_("Expired"),
    "revoked": N_("Revoked"),
}


async def show(visit: Visit) -> web.StreamResponse:
    """What may be issued, and a page of the codes in one state."""
    asked = visit.query("state")
    state: CodeState = asked if asked in STATES else "open"
    before = visit.query("after", 18)
    rooms = await list_classes(visit.uow, visit.actor, OFFICE)
    return visit.render(
        "invitations.html",
        page=await school_codes(
            visit.uow, visit.office, state=state, before=int(before) if before.isdecimal() else None
        ),
        joining=await joining_of(visit.uow, visit.office),
        classes=[room for room in rooms if room.school.id == visit.school.id],
        state=state,
        states=STATES,
        now=visit.uow.now,
    )


async def issue(visit: Visit) -> web.StreamResponse:
    """Codes for a class (by its number), or for all of the school who are not linked. The slips are the answer."""
    room = visit.form.get("class", "")
    class_name = None
    if room != "all":
        rooms = await list_classes(visit.uow, visit.actor, OFFICE)
        found = [one for one in rooms if str(one.id) == room and one.school.id == visit.school.id]
        if not found:
            raise NotFound("class_not_found")
        class_name = found[0].name
    report = await invite_from_office(
        visit.uow,
        visit.session.key,
        visit.school.id,
        class_name=class_name,
        code_key=visit.panel.services.code_key,
    )
    if not report.issued:
        return visit.go("/invitations", done="nobody")
    return await slips_answer(visit, report)


async def slips_answer(visit: Visit, report: IssueReport) -> web.StreamResponse:
    """The print sheet, shown this once: codes are kept only as hashes."""
    page = print_slips(
        report.issued,
        web_url=visit.panel.services.public_url,
        telegram_username=visit.panel.services.own_username,
        school_bots=await bot_names(visit.uow, [visit.school.id]),
    )
    return web.Response(text=page, content_type="text/html")


async def revoke(visit: Visit) -> web.StreamResponse:
    """End an open code."""
    await revoke_code(visit.uow, visit.session.key, visit.school.id, visit.number())
    return visit.go("/invitations", done="revoked")


PAGES = (
    Page("GET", "/invitations", show, OFFICE_WORK, entry=(N_("Invitations"), 20)),
    Page("POST", "/invitations", issue, OFFICE_WORK),
    Page("POST", r"/invitations/{id:\d{1,18}}/revoke", revoke, OFFICE_WORK),
)
