"""/admin/people/N/family: whose guardian somebody is, and what guardians may do for a child."""

from __future__ import annotations

from aiohttp import web

from core.actions.guardians import add_guardian, end_guardian, restrict_guardian
from core.domain.rights import GuardianRights, Role
from core.errors import Invalid, NotFound
from core.queries.office_people import changeable_person
from core.queries.person_card import person_details
from core.web.page import OFFICE_WORK, Page, Visit
from core.web.pages.person import person_page
from core.web.pages.person_forms import found_people, number_of, refuse


async def ask(visit: Visit) -> web.StreamResponse:
    """Find the child that the person is to be a guardian of."""
    return await _form(visit)


async def _form(visit: Visit, *, status: int = 200) -> web.StreamResponse:
    guardian = await changeable_person(visit.uow, visit.office, visit.number())
    child_id = number_of(visit, "child") or visit.number_asked("child")
    child = await person_details(visit.uow, visit.office, child_id) if child_id else None
    return visit.render(
        "family.html",
        guardian=guardian,
        child=child,
        child_id=child_id,
        found=await found_people(visit, visit.query("search"), role=Role.STUDENT) if not child else (),
        status=status,
    )


async def add(visit: Visit) -> web.StreamResponse:
    """Make the person a guardian, or again."""
    child = number_of(visit, "child")
    if child is None:
        raise NotFound("student_not_found")
    try:
        rights = await add_guardian(
            visit.uow,
            visit.session.key,
            visit.school.id,
            visit.number(),
            child,
            visit.form.get("relation", ""),
        )
    except Invalid as error:
        refuse(visit, error)
        return await _form(visit, status=400)
    done = "guardian" if rights is GuardianRights.FULL else "guardian_cut"
    return visit.go(f"/people/{_back(visit, child)}", done=done)


async def end(visit: Visit) -> web.StreamResponse:
    """End the tie; it can be made again, with the rights that it had."""
    child = number_of(visit, "child")
    if child is None:
        raise NotFound("student_not_found")
    try:
        await end_guardian(visit.uow, visit.session.key, visit.school.id, visit.number(), child)
    except Invalid as error:
        refuse(visit, error)
        return await _form(visit, status=400)
    return visit.go(f"/people/{_back(visit, child)}", done="guardian_ended")


async def restrict(visit: Visit) -> web.StreamResponse:
    """What a guardian may do for one child."""
    child, rights = number_of(visit, "child"), visit.form.get("rights", "")
    if child is None or rights not in list(GuardianRights):
        raise NotFound("guardian_not_found")
    try:
        await restrict_guardian(
            visit.uow,
            visit.actor,
            guardian_id=visit.number(),
            child_id=child,
            rights=GuardianRights(rights),
        )
    except Invalid as error:
        refuse(visit, error)
        return await person_page(visit, status=400)
    return visit.go(f"/people/{_back(visit, child)}", done="rights")


def _back(visit: Visit, child: int) -> int:
    return child if visit.form.get("back") == "child" else visit.number()


_PERSON = r"/people/{id:\d{1,18}}"
PAGES = (
    Page("GET", _PERSON + "/family", ask, OFFICE_WORK, needs_code=True),
    Page("POST", _PERSON + "/family", add, OFFICE_WORK, needs_code=True),
    Page("POST", _PERSON + "/family/end", end, OFFICE_WORK, needs_code=True),
    Page("POST", _PERSON + "/rights", restrict, OFFICE_WORK, needs_code=True),
)
