"""Days, weeks, terms and periods, always in the school's own time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class TermSpan:
    """A term, both ends inclusive."""

    id: int
    name: str
    starts: date
    ends: date


@dataclass(frozen=True, slots=True)
class PeriodTime:
    """A numbered period in local time."""

    number: int
    starts: time
    ends: time


def term_on(terms: Sequence[TermSpan], day: date) -> TermSpan | None:
    """The term that a day lies in; of overlapping ones the one that started last."""
    holding = [term for term in terms if term.starts <= day <= term.ends]
    return max(holding, key=lambda term: (term.starts, -term.id)) if holding else None


def window(terms: Sequence[TermSpan], term: TermSpan) -> tuple[date, date]:
    """The days whose marks a term shows, the second exclusive.

    The windows of one level's terms cover all time without a gap: a day in the holidays belongs to the term before,
    one before the first term to the first. So no mark is ever lost between two terms.
    """
    ordered = sorted(terms, key=lambda one: (one.starts, one.id))
    place = next(i for i, one in enumerate(ordered) if one.id == term.id)
    starts = date.min if place == 0 else ordered[place].starts
    later = [one.starts for one in ordered[place + 1 :] if one.starts > ordered[place].starts]
    return starts, later[0] if later else date.max


def choose_term(terms: Sequence[TermSpan], today: date, latest_data: date | None) -> TermSpan | None:
    """The term to show first: today's; in holidays the one just ended; else the latest with data.

    ``latest_data`` is the day of the newest mark or event, if there is any.
    """
    if not terms:
        return None
    ordered = sorted(terms, key=lambda one: (one.starts, one.id))
    now = term_on(ordered, today)
    if now is not None:
        return now
    started = [term for term in ordered if term.starts <= today]
    following = [term for term in ordered if term.starts > today]
    if started and following and following[0].starts - started[-1].ends <= timedelta(days=45):
        return started[-1]
    if latest_data is not None:
        return next(
            term for term in ordered if window(ordered, term)[0] <= latest_data < window(ordered, term)[1]
        )
    return started[-1] if started else ordered[0]


def week_of(day: date) -> tuple[date, date]:
    """The Monday and Sunday around a day."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def week_parity(day: date, year_start: date) -> Literal["odd", "even"]:
    """Odd and even weeks are counted from the week the year starts in, which is odd."""
    weeks = (week_of(day)[0] - week_of(year_start)[0]).days // 7
    return "odd" if weeks % 2 == 0 else "even"


def local_day(moment: datetime, timezone: str) -> date:
    """The date at a place."""
    return moment.astimezone(ZoneInfo(timezone)).date()


def local_time(moment: datetime, timezone: str) -> time:
    """The wall clock at a place, without a zone."""
    return moment.astimezone(ZoneInfo(timezone)).time()


def day_bounds(day: date, timezone: str) -> tuple[datetime, datetime]:
    """A local day's first moment and the next day's, in UTC; 23 or 25 hours apart when the clocks change."""
    zone = ZoneInfo(timezone)
    starts = datetime.combine(day, time(), zone)
    ends = datetime.combine(day + timedelta(days=1), time(), zone)
    return starts.astimezone(UTC), ends.astimezone(UTC)


def current_and_next(periods: Sequence[PeriodTime], now: time) -> tuple[PeriodTime | None, PeriodTime | None]:
    """The period that is on and the next one to begin, by the local clock."""
    ordered = sorted(periods, key=lambda period: period.starts)
    current = next((period for period in ordered if period.starts <= now < period.ends), None)
    following = next((period for period in ordered if period.starts > now), None)
    return current, following
