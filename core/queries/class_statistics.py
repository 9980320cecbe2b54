"""A class's term: averages by subject, who needs attention and in what, and attendance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.db.models import (
    Assessment,
    Attendance,
    Course,
    CourseEnrollment,
    Lesson,
    Mark,
    Subject,
)
from core.db.uow import UnitOfWork
from core.domain.grading import average, scale
from core.domain.ids import CourseId
from core.domain.kinds import AttendanceKind
from core.queries.classes import ClassPupil, ClassRoom, pupils_of
from core.queries.grades import course_average
from core.queries.terms import TermChoice, term_of_school


@dataclass(frozen=True, slots=True)
class MarkOfTerm:
    """A mark; with ``maximum`` it is points of it."""

    value: str
    maximum: Decimal | None


@dataclass(frozen=True, slots=True)
class PupilInCourse:
    """A pupil's marks of a course, their average, and whether that needs attention: it is poor, or there is no mark at
    all where half of the class has one."""

    pupil: ClassPupil
    marks: tuple[MarkOfTerm, ...]
    average: Decimal | None
    in_percent: bool
    needs_attention: bool


@dataclass(frozen=True, slots=True)
class CourseStatistics:
    """A course of the class. ``attended`` of ``registered`` are pupil-lessons whose register was taken."""

    course_id: CourseId
    subject: str
    group: str
    pupils: tuple[PupilInCourse, ...]
    attended: int
    registered: int

    @property
    def needing_attention(self) -> tuple[PupilInCourse, ...]:
        """The pupils whose marks need attention."""
        return tuple(one for one in self.pupils if one.needs_attention)

    @property
    def average(self) -> tuple[Decimal | None, bool]:
        """The mean of the pupils' averages and whether it is in percent; None where they are not of one kind."""
        known = [one for one in self.pupils if one.average is not None]
        if not known or len({one.in_percent for one in known}) > 1:
            return None, False
        return average([(one.average, Decimal(1)) for one in known]), known[0].in_percent


@dataclass(frozen=True, slots=True)
class ClassStatistics:
    """The class's term by course, and how many lessons each pupil missed."""

    room: ClassRoom
    term: TermChoice
    pupils: tuple[ClassPupil, ...]
    courses: tuple[CourseStatistics, ...]
    missed: dict[int, int]


@dataclass(frozen=True, slots=True)
class _Gathered:
    """A course's rows: its pupils, and their marks by pupil."""

    subject: str
    group: str
    pupils: frozenset[int]
    marks: Mapping[int, Sequence[Any]]
    attended: int
    registered: int


