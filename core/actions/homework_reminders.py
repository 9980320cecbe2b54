"""The evening's reminder of homework: an event for each school where something is due the day after."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, time

from core.db.outbox import NewEvent, publish_all, unpublished
from core.db.uow import UnitOfWork
from core.queries.homework_due import schools_with_homework
from core.queries.school_clocks import SchoolClock, school_clocks

REMIND_FROM, REMIND_UNTIL = time(18), time(22)
"""On the school's wall. A reminder that was missed still comes in the evening, never the next morning."""


async def remind_of_homework(uow: UnitOfWork) -> int:
    """Write what is due now and not written yet; how many events were new.

    Two statements, and outside of the evening one; for each date on the schools' calendars one more, and two to write.
    """
    due = {
        f"reminder:{clock.today}:school {clock.school.id}": clock
        for clock in await school_clocks(uow)
        if clock.shows(REMIND_FROM, REMIND_UNTIL)
    }
    by_day: defaultdict[date, dict[str, SchoolClock]] = defaultdict(dict)
    for key in await unpublished(uow, due):
        by_day[due[key].tomorrow][key] = due[key]
    events = []
    for day, schools in by_day.items():
        found = await schools_with_homework(uow, [clock.school.id for clock in schools.values()], day)
        events += [
            NewEvent(
                key,
                {"school": int(clock.school.id), "day": day.isoformat()},
                since=clock.at(clock.today, REMIND_FROM),
                until=clock.at(day),
            )
            for key, clock in schools.items()
            if clock.school.id in found
        ]
    return await publish_all(uow, "homework_reminder", events)
