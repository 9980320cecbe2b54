"""The timetable's days: who teaches when, and lessons that are moved or are no more."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.access import School
from core.db.models import Course, CourseTeacher, LessonChange, Org
from core.db.uow import UnitOfWork
from core.domain.ids import CourseId, OrgId
from core.domain.kinds import ChangeKind
from core.queries.schedule import class_lessons, course_lessons
from tests.cast import TODAY, Cast

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])
NEXT_TUESDAY = TODAY + timedelta(days=7)


async def _school(uow: UnitOfWork, cast: Cast) -> School:
    row = await uow.row(sa.select(Org).where(Org.id == cast.school_id))
    assert row is not None
    return School(
        OrgId(cast.school_id), row.name, row.path, row.timezone, row.locale, row.currency, row.scale
    )


async def test_a_lesson_moved_before_the_first_stands_there(uow: UnitOfWork, cast: Cast) -> None:
    course = CourseId(cast.courses["algebra_7a"])
    async with uow.writing():
        await uow.insert(
            LessonChange,
            course_id=course,
            date=TODAY,
            period=1,
            kind=ChangeKind.MOVED,
            new_date=TODAY,
            new_period=0,
        )
    day = await course_lessons(uow, await _school(uow, cast), course, TODAY)
    assert [(one.period, one.is_held_here) for one in day.lessons] == [(0, True), (1, False)]
    assert day.lessons[1].moved_to == (TODAY, 0)


async def test_a_new_teacher_stands_in_the_timetable_from_the_first_day_on(
    uow: UnitOfWork, cast: Cast
) -> None:
    course = CourseId(cast.courses["algebra_7a"])
    async with uow.writing():
        await uow.write(sa.update(CourseTeacher).where(CourseTeacher.course_id == course).values(ends=TODAY))
        await uow.insert(
            CourseTeacher,
            course_id=course,
            teacher_id=cast["homeroom"].person_id,
            starts=TODAY + timedelta(days=1),
        )
    school = await _school(uow, cast)
    plan = await class_lessons(uow, school, cast.classes["7A"], since=TODAY, until=NEXT_TUESDAY)
    assert plan.on(TODAY).lessons[0].teachers == ("Olga Sokolova",)
    assert plan.on(NEXT_TUESDAY).lessons[0].teachers == ("Boris Orlov",)
    assert plan.on(NEXT_TUESDAY).lessons[0].givers == {cast["homeroom"].person_id}


async def test_a_course_that_ended_has_no_lessons_afterwards(uow: UnitOfWork, cast: Cast) -> None:
    course = CourseId(cast.courses["algebra_7a"])
    async with uow.writing():
        await uow.write(sa.update(Course).where(Course.id == course).values(ended_on=TODAY))
    school = await _school(uow, cast)
    plan = await class_lessons(uow, school, cast.classes["7A"], since=TODAY, until=NEXT_TUESDAY)
    assert [one.subject for one in plan.on(TODAY).lessons] == ["Algebra", "Literature"]
    assert [one.subject for one in plan.on(NEXT_TUESDAY).lessons] == ["Literature"]
