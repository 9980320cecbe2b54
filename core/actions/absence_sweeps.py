"""Absences that came in without a teacher's entry, such as by an import: told where the register was taken."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, time

import sqlalchemy as sa

from core.db.models import Attendance, Course, Lesson
from core.db.outbox import NewEvent, publish_all
from core.db.uow import UnitOfWork
from core.queries.audiences import UNEXPLAINED, is_first_of_day
from core.queries.school_clocks import SchoolClock, school_clocks

SWEEP_FROM, SWEEP_UNTIL = time(7), time(18)
"""On the school's wall, and of that day alone: an absence of yesterday is no news to run after."""


async def sweep_absences(uow: UnitOfWork) -> int:
    """Write an event for each pupil's first unexplained absence of today that nobody has told of; how many were new.

    A teacher's entry is told by itself, so what is swept has no recorder. One statement, for each date on the schools'
    calendars one more, and two to write.
    """
    by_day: defaultdict[date, dict[int, SchoolClock]] = defaultdict(dict)
    for clock in await school_clocks(uow):
        if clock.shows(SWEEP_FROM, SWEEP_UNTIL):
            by_day[clock.today][int(clock.school.id)] = clock
    events = []
    for day, schools in by_day.items():
        rows = await uow.rows(
            sa.select(Attendance.lesson_id, Attendance.student_id, Course.school_id)
            .join(Lesson, Lesson.id == Attendance.lesson_id)
            .join(Course, Course.id == Lesson.course_id)
            .where(
                Lesson.date == day,
                Lesson.register_taken_at.is_not(None),
                Course.school_id.in_(list(schools)),
                Attendance.recorded_by.is_(None),
                *UNEXPLAINED,
                is_first_of_day(),
            )
        )
        events += [
            NewEvent(
                f"sweep:{row.lesson_id}:{row.student_id}",
                {"lesson": row.lesson_id, "student": row.student_id},
                since=uow.now,
                until=schools[row.school_id].at(day, time(20)),
            )
            for row in rows
        ]
    return await publish_all(uow, "absence_swept", events)
