"""What whoever takes a timetable in should hear of it: lessons without a place, parts of classes, teachers in two places."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence

from core.domain.kinds import WeekParity
from core.importing.said import Said
from core.importing.timetable.courses import NewCourse, every_period
from core.importing.timetable.model import Timetable

_FEW = 10
"""Names that a note lists."""
_MOST_CLASHES = 20


def remarks(table: Timetable, courses: Sequence[NewCourse], made: Collection[str]) -> Iterator[str]:
    """``made`` are the keys of the courses that are new."""
    yield Said(
        "{program}: {placed} of {lessons} lessons have a place in the week; without one: {unplaced}.",
        program=table.program,
        placed=table.placed,
        lessons=table.placed + table.unplaced,
        unplaced=table.unplaced,
    )
    if table.unplaced:
        names = Counter[str]()
        for course in courses:
            names[course.called] += sum(one.unplaced for one in course.activities)
        listed = [f"{name} ({count})" for name, count in names.items() if count]
        more = f" … +{len(listed) - _FEW}" if len(listed) > _FEW else ""
        yield Said(
            "Not in the timetable, for they have no place: {lessons}",
            lessons=f"{'; '.join(listed[:_FEW])}{more}",
        )
    parts = sum(
        one.key in made and not one.audience.is_whole and bool(one.audience.classes) for one in courses
    )
    if parts:
        yield Said(
            "New courses for parts of classes: {count}. The file does not say which pupils these have, so they "
            "have none yet.",
            count=parts,
        )
    clashes = list(_clashes(table, courses))
    yield from clashes[:_MOST_CLASHES]
    if len(clashes) > _MOST_CLASHES:
        yield Said("… and {count} more of these.", count=len(clashes) - _MOST_CLASHES)


def _clashes(table: Timetable, courses: Sequence[NewCourse]) -> Iterator[str]:
    busy: dict[tuple[str, int, int, WeekParity], dict[str, None]] = defaultdict(dict)
    for course in courses:
        for place, period, parity in every_period(table, course):
            for teacher in course.teachers:
                busy[teacher, place.weekday, period, parity][course.called] = None
    for (teacher, weekday, period, parity), lessons in busy.items():
        at_once = dict(lessons)
        if parity is WeekParity.EVERY:
            for other in (WeekParity.ODD, WeekParity.EVEN):
                at_once.update(busy.get((teacher, weekday, period, other), {}))
        if len(at_once) > 1:
            yield Said(
                "{teacher} has several lessons at once (day {day}, period {period}): {lessons}.",
                teacher=table.teachers[teacher].name,
                day=weekday,
                period=period,
                lessons="; ".join(at_once),
            )
