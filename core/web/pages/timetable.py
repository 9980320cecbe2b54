"""/admin/timetable: the week of a class, a teacher or a room."""

from __future__ import annotations

from datetime import date, timedelta

from aiohttp import web

from core.actions.lesson_changes import CHANGERS
from core.i18n import N_
from core.queries.timetable import WEEK, Whose, list_owners, week_of
from core.web.page import Page, Visit

WHOSE: dict[Whose, str] = {"class": N_("Class"), "teacher": N_("Teacher"), "room": N_("Room")}


async def show(visit: Visit) -> web.StreamResponse:
    """A week, this one unless the address names a day of another; the first class where it names nobody."""
    asked = visit.query("of", 10)
    whose: Whose = next((one for one in WHOSE if one == asked), "class")
    owners = await list_owners(visit.uow, visit.office, whose)
    key = visit.query("who", 100) or (owners[0].key if owners else "")
    today = visit.school.today(visit.uow.now)
    monday = monday_asked(visit, "week", today)
    week = await week_of(visit.uow, visit.office, whose, owners, key, monday) if key else None
    return visit.render(
        "timetable.html",
        week=week,
        whose=whose,
        kinds=WHOSE,
        owners=owners,
        today=today,
        monday=monday,
        step=WEEK,
        sunday=monday + timedelta(days=6),
    )


def monday_asked(visit: Visit, name: str, today: date) -> date:
    """The Monday of the week that the address names a day of, or of today's; never far from the days we live in."""
    try:
        day = date.fromisoformat(visit.query(name, 10))
    except ValueError:
        day = today
    return min(max(day, date(2000, 1, 3)), date(2100, 1, 4)) - timedelta(days=day.weekday())


PAGES = (Page("GET", "/timetable", show, CHANGERS, entry=(N_("Timetable"), 20)),)
