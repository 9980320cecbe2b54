"""What names in a timetable mean: days of the week, periods with their times, and the weeks of a fortnight."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from datetime import time
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from core.domain.kinds import WeekParity
from core.importing.timetable.model import Period

_LANGUAGES = (
    "en", "ru", "th", "de", "fr", "es", "it", "pt", "pl", "cs", "sk", "hu", "ro", "uk", "bg", "sr", "hr", "sl", "el",
    "tr", "ar", "fa", "he", "nl", "da", "sv", "nb", "fi", "et", "lv", "lt", "id", "vi", "kk", "ka", "hy", "sq", "mk",
    "bs", "ca", "eu", "gl", "az", "uz", "zh", "ja", "ko", "hi",
)  # fmt: skip
_TIME = re.compile(r"(?<!\d)([01]?\d|2[0-3])[:.hH]([0-5]\d)(?!\d)")
_NUMBER = re.compile(r"(?<!\d)\d{1,2}(?!\d)")


def weekdays(names: Sequence[str]) -> tuple[tuple[int, ...], bool]:
    """The weekday (1 is Monday) of each day's name, and whether the names said it; else they follow one another from
    Monday. Names are known in some fifty languages, in full or short."""
    said = [_weekday(name) for name in names]
    if all(said) and len(set(said)) == len(said):
        return tuple(one for one in said if one), True
    return tuple(range(1, len(names) + 1)), False


def _weekday(name: str) -> int | None:
    key = _fold(name)
    days = _days()
    if key in days:
        return days[key]
    found = {day for word in re.split(r"[\W\d_]+", key) if (day := days.get(word))}
    return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=1)
def _days() -> dict[str, int]:
    """Names that mean one day wherever they are used; those that differ by language are left out."""
    found: dict[str, set[int]] = {}
    order: dict[str, int] = {}
    for place, code in enumerate(_LANGUAGES):
        try:
            days = Locale.parse(code).days
        except (UnknownLocaleError, ValueError):
            continue
        for form in ("format", "stand-alone"):
            for width in ("wide", "abbreviated", "short"):
                for number, name in days[form].get(width, {}).items():
                    key = _fold(str(name))
                    if len(key) > 1 and order.setdefault(key, place) == place:
                        found.setdefault(key, set()).add(number + 1)
    return {key: numbers.pop() for key, numbers in found.items() if len(numbers) == 1}


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).strip(" .")


def periods_of(names: Sequence[str]) -> tuple[Period, ...]:
    """Numbered periods with the times that their names hold (``1 (8:00-8:45)``, ``08.00``).

    Their numbers are those in the names where all have one and these go up; else they count from one. Times are taken
    only where every name has a beginning and an end.
    """
    times = [_TIME.findall(name) for name in names]
    numbers = _numbers(names)
    spans: list[tuple[time | None, time | None]] = [(None, None)] * len(names)
    if names and all(len(found) == 2 for found in times):
        read = [(_as_time(found[0]), _as_time(found[1])) for found in times]
        in_order = all(starts < ends for starts, ends in read)
        if in_order and all(one[1] <= other[0] for one, other in itertools.pairwise(read)):
            spans = [*read]
    return tuple(
        Period(number, name, *span) for number, name, span in zip(numbers, names, spans, strict=True)
    )


def _as_time(parts: tuple[str, str]) -> time:
    return time(int(parts[0]), int(parts[1]))


def read_time(text: str) -> time | None:
    """``8:00``; None for what is no time."""
    found = _TIME.search(text)
    return time(int(found[1]), int(found[2])) if found else None


def _numbers(names: Sequence[str]) -> list[int]:
    found = [[int(one) for one in _NUMBER.findall(_TIME.sub(" ", name))] for name in names]
    if all(len(one) == 1 for one in found):
        numbers = [one[0] for one in found]
        if all(one < other for one, other in itertools.pairwise(numbers)):
            return numbers
    return list(range(1, len(names) + 1))


_A_WEEK = re.compile(r"\b(?:odd|нечет\w*|unger\w*|непарн\w*|คี่|1|a|а|i)\b|คี่", re.IGNORECASE)
_B_WEEK = re.compile(r"\b(?:even|чет\w*|ger\w*|парн\w*|คู่|2|b|б|в|ii)\b|คู่", re.IGNORECASE)


def parity_of(name: str) -> WeekParity | None:
    """Which weeks a name such as ``A-Woche`` or ``чётная`` means; None where it means neither."""
    plain = name.casefold().replace("ё", "е").replace("_", " ")
    a, b = bool(_A_WEEK.search(plain)), bool(_B_WEEK.search(plain))
    if a == b:
        return None
    return WeekParity.ODD if a else WeekParity.EVEN


def parity_of_mask(mask: str) -> WeekParity | None:
    """``10`` is the odd weeks, ``01`` the even ones, ``11`` and ``1`` every week; also of longer cycles of an even
    number of weeks. None for what is neither."""
    if not mask or set(mask) == {"1"}:
        return WeekParity.EVERY
    if len(mask) % 2 == 0 and mask == "10" * (len(mask) // 2):
        return WeekParity.ODD
    if len(mask) % 2 == 0 and mask == "01" * (len(mask) // 2):
        return WeekParity.EVEN
    return None
