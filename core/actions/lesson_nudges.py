"""A gentle word to teachers when their day is over: the lessons in which nothing was entered."""

from __future__ import annotations

import asyncio
from datetime import time, timedelta

from core.db.outbox import NewEvent, publish_all
from core.db.uow import UnitOfWork
from core.domain.drafts import lesson_as_json
from core.queries.empty_lessons import teachers_days, untouched
from core.queries.school_clocks import SchoolClock, school_clocks

NUDGE_FROM, NUDGE_UNTIL = time(12), time(20)
"""On the school's wall, and of that day alone."""
_AFTER = timedelta(minutes=20)
"""How long a lesson has been over: time to enter it at the desk."""


async def nudge_teachers(uow: UnitOfWork) -> int:
    """Write an event for each linked teacher whose last lesson of today is over and who left one empty; how many were
    new. One a day, whatever is left. One statement, for each school seven more.
    """
    written = 0
    for clock in await school_clocks(uow):
        if clock.shows(NUDGE_FROM, NUDGE_UNTIL) and clock.school.settings.nudges:
            written += await publish_all(uow, "lessons_left_empty", await _events(uow, clock))
            await asyncio.sleep(0)
    return written


async def _events(uow: UnitOfWork, clock: SchoolClock) -> list[NewEvent]:
    days = await teachers_days(uow, clock.school, clock.today, over_since=_AFTER)
    over = [one for one in days if not one.has_more]
    empty = await untouched(uow, {lesson for one in over for lesson in one.lessons})
    return [
        NewEvent(
            f"nudge:{clock.today}:person {one.teacher_id}:school {clock.school.id}",
            {
                "school": int(clock.school.id),
                "teacher": one.teacher_id,
                "lessons": [lesson_as_json(lesson) for lesson in one.lessons],
            },
            since=uow.now,
            until=clock.at(clock.tomorrow),
        )
        for one in over
        if empty & set(one.lessons)
    ]
