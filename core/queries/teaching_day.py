"""A teacher's day: each lesson with what is still missing in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from core.access import Actor
from core.db.models import Homework, Lesson
from core.db.uow import UnitOfWork
from core.domain.ids import CourseId
from core.domain.lessons import LessonKey
from core.queries.day_plans import PlannedLesson
from core.queries.lessons import TaughtCourse, taught_courses
from core.queries.schedule import own_lessons


@dataclass(frozen=True, slots=True)
class LessonState:
    """A lesson of the day: its topic, whether the register is taken and homework was set at it."""

    key: LessonKey
    course: TaughtCourse
    planned: PlannedLesson
    topic: str
    register_taken: bool
    homework_set: bool


@dataclass(frozen=True, slots=True)
class TeachingDay:
    """The lessons of a day in their order; ``off`` names a holiday."""

    on: date
    today: date
    lessons: tuple[LessonState, ...]
    off: str = ""


async def teaching_day(uow: UnitOfWork, actor: Actor, day: date | None = None) -> TeachingDay:
    """The asker's lessons of a day, today's where none is said. Four statements. Raises NotFound for a non-teacher."""
    courses = {course.id: course for course in await taught_courses(uow, actor)}
    today = actor.school.today(uow.now) if actor.school else uow.now.date()
    on = day or today
    plan = (await own_lessons(uow, actor, since=on, until=on)).on(on)
    has_homework = sa.exists().where(Homework.set_lesson_id == Lesson.id, Homework.withdrawn_at.is_(None))
    rows = await uow.rows(
        sa.select(
            *(Lesson.course_id, Lesson.period, Lesson.topic, Lesson.register_taken_at),
            has_homework.label("homework"),
        ).where(Lesson.date == on, Lesson.course_id.in_(courses))
    )
    known = {(row.course_id, row.period): row for row in rows}
    lessons = []
    for one in plan.lessons:
        course = courses.get(CourseId(one.course_id))
        if course is None or not one.is_held_here:
            continue
        row = known.get((one.course_id, one.period))
        lessons.append(
            LessonState(
                LessonKey(on, one.period, course.id),
                course,
                one,
                row.topic if row else "",
                bool(row and row.register_taken_at),
                bool(row and row.homework),
            )
        )
    return TeachingDay(on, today, tuple(lessons), plan.off)
