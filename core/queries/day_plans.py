"""A person's lessons day by day, drawn from the timetable, its changes and the days off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from typing import Any

import sqlalchemy as sa

from core.access import School
from core.domain.calendar import finest, week_parity
from core.domain.kinds import ChangeKind, TermKind, WeekParity
from core.domain.names import PersonName

Rows = Sequence[sa.Row[Any]]
_LONGEST_HOLIDAYS = timedelta(days=100)
"""No summer is longer: beyond it nothing is known, and nothing is said."""


@dataclass(frozen=True, slots=True)
class PlannedLesson:
    """One lesson of a day. Where ``change`` is set: cancelled, moved (to ``moved_to``, or here from
    ``moved_from``), substituted (``teachers`` are the substitutes) or in another room."""

    course_id: int
    on: date
    period: int
    starts: time | None
    ends: time | None
    subject: str
    group: str
    class_name: str
    teachers: tuple[str, ...]
    room: str
    change: ChangeKind | None = None
    note: str = ""
    moved_to: tuple[date, int] | None = None
    moved_from: tuple[date, int] | None = None
    substitute_id: int | None = None
    class_id: int | None = None
    teacher_ids: frozenset[int] = frozenset()
    """The course's own teachers on that day, also where somebody stands in."""

    @property
    def givers(self) -> frozenset[int]:
        """Who has to be there: the substitute, else the course's own teachers."""
        return frozenset({self.substitute_id}) if self.substitute_id else self.teacher_ids

    @property
    def is_held_here(self) -> bool:
        """Whether somebody has to be in this room at this time."""
        gone = self.change is ChangeKind.CANCELLED or self.moved_to is not None
        return not gone


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """A change that is not entered yet, as a row of ``core.queries.schedule``: ``d2`` and ``c`` are the new day and
    period of a lesson that is moved, ``e`` is the substitute."""

    name: ChangeKind
    d2: date | None = None
    c: int | None = None
    e: int | None = None
    room: str = ""
    note: str = ""
    family: str | None = None
    given: str = ""
    middle: str = ""


@dataclass(frozen=True, slots=True)
class DayPlan:
    """A day's lessons by period; ``off`` names the holiday, on which there are none. ``in_holidays`` is a day
    between two terms or around the year's."""

    on: date
    lessons: tuple[PlannedLesson, ...]
    off: str = ""
    in_holidays: bool = False


class Timetable:
    """The rows of ``core.queries.schedule``, drawing a day when it is asked for: a screen mostly shows one of many.

    ``only`` is a teacher who sees the own lessons and those given as a substitute; None is a pupil, who sees all.
    """

    def __init__(self, slots: Rows, changes: Rows, *, only: int | None = None) -> None:
        self._by_weekday: defaultdict[int, dict[int, list[sa.Row[Any]]]] = defaultdict(dict)
        self._of_course: defaultdict[int, list[sa.Row[Any]]] = defaultdict(list)
        for row in slots:
            self._by_weekday[row.weekday].setdefault(row.id, []).append(row)
            self._of_course[row.course_id].append(row)
        self._bells = {(row.a, row.b): (row.t1, row.t2) for row in changes if row.what == "bell"}
        self._off = [row for row in changes if row.what == "off"]
        self._changes: dict[tuple[int, date, int], Any] = {
            (row.a, row.d1, row.b): row for row in changes if row.what == "change"
        }
        self._only = only
        self._spans = _spans(slots, changes)
        self._own = {row.course_id for row in slots if only is not None and row.teacher_id == only}
        self._drawn: dict[date, DayPlan] = {}

    def on(self, day: date) -> DayPlan:
        """The plan of a day."""
        drawn = self._drawn.get(day)
        if drawn is None:
            drawn = self._drawn[day] = self._draw(day)
        return drawn

    def proposing(self, course_id: int, on: date, period: int, change: ProposedChange | None) -> Timetable:
        """The timetable as it would be if one lesson were changed so, or as usual, whatever is entered for it."""
        changes = {key: row for key, row in self._changes.items() if key != (course_id, on, period)}
        if change is not None:
            changes[course_id, on, period] = change
        other = copy(self)
        other._changes, other._drawn = changes, {}
        return other

    def _draw(self, day: date) -> DayPlan:
        off = next((row.name for row in self._off if row.d1 <= day <= row.d2), "")
        lessons = [] if off else [self._changed(lesson) for lesson in self._usual(day)]
        lessons += self._moved_here(day)
        if self._only is not None:
            lessons = [
                one for one in lessons if one.course_id in self._own or one.substitute_id == self._only
            ]
        in_order = tuple(sorted(lessons, key=lambda one: (one.period, one.subject, one.group)))
        return DayPlan(day, in_order, off, in_holidays=not in_order and self._in_holidays(day))

    def _in_holidays(self, day: date) -> bool:
        """A day of no term, near enough to one of those known."""
        spans = [span for one in self._spans.values() for span in one]
        if None in self._spans or any(starts <= day <= ends for starts, ends in spans):
            return False
        return any(starts - _LONGEST_HOLIDAYS <= day <= ends + _LONGEST_HOLIDAYS for starts, ends in spans)

    def _usual(self, day: date) -> Iterator[PlannedLesson]:
        """A slot has a row for each of its teachers."""
        for rows in self._by_weekday[day.isoweekday()].values():
            row = rows[0]
            if (row.valid_from and day < row.valid_from) or (row.valid_to and day > row.valid_to):
                continue
            if row.ended_on and day > row.ended_on:
                continue
            if row.year_id and not any(starts <= day <= ends for starts, ends in self._spans[row.year_id]):
                continue
            is_every_week = row.parity is WeekParity.EVERY or not row.year_starts
            if is_every_week or row.parity.value == week_parity(day, row.year_starts):
                times = (row.starts, row.ends)
                yield _lesson(rows, day, row.period, times)

    def _changed(self, lesson: PlannedLesson) -> PlannedLesson:
        """The lesson as it will really be; one that is moved stands at both its places."""
        row = self._changes.get((lesson.course_id, lesson.on, lesson.period))
        if row is None:
            return lesson
        kind = ChangeKind(row.name)
        moved_to = (row.d2, row.c) if kind is ChangeKind.MOVED else None
        return replace(
            lesson,
            change=kind,
            note=row.note,
            teachers=_teachers([row]) or lesson.teachers,
            room=row.room or lesson.room,
            moved_to=moved_to,
            substitute_id=row.e,
        )

    def _moved_here(self, day: date) -> Iterator[PlannedLesson]:
        for (course_id, on, period), row in self._changes.items():
            slots = self._of_course.get(course_id)
            if row.name != ChangeKind.MOVED or not slots or row.d2 != day:
                continue
            slot, new_period = slots[-1], row.c
            times = self._bells.get((slot.schedule_id, new_period), (None, None))
            usual = _lesson([one for one in slots if one.id == slot.id], day, new_period, times)
            yield replace(
                usual,
                teachers=_teachers([row]) or usual.teachers,
                room=row.room or slot.room,
                change=ChangeKind.MOVED,
                note=row.note,
                moved_from=(on, period),
                substitute_id=row.e,
            )


