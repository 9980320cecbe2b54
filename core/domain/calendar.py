"""Days, weeks, terms and periods, always in the school's own time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from core.domain.kinds import TermKind


@dataclass(frozen=True, slots=True)
class TermSpan:
    """A term, both ends inclusive."""

    id: int
    name: str
    starts: date
    ends: date


@dataclass(frozen=True, slots=True)
class YearSpan:
    """An academic year, both ends inclusive."""

    id: int
    starts: date
    ends: date

    def holds(self, day: date) -> bool:
        """Whether the day is one of the year's."""
        return self.starts <= day <= self.ends


_FINEST_FIRST = (TermKind.QUARTER, TermKind.TRIMESTER, TermKind.TERM, TermKind.SEMESTER)


def finest(kinds: Collection[TermKind]) -> TermKind:
    """Of a year's levels the one with the shortest terms, which is what schools count by."""
    return next(kind for kind in _FINEST_FIRST if kind in kinds)


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
