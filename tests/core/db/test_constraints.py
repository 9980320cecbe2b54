"""What the database itself refuses, whoever writes: rows that stand twice, spans that run backwards, numbers below zero.

Each bad row has its good neighbour beside it.
"""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.db.engine import Database
from core.db.models import (
    AbsenceNotice,
    Attendance,
    Base,
    BellPeriod,
    BellSchedule,
    Course,
    CourseEnrollment,
    CourseTeacher,
    Enrollment,
    Homework,
    Lesson,
    LessonChange,
    Mark,
    MenuItem,
    RoleAssignment,
    SchoolClass,
    TermMark,
    TimetableSlot,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import AttendanceKind, ChangeKind, TermMarkKind, WeekParity
from core.domain.rights import Role
from tests.cast import TODAY, Cast

TOMORROW = TODAY + timedelta(days=1)


async def good(uow: UnitOfWork, table: type[Any], **values: Any) -> int:
    """The row is taken."""
    async with uow.writing():
        return await uow.insert(table, **values)


async def bad(uow: UnitOfWork, table: type[Any], **values: Any) -> None:
    """The row is refused."""
    with pytest.raises(sa.exc.IntegrityError):
        await good(uow, table, **values)


async def test_a_pupil_has_one_open_mark_for_an_assessment(uow: UnitOfWork, cast: Cast) -> None:
    row = await uow.row(sa.select(Mark.id, Mark.student_id, Mark.assessment_id))
    assert row is not None
    mark = {"student_id": row.student_id, "assessment_id": row.assessment_id, "recorded_at": uow.now}
    await bad(uow, Mark, value="5", **mark)
    await good(uow, Mark, value="5", withdrawn_at=uow.now, **mark)
    async with uow.writing():
        await uow.write(sa.update(Mark).where(Mark.id == row.id).values(withdrawn_at=uow.now))
    await good(uow, Mark, value="5", **mark)


async def test_a_year_is_closed_once(uow: UnitOfWork, cast: Cast) -> None:
    closing = {
        "student_id": cast["ivan"].person_id,
        "course_id": cast.courses["algebra_7a"],
        "value": "4",
        "recorded_at": uow.now,
    }
    await good(uow, TermMark, kind=TermMarkKind.YEAR, **closing)
    await bad(uow, TermMark, kind=TermMarkKind.YEAR, **closing)
    await good(uow, TermMark, kind=TermMarkKind.FINAL, **closing)


async def test_a_class_without_a_year_has_a_name_of_its_own(uow: UnitOfWork, cast: Cast) -> None:
    await good(uow, SchoolClass, school_id=cast.school_id, name="7A")
    await bad(uow, SchoolClass, school_id=cast.school_id, name="7A")
    await good(uow, SchoolClass, school_id=cast.other_school_id, name="7A")


async def test_a_course_meets_once_at_a_time(uow: UnitOfWork, cast: Cast) -> None:
    slot = {
        "course_id": cast.courses["algebra_7a"],
        "schedule_id": await uow.value(sa.select(BellSchedule.id)),
        "weekday": 2,
        "period": 1,
    }
    await bad(uow, TimetableSlot, parity=WeekParity.EVERY, **slot)
    await good(uow, TimetableSlot, parity=WeekParity.ODD, **slot)
    await good(uow, TimetableSlot, parity=WeekParity.EVERY, valid_from=TODAY, **slot)
    await bad(uow, TimetableSlot, parity=WeekParity.EVERY, valid_from=TODAY, room="9", **slot)
    await good(uow, TimetableSlot, parity=WeekParity.EVERY, valid_from=TOMORROW, valid_to=TOMORROW, **slot)
    await bad(uow, TimetableSlot, parity=WeekParity.EVEN, valid_from=TOMORROW, valid_to=TODAY, **slot)
    await bad(uow, TimetableSlot, parity=WeekParity.EVEN, **{**slot, "period": -1})


async def test_no_span_runs_backwards(uow: UnitOfWork, cast: Cast) -> None:
    pupil = {"student_id": cast["maria"].person_id}
    spans: tuple[tuple[type[Any], dict[str, Any]], ...] = (
        (
            RoleAssignment,
            {"person_id": cast["nurse"].person_id, "org_id": cast.school_id, "role": Role.TEACHER},
        ),
        (Enrollment, {**pupil, "class_id": cast.classes["7A"]}),
        (CourseEnrollment, {**pupil, "course_id": cast.courses["algebra_7a"]}),
        (
            CourseTeacher,
            {"course_id": cast.courses["maths_3b"], "teacher_id": cast["teacher"].person_id},
        ),
        (
            AbsenceNotice,
            {
                "child_id": cast["ivan"].person_id,
                "guardian_id": cast["mother"].person_id,
                "reported_at": uow.now,
            },
        ),
    )
    for table, values in spans:
        await bad(uow, table, starts=TOMORROW, ends=TODAY, **values)
        await good(uow, table, starts=TODAY, ends=TODAY, **values)


async def test_a_span_may_be_open_at_either_end(uow: UnitOfWork, cast: Cast) -> None:
    subject = await uow.value(sa.select(Course.subject_id))
    for dates in ({"starts": TODAY}, {"ends": TODAY}, {}):
        course = await good(uow, Course, school_id=cast.school_id, subject_id=subject)
        await good(uow, CourseEnrollment, student_id=cast["maria"].person_id, course_id=course, **dates)


async def test_only_who_is_late_has_minutes(uow: UnitOfWork, cast: Cast) -> None:
    lesson = await good(uow, Lesson, course_id=cast.courses["algebra_7a"], date=TODAY, period=1)
    ivan = {"student_id": cast["ivan"].person_id, "lesson_id": lesson, "recorded_at": uow.now}
    await bad(uow, Attendance, kind=AttendanceKind.ABSENT, minutes=10, **ivan)
    await bad(uow, Attendance, kind=AttendanceKind.LATE, minutes=-10, **ivan)
    await good(uow, Attendance, kind=AttendanceKind.LATE, minutes=10, **ivan)
    async with uow.writing():
        await uow.write(sa.delete(Attendance))
    await good(uow, Attendance, kind=AttendanceKind.LATE, **ivan)


async def test_a_moved_lesson_is_moved_to_somewhere(uow: UnitOfWork, cast: Cast) -> None:
    change = {"course_id": cast.courses["algebra_7a"], "date": TODAY}
    for where in ({}, {"new_date": TOMORROW}, {"new_period": 2}):
        await bad(uow, LessonChange, kind=ChangeKind.MOVED, period=1, **where, **change)
    await bad(uow, LessonChange, kind=ChangeKind.MOVED, period=1, new_date=TOMORROW, new_period=-2, **change)
    await good(uow, LessonChange, kind=ChangeKind.MOVED, period=1, new_date=TOMORROW, new_period=2, **change)
    await good(uow, LessonChange, kind=ChangeKind.CANCELLED, period=2, **change)
    await bad(uow, LessonChange, kind=ChangeKind.CANCELLED, period=-2, **change)


async def test_periods_minutes_and_prices_are_not_below_zero(uow: UnitOfWork, cast: Cast) -> None:
    course = {"course_id": cast.courses["algebra_7a"]}
    await bad(uow, Lesson, date=TODAY, period=-1, **course)
    await good(uow, Lesson, date=TODAY, period=0, **course)
    work = {"due_on": TOMORROW, "text": "§1", "recorded_at": uow.now, **course}
    await bad(uow, Homework, minutes=-1, **work)
    await bad(uow, Homework, due_period=-1, **work)
    await good(uow, Homework, minutes=30, due_period=0, **work)
    dish = {"school_id": cast.school_id, "date": TODAY, "meal": "lunch", "name": "Soup"}
    await bad(uow, MenuItem, price=-1, **dish)
    await good(uow, MenuItem, price=0, **dish)
    bell = {
        "schedule_id": await uow.value(sa.select(BellSchedule.id)),
        "starts": time(7),
        "ends": time(7, 45),
    }
    await bad(uow, BellPeriod, number=-1, **bell)
    await good(uow, BellPeriod, number=0, **bell)


async def test_every_check_of_the_models_stands_in_the_database(database: Database) -> None:
    def missing(connection: sa.Connection) -> set[str]:
        inspector = sa.inspect(connection)
        kept = {
            str(one["name"])
            for table in inspector.get_table_names()
            for one in inspector.get_check_constraints(table)
        }
        wanted = {
            str(one.name)
            for table in Base.metadata.sorted_tables
            for one in table.constraints
            if isinstance(one, sa.CheckConstraint)
        }
        return wanted ^ kept

    async with database.writer.connect() as connection:
        assert await connection.run_sync(missing) == set()
