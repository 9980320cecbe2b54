"""Planned lessons, day by day: the timetable with its changes and days off, for a pupil or a teacher."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import Any

import sqlalchemy as sa

from core.access import Actor, School, access_student
from core.db.models import (
    AcademicYear,
    BellPeriod,
    BellSchedule,
    Course,
    CourseEnrollment,
    CourseTeacher,
    DayOff,
    LessonChange,
    Org,
    Person,
    SchoolClass,
    Subject,
    TimetableSlot,
)
from core.db.uow import UnitOfWork
from core.domain.calendar import week_parity
from core.domain.kinds import ChangeKind, WeekParity
from core.domain.names import PersonName
from core.domain.rights import Right, Role
from core.errors import NotFound


@dataclass(frozen=True, slots=True)
class PlannedLesson:
    """One lesson of a day. Where ``change`` is set: cancelled, moved (to ``moved_to``, or here from
    ``moved_from``), substituted (``teachers`` are the substitutes) or in another room."""

    course_id: int
    on: date
    period: int
    starts: time | None
    ends: time | None
    subject: str
    group: str
    class_name: str
    teachers: tuple[str, ...]
    room: str
    change: ChangeKind | None = None
    note: str = ""
    moved_to: tuple[date, int] | None = None
    moved_from: tuple[date, int] | None = None
    substitute_id: int | None = None

    @property
    def is_held_here(self) -> bool:
        """Whether somebody has to be in this room at this time."""
        gone = self.change is ChangeKind.CANCELLED or self.moved_to is not None
        return not gone


@dataclass(frozen=True, slots=True)
class DayPlan:
    """A day's lessons by period; ``off`` names the holiday, on which there are none."""

    on: date
    lessons: tuple[PlannedLesson, ...]
    off: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Consecutive days of one person at one school."""

    school: School
    days: tuple[DayPlan, ...]

    def on(self, day: date) -> DayPlan:
        """The plan of a day; an empty one outside of what was asked for."""
        return next((one for one in self.days if one.on == day), DayPlan(day, ()))


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
        AcademicYear.starts.label("year_starts"),
        CourseTeacher.teacher_id,
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
            sa.or_(TimetableSlot.valid_from.is_(None), TimetableSlot.valid_from <= sa.bindparam("until")),
            sa.or_(TimetableSlot.valid_to.is_(None), TimetableSlot.valid_to >= sa.bindparam("since")),
        )
        .order_by(TimetableSlot.id, CourseTeacher.id)
    )


def _changes(courses: sa.Select[Any]) -> sa.CompoundSelect[Any]:
    """Changes of the courses, days off of the school and the orgs above, and the school's bells, in one."""
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
    return sa.union_all(change, off, bell)


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
    LessonChange.date.between(sa.bindparam("since"), sa.bindparam("until")),
)
_STUDENT_SLOTS, _STUDENT_CHANGES = _slots(_OF_STUDENT), _changes(_OF_STUDENT)
_TEACHER_COURSES = sa.union(_OF_TEACHER, _SUBSTITUTED)
_TEACHER_SLOTS = _slots(sa.select(_TEACHER_COURSES.subquery().c.course_id))
_TEACHER_CHANGES = _changes(sa.select(_TEACHER_COURSES.subquery().c.course_id))


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
    lessons = _usual_lessons(slot_rows, since, until)
    off = {
        day: row.name
        for row in change_rows
        if row.what == "off"
        for day in _days(max(row.d1, since), min(row.d2, until))
    }
    lessons = [lesson for lesson in lessons if lesson.on not in off]
    lessons = _with_changes(lessons, slot_rows, change_rows, since, until)
    if as_teacher:
        own = {row.course_id for row in slot_rows if row.teacher_id == person_id}
        lessons = [one for one in lessons if one.course_id in own or one.substitute_id == person_id]
    by_day: defaultdict[date, list[PlannedLesson]] = defaultdict(list)
    for lesson in lessons:
        by_day[lesson.on].append(lesson)
    return Plan(
        school,
        tuple(
            DayPlan(
                day,
                tuple(sorted(by_day[day], key=lambda one: (one.period, one.subject, one.group))),
                off.get(day, ""),
            )
            for day in _days(since, until)
        ),
    )


