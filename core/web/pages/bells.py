"""/admin/calendar/bells: when the lessons of a day begin and end."""

from __future__ import annotations

from aiohttp import web

from core.actions.bells import remove_bells, save_bells
from core.actions.lesson_changes import CHANGERS
from core.domain.school_calendar import LAST_PERIOD, PeriodTimes
from core.errors import Invalid
from core.queries.school_calendar import KEEPERS, bells_of, own_bells
from core.web.calendar_forms import say, time_of
from core.web.page import Page, Visit

_ROWS = 10
"""How many lessons a new form has room for; one more than the schedule has, where that is longer."""


async def show(visit: Visit) -> web.StreamResponse:
    """All schedules."""
    found = await bells_of(visit.uow, visit.office)
    return visit.render("bells.html", bells=found, keeps=visit.office.may(KEEPERS))


async def one(visit: Visit) -> web.StreamResponse:
    """The form of a schedule; of a new one with the number 0."""
    return await _one(visit)


async def _one(visit: Visit, status: int = 200) -> web.StreamResponse:
    number = visit.number()
    known = await own_bells(visit.uow, visit.office, number) if number else None
    periods = {period.number: period for period in known.periods} if known else {}
    sent = [row for row in range(LAST_PERIOD + 1) if visit.form.get(f"starts-{row}")]
    last = min(max([_ROWS, *(row + 1 for row in [*periods, *sent])]), LAST_PERIOD)
    return visit.render(
        "bells_form.html",
        known=known,
        number=number,
        periods=periods,
        rows=range(last + 1),
        status=status,
    )


async def keep(visit: Visit) -> web.StreamResponse:
    """Add or change a schedule; a row without times is no lesson."""
    periods = []
    for number in range(LAST_PERIOD + 1):
        starts, ends = time_of(visit, f"starts-{number}"), time_of(visit, f"ends-{number}")
        if starts and ends:
            periods.append(PeriodTimes(number, starts, ends))
        elif visit.form.get(f"starts-{number}") or visit.form.get(f"ends-{number}"):
            missing = "ends" if starts else "starts"
            say(visit, Invalid("period_half", field=f"{missing}-{number}"))
    try:
        if visit.faults:
            return await _one(visit, 400)
        await save_bells(
            *(visit.uow, visit.session.key, visit.school.id, visit.number()),
            name=visit.form.get("name", ""),
            periods=periods,
        )
    except Invalid as error:
        say(visit, error)
        return await _one(visit, 400)
    return visit.go("/calendar/bells", done="saved")


async def drop(visit: Visit) -> web.StreamResponse:
    """Remove a schedule that nothing rings by."""
    try:
        await remove_bells(visit.uow, visit.session.key, visit.school.id, visit.number())
    except Invalid as error:
        say(visit, error)
        return await _one(visit, 400)
    return visit.go("/calendar/bells", done="removed")


_ONE = r"/calendar/bells/{id:\d{1,18}}"
PAGES = (
    Page("GET", "/calendar/bells", show, CHANGERS),
    Page("GET", _ONE, one, KEEPERS),
    Page("POST", _ONE, keep, KEEPERS),
    Page("POST", _ONE + "/remove", drop, KEEPERS),
)
