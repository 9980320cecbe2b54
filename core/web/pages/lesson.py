"""/admin/timetable/lesson/N: one lesson of a course, what is changed of it, and what would follow from a change."""

from __future__ import annotations

from datetime import date

from aiohttp import web

from core.actions.lesson_changes import (
    CHANGERS,
    LONGEST_NOTE,
    LONGEST_ROOM,
    NewChange,
    check_change,
    enter_change,
    withdraw_change,
)
from core.domain.ids import CourseId
from core.domain.kinds import ChangeKind
from core.domain.lessons import LessonKey
from core.errors import Invalid, NotFound
from core.i18n import N_
from core.queries.lesson_desk import EnteredChange, LessonSheet, consequences_of, lesson_sheet
from core.queries.timetable import is_id
from core.web.page import Page, Visit

_WRONG: dict[str, str] = {
    "no_such_lesson": N_("The timetable has no such lesson any more."),
    "lesson_is_over": N_("This lesson is over: it stays as it was."),
    "too_far": N_("Choose a day from today on, within a year, and a lesson number up to 20."),
    "teacher": N_("Choose who gives the lesson."),
    "moved_on": N_("Choose another day or lesson number."),
    "room": N_("Write the room."),
    "kind": N_("Choose what is changed."),
}
_FIELD = {ChangeKind.SUBSTITUTED: "teacher", ChangeKind.MOVED: "moved_on", ChangeKind.ROOM: "room"}


async def show(visit: Visit) -> web.StreamResponse:
    """The lesson, and the form to change it."""
    return _page(visit, await lesson_sheet(visit.uow, visit.office, _key(visit)))


def _key(visit: Visit) -> LessonKey:
    """The lesson of the address. Raises NotFound."""
    try:
        on, period = date.fromisoformat(visit.query("on", 10)), int(visit.query("period", 3))
    except ValueError:
        raise NotFound("lesson_not_found") from None
    if not date(2000, 1, 1) <= on <= date(2100, 1, 1) or period < 0:
        raise NotFound("lesson_not_found")
    return LessonKey(on, period, CourseId(visit.number()))


def _page(visit: Visit, sheet: LessonSheet, *, status: int = 200, **seen: object) -> web.StreamResponse:
    return visit.render(
        "lesson.html",
        sheet=sheet,
        here={"on": sheet.key.on, "period": sheet.key.period},
        base=f"/timetable/lesson/{sheet.key.course_id}",
        kinds=ChangeKind,
        longest={"room": LONGEST_ROOM, "note": LONGEST_NOTE},
        today=visit.school.today(visit.uow.now),
        status=status,
        **{"consequences": None, "asked": None, "afresh": False, **seen},
    )


async def change(visit: Visit) -> web.StreamResponse:
    """First what would follow; saved only where just that was shown."""
    key = _key(visit)
    sheet = await lesson_sheet(visit.uow, visit.office, key)
    if visit.form.get("step") == "edit":
        return _page(visit, sheet)
    new = _read(visit)
    try:
        if new is None:
            return _page(visit, sheet, status=400)
        check_change(key, new, visit.school.today(visit.uow.now))
        if new.teacher_id is not None and new.teacher_id not in {one.id for one in sheet.teachers}:
            raise NotFound("teacher_not_found")
        asked = EnteredChange(new.kind, new.teacher_id, new.moved_to, new.room.strip(), new.note.strip())
        consequences = await consequences_of(visit.uow, visit.office, sheet, asked)
        saves = visit.form.get("step") == "save"
        if not saves or visit.form.get("seen") != consequences.seen:
            return _page(visit, sheet, consequences=consequences, asked=asked, afresh=saves)
        await enter_change(visit.uow, visit.session.key, key, new)
    except NotFound as error:
        if error.key != "teacher_not_found":
            raise
        _blame(visit, "teacher", "teacher")
        return _page(visit, sheet, status=400)
    except Invalid as error:
        _say(visit, error, new)
        return _page(visit, sheet, status=400)
    return visit.go(f"/timetable/lesson/{key.course_id}", on=key.on, period=key.period, done="lesson_changed")


def _read(visit: Visit) -> NewChange | None:
    """What the form asks for; None, with the faults named, where it cannot be read."""
    form = visit.form
    wanted = form.get("kind", "")
    if wanted not in list(ChangeKind):
        _blame(visit, "kind", "kind")
        return None
    kind, moved_to, teacher = ChangeKind(wanted), None, form.get("teacher", "")
    if kind is ChangeKind.MOVED:
        day, period = form.get("moved_on", ""), form.get("moved_period", "")
        try:
            if not (period.isascii() and period.isdigit() and len(period) < 4):
                raise ValueError
            moved_to = (date.fromisoformat(day[:10]), int(period))
        except ValueError:
            _blame(visit, "moved_on", "too_far")
            return None
    return NewChange(
        kind,
        int(teacher) if kind is ChangeKind.SUBSTITUTED and is_id(teacher) else None,
        moved_to,
        form.get("room", "") if kind is not ChangeKind.CANCELLED else "",
        form.get("note", ""),
    )


def _blame(visit: Visit, field: str, why: str) -> None:
    visit.faults[field] = visit.t(_WRONG[why])


def _say(visit: Visit, error: Invalid, new: NewChange | None) -> None:
    """The sentence for what the action refused, beside the field that it is about."""
    if error.key == "text_too_long":
        words = visit.t("At most {most} letters.", most=error.params["most"])
        visit.faults["room" if error.params["most"] == LONGEST_ROOM else "note"] = words
    elif error.key == "change_incomplete" and new is not None:
        name = _FIELD.get(new.kind, "kind")
        _blame(visit, name, name)
    else:
        name = "moved_on" if error.key == "too_far" and new and new.moved_to else ""
        _blame(visit, name, error.key)


async def withdraw(visit: Visit) -> web.StreamResponse:
    """The lesson is as usual again."""
    key = _key(visit)
    sheet = await lesson_sheet(visit.uow, visit.office, key)
    try:
        await withdraw_change(visit.uow, visit.session.key, key)
    except Invalid as error:
        _say(visit, error, None)
        return _page(visit, sheet, status=400)
    return visit.go(f"/timetable/lesson/{key.course_id}", on=key.on, period=key.period, done="as_usual")


_LESSON = r"/timetable/lesson/{id:\d{1,18}}"
PAGES = (
    Page("GET", _LESSON, show, CHANGERS),
    Page("POST", _LESSON, change, CHANGERS),
    Page("POST", _LESSON + "/withdraw", withdraw, CHANGERS),
)