def _days(since: date, until: date) -> list[date]:
    return [since + timedelta(days=n) for n in range((until - since).days + 1)]


def _usual_lessons(rows: Sequence[sa.Row[Any]], since: date, until: date) -> list[PlannedLesson]:
    teachers: defaultdict[int, dict[str, None]] = defaultdict(dict)
    first: dict[int, sa.Row[Any]] = {}
    for row in rows:
        first.setdefault(row.id, row)
        if row.family is not None:
            teachers[row.id][PersonName(row.family, row.given, row.middle).formal_name] = None
    by_weekday: defaultdict[int, list[tuple[int, sa.Row[Any]]]] = defaultdict(list)
    for slot_id, row in first.items():
        by_weekday[row.weekday].append((slot_id, row))
    lessons = []
    for day in _days(since, until):
        for slot_id, row in by_weekday[day.isoweekday()]:
            if (row.valid_from and day < row.valid_from) or (row.valid_to and day > row.valid_to):
                continue
            is_every_week = row.parity is WeekParity.EVERY or not row.year_starts
            if not is_every_week and row.parity.value != week_parity(day, row.year_starts):
                continue
            lessons.append(
                PlannedLesson(
                    row.course_id,
                    day,
                    row.period,
                    row.starts,
                    row.ends,
                    row.subject,
                    row.group,
                    row.class_name or "",
                    tuple(teachers[slot_id]),
                    row.room,
                )
            )
    return lessons


def _with_changes(
    lessons: list[PlannedLesson],
    slots: Sequence[sa.Row[Any]],
    rows: Sequence[sa.Row[Any]],
    since: date,
    until: date,
) -> list[PlannedLesson]:
    """Each lesson as it will really be; one that is moved stands at both its places."""
    bells = {(row.a, row.b): (row.t1, row.t2) for row in rows if row.what == "bell"}
    schedule_of = {row.course_id: row.schedule_id for row in slots}
    changes = {(row.a, row.d1, row.b): row for row in rows if row.what == "change"}
    changed = []
    for lesson in lessons:
        row = changes.get((lesson.course_id, lesson.on, lesson.period))
        if row is None:
            changed.append(lesson)
            continue
        kind = ChangeKind(row.name)
        substitute = (PersonName(row.family, row.given, row.middle).formal_name,) if row.family else ()
        moved_to = (row.d2 or lesson.on, row.c or lesson.period) if kind is ChangeKind.MOVED else None
        changed.append(
            replace(
                lesson,
                change=kind,
                note=row.note,
                teachers=substitute or lesson.teachers,
                room=row.room or lesson.room,
                moved_to=moved_to,
                substitute_id=row.e,
            )
        )
    known = {row.course_id: row for row in slots}
    for (course_id, on, period), row in changes.items():
        slot = known.get(course_id)
        if row.name != ChangeKind.MOVED or slot is None:
            continue
        new_day, new_period = row.d2 or on, row.c or period
        if not since <= new_day <= until:
            continue
        times = bells.get((schedule_of[course_id], new_period), (None, None))
        names = {
            PersonName(one.family, one.given, one.middle).formal_name: None
            for one in slots
            if one.course_id == course_id and one.family is not None
        }
        changed.append(
            PlannedLesson(
                course_id,
                new_day,
                new_period,
                *times,
                slot.subject,
                slot.group,
                slot.class_name or "",
                tuple(names),
                row.room or slot.room,
                ChangeKind.MOVED,
                row.note,
                moved_from=(on, period),
                substitute_id=row.e,
            )
        )
    return changed