async def class_statistics(uow: UnitOfWork, room: ClassRoom, term_id: int = 0) -> ClassStatistics:
    """The term of a class that the asker may look into (``access_class`` with READERS). Five statements."""
    term = await term_of_school(uow, room.school, term_id)
    pupils = await pupils_of(uow, room)
    by_id = {pupil.id: pupil for pupil in pupils}
    names: dict[int, tuple[str, str]] = {}
    taught: defaultdict[int, set[int]] = defaultdict(set)
    for row in await uow.rows(_COURSES, {"ids": list(by_id), "since": term.since, "until": term.until}):
        names[row.course_id] = (row.subject, row.group)
        taught[row.course_id].add(row.student_id)
    marks: defaultdict[int, defaultdict[int, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for row in await uow.rows(_MARKS, {"ids": list(by_id), "since": term.since, "until": term.until}):
        marks[row.course_id][row.student_id].append(row)
    missed, attended, registered = Counter[int](), Counter[int](), Counter[int]()
    today = room.school.today(uow.now)
    for row in await uow.rows(
        _PRESENCE, {"ids": list(by_id), "since": term.since, "until": term.until, "today": today}
    ):
        registered[row.course_id] += row.registered
        attended[row.course_id] += row.registered - row.missed_registered
        missed[row.student_id] += row.missed
    courses = []
    for number, (subject, group) in sorted(names.items(), key=lambda item: (*item[1], item[0])):
        gathered = _Gathered(
            subject, group, frozenset(taught[number]), marks[number], attended[number], registered[number]
        )
        courses.append(_course(room, CourseId(number), gathered, by_id))
    return ClassStatistics(room, term, pupils, tuple(courses), dict(missed))


def _course(
    room: ClassRoom, course_id: CourseId, gathered: _Gathered, by_id: dict[Any, ClassPupil]
) -> CourseStatistics:
    of_school = scale(room.school.scale)
    with_marks = sum(1 for marks in gathered.marks.values() if marks)
    expected = with_marks * 2 >= len(gathered.pupils) and of_school.averages
    lines = []
    for pupil_id in sorted(gathered.pupils, key=lambda one: by_id[one].name.sort_key):
        marks = gathered.marks.get(pupil_id, ())
        mean, in_percent = course_average(room.school.scale, marks)
        poor = mean is not None and (mean < 50 if in_percent else of_school.is_poor_average(mean))
        shown = tuple(MarkOfTerm(row.value, row.maximum) for row in marks)
        lines.append(
            PupilInCourse(by_id[pupil_id], shown, mean, in_percent, poor or (expected and not marks))
        )
    return CourseStatistics(
        course_id,
        gathered.subject,
        gathered.group,
        tuple(lines),
        gathered.attended,
        gathered.registered,
    )


_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_NAMES: list[Any] = [Subject.name.label("subject"), Course.name.label("group")]
_COURSES = (
    sa.select(CourseEnrollment.course_id, CourseEnrollment.student_id, *_NAMES)
    .join(Course, Course.id == CourseEnrollment.course_id)
    .join(Subject, Subject.id == Course.subject_id)
    .where(
        CourseEnrollment.student_id.in_(_IDS),
        sa.or_(CourseEnrollment.ends.is_(None), CourseEnrollment.ends >= sa.bindparam("since")),
        sa.or_(CourseEnrollment.starts.is_(None), CourseEnrollment.starts < sa.bindparam("until")),
        Course.ended_on.is_(None),
    )
)
_MARKS = (
    sa.select(
        *(Assessment.course_id, Mark.student_id, Mark.value, Mark.number),
        *(Assessment.weight, Assessment.maximum),
    )
    .join(Assessment, Assessment.id == Mark.assessment_id)
    .where(
        Mark.student_id.in_(_IDS),
        Mark.withdrawn_at.is_(None),
        Assessment.date >= sa.bindparam("since"),
        Assessment.date < sa.bindparam("until"),
    )
    .order_by(Assessment.date, Mark.id)
)
_GONE = Attendance.kind != AttendanceKind.LATE
_TAKEN = Lesson.register_taken_at.is_not(None)
_PRESENCE = (
    sa.select(
        Lesson.course_id,
        CourseEnrollment.student_id,
        sa.func.sum(sa.case((_TAKEN, 1), else_=0)).label("registered"),
        sa.func.sum(sa.case((_TAKEN & _GONE, 1), else_=0)).label("missed_registered"),
        sa.func.sum(sa.case((_GONE, 1), else_=0)).label("missed"),
    )
    .join(CourseEnrollment, CourseEnrollment.course_id == Lesson.course_id)
    .outerjoin(
        Attendance,
        (Attendance.lesson_id == Lesson.id) & (Attendance.student_id == CourseEnrollment.student_id),
    )
    .where(
        CourseEnrollment.student_id.in_(_IDS),
        sa.or_(CourseEnrollment.starts.is_(None), CourseEnrollment.starts <= Lesson.date),
        sa.or_(CourseEnrollment.ends.is_(None), CourseEnrollment.ends >= Lesson.date),
        Lesson.date >= sa.bindparam("since"),
        Lesson.date < sa.bindparam("until"),
        Lesson.date <= sa.bindparam("today"),
    )
    .group_by(Lesson.course_id, CourseEnrollment.student_id)
)
