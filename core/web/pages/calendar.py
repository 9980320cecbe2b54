"""/admin/calendar: the years with their terms, and the holidays."""

from __future__ import annotations

from datetime import date, timedelta

from aiohttp import web

from core.actions.days_off import remove_day_off, save_day_off
from core.actions.lesson_changes import CHANGERS
from core.actions.years import end_term, end_year, save_term, save_year
from core.domain.kinds import TermKind
from core.errors import Invalid, NotFound
from core.i18n import N_
from core.queries.school_calendar import (
    KEEPERS,
    list_holidays,
    list_years,
    own_holiday,
    own_term,
    own_year,
)
from core.web.calendar_forms import day_of, say
from core.web.page import Page, Visit

TERM_KINDS: dict[TermKind, str] = {
    TermKind.QUARTER: N_("Quarter"),
    TermKind.TRIMESTER: N_("Trimester"),
    TermKind.SEMESTER: N_("Semester"),
    TermKind.TERM: N_("Term"),
}
_REMEMBERED = timedelta(days=60)


async def show(visit: Visit) -> web.StreamResponse:
    """The years, and the holidays from two months ago on, or all."""
    today = visit.school.today(visit.uow.now)
    everything = visit.query("all", 1) == "1"
    since = date(2000, 1, 1) if everything else today - _REMEMBERED
    return visit.render(
        "calendar.html",
        years=await list_years(visit.uow, visit.office),
        holidays=await list_holidays(visit.uow, visit.office, since=since),
        keeps=visit.office.may(KEEPERS),
        kinds=TERM_KINDS,
        today=today,
        everything=everything,
    )


async def year(visit: Visit) -> web.StreamResponse:
    """The form of a year; of a new one with the number 0."""
    return await _year(visit)


async def _year(visit: Visit, status: int = 200) -> web.StreamResponse:
    number = visit.number()
    known = await own_year(visit.uow, visit.office, number) if number else None
    return visit.render("calendar_year.html", known=known, number=number, status=status)


async def keep_year(visit: Visit) -> web.StreamResponse:
    """Add or change a year."""
    try:
        await save_year(
            *(visit.uow, visit.session.key, visit.school.id, visit.number()),
            name=visit.form.get("name", ""),
            starts=day_of(visit, "starts"),
            ends=day_of(visit, "ends"),
        )
    except Invalid as error:
        say(visit, error)
        return await _year(visit, 400)
    return visit.go("/calendar", done="saved")


async def finish_year(visit: Visit) -> web.StreamResponse:
    """End a year, or bring it back."""
    ends = visit.form.get("end", "1") == "1"
    try:
        await end_year(visit.uow, visit.session.key, visit.school.id, visit.number(), ends=ends)
    except Invalid as error:
        say(visit, error)
        return await _year(visit, 400)
    return visit.go("/calendar", done="over" if ends else "again")


async def term(visit: Visit) -> web.StreamResponse:
    """The form of a term; a new one has the number 0 and its year in the address."""
    return await _term(visit)


async def _term(visit: Visit, status: int = 200) -> web.StreamResponse:
    number, known = visit.number(), None
    if number:
        of_year, known = await own_term(visit.uow, visit.office, number)
    else:
        of_year = await own_year(visit.uow, visit.office, visit.number_asked("year") or 0)
    return visit.render(
        "calendar_term.html", known=known, year=of_year, number=number, kinds=TERM_KINDS, status=status
    )


async def keep_term(visit: Visit) -> web.StreamResponse:
    """Add or change a term."""
    kind = visit.form.get("kind", "")
    if kind not in list(TermKind):
        raise NotFound("term_not_found")
    try:
        await save_term(
            *(visit.uow, visit.session.key, visit.school.id),
            *(visit.number_asked("year") or 0, visit.number()),
            kind=TermKind(kind),
            name=visit.form.get("name", ""),
            starts=day_of(visit, "starts"),
            ends=day_of(visit, "ends"),
        )
    except Invalid as error:
        say(visit, error)
        return await _term(visit, 400)
    return visit.go("/calendar", done="saved")


async def finish_term(visit: Visit) -> web.StreamResponse:
    """End a term, or bring it back."""
    ends = visit.form.get("end", "1") == "1"
    try:
        await end_term(visit.uow, visit.session.key, visit.school.id, visit.number(), ends=ends)
    except Invalid as error:
        say(visit, error)
        return await _term(visit, 400)
    return visit.go("/calendar", done="over" if ends else "again")


async def holiday(visit: Visit) -> web.StreamResponse:
    """The form of a holiday; of a new one with the number 0."""
    return await _holiday(visit)


async def _holiday(visit: Visit, status: int = 200) -> web.StreamResponse:
    number = visit.number()
    known = await own_holiday(visit.uow, visit.office, number) if number else None
    return visit.render("calendar_holiday.html", known=known, number=number, status=status)


async def keep_holiday(visit: Visit) -> web.StreamResponse:
    """Add or change a holiday."""
    try:
        await save_day_off(
            *(visit.uow, visit.session.key, visit.school.id, visit.number()),
            name=visit.form.get("name", ""),
            starts=day_of(visit, "starts"),
            ends=day_of(visit, "ends") or day_of(visit, "starts"),
        )
    except Invalid as error:
        say(visit, error)
        return await _holiday(visit, 400)
    return visit.go("/calendar", done="saved")


async def drop_holiday(visit: Visit) -> web.StreamResponse:
    """Remove a holiday; the form that comes puts it back with one tap."""
    gone = await remove_day_off(visit.uow, visit.session.key, visit.school.id, visit.number())
    return visit.go(
        "/calendar/days-off/0", name=gone.name, starts=gone.starts, ends=gone.ends, done="holiday_gone"
    )


_YEAR, _TERM = r"/calendar/years/{id:\d{1,18}}", r"/calendar/terms/{id:\d{1,18}}"
_HOLIDAY = r"/calendar/days-off/{id:\d{1,18}}"
PAGES = (
    Page("GET", "/calendar", show, CHANGERS, entry=(N_("Calendar"), 25)),
    Page("GET", _YEAR, year, KEEPERS),
    Page("POST", _YEAR, keep_year, KEEPERS),
    Page("POST", _YEAR + "/end", finish_year, KEEPERS),
    Page("GET", _TERM, term, KEEPERS),
    Page("POST", _TERM, keep_term, KEEPERS),
    Page("POST", _TERM + "/end", finish_term, KEEPERS),
    Page("GET", _HOLIDAY, holiday, KEEPERS),
    Page("POST", _HOLIDAY, keep_holiday, KEEPERS),
    Page("POST", _HOLIDAY + "/remove", drop_holiday, KEEPERS),
)
