"""/admin/audit: who did what to whom, when."""

from __future__ import annotations

from datetime import date
from functools import partial

from aiohttp import web

from core.i18n import N_
from core.queries.audit_trail import AuditLine, AuditPage, audit_trail
from core.queries.pages import IN_A_FILE, Cursor
from core.web.audit_words import ACTION_NAMES, action_words, field_lines, via_words
from core.web.page import AUDITORS, Page, Visit
from core.web.take_away import list_file


async def show(visit: Visit) -> web.StreamResponse:
    """A page of entries, newest first."""
    page = await _page(visit, after=visit.after)
    t = visit.t
    return visit.render(
        "audit.html",
        page=page,
        actions=sorted(((key, t(words)) for key, words in ACTION_NAMES.items()), key=lambda one: one[1]),
        action_words=partial(action_words, t),
        via_words=partial(via_words, t),
        field_lines=lambda fields: field_lines(t, fields, page.people, visit.school.zone),
    )


async def export(visit: Visit) -> web.StreamResponse:
    """The same entries as a table file, whole; audited itself."""
    t = visit.t
    header = [t("When"), t("Who"), t("What"), t("Whom"), t("Where"), t("Before"), t("After")]
    people: dict[int, str] = {}

    async def page(after: Cursor | None) -> AuditPage:
        found = await _page(visit, after=after, most=IN_A_FILE)
        people.update(found.people)
        return found

    return await list_file(
        visit, "audit.csv", "audit.export", header, page, lambda one: _cells(visit, one, people)
    )


def _cells(visit: Visit, one: AuditLine, people: dict[int, str]) -> list[str]:
    t, zone = visit.t, visit.school.zone
    before, after = (
        "; ".join(f"{name}: {words}" for name, words in field_lines(t, fields, people, zone))
        for fields in (one.before, one.after)
    )
    return [
        one.at.astimezone(zone).isoformat(timespec="seconds"),
        *(one.actor, action_words(t, one.action), one.subject, via_words(t, one.via), before, after),
    ]


async def _page(visit: Visit, *, after: Cursor | None = None, most: int | None = None) -> AuditPage:
    return await audit_trail(
        visit.uow,
        visit.office,
        action=visit.query("action", 40),
        person_id=visit.number_asked("person"),
        on=_day(visit),
        sort=visit.query("sort", 30),
        after=after,
        **({} if most is None else {"most": most}),
    )


def _day(visit: Visit) -> date | None:
    try:
        day = date.fromisoformat(visit.query("on", 10))
    except ValueError:
        return None
    # Days without a neighbour, or whose midnight lies in no year, have no entries either.
    return day if date(2000, 1, 1) <= day <= date(2100, 1, 1) else None


PAGES = (
    Page("GET", "/audit", show, AUDITORS, entry=(N_("Audit"), 90)),
    Page("POST", "/audit/export", export, AUDITORS, needs_code=True),
)
