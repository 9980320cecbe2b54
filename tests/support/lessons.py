"""More pupils, courses and changes of lessons than the cast has."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from core.db.models import (
    BellSchedule,
    Course,
    CourseEnrollment,
    CourseTeacher,
    Enrollment,
    LessonChange,
    Person,
    RoleAssignment,
    Subject,
    TimetableSlot,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import ChangeKind, WeekParity
from core.domain.rights import Role
from tests.cast import Cast


async def add_pupil(
    uow: UnitOfWork,
    cast: Cast,
    given: str,
    family: str,
    *,
    course: str = "algebra_7a",
    class_name: str = "7A",
    middle: str = "",
    nickname: str = "",
    roll: int | None = None,
) -> int:
    """A pupil of a class and one of its courses; needs ``uow.writing()``."""
    pupil = await uow.insert(
        Person,
        given=given,
        family=family,
        middle=middle,
        nickname=nickname,
        name_key=f"{family} {given}".casefold(),
    )
    await uow.insert(RoleAssignment, person_id=pupil, org_id=cast.school_id, role=Role.STUDENT)
    await uow.insert(Enrollment, student_id=pupil, class_id=cast.classes[class_name], roll_number=roll)
    await uow.insert(CourseEnrollment, student_id=pupil, course_id=cast.courses[course])
    return pupil


async def add_course(
    uow: UnitOfWork,
    cast: Cast,
    key: str,
    subject: str,
    class_name: str,
    *,
    teacher: str = "teacher",
    group: str = "",
    slots: tuple[tuple[int, int], ...] = (),
    pupils: tuple[int, ...] = (),
) -> int:
    """A course of the cast's year at (weekday, period) slots; needs ``uow.writing()``."""
    year, bells = (
        await uow.value(sa.select(Course.year_id)),
        await uow.value(sa.select(BellSchedule.id)),
    )
    subject_id = await uow.value(sa.select(Subject.id).where(Subject.name == subject))
    subject_id = subject_id or await uow.insert(Subject, org_id=cast.school_id, name=subject)
    course = await uow.insert(
        Course,
        school_id=cast.school_id,
        year_id=year,
        subject_id=subject_id,
        class_id=cast.classes[class_name],
        name=group,
    )
    cast.courses[key] = course
    await uow.insert(CourseTeacher, course_id=course, teacher_id=cast[teacher].person_id)
    for weekday, period in slots:
        await uow.insert(
            TimetableSlot,
            course_id=course,
            schedule_id=bells,
            weekday=weekday,
            period=period,
            parity=WeekParity.EVERY,
        )
    for pupil in pupils:
        await uow.insert(CourseEnrollment, student_id=pupil, course_id=course)
    return course


async def substitute(uow: UnitOfWork, cast: Cast, course: str, on: date, period: int, by: str) -> None:
    """Somebody stands in for a lesson; needs ``uow.writing()``."""
    await uow.insert(
        LessonChange,
        course_id=cast.courses[course],
        date=on,
        period=period,
        kind=ChangeKind.SUBSTITUTED,
        teacher_id=cast[by].person_id,
    )
