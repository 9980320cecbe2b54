"""The timetable with its changes and days off, for a pupil, a teacher, a class, a room or a school: what ``day_plans``
draws days from."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from core.access import Actor, School, access_student
from core.db.engine import LONG
from core.db.models import (
    AcademicYear,
    BellPeriod,
    BellSchedule,
    Course,
    CourseEnrollment,
    CourseTeacher,
    DayOff,
    Enrollment,
    LessonChange,
    Org,
    Person,
    SchoolClass,
    Subject,
    Term,
    TimetableSlot,
)
from core.db.uow import UnitOfWork
from core.domain.ids import CourseId
from core.domain.rights import Right, Role
from core.errors import NotFound
from core.queries.day_plans import DayPlan, Plan, Timetable


def _slots(courses: sa.Select[Any]) -> sa.Select[Any]:
    columns: list[Any] = [
        TimetableSlot.id,
        TimetableSlot.course_id,
        TimetableSlot.weekday,
        TimetableSlot.period,
        TimetableSlot.room,
        TimetableSlot.parity,
        TimetableSlot.valid_from,
        TimetableSlot.valid_to,
        TimetableSlot.schedule_id,
        BellPeriod.starts,
        BellPeriod.ends,
        Subject.name.label("subject"),
        Course.name.label("group"),
        SchoolClass.name.label("class_name"),
        *(Course.class_id, Course.ended_on, Course.year_id),
        AcademicYear.starts.label("year_starts"),
        AcademicYear.ends.label("year_ends"),
        CourseTeacher.teacher_id,
        *(CourseTeacher.starts.label("teaches_from"), CourseTeacher.ends.label("teaches_to")),
        *(Person.family, Person.given, Person.middle),
    ]
    return (
        sa.select(*columns)
        .join(Course, Course.id == TimetableSlot.course_id)
        .join(Subject, Subject.id == Course.subject_id)
        .outerjoin(SchoolClass, SchoolClass.id == Course.class_id)
        .outerjoin(AcademicYear, AcademicYear.id == Course.year_id)
        .outerjoin(
            BellPeriod,
            (BellPeriod.schedule_id == TimetableSlot.schedule_id)
            & (BellPeriod.number == TimetableSlot.period),
        )
        .outerjoin(
            CourseTeacher,
            (CourseTeacher.course_id == Course.id)
            & sa.or_(CourseTeacher.ends.is_(None), CourseTeacher.ends >= sa.bindparam("since")),
        )
        .outerjoin(Person, Person.id == CourseTeacher.teacher_id)
        .where(
            TimetableSlot.course_id.in_(courses),
            sa.or_(Course.ended_on.is_(None), Course.ended_on >= sa.bindparam("since")),
            sa.or_(TimetableSlot.valid_from.is_(None), TimetableSlot.valid_from <= sa.bindparam("until")),
            sa.or_(TimetableSlot.valid_to.is_(None), TimetableSlot.valid_to >= sa.bindparam("since")),
        )
        .order_by(TimetableSlot.id, CourseTeacher.id)
    )


def _changes(courses: sa.Select[Any]) -> sa.CompoundSelect[Any]:
    """Changes of the courses, the terms of their years, days off of the school and the orgs above, and the school's
    bells, in one."""
    texts = [sa.cast(sa.null(), sa.Text()).label(name) for name in ("family", "given", "middle")]
    none_id = sa.cast(sa.null(), sa.BigInteger())
    none_day, none_time = sa.cast(sa.null(), sa.Date()), sa.cast(sa.null(), sa.Time())
    change = (
        sa.select(
            sa.literal("change", sa.Text()).label("what"),
            LessonChange.course_id.label("a"),
            LessonChange.period.label("b"),
            LessonChange.new_period.label("c"),
            LessonChange.teacher_id.label("e"),
            LessonChange.date.label("d1"),
            LessonChange.new_date.label("d2"),
            none_time.label("t1"),
            none_time.label("t2"),
            sa.cast(LessonChange.kind, sa.Text()).label("name"),
            LessonChange.room.label("room"),
            LessonChange.note.label("note"),
            *(Person.family, Person.given, Person.middle),
        )
        .outerjoin(Person, Person.id == LessonChange.teacher_id)
        .where(
            LessonChange.course_id.in_(courses),
            sa.or_(
                LessonChange.date.between(sa.bindparam("since"), sa.bindparam("until")),
                LessonChange.new_date.between(sa.bindparam("since"), sa.bindparam("until")),
            ),
        )
    )
    empty = sa.cast(sa.null(), sa.Text())
    off = (
        sa.select(
            sa.literal("off", sa.Text()),
            *(none_id, none_id, none_id, none_id),
            *(DayOff.starts, DayOff.ends, none_time, none_time),
            *(DayOff.name, empty, empty),
            *texts,
        )
        .join(Org, Org.id == DayOff.org_id)
        .where(
            sa.bindparam("path", type_=sa.Text()).startswith(Org.path),
            DayOff.starts <= sa.bindparam("until"),
            DayOff.ends >= sa.bindparam("since"),
        )
    )
    bell = (
        sa.select(
            sa.literal("bell", sa.Text()),
            *(BellPeriod.schedule_id, BellPeriod.number, none_id, none_id),
            *(none_day, none_day, BellPeriod.starts, BellPeriod.ends),
            *(empty, empty, empty),
            *texts,
        )
        .join(BellSchedule, BellSchedule.id == BellPeriod.schedule_id)
        .where(BellSchedule.school_id == sa.bindparam("school_id"))
    )
    term = sa.select(
        sa.literal("term", sa.Text()),
        *(Term.year_id, none_id, none_id, none_id),
        *(Term.starts, Term.ends, none_time, none_time),
        *(sa.cast(Term.kind, sa.Text()), empty, empty),
        *texts,
    ).where(
        Term.year_id.in_(sa.select(Course.year_id).where(Course.id.in_(courses))),
        Term.ended_on.is_(None),
    )
    return sa.union_all(change, off, bell, term)


_OF_STUDENT = sa.select(CourseEnrollment.course_id).where(
    CourseEnrollment.student_id == sa.bindparam("person_id"),
    sa.or_(CourseEnrollment.ends.is_(None), CourseEnrollment.ends >= sa.bindparam("since")),
    sa.or_(CourseEnrollment.starts.is_(None), CourseEnrollment.starts <= sa.bindparam("until")),
)
_OF_TEACHER = sa.select(CourseTeacher.course_id).where(
    CourseTeacher.teacher_id == sa.bindparam("person_id"),
    sa.or_(CourseTeacher.ends.is_(None), CourseTeacher.ends >= sa.bindparam("since")),
)
_SUBSTITUTED = sa.select(LessonChange.course_id).where(
    LessonChange.teacher_id == sa.bindparam("person_id"),
    sa.or_(
        LessonChange.date.between(sa.bindparam("since"), sa.bindparam("until")),
        LessonChange.new_date.between(sa.bindparam("since"), sa.bindparam("until")),
    ),
)
_STUDENT_SLOTS, _STUDENT_CHANGES = _slots(_OF_STUDENT), _changes(_OF_STUDENT)
_TEACHER_COURSES = sa.union(_OF_TEACHER, _SUBSTITUTED)
_TEACHER_SLOTS = _slots(sa.select(_TEACHER_COURSES.subquery().c.course_id))
_TEACHER_CHANGES = _changes(sa.select(_TEACHER_COURSES.subquery().c.course_id))

_ONE_COURSE = sa.select(Course.id).where(Course.id == sa.bindparam("course_id"))
_COURSE_SLOTS, _COURSE_CHANGES = _slots(_ONE_COURSE), _changes(_ONE_COURSE)


_SCHOOLS_COURSES = sa.select(Course.id).where(Course.school_id == sa.bindparam("school_id"))
_SCHOOL_SLOTS, _SCHOOL_CHANGES = _slots(_SCHOOLS_COURSES), _changes(_SCHOOLS_COURSES)


async def school_lessons(uow: UnitOfWork, school: School, day: date) -> DayPlan:
    """All lessons of a school on a day. Two statements of many rows."""
    return (await school_day(uow, school, day)).on(day)


_ALSO = TimetableSlot.course_id == sa.bindparam("also")


async def school_day(uow: UnitOfWork, school: School, day: date, *, also: int = 0) -> Timetable:
    """A school's timetable as far as one day needs it, and all of a course that might be moved there. Two statements of
    many rows."""
    given: dict[str, Any] = {"since": day, "until": day, "school_id": school.id}
    on_day = TimetableSlot.weekday == day.isoweekday()
    moved = TimetableSlot.course_id.in_(
        sa.select(LessonChange.course_id).where(LessonChange.new_date == sa.bindparam("since"))
    )
    slots = await uow.rows(
        _SCHOOL_SLOTS.where(sa.or_(on_day, moved, _ALSO)).execution_options(**LONG), {**given, "also": also}
    )
    changes = await uow.rows(_SCHOOL_CHANGES.execution_options(**LONG), {**given, "path": school.path})
    return Timetable(slots, changes)


_OF_CLASS = sa.select(Course.id).where(
    Course.school_id == sa.bindparam("school_id"),
    sa.or_(
        Course.class_id == sa.bindparam("class_id"),
        Course.class_id.is_(None)
        & Course.id.in_(
            sa.select(CourseEnrollment.course_id)
            .join(Enrollment, Enrollment.student_id == CourseEnrollment.student_id)
            .where(
                Enrollment.class_id == sa.bindparam("class_id"),
                sa.or_(CourseEnrollment.ends.is_(None), CourseEnrollment.ends >= sa.bindparam("since")),
                sa.or_(Enrollment.ends.is_(None), Enrollment.ends >= sa.bindparam("since")),
            )
        ),
    ),
)
_CLASS_SLOTS, _CLASS_CHANGES = _slots(_OF_CLASS), _changes(_OF_CLASS)
_HERE = sa.select(Course.id).where(
    Course.school_id == sa.bindparam("school_id"),
    Course.id.in_(sa.select(_TEACHER_COURSES.subquery().c.course_id)),
)
_HERE_SLOTS, _HERE_CHANGES = _slots(_HERE), _changes(_HERE)
_IN_ROOM = sa.select(Course.id).where(
    Course.school_id == sa.bindparam("school_id"),
    sa.or_(
        sa.exists().where(TimetableSlot.course_id == Course.id, TimetableSlot.room == sa.bindparam("room")),
        sa.exists().where(LessonChange.course_id == Course.id, LessonChange.room == sa.bindparam("room")),
    ),
)
_ROOM_SLOTS, _ROOM_CHANGES = _slots(_IN_ROOM), _changes(_IN_ROOM)


async def class_lessons(uow: UnitOfWork, school: School, class_id: int, *, since: date, until: date) -> Plan:
    """The lessons of a class's courses, and of those of no class that some of its pupils attend. Two statements."""
    given = {"class_id": class_id, "since": since, "until": until, "school_id": school.id}
    slots = await uow.rows(_CLASS_SLOTS, given)
    changes = await uow.rows(_CLASS_CHANGES, {**given, "path": school.path})
    return Plan(school, since, until, Timetable(slots, changes))


