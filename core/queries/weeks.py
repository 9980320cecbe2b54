"""A pupil's week in review: marks and how they moved the averages, lessons missed, beside the week before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.access import School
from core.db.models import Assessment, Attendance, Course, Lesson, Mark, Org, Subject
from core.db.uow import UnitOfWork
from core.domain.ids import OrgId
from core.domain.kinds import AttendanceKind
from core.domain.school_settings import read_settings
from core.queries.grades import course_average
from core.queries.terms import term_of_school

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SubjectWeek:
    """A subject's marks of the week as (value, maximum), oldest first, and the term's average after and before it;
    ``in_percent`` holds for both."""

    subject: str
    marks: tuple[tuple[str, Decimal | None], ...]
    average: Decimal | None
    before: Decimal | None
    in_percent: bool


@dataclass(frozen=True, slots=True)
class WeekTold:
    """The week from Monday on. ``missed`` and ``late`` count lessons; ``missed_before`` those of the week before."""

    child_id: int
    child: str
    since: date
    scale: str
    subjects: tuple[SubjectWeek, ...]
    missed: int
    late: int
    missed_before: int


def pupils_with_a_week(school_id: int, monday: date) -> sa.Select[Any]:
    """The pupils of a school of whom the week holds a mark, or a lesson that they were not simply present at."""
    marked = (
        sa.select(Mark.student_id)
        .join(Assessment, Assessment.id == Mark.assessment_id)
        .join(Course, Course.id == Assessment.course_id)
        .where(Course.school_id == school_id, _in_week(Assessment.date, monday), Mark.withdrawn_at.is_(None))
    )
    absent = (
        sa.select(Attendance.student_id)
        .join(Lesson, Lesson.id == Attendance.lesson_id)
        .join(Course, Course.id == Lesson.course_id)
        .where(Course.school_id == school_id, _in_week(Lesson.date, monday))
    )
    return sa.select(marked.union(absent).subquery().c.student_id)


def _in_week(day: Any, monday: date) -> sa.ColumnElement[bool]:
    return sa.and_(day >= monday, day < monday + WEEK)


async def weeks_told(
    uow: UnitOfWork, school_id: int, monday: date, children: Mapping[int, str]
) -> dict[int, WeekTold]:
    """The week by child; a child without anything in it has none. Four statements."""
    row = await uow.row(
        sa.select(
            Org.id,
            Org.name,
            Org.path,
            Org.timezone,
            Org.locale,
            Org.currency,
            Org.scale,
            sa.cast(Org.settings, sa.Text()).label("settings"),
        ).where(Org.id == school_id)
    )
    if row is None or not children:
        return {}
    place = row.name, row.path, row.timezone, row.locale, row.currency, row.scale
    school = School(OrgId(row.id), *place, read_settings(row.settings))
    term = await term_of_school(uow, school)
    since = min(term.since, monday)
    marks = await uow.rows(
        sa.select(
            *(Mark.student_id, Course.id.label("course_id"), Subject.name.label("subject")),
            *(Course.name.label("group"), Mark.value, Mark.number, Assessment.maximum, Assessment.weight),
            Assessment.date,
        )
        .join(Assessment, Assessment.id == Mark.assessment_id)
        .join(Course, Course.id == Assessment.course_id)
        .join(Subject, Subject.id == Course.subject_id)
        .where(
            Course.school_id == school_id,
            Mark.student_id.in_(list(children)),
            Mark.withdrawn_at.is_(None),
            Assessment.date >= since,
            Assessment.date < monday + WEEK,
        )
        .order_by(Assessment.date, Mark.id)
    )
    missing = await uow.rows(
        sa.select(Attendance.student_id, Attendance.kind, Lesson.date)
        .join(Lesson, Lesson.id == Attendance.lesson_id)
        .join(Course, Course.id == Lesson.course_id)
        .where(
            Course.school_id == school_id,
            Attendance.student_id.in_(list(children)),
            Lesson.date >= monday - WEEK,
            Lesson.date < monday + WEEK,
        )
    )
    by_child: defaultdict[int, list[sa.Row[Any]]] = defaultdict(list)
    for mark in marks:
        by_child[mark.student_id].append(mark)
    told = {}
    for child, name in children.items():
        subjects = _subjects(school, by_child[child], monday)
        of_child = [one for one in missing if one.student_id == child]
        this_week = [one for one in of_child if one.date >= monday]
        if subjects or this_week:
            told[child] = WeekTold(
                child,
                name,
                monday,
                school.scale,
                subjects,
                _missed(this_week),
                sum(1 for one in this_week if one.kind is AttendanceKind.LATE),
                _missed([one for one in of_child if one.date < monday]),
            )
    return told


def _missed(rows: Sequence[sa.Row[Any]]) -> int:
    return sum(1 for one in rows if one.kind is not AttendanceKind.LATE)


def _subjects(school: School, rows: Sequence[sa.Row[Any]], monday: date) -> tuple[SubjectWeek, ...]:
    """Only the subjects with a mark of the week, by name."""
    courses: defaultdict[tuple[str, str, int], list[sa.Row[Any]]] = defaultdict(list)
    for row in rows:
        courses[row.subject, row.group, row.course_id].append(row)
    found = []
    for (subject, group, _), marks in sorted(courses.items()):
        new = [one for one in marks if one.date >= monday]
        if not new:
            continue
        now, in_percent = course_average(school.scale, marks)
        before, was_in_percent = course_average(school.scale, [one for one in marks if one.date < monday])
        if not school.settings.averages:
            now = before = None
        found.append(
            SubjectWeek(
                f"{subject} ({group})" if group else subject,
                tuple((one.value, one.maximum) for one in new),
                now,
                before if in_percent is was_in_percent else None,
                in_percent,
            )
        )
    return tuple(found)
