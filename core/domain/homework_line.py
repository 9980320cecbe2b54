"""A teacher's homework in one line: ``7A algebra tomorrow: §12, No. 345 (30 min)``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from core.domain.spoken_dates import find_day

LONGEST_TEXT = 4_000
_LONGEST_TARGET = 120
_MINUTES = re.compile(r"\(\s*(\d{1,3})\s*(?:min(?:utes?|s)?|мин(?:ут[аы]?)?|นาที)\.?\s*\)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SpokenHomework:
    """``courses`` are the words for class and subject, empty for the lesson that is on. ``due`` is None for the next
    lesson."""

    courses: str
    due: date | None
    text: str
    minutes: int | None


def split_target(line: str) -> tuple[str, str]:
    """What stands before the first colon, where that is short enough to be a target, and what stands behind it."""
    before, colon, behind = line.partition(":")
    is_target = bool(colon) and len(before) <= _LONGEST_TARGET and "\n" not in before
    return (before.strip(), behind.strip()) if is_target else ("", line.strip())


def read_homework(target: str, text: str, today: date) -> SpokenHomework:
    """The parts of a homework; the day stands in the target, the minutes in brackets at the end."""
    minutes = _MINUTES.search(text)
    if minutes:
        text = text[: minutes.start()].rstrip()
    day = find_day(target, today)
    if day is not None:
        target = f"{target[: day.start]} {target[day.end :]}"
    number = int(minutes[1]) if minutes else 0
    return SpokenHomework(
        " ".join(target.split()).strip(" ,"), day.day if day else None, text, number or None
    )
