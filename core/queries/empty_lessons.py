"""Lessons of a day that were held and in which nothing was entered: no register, no topic, no marks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from core.access import School
from core.db.engine import LONG
from core.db.models import (
    Assessment,
    ChatLink,
    ChatLinkRole,
    Course,
    CourseTeacher,
    Lesson,
    SchoolClass,
    Subject,
)
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.ids import CourseId
from core.domain.lessons import LessonKey
from core.domain.rights import Role
from core.queries.schedule import school_lessons


@dataclass(frozen=True, slots=True)
class TeachersDay:
    """The lessons of one teacher that are over, in their order, and whether more are to come today."""

    teacher_id: int
    lessons: tuple[LessonKey, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class EmptyLesson:
    """A lesson in which nothing was entered."""

    key: LessonKey
    subject: str
    group: str
    class_name: str


async def teachers_days(
    uow: UnitOfWork, school: School, day: date, *, over_since: timedelta
) -> list[TeachersDay]:
    """The day of every teacher of the school who is linked; a lesson is over some time after its end. Four statements."""
    plan = await school_lessons(uow, school, day)
    held = [one for one in plan.lessons if one.is_held_here and one.ends is not None]
    if not held:
        return []
    taught = await uow.rows(
        sa.select(CourseTeacher.course_id, CourseTeacher.teacher_id)
        .join(Course, Course.id == CourseTeacher.course_id)
        .where(Course.school_id == school.id, holds_on(CourseTeacher, day))
        .execution_options(**LONG)
    )
    teachers: defaultdict[int, set[int]] = defaultdict(set)
    for row in taught:
        teachers[row.course_id].add(row.teacher_id)
    linked = await uow.rows(
        sa.select(ChatLink.person_id)
        .join(ChatLinkRole, ChatLinkRole.link_id == ChatLink.id)
        .where(ChatLink.revoked_at.is_(None), ChatLinkRole.role == Role.TEACHER)
        .distinct()
        .execution_options(**LONG)
    )
    known = {row.person_id for row in linked}
    now = uow.now.astimezone(school.zone).replace(tzinfo=None) - over_since
    over: defaultdict[int, list[LessonKey]] = defaultdict(list)
    to_come: set[int] = set()
    for one in held:
        assert one.ends is not None
        givers = {one.substitute_id} if one.substitute_id else teachers[one.course_id]
        is_over = (now.date(), now.time()) >= (day, one.ends)
        for teacher in givers & known:
            if is_over:
                over[teacher].append(LessonKey(day, one.period, CourseId(one.course_id)))
            else:
                to_come.add(teacher)
    return [TeachersDay(teacher, tuple(lessons), teacher in to_come) for teacher, lessons in over.items()]


async def untouched(uow: UnitOfWork, lessons: Collection[LessonKey]) -> set[LessonKey]:
    """Those of one day's lessons in which nothing was entered. One statement, or none."""
    if not lessons:
        return set()
    rows = await uow.rows(
        sa.select(Lesson.course_id, Lesson.date, Lesson.period).where(
            Lesson.date.in_({one.on for one in lessons}),
            Lesson.course_id.in_({one.course_id for one in lessons}),
            sa.or_(
                Lesson.register_taken_at.is_not(None),
                Lesson.topic != "",
                sa.exists().where(Assessment.lesson_id == Lesson.id),
            ),
        )
    )
    return set(lessons) - {LessonKey(row.date, row.period, CourseId(row.course_id)) for row in rows}


async def empty_lessons(uow: UnitOfWork, lessons: Sequence[LessonKey]) -> list[EmptyLesson]:
    """Those of one day's lessons in which nothing was entered yet, in their order. Two statements."""
    empty = await untouched(uow, lessons)
    if not empty:
        return []
    rows = await uow.rows(
        sa.select(
            *(Course.id, Subject.name.label("subject"), Course.name.label("group")),
            SchoolClass.name.label("class_name"),
        )
        .join(Subject, Subject.id == Course.subject_id)
        .outerjoin(SchoolClass, SchoolClass.id == Course.class_id)
        .where(Course.id.in_({one.course_id for one in empty}))
    )
    courses = {row.id: row for row in rows}
    return [
        EmptyLesson(
            key,
            courses[key.course_id].subject,
            courses[key.course_id].group,
            courses[key.course_id].class_name or "",
        )
        for key in sorted(empty, key=lambda one: one.period)
        if key.course_id in courses
    ]
