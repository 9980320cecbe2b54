"""/admin/audit: who did what to whom, when."""

from __future__ import annotations

from datetime import date

from aiohttp import web

from core.db.audit import record
from core.i18n import N_
from core.queries.audit_trail import audit_trail
from core.web.page import AUDITORS, Page, Visit
from core.web.table_file import table_file

_MOST_IN_A_FILE = 20_000


async def show(visit: Visit) -> web.StreamResponse:
    """A page of entries, newest first."""
    before = visit.query("after", 18)
    page = await audit_trail(
        visit.uow,
        visit.office,
        action=visit.query("action", 40),
        person_id=_person(visit),
        on=_day(visit),
        before=int(before) if before.isdecimal() else None,
    )
    return visit.render("audit.html", page=page)


async def export(visit: Visit) -> web.StreamResponse:
    """The same entries as a table file; audited itself."""
    page = await audit_trail(
        visit.uow,
        visit.office,
        action=visit.query("action", 40),
        person_id=_person(visit),
        on=_day(visit),
        most=_MOST_IN_A_FILE,
    )
    async with visit.uow.writing():
        await record(
            visit.uow,
            "audit.export",
            actor_id=visit.office.officer_id,
            after={"entries": len(page.lines), "school": int(visit.school.id)},
        )
    t = visit.t
    header = [t("When"), t("Who"), t("What"), t("Whom"), t("Where"), t("Before"), t("After")]
    rows = [
        [
            one.at.astimezone(visit.school.zone).isoformat(timespec="seconds"),
            *(one.actor, one.action, one.subject, one.via),
            *(str(dict(one.before) or ""), str(dict(one.after) or "")),
        ]
        for one in page.lines
    ]
    return table_file("audit.csv", header, rows)


def _person(visit: Visit) -> int | None:
    number = visit.query("person", 18)
    return int(number) if number.isdecimal() else None


def _day(visit: Visit) -> date | None:
    try:
        return date.fromisoformat(visit.query("on", 10))
    except ValueError:
        return None


PAGES = (
    Page("GET", "/audit", show, AUDITORS, entry=(N_("Audit"), 90)),
    Page("POST", "/audit/export", export, AUDITORS, needs_code=True),
)