def _spans(slots: Rows, changes: Rows) -> dict[int | None, list[tuple[date, date]]]:
    """When the courses of each year have lessons: in the year's terms, or in all of a year without any. Courses of
    no year, under None, have them always."""
    terms: defaultdict[int, dict[TermKind, list[tuple[date, date]]]] = defaultdict(lambda: defaultdict(list))
    for row in changes:
        if row.what == "term":
            terms[row.a][TermKind(row.name)].append((row.d1, row.d2))
    spans: dict[int | None, list[tuple[date, date]]] = {}
    for row in slots:
        if row.year_id in spans:
            continue
        of_year = terms.get(row.year_id)
        if of_year:
            spans[row.year_id] = of_year[finest(of_year)]
        else:
            spans[row.year_id] = [(row.year_starts, row.year_ends)] if row.year_id else []
    return spans


def _teachers(rows: Sequence[Any]) -> tuple[str, ...]:
    names = {
        PersonName(row.family, row.given, row.middle).formal_name: None
        for row in rows
        if row.family is not None
    }
    return tuple(names)


def _lesson(rows: Rows, day: date, period: int, times: tuple[time | None, time | None]) -> PlannedLesson:
    """A lesson by a slot's rows, one for each of its teachers."""
    row = rows[0]
    teaching = [
        one
        for one in rows
        if (one.teaches_from is None or one.teaches_from <= day)
        and (one.teaches_to is None or one.teaches_to >= day)
    ]
    return PlannedLesson(
        *(row.course_id, day, period, *times, row.subject, row.group, row.class_name or ""),
        *(_teachers(teaching), row.room),
        class_id=row.class_id,
        teacher_ids=frozenset(one.teacher_id for one in teaching if one.teacher_id is not None),
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """Consecutive days of one person at one school, both ends included; going through them draws one after the
    other."""

    school: School
    since: date
    until: date
    _timetable: Timetable = field(repr=False, compare=False)

    def __iter__(self) -> Iterator[DayPlan]:
        for number in range((self.until - self.since).days + 1):
            yield self._timetable.on(self.since + timedelta(days=number))

    @property
    def days(self) -> tuple[DayPlan, ...]:
        """Every day of the plan."""
        return tuple(self)

    def on(self, day: date) -> DayPlan:
        """The plan of a day; an empty one outside of what was asked for."""
        return self._timetable.on(day) if self.since <= day <= self.until else DayPlan(day, ())