async def teacher_lessons(
    uow: UnitOfWork, school: School, teacher_id: int, *, since: date, until: date
) -> Plan:
    """A teacher's lessons at one school, as ``own_lessons`` shows them. Two statements."""
    given = {"person_id": teacher_id, "since": since, "until": until, "school_id": school.id}
    slots = await uow.rows(_HERE_SLOTS, given)
    changes = await uow.rows(_HERE_CHANGES, {**given, "path": school.path})
    return Plan(school, since, until, Timetable(slots, changes, only=teacher_id))


async def room_lessons(uow: UnitOfWork, school: School, room: str, *, since: date, until: date) -> Plan:
    """All lessons of the courses that are ever in a room, there or elsewhere. Two statements."""
    given = {"room": room, "since": since, "until": until, "school_id": school.id}
    slots = await uow.rows(_ROOM_SLOTS, given)
    changes = await uow.rows(_ROOM_CHANGES, {**given, "path": school.path})
    return Plan(school, since, until, Timetable(slots, changes))


async def schedule_for(uow: UnitOfWork, actor: Actor, student_id: int, *, since: date, until: date) -> Plan:
    """A pupil's lessons from ``since`` to ``until``, both included. Two statements for a family. NotFound."""
    student = (await access_student(uow, actor, student_id, Right.TIMETABLE)).student
    return await _plan(uow, student.school, student.id, since, until, _STUDENT_SLOTS, _STUDENT_CHANGES)


