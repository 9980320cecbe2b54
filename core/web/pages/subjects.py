"""/admin/calendar/subjects: what is taught."""

from __future__ import annotations

from aiohttp import web

from core.actions.courses import remove_subject, save_subject
from core.actions.lesson_changes import CHANGERS
from core.errors import Invalid, NotFound
from core.queries.school_calendar import KEEPERS
from core.queries.school_courses import list_subjects
from core.web.calendar_forms import say
from core.web.page import Page, Visit


async def show(visit: Visit) -> web.StreamResponse:
    """All subjects, and the form of a new one."""
    return await _show(visit)


async def _show(visit: Visit, status: int = 200) -> web.StreamResponse:
    found = await list_subjects(visit.uow, visit.office)
    return visit.render("subjects.html", subjects=found, keeps=visit.office.may(KEEPERS), status=status)


async def one(visit: Visit) -> web.StreamResponse:
    """The form of a subject."""
    return await _one(visit)


async def _one(visit: Visit, status: int = 200) -> web.StreamResponse:
    found = await list_subjects(visit.uow, visit.office)
    known = next((one for one in found if one.id == visit.number() and not one.kept_by), None)
    if known is None:
        raise NotFound("subject_not_found")
    return visit.render("subject_form.html", known=known, status=status)


async def keep(visit: Visit) -> web.StreamResponse:
    """Add a subject (number 0) or rename one."""
    number = visit.number()
    try:
        await save_subject(
            *(visit.uow, visit.session.key, visit.school.id, number), name=visit.form.get("name", "")
        )
    except Invalid as error:
        say(visit, error)
        return await (_one if number else _show)(visit, 400)
    return visit.go("/calendar/subjects", done="saved")


async def drop(visit: Visit) -> web.StreamResponse:
    """Remove a subject of no course; the form that comes puts it back."""
    try:
        name = await remove_subject(visit.uow, visit.session.key, visit.school.id, visit.number())
    except Invalid as error:
        say(visit, error)
        return await _one(visit, 400)
    return visit.go("/calendar/subjects", name=name, done="removed")


_ONE = r"/calendar/subjects/{id:\d{1,18}}"
PAGES = (
    Page("GET", "/calendar/subjects", show, CHANGERS),
    Page("GET", _ONE, one, KEEPERS),
    Page("POST", _ONE, keep, KEEPERS),
    Page("POST", _ONE + "/remove", drop, KEEPERS),
)
