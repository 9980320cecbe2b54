"""A school's attendance on one day, class by class: in figures, without anybody's name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from core.db.engine import LONG
from core.db.models import AbsenceNotice, Attendance, Course, Enrollment, Lesson, SchoolClass
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.kinds import AttendanceKind
from core.queries.held_lessons import held_lessons
from core.queries.offices import Office

Rows = Sequence[sa.Row[Any]]
REGISTERS_BY = time(11)
"""On the school's wall: from then on a class without a register of the day stands out."""


@dataclass(frozen=True, slots=True)
class ClassAttendance:
    """A class's day in pupils. Of ``lessons`` begun so far ``registered`` have their register; who missed one is counted
    under each kind that was entered, in ``away`` once. ``reported`` are pupils whose parents wrote that they miss."""

    id: int
    name: str
    pupils: int
    lessons: int
    registered: int
    absent: int
    excused: int
    ill: int
    late: int
    away: int
    reported: int

    @property
    def share(self) -> int | None:
        """Per cent of the pupils who missed nothing; None where no register was taken."""
        return (
            round(100 * (self.pupils - self.away) / self.pupils) if self.pupils and self.registered else None
        )


@dataclass(frozen=True, slots=True)
class SchoolAttendance:
    """All classes of the school on a day."""

    on: date
    classes: tuple[ClassAttendance, ...]
    is_late_without: bool
    """Whether it is so late in the day that a class without any register stands out."""

    @property
    def total(self) -> ClassAttendance:
        """The classes that have a register together; ``lessons`` and ``registered`` of all."""
        known = [one for one in self.classes if one.registered]
        return ClassAttendance(
            id=0,
            name="",
            pupils=sum(one.pupils for one in known),
            lessons=sum(one.lessons for one in self.classes),
            registered=sum(one.registered for one in self.classes),
            absent=sum(one.absent for one in known),
            excused=sum(one.excused for one in known),
            ill=sum(one.ill for one in known),
            late=sum(one.late for one in known),
            away=sum(one.away for one in known),
            reported=sum(one.reported for one in self.classes),
        )

    @property
    def without_register(self) -> tuple[ClassAttendance, ...]:
        """The classes that had lessons and no register yet, once it is late enough to say so."""
        if not self.is_late_without:
            return ()
        return tuple(one for one in self.classes if one.lessons and not one.registered)


async def attendance_on(uow: UnitOfWork, office: Office, day: date | None = None) -> SchoolAttendance:
    """Today's, or a day's. Five statements."""
    school = office.school
    now = uow.now.astimezone(school.zone)
    on = day or now.date()
    about = {"school_id": school.id, "day": on}
    classes = await uow.rows(_CLASSES, about)
    held = await held_lessons(uow, school, on, on)
    wall = time.max if on < now.date() else now.time() if on == now.date() else time.min
    lessons = await uow.rows(_registers(held.table), {**held.values, "wall": wall})
    missing = {row.class_id: row for row in await uow.rows(_MISSING, about)}
    reported = {row.class_id: row.number for row in await uow.rows(_REPORTED, about)}
    return SchoolAttendance(
        on,
        _classes(classes, lessons, missing, reported),
        on < now.date() or (on == now.date() and now.time() >= REGISTERS_BY),
    )


_SCHOOL_ID = sa.bindparam("school_id", type_=sa.BigInteger())
_DAY = sa.bindparam("day", type_=sa.Date())
_CLASSES = (
    sa.select(SchoolClass.id, SchoolClass.name, sa.func.count(Enrollment.student_id).label("pupils"))
    .outerjoin(Enrollment, (Enrollment.class_id == SchoolClass.id) & holds_on(Enrollment, _DAY))
    .where(
        SchoolClass.school_id == _SCHOOL_ID,
        sa.or_(SchoolClass.ended_on.is_(None), SchoolClass.ended_on >= _DAY),
    )
    .group_by(SchoolClass.id, SchoolClass.name, SchoolClass.grade)
    .order_by(SchoolClass.grade, SchoolClass.name, SchoolClass.id)
)


@lru_cache(maxsize=16)
def _registers(held: sa.CTE) -> sa.Executable:
    """By class: lessons begun so far, and those with a register."""
    begun = sa.or_(held.c.starts.is_(None), held.c.starts <= sa.bindparam("wall", type_=sa.Time()))
    taken = Lesson.register_taken_at.is_not(None)
    return (
        sa.select(
            Course.class_id,
            sa.func.sum(sa.case((sa.or_(begun, taken), 1), else_=0)).label("lessons"),
            sa.func.sum(sa.case((taken, 1), else_=0)).label("registered"),
        )
        .select_from(held)
        .join(Course, Course.id == held.c.course_id)
        .outerjoin(
            Lesson,
            (Lesson.course_id == held.c.course_id)
            & (Lesson.date == held.c.day)
            & (Lesson.period == held.c.period),
        )
        .where(Course.class_id.is_not(None))
        .group_by(Course.class_id)
        .execution_options(**LONG)
    )


_KINDS = {
    "away": Attendance.kind != AttendanceKind.LATE,
    "absent": Attendance.kind == AttendanceKind.ABSENT,
    "excused": Attendance.kind == AttendanceKind.EXCUSED,
    "ill": Attendance.kind == AttendanceKind.ILL,
    "late": Attendance.kind == AttendanceKind.LATE,
}


# The lessons are found by their courses: those of a day alone are a whole region's.
_MISSING = (
    sa.select(
        Enrollment.class_id,
        *(
            sa.func.count(sa.case((condition, Attendance.student_id)).distinct()).label(name)
            for name, condition in _KINDS.items()
        ),
    )
    .select_from(Lesson)
    .join(Attendance, Attendance.lesson_id == Lesson.id)
    .join(Enrollment, (Enrollment.student_id == Attendance.student_id) & holds_on(Enrollment, _DAY))
    .where(
        Lesson.course_id.in_(sa.select(Course.id).where(Course.school_id == _SCHOOL_ID)), Lesson.date == _DAY
    )
    .group_by(Enrollment.class_id)
    .execution_options(**LONG)
)
_REPORTED = (
    sa.select(Enrollment.class_id, sa.func.count(AbsenceNotice.child_id.distinct()).label("number"))
    .join(Enrollment, (Enrollment.student_id == AbsenceNotice.child_id) & holds_on(Enrollment, _DAY))
    .join(SchoolClass, SchoolClass.id == Enrollment.class_id)
    .where(SchoolClass.school_id == _SCHOOL_ID, AbsenceNotice.starts <= _DAY, AbsenceNotice.ends >= _DAY)
    .group_by(Enrollment.class_id)
)


def _classes(
    classes: Rows, lessons: Rows, missing: Mapping[int, sa.Row[Any]], reported: Mapping[int, int]
) -> tuple[ClassAttendance, ...]:
    begun: defaultdict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    begun.update({row.class_id: (int(row.lessons), int(row.registered)) for row in lessons})
    return tuple(
        ClassAttendance(
            id=row.id,
            name=row.name,
            pupils=row.pupils,
            lessons=begun[row.id][0],
            registered=begun[row.id][1],
            reported=reported.get(row.id, 0),
            **{name: getattr(missing.get(row.id), name, 0) for name in _KINDS},
        )
        for row in classes
    )
