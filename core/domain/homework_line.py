"""A teacher's homework in one line: ``7A algebra tomorrow: §12, No. 345 (30 min)``, also without the colon."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.domain.course_names import (
    CourseName,
    are_course_words,
    begins_with_class,
    courses_meant,
    leading_courses,
)
from core.domain.spoken_dates import SpokenDay, find_day

LONGEST_TEXT = 4_000
_LONGEST_TARGET = 120
_MINUTES = re.compile(r"\(\s*(\d{1,3})\s*(?:min(?:utes?|s)?|мин(?:ут[аы]?)?|นาที)\.?\s*\)\s*$", re.IGNORECASE)
_GAP = re.compile(r"[\s,;]*(?:(?:and|и|และ|&|\+)(?!\w)[\s,;]*)?", re.IGNORECASE)
_BETWEEN = " \t\n:,;.–—-"


@dataclass(frozen=True, slots=True)
class SpokenHomework:
    """``courses`` are those that the words fit, and ``is_sure`` says that they are meant and not only possible; empty
    for the lesson that is on, unless ``unknown`` names what is no course of the teacher's. ``due`` is None for the
    next lesson; ``names_day`` says whether any day was named, that one included."""

    text: str
    courses: tuple[CourseName, ...] = ()
    is_sure: bool = False
    unknown: str = ""
    due: date | None = None
    minutes: int | None = None
    names_day: bool = False


def split_target(line: str) -> tuple[str, str]:
    """What stands before the first colon, where that is short enough to be a target, and what stands behind it."""
    before, colon, behind = line.partition(":")
    is_target = bool(colon) and len(before) <= _LONGEST_TARGET and "\n" not in before
    return (before.strip(), behind.strip()) if is_target else ("", line.strip())


def split_leading(
    line: str, courses: Sequence[CourseName], today: date, *, class_first: bool = False
) -> tuple[str, str]:
    """The words for class, subject and day that a line without a colon begins with, and the rest of it.

    With ``class_first`` there is no target but one that begins with a class.
    """
    end, said, has_day = 0, "", False
    while True:
        gap = _GAP.match(line, end)
        start = gap.end() if gap and end else end
        day = None if has_day or (class_first and not said) else find_day(line[start:], today)
        if day is not None and day.start == 0:
            has_day, end = True, start + day.end
            continue
        length = leading_courses(line[start:], courses, said, class_first=class_first)
        if not length:
            return line[:end], line[end:].lstrip(_BETWEEN) if end else line
        said, end = f"{said} {line[start : start + length]}", start + length


def read_homework(line: str, courses: Sequence[CourseName], today: date) -> SpokenHomework:
    """The parts of a homework: courses and day stand before a colon or at the beginning, the minutes in brackets at
    the end. Whatever is understood as neither stays in the text."""
    text, minutes = _without_minutes(line.strip())
    target, behind = split_target(text)
    words, day = _without_day(target, today)
    found, is_sure = courses_meant(words, courses) if words else ((), False)
    if found or (day is not None and not words):
        return _spoken(behind, minutes, day, found, is_sure=is_sure)
    if are_course_words(words, courses):
        return _spoken(behind, minutes, day, unknown=words)
    before, after = split_leading(text, courses, today)
    leading, its_day = _without_day(before, today)
    if leading and is_of_another_course(before, target):
        return _spoken(after, minutes, day, unknown=words)
    if before:
        found, is_sure = courses_meant(leading, courses) if leading else ((), False)
        return _spoken(after, minutes, its_day, found, is_sure=is_sure)
    # "Geometry on Friday: …" means a course, "Learn by Friday: …" does not: all words stay, and it is asked.
    is_number = any(letter.isdigit() for letter in words)
    may_be_course = begins_with_class(words) or (day is not None and not is_number)
    return _spoken(text, minutes, day, unknown=words if may_be_course else "")


def is_of_another_course(leading: str, target: str) -> bool:
    """Whether behind a class that is known other words stand before the colon, as in ``7A chemistry: …``: not the
    asker's course then. A number does not speak for a course: ``7A Ex. 5: …``."""
    between = target[len(leading) :] if target.startswith(leading) else ""
    return any(letter.isalpha() for letter in between) and not any(letter.isdigit() for letter in between)


def _spoken(
    text: str,
    minutes: int | None,
    day: SpokenDay | None,
    courses: tuple[CourseName, ...] = (),
    *,
    is_sure: bool = False,
    unknown: str = "",
) -> SpokenHomework:
    due = day.day if day else None
    return SpokenHomework(text, courses, is_sure, unknown, due, minutes, names_day=day is not None)


def read_words(text: str, today: date) -> SpokenHomework:
    """Words for a homework whose courses are known; ``Friday: …`` in front names the day."""
    text, minutes = _without_minutes(text.strip())
    target, behind = split_target(text)
    words, day = _without_day(target, today)
    return _spoken(behind, minutes, day) if day is not None and not words else _spoken(text, minutes, None)


def _without_minutes(text: str) -> tuple[str, int | None]:
    found = _MINUTES.search(text)
    return (text[: found.start()].rstrip(), int(found[1]) or None) if found else (text, None)


def _without_day(words: str, today: date) -> tuple[str, SpokenDay | None]:
    day = find_day(words, today)
    if day is not None:
        words = f"{words[: day.start]} {words[day.end :]}"
    return " ".join(words.split()).strip(" ,"), day
