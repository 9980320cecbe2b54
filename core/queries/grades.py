"""A pupil's marks of one term, by subject."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

import sqlalchemy as sa

from core.access import Actor, Student, access_student
from core.db.models import (
    Assessment,
    Course,
    CourseEnrollment,
    Lesson,
    Mark,
    MarkCorrection,
    Subject,
    TermMark,
)
from core.db.uow import UnitOfWork
from core.domain.grading import average, scale, share
from core.domain.ids import CourseId
from core.domain.kinds import TermMarkKind
from core.domain.rights import Right
from core.queries.terms import TermChoice, term_choice


@dataclass(frozen=True, slots=True)
class MarkLine:
    """One mark. With ``maximum`` it is points of it; ``was`` is the value before the last correction."""

    value: str
    number: Decimal | None
    maximum: Decimal | None
    weight: Decimal
    kind: str
    title: str
    topic: str
    comment: str
    on: date
    was: str | None

    @property
    def is_poor(self) -> bool:
        """Points below half, which no scale of ours calls better than poor."""
        return self.maximum is not None and self.number is not None and self.number * 2 < self.maximum


@dataclass(frozen=True, slots=True)
class CourseGrades:
    """A course's marks, oldest first. ``average`` is in percent where ``in_percent``, else on the school's scale.

    ``term_mark`` is the closing mark of the term, where there is one.
    """

    course_id: CourseId
    subject: str
    group: str
    marks: tuple[MarkLine, ...]
    average: Decimal | None
    in_percent: bool
    term_mark: str | None


@dataclass(frozen=True, slots=True)
class GradeBook:
    """A pupil's term: every course that has the pupil or a mark of the pupil, by name."""

    student: Student
    term: TermChoice
    courses: tuple[CourseGrades, ...]


_WAS = (
    sa.select(MarkCorrection.value)
    .where(MarkCorrection.mark_id == Mark.id)
    .order_by(MarkCorrection.id.desc())
    .limit(1)
    .scalar_subquery()
)
_COURSE: list[Any] = [Course.id.label("course_id"), Subject.name.label("subject"), Course.name.label("group")]
_MARKS = (
    sa.select(
        *_COURSE,
        sa.literal(0).label("is_term_mark"),
        Mark.id.label("mark_id"),
        # From here on in the order of MarkLine.
        *(Mark.value, Mark.number, Assessment.maximum, Assessment.weight, Assessment.kind, Assessment.title),
        sa.func.coalesce(Lesson.topic, "").label("topic"),
        *(Mark.comment, Assessment.date.label("on"), _WAS.label("was")),
    )
    .select_from(Mark)
    .join(Assessment, Assessment.id == Mark.assessment_id)
    .join(Course, Course.id == Assessment.course_id)
    .join(Subject, Subject.id == Course.subject_id)
    .outerjoin(Lesson, Lesson.id == Assessment.lesson_id)
    .where(
        Mark.student_id == sa.bindparam("student_id"),
        Mark.withdrawn_at.is_(None),
        Assessment.date >= sa.bindparam("since"),
        Assessment.date < sa.bindparam("until"),
    )
)
_EMPTY_COURSES = (
    sa.select(
        *_COURSE,
        sa.literal(1).label("is_term_mark"),
        sa.null().label("mark_id"),
        TermMark.value,
        TermMark.number,
        *[sa.null().label(name) for name in ("maximum", "weight", "kind", "title", "topic", "comment", "on")],
        sa.null().label("was"),
    )
    .select_from(CourseEnrollment)
    .join(Course, Course.id == CourseEnrollment.course_id)
    .join(Subject, Subject.id == Course.subject_id)
    .outerjoin(
        TermMark,
        (TermMark.course_id == Course.id)
        & (TermMark.student_id == sa.bindparam("student_id"))
        & (TermMark.term_id == sa.bindparam("term_id"))
        & (TermMark.kind == TermMarkKind.TERM),
    )
    .where(
        CourseEnrollment.student_id == sa.bindparam("student_id"),
        sa.or_(CourseEnrollment.ends.is_(None), CourseEnrollment.ends >= sa.bindparam("since")),
        sa.or_(CourseEnrollment.starts.is_(None), CourseEnrollment.starts < sa.bindparam("until")),
        sa.or_(Course.ended_on.is_(None), Course.ended_on >= sa.bindparam("since")),
    )
)
_BOOK = sa.union_all(_MARKS, _EMPTY_COURSES)


async def grades_for(uow: UnitOfWork, actor: Actor, student_id: int, *, term_id: int = 0) -> GradeBook:
    """The marks of the term asked for, or of the one that fits today. Two statements for a family.

    One more where today lies outside every term. Raises NotFound. A teacher gets the own courses only, a family no averages
    where the school does not show them.
    """
    access = await access_student(uow, actor, student_id, Right.DIARY)
    term = await term_choice(uow, access.student, term_id)
    rows: Sequence[Any] = await uow.rows(
        _BOOK,
        {
            "student_id": student_id,
            "since": term.since,
            "until": term.until,
            "term_id": term.shown.id if term.shown else 0,
        },
    )
    titles: dict[CourseId, tuple[str, str]] = {}
    marks: defaultdict[CourseId, list[tuple[int, MarkLine]]] = defaultdict(list)
    term_marks: dict[CourseId, str] = {}
    for row in rows:
        course_id, subject, group, is_term_mark, mark_id, *mark = row
        if access.courses is not None and course_id not in access.courses:
            continue
        titles[course_id] = (subject, group)
        if not is_term_mark:
            marks[course_id].append((mark_id, MarkLine(*mark)))
        elif row.value is not None:
            term_marks[course_id] = row.value
    shows_averages = access.student.school.settings.averages or not access.is_family
    courses = []
    for course_id, (subject, group) in sorted(titles.items(), key=lambda item: (item[1], item[0])):
        lines = tuple(line for _, line in sorted(marks[course_id], key=lambda pair: (pair[1].on, pair[0])))
        mean, in_percent = course_average(access.student.school.scale, lines)
        mean = mean if shows_averages else None
        courses.append(
            CourseGrades(course_id, subject, group, lines, mean, in_percent, term_marks.get(course_id))
        )
    return GradeBook(access.student, term, tuple(courses))


class Weighed(Protocol):
    """A mark as far as averages need it."""

    @property
    def number(self) -> Decimal | None: ...
    @property
    def weight(self) -> Decimal: ...
    @property
    def maximum(self) -> Decimal | None: ...


def course_average(scale_key: str, marks: Sequence[Weighed]) -> tuple[Decimal | None, bool]:
    """The weighted average and whether it is in percent.

    Points average as shares of their maximum; where a course has both points and marks of the scale they are not
    mixed, and the scale's marks, which the school decides by, make the average.
    """
    if scale(scale_key).averages:
        mean = average([(mark.number, mark.weight) for mark in marks if mark.maximum is None])
        if mean is not None:
            return mean, False
    points = [
        (share(mark.number, mark.maximum), mark.weight)
        for mark in marks
        if mark.maximum is not None and mark.number is not None
    ]
    return average(points), True
