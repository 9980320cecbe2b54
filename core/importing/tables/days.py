"""Days as people write them: in three languages, by the Buddhist calendar, as numbers; and never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from babel.dates import get_month_names

from core.domain.names import western_digits
from core.importing.tables.reader import Value, text_of

Order = Literal["dmy", "mdy"]
_BUDDHIST = 543
_FIRST_BUDDHIST = 2400
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_DOTS = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})(?:\s*(?:г|года|год|y)\.?)?")
_SLASHES = re.compile(r"(\d{1,2})\s?[/-]\s?(\d{1,2})\s?[/-]\s?(\d{4}|\d{2})")
_DAY_FIRST = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?[\s.-]+([^\W\d_][^\d\s,]*)[\s.,-]+"
    r"(?:พ\.?ศ\.?\s*)?(\d{4}|\d{2})(?:\s*(?:г|года)\.?)?"
)
_MONTH_FIRST = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4}|\d{2})")
_SERIAL = re.compile(r"\d{4,5}(?:\.0+)?")
_EPOCH, _EPOCH_1904 = date(1899, 12, 30), date(1904, 1, 1)


@dataclass(frozen=True, slots=True)
class Days:
    """How a column writes days: ``order`` of 03/04, None where nothing tells; ``conflict`` where its rows differ."""

    order: Order | None = None
    conflict: bool = False
    is_unsure: bool = False
    """Whether there is a day in it that could be read both ways."""


def look_at_days(values: Iterable[Value]) -> Days:
    """What the rows of a column tell of its order: a number above twelve is a day, and years of the Buddhist calendar are
    written by who writes days first."""
    orders: set[Order] = set()
    unsure = False
    for value in values:
        found = _SLASHES.fullmatch(western_digits(text_of(value)))
        if found is None:
            continue
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        if first > 12 or year >= _FIRST_BUDDHIST:
            orders.add("dmy")
        elif second > 12:
            orders.add("mdy")
        elif first != second:
            unsure = True
    if len(orders) == 2:
        return Days(None, conflict=True)
    return Days(next(iter(orders), None), is_unsure=unsure and not orders)


def day_of(value: Value, order: Order | None, today: date, *, starts_1904: bool = False) -> date | None:
    """The day that a cell says; None where it says none that is sure, also for 03/04 without an order."""
    if isinstance(value, datetime):
        return _in_reach(value.year, value.month, value.day)
    if isinstance(value, date):
        return _in_reach(value.year, value.month, value.day)
    text = western_digits(text_of(value))
    if _SERIAL.fullmatch(text) and 3_000 < float(text) < 80_000:
        return (_EPOCH_1904 if starts_1904 else _EPOCH) + timedelta(days=int(float(text)))
    found = _ISO.fullmatch(text)
    if found:
        return _in_reach(int(found[1]), int(found[2]), int(found[3]))
    found = _DOTS.fullmatch(text)
    if found:
        return _in_reach(_year(found[3], today), int(found[2]), int(found[1]))
    found = _SLASHES.fullmatch(text)
    if found:
        first, second, year = int(found[1]), int(found[2]), _year(found[3], today)
        if order is None and first != second:
            return None
        return _in_reach(year, first, second) if order == "mdy" else _in_reach(year, second, first)
    found = _DAY_FIRST.fullmatch(text)
    if found and (month := _months().get(_plain(found[2]))):
        is_thai = "\u0e00" <= found[2][0] <= "\u0e7f"
        return _in_reach(_year(found[3], today, is_thai=is_thai), month, int(found[1]))
    found = _MONTH_FIRST.fullmatch(text)
    if found and (month := _months().get(_plain(found[1]))):
        return _in_reach(_year(found[3], today), month, int(found[2]))
    return None


def _year(text: str, today: date, *, is_thai: bool = False) -> int:
    """Two digits are the last such year that has been; with a Thai month it is a Buddhist one."""
    if len(text) == 4:
        return int(text)
    now = today.year + (_BUDDHIST if is_thai else 0)
    year = now // 100 * 100 + int(text)
    return year if year <= now else year - 100


def _in_reach(year: int, month: int, day: int) -> date | None:
    if year >= _FIRST_BUDDHIST:
        year -= _BUDDHIST
    try:
        return date(year, month, day) if 1900 <= year <= 2100 else None
    except ValueError:
        return None


def _plain(word: str) -> str:
    return word.casefold().replace(".", "")


@lru_cache
def _months() -> dict[str, int]:
    """Their names in three languages, as alone and in dates, whole and cut short."""
    found: dict[str, int] = {}
    for locale in ("en", "ru", "th"):
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, locale).items():
                    found.setdefault(_plain(name), number)
    return {**found, "sept": 9, "мая": 5, "сент": 9}
