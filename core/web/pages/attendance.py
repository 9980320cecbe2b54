"""/admin/attendance: the school's day in figures, and a class's with names, which is a look into its diary."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from aiohttp import web

from core.actions.class_looks import note_class_look
from core.errors import NotFound
from core.i18n import N_
from core.queries.attendance_today import ClassAttendance, attendance_on
from core.queries.class_day import class_day
from core.queries.classes import READERS, access_class
from core.web.page import STATISTICS, Page, Visit
from core.web.table_file import table_file
from core.web.take_away import note_export
from core.words import ATTENDANCE_NAMES

_NUMBERS = ("pupils", "registered", "absent", "excused", "ill", "late", "reported")
_FARTHEST = timedelta(days=400)


def _day(visit: Visit) -> date:
    """The day of the address, today for none, and for one that is yet to come or long ago."""
    today = visit.school.today(visit.uow.now)
    try:
        day = date.fromisoformat(visit.query("on", 10))
    except ValueError:
        return today
    return day if today - _FARTHEST <= day <= today else today


def _order(sort: str) -> Callable[[ClassAttendance], int]:
    name, sign = sort.removeprefix("-"), -1 if sort.startswith("-") else 1
    if name == "share":
        return lambda one: sign * (101 if one.share is None else one.share)
    return lambda one: sign * getattr(one, name) if name in _NUMBERS else 0


async def show(visit: Visit) -> web.StreamResponse:
    """Every class of the school on a day."""
    school = await attendance_on(visit.uow, visit.office, _day(visit))
    sort = visit.query("sort", 30)
    classes = sorted(school.classes, key=_order(sort))
    if sort == "-name":
        classes.reverse()
    today = visit.school.today(visit.uow.now)
    return visit.render(
        "attendance.html",
        school=school,
        classes=classes,
        today=today,
        total=school.total,
        day=timedelta(days=1),
    )


async def export(visit: Visit) -> web.StreamResponse:
    """The same figures as a table file; audited."""
    school = await attendance_on(visit.uow, visit.office, _day(visit))
    await note_export(visit, "attendance.export", on=school.on.isoformat())
    t = visit.t
    header = [
        *(t("Class"), t("Pupils"), t("Lessons so far"), t("Registers"), t("Absent"), t("Excused")),
        *(t("Ill"), t("Late"), t("Reported by parents"), t("Here, %"), t("Day")),
    ]
    rows = [
        [
            one.name,
            *(str(number) for number in (one.pupils, one.lessons, one.registered, one.absent, one.excused)),
            *(str(number) for number in (one.ill, one.late, one.reported)),
            "" if one.share is None else str(one.share),
            school.on.isoformat(),
        ]
        for one in school.classes
    ]
    return table_file("attendance.csv", header, rows)


async def show_class(visit: Visit) -> web.StreamResponse:
    """Who of a class was missing on a day, and why: a look into its diary, which is recorded."""
    room = await access_class(visit.uow, visit.actor, visit.number(), READERS)
    if room.school.id != visit.school.id:
        raise NotFound("class_not_found")
    await note_class_look(visit.uow, room)
    day = await class_day(visit.uow, room, _day(visit))
    return visit.render("attendance_class.html", day=day, room=room, kinds=ATTENDANCE_NAMES)


PAGES = (
    Page("GET", "/attendance", show, STATISTICS, entry=(N_("Attendance"), 45)),
    Page("POST", "/attendance/export", export, STATISTICS, needs_code=True),
    Page("GET", r"/attendance/{id:\d{1,18}}", show_class, STATISTICS),
)
