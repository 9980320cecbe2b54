"""/admin/invitations: codes for a class or for all, what became of the older ones, and how far the school has joined."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from aiohttp import web

from core.actions.invitations import IssueReport
from core.actions.office_links import invite_from_office, revoke_code, revoke_codes_of_class
from core.domain.codes import show_code
from core.i18n import N_
from core.printing.slips import print_slips
from core.printing.slips_pdf import slips_pdf
from core.queries.joining import joining_of
from core.queries.org_bots import bot_names
from core.queries.pages import FOUND_IN_A_FILE, IN_A_FILE, ON_A_PAGE, Cursor
from core.queries.school_links import CodePage, CodeState, SchoolCode, school_codes
from core.web.page import OFFICE_WORK, Page, Visit
from core.web.pages.person_forms import classes_of, number_of
from core.web.table_file import table_file
from core.web.take_away import list_file
from core.words import ROLE_NAMES

STATES: dict[CodeState, str] = {
    "open": N_("Not used yet"),
    "used": N_("Used"),
    "expired": N_("Expired"),
    "revoked": N_("Revoked"),
}


async def show(visit: Visit) -> web.StreamResponse:
    """What may be issued, and a page of the codes in one state."""
    return await _page(visit)


async def _page(visit: Visit, *, status: int = 200) -> web.StreamResponse:
    return visit.render(
        "invitations.html",
        page=await _codes(visit, visit.after),
        joining=await joining_of(visit.uow, visit.office),
        classes=await classes_of(visit),
        state=_state(visit),
        states=STATES,
        now=visit.uow.now,
        status=status,
    )


async def issue(visit: Visit) -> web.StreamResponse:
    """Codes for some classes, or for all of the school who are not linked. The slips are the answer."""
    if lacks_code_for_table(visit):
        return visit.go("/account", needed=1)
    class_ids = None
    if visit.form.get("for") != "all":
        class_ids = {room.id for room in await classes_of(visit) if visit.form.get(f"class-{room.id}")}
        if not class_ids:
            visit.faults["class"] = visit.t("Choose a class, or the whole school.")
            return await _page(visit, status=400)
    report = await invite_from_office(
        visit.uow,
        visit.session.key,
        visit.school.id,
        class_ids=class_ids,
        code_key=visit.panel.services.code_key,
    )
    if not report.issued:
        return visit.go("/invitations", done="nobody")
    return await codes_answer(visit, report)


def lacks_code_for_table(visit: Visit) -> bool:
    """Whether codes are asked for as a table, which as every export needs the authenticator app, and it is missing."""
    return visit.form.get("as") == "csv" and visit.session.verified_at is None


async def codes_answer(visit: Visit, report: IssueReport) -> web.StreamResponse:
    """The codes as a print sheet, a PDF or a table, shown this once: they are kept only as hashes."""
    printing: Callable[[], str | bytes] = partial(
        slips_pdf if visit.form.get("as") == "pdf" else print_slips,
        report.issued,
        web_url=visit.panel.services.public_url,
        telegram_username=visit.panel.services.own_username,
        school_bots=await bot_names(visit.uow, [visit.school.id]),
    )
    if visit.form.get("as") == "csv":
        t = visit.t
        header = [
            t("Family name"),
            t("Given name"),
            t("Roles"),
            t("Class or children"),
            t("Code"),
            t("Valid until"),
        ]
        rows = [
            [
                *(one.invitee.name.family, one.invitee.name.given),
                t.list([t(ROLE_NAMES[role]) for role in one.invitee.roles]),
                ", ".join(one.invitee.about) or one.invitee.class_name,
                show_code(one.code),
                one.expires_at.astimezone(visit.school.zone).date().isoformat(),
            ]
            for one in report.issued
        ]
        return table_file("codes.csv", header, rows)
    # Drawing hundreds of squares takes seconds.
    page = await asyncio.to_thread(printing)
    if isinstance(page, bytes):
        return web.Response(
            body=page,
            content_type="application/pdf",
            headers={"Content-Disposition": 'inline; filename="codes.pdf"'},
        )
    return web.Response(text=page, content_type="text/html")


async def revoke_class(visit: Visit) -> web.StreamResponse:
    """End all open codes of a class: of its pupils and their guardians."""
    class_id = number_of(visit, "class")
    if class_id is None:
        visit.faults["revoke"] = visit.t("Choose a class.")
        return await _page(visit, status=400)
    await revoke_codes_of_class(visit.uow, visit.session.key, visit.school.id, class_id)
    return visit.go("/invitations", done="class_revoked")


async def export(visit: Visit) -> web.StreamResponse:
    """The list as a table file, whole, without the codes themselves, which nobody has; audited."""
    t, zone, state = visit.t, visit.school.zone, _state(visit)
    header = [
        *(t("Family name"), t("Given name"), t("State"), t("Issued"), t("Issued by")),
        *(t("Valid until"), t("Used")),
    ]

    def cells(one: SchoolCode) -> list[str]:
        return [
            *(one.person.family, one.person.given, t(STATES[state])),
            one.issued_at.astimezone(zone).date().isoformat(),
            one.issued_by,
            one.expires_at.astimezone(zone).date().isoformat(),
            one.used_at.astimezone(zone).date().isoformat() if one.used_at else "",
        ]

    return await list_file(
        *(visit, "invitations.csv", "invitations.export", header),
        lambda after: _codes(visit, after, FOUND_IN_A_FILE if visit.query("search") else IN_A_FILE),
        cells,
        state=state,
    )


def _state(visit: Visit) -> CodeState:
    asked = visit.query("state")
    return asked if asked in STATES else "open"


async def _codes(visit: Visit, after: Cursor | None, most: int = ON_A_PAGE) -> CodePage:
    return await school_codes(
        *(visit.uow, visit.office),
        state=_state(visit),
        class_id=visit.number_asked("class"),
        search=visit.query("search"),
        sort=visit.query("sort", 30),
        after=after,
        most=most,
    )


async def revoke(visit: Visit) -> web.StreamResponse:
    """End an open code."""
    await revoke_code(visit.uow, visit.session.key, visit.school.id, visit.number())
    return visit.go("/invitations", done="revoked")


PAGES = (
    Page("GET", "/invitations", show, OFFICE_WORK, entry=(N_("Invitations"), 12)),
    Page("POST", "/invitations", issue, OFFICE_WORK),
    Page("POST", "/invitations/export", export, OFFICE_WORK, needs_code=True),
    Page("POST", "/invitations/revoke", revoke_class, OFFICE_WORK),
    Page("POST", r"/invitations/{id:\d{1,18}}/revoke", revoke, OFFICE_WORK),
)
