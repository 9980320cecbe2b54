"""The evening before a day whose lessons differ from the usual: an event for each school and each teacher concerned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any

from core.db.outbox import NewEvent, publish_all, unpublished
from core.db.uow import UnitOfWork
from core.domain.drafts import lesson_as_json
from core.queries.lesson_changes import DayChange, changes_on, day_key, told_at_once
from core.queries.school_clocks import SchoolClock, school_clocks

TELL_FROM = time(18)
TELL_UNTIL = time(8)
"""On the school's wall: from the evening before until the morning of the day itself."""


async def tell_tomorrow(uow: UnitOfWork) -> int:
    """Write what is due now and not written yet; how many events were new. What was told at once is left out.

    Two statements, and by day one; for each date on the schools' calendars two more, and two to write.
    """
    by_day: defaultdict[date, dict[int, SchoolClock]] = defaultdict(dict)
    keys: dict[str, tuple[date, SchoolClock]] = {}
    for clock in await school_clocks(uow):
        day = _day(clock)
        if day is not None:
            keys[day_key(day, int(clock.school.id))] = (day, clock)
    for key in await unpublished(uow, keys):
        day, clock = keys[key]
        by_day[day][int(clock.school.id)] = clock
    events = []
    for day, schools in by_day.items():
        found = await changes_on(uow, list(schools), day)
        told = await told_at_once(uow, [one.key for one in found])
        by_school: defaultdict[int, list[DayChange]] = defaultdict(list)
        for one in found:
            if one.key not in told:
                by_school[one.school_id].append(one)
        for school_id, changes in by_school.items():
            events += _events(day, schools[school_id], changes)
    return await publish_all(uow, "timetable_differs", events)


def _day(clock: SchoolClock) -> date | None:
    if clock.now.time() >= TELL_FROM:
        return clock.tomorrow
    return clock.today if clock.now.time() < TELL_UNTIL else None


def _events(day: date, clock: SchoolClock, changes: Sequence[DayChange]) -> list[NewEvent]:
    since, until = clock.at(day - timedelta(days=1), TELL_FROM), clock.at(day, time(12))
    of_teacher: defaultdict[int, list[DayChange]] = defaultdict(list)
    for one in changes:
        for teacher in one.teachers:
            of_teacher[teacher].append(one)
    school_id = int(clock.school.id)

    def payload(some: Sequence[DayChange]) -> dict[str, Any]:
        lessons = [lesson_as_json(one.key) for one in some]
        return {"school": school_id, "day": day.isoformat(), "lessons": lessons}

    return [
        NewEvent(day_key(day, school_id), payload(changes), since, until),
        *(
            NewEvent(
                f"tomorrow:{day}:person {teacher}:school {school_id}",
                {**payload(some), "teacher": teacher},
                since,
                until,
            )
            for teacher, some in sorted(of_teacher.items())
        ),
    ]
