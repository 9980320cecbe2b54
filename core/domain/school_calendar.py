"""What a school's calendar must keep to: names, spans of days that are in order, periods that do not overlap.

Every fault is an Invalid with ``field``: the name of the field that it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise

from core.errors import Invalid

EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
LONGEST_NAME = 80
LAST_PERIOD = 20
"""Numbers of lessons of a day run from 0, a lesson before the first, to this."""


def checked_name(text: str, field: str = "name", *, most: int = LONGEST_NAME, required: bool = True) -> str:
    """The words with single spaces. Raises Invalid("name_missing") and ("name_too_long") with ``most``."""
    words = " ".join(text.split())
    if required and not words:
        raise Invalid("name_missing", field=field)
    if len(words) > most:
        raise Invalid("name_too_long", field=field, most=most)
    return words


def checked_span(starts: date | None, ends: date | None) -> tuple[date, date]:
    """Both days. Raises Invalid("day_missing"), ("day_odd") and ("ends_first")."""
    for field, day in (("starts", starts), ("ends", ends)):
        if day is None:
            raise Invalid("day_missing", field=field)
        if not EARLIEST <= day <= LATEST:
            raise Invalid("day_odd", field=field)
    assert starts is not None
    assert ends is not None
    if ends < starts:
        raise Invalid("ends_first", field="ends")
    return starts, ends


def check_inside(span: tuple[date, date], year: tuple[date, date]) -> None:
    """Raises Invalid("outside_year") with the year's ``first`` and ``last`` day."""
    for field, day in zip(("starts", "ends"), span, strict=True):
        if not year[0] <= day <= year[1]:
            raise Invalid("outside_year", field=field, first=year[0], last=year[1])


def check_apart(span: tuple[date, date], others: Iterable[tuple[str, date, date]]) -> None:
    """Raises Invalid("overlaps") with the ``name`` of the other that shares a day."""
    for name, starts, ends in others:
        if starts <= span[1] and span[0] <= ends:
            raise Invalid("overlaps", field="starts" if starts <= span[0] else "ends", name=name)


@dataclass(frozen=True, slots=True, order=True)
class PeriodTimes:
    """A numbered period of a bell schedule."""

    number: int
    starts: time
    ends: time


def checked_periods(periods: Sequence[PeriodTimes]) -> tuple[PeriodTimes, ...]:
    """In the order of their numbers. A fault's field is ``starts-N`` or ``ends-N`` of the period N, else ``periods``.

    Raises Invalid("periods_missing"), ("period_ends_first") and ("periods_overlap") with the ``number`` before.
    """
    if not periods:
        raise Invalid("periods_missing", field="periods")
    ordered = tuple(sorted(periods))
    for one in ordered:
        if one.ends <= one.starts:
            raise Invalid("period_ends_first", field=f"ends-{one.number}")
    for before, one in pairwise(ordered):
        if one.starts < before.ends:
            raise Invalid("periods_overlap", field=f"starts-{one.number}", number=before.number)
    return ordered
