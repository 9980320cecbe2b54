"""/admin/calendar/courses: who teaches what to whom, and its places in the week."""

from __future__ import annotations

from datetime import date, timedelta

from aiohttp import web

from core.actions.courses import MOST_TEACHERS, add_course, change_course, end_course, set_pupils
from core.actions.lesson_changes import CHANGERS
from core.actions.slots import LONGEST_ROOM, add_slot, checked_slot, end_slot
from core.domain.kinds import WeekParity
from core.errors import Invalid, NotFound
from core.i18n import N_
from core.queries.pages import IN_A_FILE
from core.queries.school_calendar import KEEPERS, bells_of
from core.queries.school_courses import course_card, course_page, list_subjects
from core.queries.slot_clashes import slot_clashes
from core.queries.timetable import is_id, list_bells, list_owners, list_rooms, list_teachers
from core.web.calendar_forms import id_of, optional_day, say
from core.web.page import Page, Visit
from core.web.take_away import list_file

PARITIES: dict[WeekParity, str] = {
    WeekParity.EVERY: N_("every week"),
    WeekParity.ODD: N_("odd weeks"),
    WeekParity.EVEN: N_("even weeks"),
}
_MONDAY = date(2024, 1, 1)
"""Any: weekdays are named by it."""


def _asked(visit: Visit) -> dict[str, object]:
    return {
        "class_id": visit.number_asked("class"),
        "subject_id": visit.number_asked("subject"),
        "ended": visit.query("ended", 1) == "1",
        "sort": visit.query("sort", 30),
    }


async def show(visit: Visit) -> web.StreamResponse:
    """A page of the courses."""
    asked = _asked(visit)
    page = await course_page(visit.uow, visit.office, **asked, after=visit.after)  # type: ignore[arg-type]
    return visit.render(
        "courses.html",
        page=page,
        asked=asked,
        classes=await list_owners(visit.uow, visit.office, "class"),
        subjects=await list_subjects(visit.uow, visit.office),
        keeps=visit.office.may(KEEPERS),
    )


async def export(visit: Visit) -> web.StreamResponse:
    """The same list as a table file, whole; audited."""
    t = visit.t
    return await list_file(
        *(visit, "courses.csv", "courses.export"),
        [t("Subject"), t("Group"), t("Class"), t("Teachers"), t("Pupils"), t("In the week")],
        lambda after: course_page(visit.uow, visit.office, **_asked(visit), after=after, most=IN_A_FILE),  # type: ignore[arg-type]
        lambda one: [
            *(one.subject, one.group, one.class_name, ", ".join(one.teachers)),
            *(str(one.pupils), str(one.slots)),
        ],
    )


async def new(visit: Visit) -> web.StreamResponse:
    """The form of a new course."""
    return await _new(visit)


async def _new(visit: Visit, status: int = 200) -> web.StreamResponse:
    return visit.render(
        "course_new.html",
        classes=await list_owners(visit.uow, visit.office, "class"),
        subjects=await list_subjects(visit.uow, visit.office),
        teachers=await list_teachers(visit.uow, visit.school),
        places=range(1, MOST_TEACHERS + 1),
        status=status,
    )


def _teachers(visit: Visit) -> list[int]:
    """Those chosen, each once. Raises Invalid("teacher_unknown")."""
    found = []
    for place in range(1, MOST_TEACHERS + 1):
        name = f"teacher-{place}"
        number = id_of(visit, name)
        if number is None and visit.form.get(name):
            raise Invalid("teacher_unknown", field=name)
        if number is not None and number not in found:
            found.append(number)
    return found


async def add(visit: Visit) -> web.StreamResponse:
    """Add a course."""
    try:
        number = await add_course(
            *(visit.uow, visit.session.key, visit.school.id),
            subject_id=id_of(visit, "subject"),
            class_id=id_of(visit, "class"),
            group=visit.form.get("group", ""),
            teacher_ids=_teachers(visit),
        )
    except Invalid as error:
        say(visit, error)
        return await _new(visit, 400)
    return visit.go(f"/calendar/courses/{number}", done="saved")


async def one(visit: Visit) -> web.StreamResponse:
    """A course whole."""
    return await _one(visit)


async def _one(visit: Visit, status: int = 200, **seen: object) -> web.StreamResponse:
    card = await course_card(visit.uow, visit.office, visit.number())
    return visit.render(
        "course.html",
        card=card,
        teachers=await list_teachers(visit.uow, visit.school, subject_id=card.subject_id),
        places=range(1, MOST_TEACHERS + 1),
        bells=await bells_of(visit.uow, visit.office),
        rooms=await list_rooms(visit.uow, visit.school),
        parities=PARITIES,
        weekdays=[(number, visit.t.weekday(_MONDAY + timedelta(days=number - 1))) for number in range(1, 8)],
        longest_room=LONGEST_ROOM,
        keeps=visit.office.may(KEEPERS),
        today=visit.school.today(visit.uow.now),
        status=status,
        **{"proposed": None, "clashes": (), "key": "", "afresh": False, **seen},
    )


