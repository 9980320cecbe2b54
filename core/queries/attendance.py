"""A pupil's attendance of one term: what the register says, and how much of it was taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from core.access import Actor, Student, access_student
from core.db.models import Attendance, Course, CourseEnrollment, Lesson, Subject
from core.db.uow import UnitOfWork
from core.domain.ids import CourseId
from core.domain.kinds import AttendanceKind
from core.domain.rights import Right
from core.queries.terms import TermChoice, term_choice


@dataclass(frozen=True, slots=True)
class AttendanceEvent:
    """One lesson that the pupil was not simply present at; ``minutes`` late."""

    on: date
    period: int
    course_id: CourseId
    subject: str
    kind: AttendanceKind
    minutes: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class AttendanceRecord:
    """A term's events, newest first. Of ``lessons`` held so far ``registered`` had their register taken; only of
    those can "present" be said."""

    student: Student
    term: TermChoice
    events: tuple[AttendanceEvent, ...]
    lessons: int
    registered: int

    @property
    def counts(self) -> Mapping[AttendanceKind, int]:
        """How many events of each kind."""
        return Counter(event.kind for event in self.events)

    @property
    def missed(self) -> int:
        """Lessons not attended, for whatever reason."""
        return sum(1 for event in self.events if event.kind is not AttendanceKind.LATE)


_IN_WINDOW = (Lesson.date >= sa.bindparam("since")) & (Lesson.date < sa.bindparam("until"))
_LESSONS = (
    sa.select(
        Lesson.date.label("on"),
        Lesson.period,
        Lesson.course_id,
        Subject.name.label("subject"),
        Lesson.register_taken_at,
        Attendance.kind,
        Attendance.minutes,
        Attendance.reason,
    )
    .join(CourseEnrollment, CourseEnrollment.course_id == Lesson.course_id)
    .join(Course, Course.id == Lesson.course_id)
    .join(Subject, Subject.id == Course.subject_id)
    .outerjoin(
        Attendance,
        (Attendance.lesson_id == Lesson.id) & (Attendance.student_id == sa.bindparam("student_id")),
    )
    .where(
        CourseEnrollment.student_id == sa.bindparam("student_id"),
        sa.or_(CourseEnrollment.starts.is_(None), CourseEnrollment.starts <= Lesson.date),
        sa.or_(CourseEnrollment.ends.is_(None), CourseEnrollment.ends >= Lesson.date),
        Lesson.date <= sa.bindparam("today"),
        _IN_WINDOW,
    )
    .order_by(Lesson.date.desc(), Lesson.period.desc())
)


async def attendance_for(
    uow: UnitOfWork, actor: Actor, student_id: int, *, term_id: int = 0
) -> AttendanceRecord:
    """The attendance of the term asked for, or of the one that fits today. Two statements for a family.

    One more where today lies outside every term. Raises NotFound.
    """
    access = await access_student(uow, actor, student_id, Right.DIARY)
    term = await term_choice(uow, access.student, term_id)
    rows = await uow.rows(
        _LESSONS,
        {
            "student_id": student_id,
            "since": term.since,
            "until": term.until,
            "today": access.student.school.today(uow.now),
        },
    )
    if access.courses is not None:
        rows = [row for row in rows if row.course_id in access.courses]
    events = tuple(
        AttendanceEvent(
            row.on, row.period, CourseId(row.course_id), row.subject, row.kind, row.minutes, row.reason
        )
        for row in rows
        if row.kind is not None
    )
    registered = sum(1 for row in rows if row.register_taken_at is not None)
    return AttendanceRecord(access.student, term, events, len(rows), registered)