async def own_lessons(uow: UnitOfWork, actor: Actor, *, since: date, until: date) -> Plan:
    """A teacher's own lessons, and those where the teacher is the substitute; own ones given by a substitute are
    marked so.

    Two statements. Raises NotFound for somebody who does not teach.
    """
    held = next((one for one in actor.roles if one.role is Role.TEACHER), None)
    if held is None:
        raise NotFound("not_a_teacher")
    return await _plan(
        uow, held.school, held.person_id, since, until, _TEACHER_SLOTS, _TEACHER_CHANGES, as_teacher=True
    )


async def course_lessons(uow: UnitOfWork, school: School, course_id: CourseId, day: date) -> DayPlan:
    """A course's lessons of one day, whoever gives them. Two statements."""
    given: dict[str, Any] = {"course_id": course_id, "since": day, "until": day}
    slots = await uow.rows(_COURSE_SLOTS, given)
    changes = await uow.rows(_COURSE_CHANGES, {**given, "path": school.path, "school_id": school.id})
    return Timetable(slots, changes).on(day)


async def _plan(
    uow: UnitOfWork,
    school: School,
    person_id: int,
    since: date,
    until: date,
    slots: sa.Select[Any],
    changes: sa.CompoundSelect[Any],
    *,
    as_teacher: bool = False,
) -> Plan:
    given: dict[str, Any] = {"person_id": person_id, "since": since, "until": until}
    slot_rows = await uow.rows(slots, given)
    change_rows = await uow.rows(changes, {**given, "path": school.path, "school_id": school.id})
    timetable = Timetable(slot_rows, change_rows, only=person_id if as_teacher else None)
    return Plan(school, since, until, timetable)
