"""A timetable as any program writes it: who teaches what to whom, and where in the week."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import time

from core.domain.kinds import WeekParity
from core.importing.cells import Problem

_MOST_TOLD = 50
"""Remarks, and rejected lessons, that are told one by one."""


@dataclass(frozen=True, slots=True)
class Named:
    """A subject or a room. ``id`` is the file's own; ``register_id`` is what it says another program calls it."""

    id: str
    name: str
    short: str = ""
    register_id: str = ""


@dataclass(frozen=True, slots=True)
class Teacher:
    """``name`` is as written; ``family`` and ``given`` are there where the file keeps them apart."""

    id: str
    name: str
    short: str = ""
    family: str = ""
    given: str = ""
    email: str = ""
    register_id: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Pupils who are taught together: a class, a part of one, or a year of several.

    ``above`` are the groups that it is a part of. ``is_class`` is None where the program knows no difference.
    """

    id: str
    name: str
    short: str = ""
    above: tuple[str, ...] = ()
    is_class: bool | None = None
    grade: int | None = None
    register_id: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """One numbered period of the day; times only where the file has them."""

    number: int
    name: str
    starts: time | None = None
    ends: time | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a lesson stands: ``weekday`` 1 (Monday) to 7; it lasts for so many periods on end."""

    weekday: int
    period: int
    length: int = 1
    room: str = ""
    parity: WeekParity = WeekParity.EVERY


@dataclass(frozen=True, slots=True)
class Activity:
    """A subject taught to groups by teachers, all by the file's ids; ``unplaced`` counts the lessons of a week that
    have no place."""

    id: str
    subject: str
    teachers: tuple[str, ...]
    groups: tuple[str, ...]
    placements: tuple[Placement, ...] = ()
    unplaced: int = 0


@dataclass(frozen=True, slots=True)
class Timetable:
    """``file`` is what it is called, ``program`` what wrote it, ``school`` the institution where the file names it."""

    file: str
    program: str
    school: str
    periods: tuple[Period, ...]
    subjects: Mapping[str, Named]
    teachers: Mapping[str, Teacher]
    groups: Mapping[str, Group]
    activities: tuple[Activity, ...]
    problems: tuple[Problem, ...] = ()
    untold: int = 0
    rejected: int = 0
    notes: tuple[str, ...] = ()

    @property
    def unplaced(self) -> int:
        """How many lessons of a week have no place."""
        return sum(one.unplaced for one in self.activities)

    @property
    def placed(self) -> int:
        """How many lessons of a week have one."""
        return sum(len(one.placements) for one in self.activities)


@dataclass(slots=True)
class Findings:
    """What is wrong with a file, while it is read."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    untold: int = 0
    rejected: int = 0
    notes: list[str] = field(default_factory=list)
    _told: dict[bool, int] = field(default_factory=dict)

    def tell(self, row: int, column: str, words: str, *, rejected: bool = False, file: str = "") -> None:
        """Note a problem; the first of each sort are kept, the others counted."""
        self.rejected += rejected
        self._told[rejected] = self._told.get(rejected, 0) + 1
        if self._told[rejected] <= _MOST_TOLD:
            self.problems.append(Problem(file or self.file, row, column, words, rejected))
        else:
            self.untold += 1

    def note(self, words: str) -> None:
        """A remark on the whole, once."""
        if words not in self.notes:
            self.notes.append(words)


_CLASS = re.compile(r"(?:\d{1,2}\s?[-–./]?\s?[^\W\d_]{1,2}|[^\W\d_]{1,2}\.?\s?\d{1,2}\s?/\s?\d{1,2})")


def homerooms(timetable: Timetable, known: Collection[str], key_of: Callable[[str], str]) -> frozenset[str]:
    """Which groups are homeroom classes: those that the file calls so; else those that the school has (``known``, as
    ``key_of`` makes them of names); else, of every year, its groups where these are called like classes (10A in 10),
    or the year itself."""
    below = _below(timetable.groups)
    found = {one.id for one in timetable.groups.values() if one.is_class}
    for year in timetable.groups.values():
        if year.above or year.is_class is not None:
            continue
        groups = below.get(year.id, [])
        ours = [one for one in groups if key_of(timetable.groups[one].name) in known]
        named = [one for one in groups if _CLASS.fullmatch(timetable.groups[one].name.strip())]
        if key_of(year.name) in known:
            found.add(year.id)
        elif ours:
            found.update({*ours, *named})
        elif named and not _CLASS.fullmatch(year.name.strip()):
            found.update(named)
        else:
            found.add(year.id)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom an activity teaches: ``classes`` by the file's ids, in order; ``is_whole`` where it is all of each."""

    classes: tuple[str, ...]
    is_whole: bool


def audiences(timetable: Timetable, classes: frozenset[str]) -> Mapping[tuple[str, ...], Audience]:
    """By the groups of activities: the classes that these are, hold, or are a part of."""
    below = _below(timetable.groups)
    return {
        groups: _audience(groups, timetable.groups, classes, below)
        for groups in {activity.groups for activity in timetable.activities}
    }


def _audience(
    groups: tuple[str, ...],
    known: Mapping[str, Group],
    classes: frozenset[str],
    below: Mapping[str, list[str]],
) -> Audience:
    found: dict[str, None] = {}
    is_whole = True
    for one in groups:
        inside = [one] if one in classes else [other for other in _all_below(one, below) if other in classes]
        found.update(dict.fromkeys(inside))
        if not inside:
            is_whole = False
            found.update(dict.fromkeys(other for other in _all_above(one, known) if other in classes))
    return Audience(tuple(found), is_whole and bool(found))


def _below(groups: Mapping[str, Group]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for group in groups.values():
        for above in group.above:
            found.setdefault(above, []).append(group.id)
    return found


def _all_below(group: str, below: Mapping[str, list[str]]) -> list[str]:
    """Each once, whatever circles a broken file draws."""
    found: dict[str, None] = {}
    waiting = [group]
    while waiting:
        for one in below.get(waiting.pop(), ()):
            if one not in found:
                found[one] = None
                waiting.append(one)
    return list(found)


def _all_above(group: str, known: Mapping[str, Group]) -> list[str]:
    found: dict[str, None] = {}
    waiting = [group]
    while waiting:
        for one in known[waiting.pop()].above:
            if one in known and one not in found:
                found[one] = None
                waiting.append(one)
    return list(found)
