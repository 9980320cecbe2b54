"""/admin/people: the people of the school, searched and filtered."""

from __future__ import annotations

from aiohttp import web

from core.domain.rights import Role
from core.i18n import N_
from core.queries.pages import FOUND_IN_A_FILE, IN_A_FILE
from core.queries.school_people import PersonLine, list_people
from core.web.page import OFFICE_WORK, Page, Visit
from core.web.pages.person_forms import classes_of
from core.web.take_away import list_file

ROLES = (
    *(Role.STUDENT, Role.GUARDIAN, Role.TEACHER, Role.HEAD, Role.DEPUTY),
    *(Role.SECRETARY, Role.ADMIN, Role.CANTEEN, Role.NURSE),
)


async def show(visit: Visit) -> web.StreamResponse:
    """A page of the list."""
    classes = await classes_of(visit)
    asked = _asked(visit)
    page = await list_people(visit.uow, visit.office, **asked, after=visit.after)  # type: ignore[arg-type]
    return visit.render("people.html", page=page, classes=classes, asked=asked, roles=ROLES)


async def export(visit: Visit) -> web.StreamResponse:
    """The same list as a table file, whole; audited."""
    asked, t = _asked(visit), visit.t
    most = FOUND_IN_A_FILE if asked["search"] else IN_A_FILE
    return await list_file(
        visit,
        "people.csv",
        "people.export",
        [t("Family name"), t("Given name"), t("Roles"), t("Class"), t("Children"), t("Linked")],
        lambda after: list_people(visit.uow, visit.office, **asked, after=after, most=most),  # type: ignore[arg-type]
        lambda one: _cells(visit, one),
        **_recorded(asked),
    )


def _recorded(asked: dict[str, object]) -> dict[str, object]:
    """The filter for the audit, which keeps no name that was looked for."""
    kept = {name: value for name, value in asked.items() if value not in ("", None)}
    return kept | ({"search": True} if "search" in kept else {})


def _cells(visit: Visit, one: PersonLine) -> list[str]:
    t = visit.t
    roles = t.list([t(visit.panel.role_names[role]) for role in one.roles])
    linked = t("yes") if one.linked else t("no")
    return [one.name.family, one.name.given, roles, one.class_name, ", ".join(one.about), linked]


def _asked(visit: Visit) -> dict[str, object]:
    """The filter of the address; what makes no sense is left out."""
    role, linked = visit.query("role"), visit.query("linked")
    return {
        "search": visit.query("search"),
        "class_id": visit.number_asked("class"),
        "role": Role(role) if role in [one.value for one in ROLES] else None,
        "linked": {"yes": True, "no": False}.get(linked),
        "left": visit.query("left", 1) == "1",
        "sort": visit.query("sort", 30),
    }


PAGES = (
    Page("GET", "/people", show, OFFICE_WORK, entry=(N_("People"), 10)),
    Page("POST", "/people/export", export, OFFICE_WORK, needs_code=True),
)
