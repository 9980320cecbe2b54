"""/admin/calendar/classes: the classes of the school."""

from __future__ import annotations

from aiohttp import web

from core.actions.classes import LAST_GRADE, end_class, save_class
from core.actions.lesson_changes import CHANGERS
from core.errors import Invalid
from core.queries.pages import IN_A_FILE, ON_A_PAGE, Cursor
from core.queries.school_calendar import KEEPERS, list_years
from core.queries.school_classes import ClassPage, class_card, class_page
from core.queries.timetable import list_teachers
from core.web.calendar_forms import id_of, say
from core.web.page import Page, Visit
from core.web.take_away import list_file


async def show(visit: Visit) -> web.StreamResponse:
    """A page of the classes in use, or of those that ended."""
    page = await _page(visit, visit.after)
    return visit.render("classes.html", page=page, ended=_ended(visit), keeps=visit.office.may(KEEPERS))


async def export(visit: Visit) -> web.StreamResponse:
    """The same list as a table file, whole; audited."""
    t = visit.t
    return await list_file(
        *(visit, "classes.csv", "classes.export"),
        [t("Class"), t("Grade"), t("Homeroom teacher"), t("Pupils"), t("Year")],
        lambda after: _page(visit, after, IN_A_FILE),
        lambda one: [
            *(one.name, "" if one.grade is None else str(one.grade)),
            *(one.homeroom, str(one.pupils), one.year),
        ],
    )


def _ended(visit: Visit) -> bool:
    return visit.query("ended", 1) == "1"


async def _page(visit: Visit, after: Cursor | None, most: int = ON_A_PAGE) -> ClassPage:
    return await class_page(
        *(visit.uow, visit.office), ended=_ended(visit), sort=visit.query("sort", 30), after=after, most=most
    )


async def one(visit: Visit) -> web.StreamResponse:
    """The form of a class; of a new one with the number 0."""
    return await _one(visit)


async def _one(visit: Visit, status: int = 200) -> web.StreamResponse:
    number = visit.number()
    known = await class_card(visit.uow, visit.office, number) if number else None
    years = [] if known else [one for one in await list_years(visit.uow, visit.office) if not one.ended]
    return visit.render(
        "class_form.html",
        known=known,
        number=number,
        years=years,
        teachers=await list_teachers(visit.uow, visit.school),
        last_grade=LAST_GRADE,
        today=visit.school.today(visit.uow.now),
        status=status,
    )


async def keep(visit: Visit) -> web.StreamResponse:
    """Add or change a class."""
    grade = visit.form.get("grade", "").strip()
    is_number = grade.isascii() and grade.isdigit() and len(grade) < 4
    try:
        if grade and not is_number:
            raise Invalid("grade_odd", field="grade", most=LAST_GRADE)
        if visit.form.get("homeroom") and id_of(visit, "homeroom") is None:
            raise Invalid("teacher_unknown", field="homeroom")
        await save_class(
            *(visit.uow, visit.session.key, visit.school.id, visit.number()),
            name=visit.form.get("name", ""),
            grade=int(grade) if grade else None,
            homeroom_id=id_of(visit, "homeroom"),
            year_id=id_of(visit, "year"),
        )
    except Invalid as error:
        say(visit, error)
        return await _one(visit, 400)
    return visit.go("/calendar/classes", done="saved")


async def finish(visit: Visit) -> web.StreamResponse:
    """End a class with its courses, or bring them back."""
    ends = visit.form.get("end", "1") == "1"
    await end_class(visit.uow, visit.session.key, visit.school.id, visit.number(), ends=ends)
    return visit.go(f"/calendar/classes/{visit.number()}", done="over" if ends else "again")


_ONE = r"/calendar/classes/{id:\d{1,18}}"
PAGES = (
    Page("GET", "/calendar/classes", show, CHANGERS),
    Page("POST", "/calendar/classes/export", export, CHANGERS, needs_code=True),
    Page("GET", _ONE, one, KEEPERS),
    Page("POST", _ONE, keep, KEEPERS),
    Page("POST", _ONE + "/end", finish, KEEPERS),
)
