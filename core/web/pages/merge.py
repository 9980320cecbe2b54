"""/admin/people/duplicates, and /admin/people/N/merge: two who are one."""

from __future__ import annotations

from aiohttp import web

from core.actions.merge_people import merge_people
from core.errors import Invalid, NotFound
from core.i18n import N_
from core.queries.duplicates import likely_duplicates, lookalikes_of
from core.queries.merging import merge_preview
from core.queries.office_people import changeable_person
from core.queries.person_card import person_details
from core.web.page import OFFICE_WORK, Page, Visit
from core.web.pages.person_forms import found_people, number_of

BECAUSE = {
    "name": N_("name"),
    "birth_date": N_("birth date"),
    "phone": N_("phone"),
    "email": N_("e-mail"),
    "child": N_("child"),
}
_REFUSALS = {
    "merge_self": N_("That is the same entry: choose another."),
    "merge_own": N_("Nobody merges themselves: ask somebody else of the office."),
    "merge_family": N_("One of them is the other's guardian, so they are two people."),
    "merge_refused": N_("These two cannot be merged here. Ask whoever runs Schoolbell."),
}


async def duplicates(visit: Visit) -> web.StreamResponse:
    """Pairs who may be one."""
    pairs = await likely_duplicates(visit.uow, visit.office)
    return visit.render("duplicates.html", pairs=pairs, because=BECAUSE)


async def ask(visit: Visit) -> web.StreamResponse:
    """Choose the other; with both known, see what would become of them."""
    return await _page(visit, visit.number_asked("with"))


async def _page(visit: Visit, other: int | None, *, status: int = 200) -> web.StreamResponse:
    one = await changeable_person(visit.uow, visit.office, visit.number())
    if other is not None and not visit.faults:
        try:
            sides = await merge_preview(visit.uow, visit.office, visit.number(), other)
        except Invalid as error:
            visit.faults[""] = visit.t(_REFUSALS[error.key])
            status = 400
        else:
            return visit.render("merge.html", sides=sides, status=status)
    details = await person_details(visit.uow, visit.office, visit.number())
    said = visit.query("search")
    return visit.render(
        "merge_with.html",
        one=one,
        alike=await lookalikes_of(visit.uow, visit.office, details, but=visit.number()),
        found=[line for line in await found_people(visit, said) if line.id != visit.number()],
        because=BECAUSE,
        status=status,
    )


async def merge(visit: Visit) -> web.StreamResponse:
    """Make one of two: it cannot be undone, so a tick must say that this is known."""
    other = number_of(visit, "with")
    if other is None:
        raise NotFound("person_not_found")
    try:
        if not visit.form.get("sure"):
            sides = await merge_preview(visit.uow, visit.office, visit.number(), other)
            visit.faults["sure"] = visit.t("Tick that you are sure.")
            return visit.render("merge.html", sides=sides, status=400)
        await merge_people(visit.uow, visit.session.key, visit.school.id, visit.number(), other)
    except Invalid as error:
        visit.faults[""] = visit.t(_REFUSALS[error.key])
        return await _page(visit, other, status=400)
    return visit.go(f"/people/{visit.number()}", done="merged")


_PERSON = r"/people/{id:\d{1,18}}"
PAGES = (
    Page("GET", "/people/duplicates", duplicates, OFFICE_WORK),
    Page("GET", _PERSON + "/merge", ask, OFFICE_WORK, needs_code=True),
    Page("POST", _PERSON + "/merge", merge, OFFICE_WORK, needs_code=True),
)
