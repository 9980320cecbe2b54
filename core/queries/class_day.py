"""Who of a class is missing on a day, and what the parents reported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from core.db.models import AbsenceNotice, Attendance, Course, CourseEnrollment, Lesson, Subject
from core.db.uow import UnitOfWork
from core.domain.kinds import AttendanceKind
from core.queries.classes import ClassPupil, ClassRoom, pupils_of


@dataclass(frozen=True, slots=True)
class MissedLesson:
    """A lesson that a pupil was not simply present at."""

    period: int
    subject: str
    kind: AttendanceKind
    minutes: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class AbsentPupil:
    """A pupil with what was missed; ``reported`` are the reasons that parents gave for the day."""

    pupil: ClassPupil
    missed: tuple[MissedLesson, ...]
    reported: tuple[str, ...]

    @property
    def is_unexplained(self) -> bool:
        """Whether a lesson was missed and nobody has said why."""
        unexcused = any(one.kind is AttendanceKind.ABSENT and not one.reason for one in self.missed)
        return unexcused and not self.reported


@dataclass(frozen=True, slots=True)
class ClassDay:
    """A class's day: of ``lessons`` that have begun to be written ``registered`` have their register."""

    room: ClassRoom
    on: date
    today: date
    pupils: tuple[AbsentPupil, ...]
    lessons: int
    registered: int


async def class_day(uow: UnitOfWork, room: ClassRoom, day: date | None = None) -> ClassDay:
    """The absences of a class that the asker may see (``access_class`` with READERS). Four statements."""
    today = room.school.today(uow.now)
    on = day or today
    pupils = await pupils_of(uow, room)
    ids = [pupil.id for pupil in pupils]
    lessons = await uow.rows(
        sa.select(Lesson.id, Lesson.register_taken_at).where(
            Lesson.date == on,
            Lesson.course_id.in_(
                sa.select(CourseEnrollment.course_id).where(CourseEnrollment.student_id.in_(ids))
            ),
        )
    )
    missed = await _missed(uow, ids, [row.id for row in lessons])
    reported = await _reported(uow, ids, on)
    return ClassDay(
        room,
        on,
        today,
        tuple(
            AbsentPupil(pupil, tuple(missed[pupil.id]), tuple(reported[pupil.id]))
            for pupil in pupils
            if missed[pupil.id] or reported[pupil.id]
        ),
        len(lessons),
        sum(1 for row in lessons if row.register_taken_at is not None),
    )


async def _missed(
    uow: UnitOfWork, ids: Sequence[int], lessons: Sequence[int]
) -> defaultdict[int, list[MissedLesson]]:
    rows = await uow.rows(
        sa.select(
            *(Attendance.student_id, Attendance.kind, Attendance.minutes, Attendance.reason),
            *(Lesson.period, Subject.name.label("subject")),
        )
        .join(Lesson, Lesson.id == Attendance.lesson_id)
        .join(Course, Course.id == Lesson.course_id)
        .join(Subject, Subject.id == Course.subject_id)
        .where(Attendance.student_id.in_(ids), Attendance.lesson_id.in_(lessons))
        .order_by(Lesson.period)
    )
    found: defaultdict[int, list[MissedLesson]] = defaultdict(list)
    for row in rows:
        found[row.student_id].append(
            MissedLesson(row.period, row.subject, AttendanceKind(row.kind), row.minutes, row.reason)
        )
    return found


async def _reported(uow: UnitOfWork, ids: Sequence[int], on: date) -> defaultdict[int, list[str]]:
    rows = await uow.rows(
        sa.select(AbsenceNotice.child_id, AbsenceNotice.reason).where(
            AbsenceNotice.child_id.in_(ids), AbsenceNotice.starts <= on, AbsenceNotice.ends >= on
        )
    )
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row in rows:
        found[row.child_id].append(row.reason)
    return found
