"""/admin/people/new: somebody who is not written down yet, with what they are at the school."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from core.actions.people import Place, add_person
from core.domain.rights import Role
from core.errors import Invalid, NotFound
from core.queries.duplicates import lookalikes_of
from core.queries.person_card import person_details
from core.queries.school_people import PersonLine
from core.web.page import OFFICE_WORK, Page, Visit
from core.web.pages.person_forms import (
    classes_of,
    day_of,
    details_of,
    found_people,
    grantable_roles,
    languages,
    number_of,
    refuse,
)


@dataclass(frozen=True, slots=True)
class _Child:
    """Whose guardian is added: ``id`` once that is sure, else the ``several`` that the name may mean."""

    id: int | None = None
    name: str = ""
    several: tuple[PersonLine, ...] = ()


async def ask(visit: Visit) -> web.StreamResponse:
    """The form; from a child's page it is for a guardian of that child."""
    return await _form(visit, await _fixed_child(visit, visit.number_asked("child")))


async def _fixed_child(visit: Visit, child_id: int | None) -> _Child:
    if child_id is None:
        return _Child()
    details = await person_details(visit.uow, visit.office, child_id)
    return _Child(child_id, details.name.full_name)


async def _form(visit: Visit, child: _Child, *, alike: object = (), status: int = 200) -> web.StreamResponse:
    return visit.render(
        "new_person.html",
        classes=await classes_of(visit),
        roles=grantable_roles(visit),
        languages=languages(),
        child=child,
        alike=alike,
        status=status,
    )


async def add(visit: Visit) -> web.StreamResponse:
    """Write the person down, unless there is somebody who may be meant: then that is asked first."""
    t = visit.t
    details = details_of(visit)
    place, child = await _place(visit)
    if place is not None and place.role is Role.GUARDIAN and visit.session.verified_at is None:
        visit.faults["role"] = t(
            "A guardian gets rights: set up an authenticator app first (see your name above)."
        )
    if details is None or place is None or visit.faults:
        return await _form(visit, child, status=400)
    if not visit.form.get("anyway"):
        alike = await lookalikes_of(visit.uow, visit.office, details)
        if alike:
            return await _form(visit, child, alike=alike, status=409)
    try:
        person_id = await add_person(visit.uow, visit.session.key, visit.school.id, details, place)
    except Invalid as error:
        refuse(visit, error)
        return await _form(visit, child, status=400)
    return visit.go(f"/people/{person_id}", done="person_added")


async def _place(visit: Visit) -> tuple[Place | None, _Child]:
    form, t = visit.form, visit.t
    try:
        role = Role(form.get("role", ""))
    except ValueError:
        visit.faults["role"] = t("Choose one of the list.")
        return None, _Child()
    child = _Child()
    if role is Role.GUARDIAN:
        child = await _child(visit)
        if child.id is None:
            visit.faults.setdefault("child", t("Whose guardian? Write the child's name."))
            return None, child
        return Place(role, child_id=child.id, relation=form.get("relation", "")), child
    class_id = number_of(visit, "class") if role is Role.STUDENT else None
    return Place(role, day_of(visit, "starts"), day_of(visit, "ends"), class_id), child


async def _child(visit: Visit) -> _Child:
    chosen = number_of(visit, "child_id")
    if chosen is not None:
        try:
            return await _fixed_child(visit, chosen)
        except NotFound:
            return _Child()
    found = await found_people(visit, visit.form.get("child", ""), role=Role.STUDENT)
    if len(found) == 1:
        return _Child(found[0].id, found[0].name.full_name)
    if found:
        visit.faults["child"] = visit.t("Several are called so: choose one.")
    elif visit.form.get("child", "").strip():
        visit.faults["child"] = visit.t("Nobody of the pupils is called so.")
    return _Child(several=tuple(found))


PAGES = (
    Page("GET", "/people/new", ask, OFFICE_WORK),
    Page("POST", "/people/new", add, OFFICE_WORK),
)
