"""The week in review: an event for each school, written on Saturday for Sunday's digest."""

from __future__ import annotations

from datetime import date, time, timedelta

from core.db.outbox import NewEvent, publish_all
from core.db.uow import UnitOfWork
from core.domain.calendar import week_of
from core.queries.school_clocks import SchoolClock, school_clocks

REVIEW_AT = time(12)
"""On the school's wall, from Saturday to Monday: early enough for a family whose Sunday begins half a day before the
school's. What is told is read only when it goes out."""


async def review_the_week(uow: UnitOfWork) -> int:
    """Write what is due now and not written yet; how many events were new. Two statements, and two to write."""
    events = []
    for clock in await school_clocks(uow):
        monday = _week_to_review(clock)
        if monday is not None:
            events.append(
                NewEvent(
                    f"week:{monday}:school {clock.school.id}",
                    {"school": int(clock.school.id), "monday": monday.isoformat()},
                    since=clock.at(monday + timedelta(days=5), REVIEW_AT),
                    until=clock.at(monday + timedelta(days=7), REVIEW_AT),
                )
            )
    return await publish_all(uow, "week_reviewed", events)


def _week_to_review(clock: SchoolClock) -> date | None:
    """The Monday of the week whose review is due; None from Monday noon to Saturday noon."""
    monday, sunday = week_of(clock.today)
    is_past_noon = clock.now.time() >= REVIEW_AT
    if clock.today == sunday or (clock.today.isoweekday() == 6 and is_past_noon):
        return monday
    return monday - timedelta(days=7) if clock.today == monday and not is_past_noon else None