async def keep(visit: Visit) -> web.StreamResponse:
    """Another group's name, other teachers."""
    try:
        await change_course(
            *(visit.uow, visit.session.key, visit.school.id, visit.number()),
            group=visit.form.get("group", ""),
            teacher_ids=_teachers(visit),
        )
    except Invalid as error:
        say(visit, error)
        return await _one(visit, 400)
    return visit.go(f"/calendar/courses/{visit.number()}", done="saved")


async def pupils(visit: Visit) -> web.StreamResponse:
    """Whom the course teaches: each has a box of their own."""
    chosen = [name.removeprefix("pupil-") for name in visit.form if name.startswith("pupil-")]
    if not all(is_id(one) for one in chosen):
        raise NotFound("student_not_found")
    await set_pupils(
        visit.uow, visit.session.key, visit.school.id, visit.number(), [int(one) for one in chosen]
    )
    return visit.go(f"/calendar/courses/{visit.number()}", done="saved")


async def finish(visit: Visit) -> web.StreamResponse:
    """End a course, or bring it back."""
    ends = visit.form.get("end", "1") == "1"
    try:
        await end_course(visit.uow, visit.session.key, visit.school.id, visit.number(), ends=ends)
    except Invalid as error:
        say(visit, error)
        return await _one(visit, 400)
    return visit.go(f"/calendar/courses/{visit.number()}", done="over" if ends else "again")


async def place(visit: Visit) -> web.StreamResponse:
    """Put the course into the week: at once where nothing clashes, else once the clashes were shown."""
    form = visit.form
    if form.get("step") == "edit":
        return await _one(visit)
    weekday, parity = form.get("weekday", ""), form.get("parity", "")
    schedule, _, period = form.get("bell", "").partition("-")
    is_bell = is_id(schedule) and period.isascii() and period.isdigit() and len(period) < 4
    card = await course_card(visit.uow, visit.office, visit.number())
    try:
        slot = checked_slot(
            card,
            await list_bells(visit.uow, visit.school.id),
            weekday=int(weekday) if weekday in ("1", "2", "3", "4", "5", "6", "7") else 0,
            bell=(int(schedule), int(period)) if is_bell else None,
            room=form.get("room", ""),
            parity=WeekParity(parity) if parity in list(WeekParity) else WeekParity.EVERY,
            valid_from=optional_day(visit, "valid_from"),
            valid_to=optional_day(visit, "valid_to"),
        )
        clashes = await slot_clashes(visit.uow, visit.office, card, slot)
        key = ",".join(sorted(one.key for one in clashes))
        if key and form.get("seen") != key:
            return await _one(visit, proposed=slot, clashes=clashes, key=key, afresh="seen" in form)
        await add_slot(visit.uow, visit.session.key, visit.school.id, visit.number(), slot)
    except Invalid as error:
        say(visit, error)
        return await _one(visit, 400)
    return visit.go(f"/calendar/courses/{visit.number()}", done="placed")


async def until(visit: Visit) -> web.StreamResponse:
    """The last day of one of its places in the week, or none."""
    number = id_of(visit, "slot") or 0
    card = await course_card(visit.uow, visit.office, visit.number())
    if number not in {one.id for one in card.slots}:
        raise NotFound("slot_not_found")
    try:
        await end_slot(
            *(visit.uow, visit.session.key, visit.school.id, number), optional_day(visit, "last_day")
        )
    except Invalid as error:
        error.params["field"] = f"last_day-{number}"
        say(visit, error)
        return await _one(visit, 400)
    return visit.go(f"/calendar/courses/{visit.number()}", done="placed")


_ONE = r"/calendar/courses/{id:\d{1,18}}"
PAGES = (
    Page("GET", "/calendar/courses", show, CHANGERS),
    Page("POST", "/calendar/courses/export", export, CHANGERS, needs_code=True),
    Page("GET", "/calendar/courses/new", new, KEEPERS),
    Page("POST", "/calendar/courses/new", add, KEEPERS),
    Page("GET", _ONE, one, CHANGERS),
    Page("POST", _ONE, keep, KEEPERS),
    Page("POST", _ONE + "/pupils", pupils, KEEPERS),
    Page("POST", _ONE + "/end", finish, KEEPERS),
    Page("POST", _ONE + "/slots", place, KEEPERS),
    Page("POST", _ONE + "/slots/until", until, KEEPERS),
)
