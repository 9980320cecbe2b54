"""Which lesson a teacher means: the one that is on, else the last one today, else the next today; a named one wins."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Protocol, TypeVar

from core.domain.ids import CourseId
from core.domain.names import western_digits
from core.domain.spoken_dates import find_day

UNTIMED = 0
"""The period of a lesson that no timetable names."""
DAYS_TO_FINISH = 14
"""How long after a term's last day its lessons may still be written in, and after a lesson its substitute."""


@dataclass(frozen=True, slots=True, order=True)
class LessonKey:
    """One meeting of a course, whether or not it has a row yet."""

    on: date
    period: int
    course_id: CourseId


def _russian_ordinal(stem: str) -> tuple[str, ...]:
    return tuple(stem + ending for ending in ("ый", "ой", "ого", "ому", "ом"))


_ORDINALS: dict[str, int] = {
    word: number
    for number, words in enumerate(
        (
            ("first", *_russian_ordinal("перв"), "แรก", "หนึ่ง"),
            ("second", *_russian_ordinal("втор"), "สอง"),
            ("third", "третий", "третьего", "третьему", "третьем", "สาม"),
            ("fourth", *_russian_ordinal("четверт"), *_russian_ordinal("четвёрт"), "สี่"),
            ("fifth", *_russian_ordinal("пят"), "ห้า"),
            ("sixth", *_russian_ordinal("шест"), "หก"),
            ("seventh", *_russian_ordinal("седьм"), "เจ็ด"),
            ("eighth", *_russian_ordinal("восьм"), "แปด"),
            ("ninth", *_russian_ordinal("девят"), "เก้า"),
            ("tenth", *_russian_ordinal("десят"), "สิบ"),
        ),
        1,
    )
    for word in words
}
_ORDINAL = "|".join(sorted(_ORDINALS, key=len, reverse=True))
_PERIOD = re.compile(
    r"(?:(?<!\w)(?:in|on|at|на|в|во)\s+)?(?:(?<!\w)the\s+)?(?:"
    r"(?:\b(?:lesson|period|урок)\s*(?:№\s*)?|คาบ(?:ที่)?\s*)(?P<behind>\d{1,2})\b"
    r"|\b(?P<before>\d{1,2})\s*(?:st|nd|rd|th|-?й|-?ый|-?ой|-?м|-?ом)?\s*(?:lesson|period|урок\w{0,3})\b"
    rf"|\b(?P<ordinal>{_ORDINAL})\s+(?:lesson|period|урок\w{{0,3}})\b"
    rf"|(?:คาบ|ชั่วโมง)(?:ที่)?\s*(?P<thai>{_ORDINAL})"
    ")",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Target:
    """What the words before the colon name: ``words`` are left for the class and the subject."""

    words: str
    day: date | None
    period: int | None


def read_target(text: str, today: date) -> Target:
    """``7A algebra, 2nd lesson yesterday`` as class and subject, day, and period."""
    text = western_digits(text)
    period = _PERIOD.search(text)
    if period is not None:
        text = f"{text[: period.start()]} {text[period.end() :]}"
    day = find_day(text, today, looking_back=True)
    if day is not None and day.day is not None:
        text = f"{text[: day.start]} {text[day.end :]}"
    return Target(
        " ".join(text.split()).strip(" ,"), day.day if day else None, _number(period) if period else None
    )


def _number(period: re.Match[str]) -> int:
    digits = period["behind"] or period["before"]
    return int(digits) if digits else _ORDINALS[(period["ordinal"] or period["thai"]).casefold()]


class Meeting(Protocol):
    """A planned lesson, as far as choosing needs it."""

    @property
    def course_id(self) -> int: ...
    @property
    def on(self) -> date: ...
    @property
    def period(self) -> int: ...
    @property
    def starts(self) -> time | None: ...
    @property
    def ends(self) -> time | None: ...
    @property
    def is_held_here(self) -> bool: ...


M = TypeVar("M", bound=Meeting)


def lessons_meant(
    lessons: Sequence[M],
    now: datetime,
    *,
    courses: Collection[int] | None = None,
    day: date | None = None,
    period: int | None = None,
) -> tuple[M, ...]:
    """The lesson meant, or all of several that fit alike; () where none does. ``now`` is the school's local time.

    Without a day: on now, else the last today, else the next today, else the last one before today (marks are
    written after a lesson), else the next day's; with a ``period`` alone, only today's. With a day that is not today:
    all of that day's.
    """
    if period is not None and day is None:
        day = now.date()
    fitting = [
        one
        for one in lessons
        if one.is_held_here
        and (courses is None or one.course_id in courses)
        and (period is None or one.period == period)
        and (day is None or one.on == day)
    ]
    today = [one for one in fitting if one.on == now.date()]
    if today:
        return _of_today(today, now.time())
    if day is not None:
        return tuple(sorted(fitting, key=_order))
    before = [one for one in fitting if one.on < now.date()]
    if before:
        return _alike(before, max(before, key=_order))
    return _alike(fitting, min(fitting, key=_order)) if fitting else ()


def _of_today(today: Sequence[M], now: time) -> tuple[M, ...]:
    on_now = [one for one in today if one.starts and one.ends and one.starts <= now < one.ends]
    if on_now:
        return tuple(on_now)
    begun = [one for one in today if one.starts and one.starts <= now]
    if begun:
        return _alike(begun, max(begun, key=_order))
    return _alike(today, min(today, key=_order))


def _order(one: Meeting) -> tuple[date, int]:
    return one.on, one.period


def _alike(lessons: Sequence[M], chosen: M) -> tuple[M, ...]:
    """The groups that meet at the same time as the chosen one."""
    return tuple(one for one in lessons if _order(one) == _order(chosen))
