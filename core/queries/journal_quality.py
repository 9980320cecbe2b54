"""What teachers left empty in the journal: of the lessons that are past, those without register, topic, homework, marks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Literal

import sqlalchemy as sa

from core.db.engine import LONG
from core.db.models import (
    Assessment,
    Course,
    CourseTeacher,
    Homework,
    Lesson,
    Person,
    SchoolClass,
    Subject,
)
from core.db.uow import UnitOfWork
from core.queries.held_lessons import held_lessons
from core.queries.offices import Office

By = Literal["teacher", "class", "course"]
SPANS = (7, 14, 30)
_HOMEWORK_AHEAD = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class Gaps:
    """Of so many ``lessons`` how many lack each thing; ``empty`` are those without register, topic and marks, as the
    evening's word to their teachers counts them."""

    lessons: int = 0
    empty: int = 0
    register: int = 0
    topic: int = 0
    homework: int = 0
    marks: int = 0

    def __add__(self, other: Gaps) -> Gaps:
        return Gaps(
            self.lessons + other.lessons,
            self.empty + other.empty,
            self.register + other.register,
            self.topic + other.topic,
            self.homework + other.homework,
            self.marks + other.marks,
        )

    def share(self, missing: int) -> int:
        """Per cent of the lessons that are in order, when so many are not."""
        return round(100 * (self.lessons - missing) / self.lessons) if self.lessons else 100


@dataclass(frozen=True, slots=True)
class GapLine:
    """One teacher, class or course of one teacher; ``id`` is 0 for lessons that no teacher, or no class, is named for."""

    id: int
    name: str
    more: str
    gaps: Gaps


@dataclass(frozen=True, slots=True)
class JournalQuality:
    """The days from ``since`` to ``until``, both included, and their lessons; ``teachers`` and ``classes`` are all there
    are to choose from."""

    since: date
    until: date
    total: Gaps
    lines: tuple[GapLine, ...]
    teachers: tuple[tuple[int, str], ...]
    classes: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class _Counted:
    course_id: int
    substitute_id: int | None
    gaps: Gaps


async def journal_gaps(uow: UnitOfWork, office: Office, days: int) -> Gaps:
    """The whole school's, over the days before today. Two statements."""
    held, values = await _past(uow, office, days)
    row = await uow.row(_totals(held), values)
    assert row is not None
    return _gaps(row)


async def journal_quality(
    uow: UnitOfWork,
    office: Office,
    *,
    days: int,
    by: By,
    teacher_id: int | None = None,
    class_id: int | None = None,
) -> JournalQuality:
    """The lessons of the days before today by teacher, class, or course. A lesson with two teachers counts for each of
    them. Four statements."""
    counted = await _counted(uow, office, days)
    courses = {row.id: row for row in await uow.rows(_COURSES, {"school_id": office.school.id})}
    teachers: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    names: dict[int, str] = {}
    for row in await uow.rows(_TEACHERS, {"school_id": office.school.id}):
        names[row.id] = f"{row.family} {row.given}".strip()
        if row.course_id is not None:
            teachers[row.course_id].append((row.id, names[row.id]))
    lines: dict[tuple[int, ...], GapLine] = {}
    total = Gaps()
    for one in counted:
        course = courses[one.course_id]
        if class_id is not None and course.class_id != class_id:
            continue
        if one.substitute_id:
            givers = [(one.substitute_id, names.get(one.substitute_id, ""))]
        else:
            givers = teachers[one.course_id] or [(0, "")]
        if teacher_id is not None:
            givers = [giver for giver in givers if giver[0] == teacher_id]
        if not givers:
            continue
        total += one.gaps
        if by == "class":
            _add(lines, (course.class_id or 0,), course.class_name or "", "", one.gaps)
        elif by == "teacher":
            for giver, name in givers:
                _add(lines, (giver,), name, "", one.gaps)
        else:
            words = " · ".join(part for part in (course.class_name, course.subject, course.group) if part)
            who = ", ".join(name for _, name in givers)
            _add(lines, (one.course_id, *(giver for giver, _ in givers)), words, who, one.gaps)
    today = office.school.today(uow.now)
    return JournalQuality(
        today - timedelta(days=days),
        today - timedelta(days=1),
        total,
        tuple(lines.values()),
        tuple(sorted(names.items(), key=lambda item: item[1].casefold())),
        tuple(
            dict.fromkeys(
                (row.class_id, row.class_name) for row in courses.values() if row.class_id is not None
            )
        ),
    )


def _add(
    lines: dict[tuple[int, ...], GapLine], key: tuple[int, ...], name: str, more: str, gaps: Gaps
) -> None:
    known = lines.get(key)
    lines[key] = replace(known, gaps=known.gaps + gaps) if known else GapLine(key[0], name, more, gaps)


_COURSES = (
    sa.select(
        *(Course.id, Course.class_id, Course.name.label("group"), Subject.name.label("subject")),
        SchoolClass.name.label("class_name"),
    )
    .join(Subject, Subject.id == Course.subject_id)
    .outerjoin(SchoolClass, SchoolClass.id == Course.class_id)
    .where(Course.school_id == sa.bindparam("school_id"))
    .order_by(SchoolClass.grade, SchoolClass.name, Subject.name, Course.id)
)
_TEACHERS = (
    sa.select(CourseTeacher.course_id, Person.id, Person.family, Person.given)
    .select_from(CourseTeacher)
    .join(Course, Course.id == CourseTeacher.course_id)
    .join(Person, Person.id == CourseTeacher.teacher_id)
    .where(Course.school_id == sa.bindparam("school_id"), CourseTeacher.ends.is_(None))
    .order_by(Person.family, Person.given)
)


async def _counted(uow: UnitOfWork, office: Office, days: int) -> list[_Counted]:
    """By course and by who stood in. Two statements, whatever the number of lessons."""
    held, values = await _past(uow, office, days)
    rows = await uow.rows(_by_course(held), values)
    return [_Counted(row.course_id, row.substitute_id, _gaps(row)) for row in rows]


def _gaps(row: sa.Row[Any]) -> Gaps:
    counts = (row.lessons, row.empty, row.register, row.topic, row.homework, row.marks)
    return Gaps(*(int(one or 0) for one in counts))


async def _past(uow: UnitOfWork, office: Office, days: int) -> tuple[sa.CTE, Mapping[str, Any]]:
    """The lessons of the days before today, and what a statement over them is run with. One statement."""
    today = office.school.today(uow.now)
    held = await held_lessons(uow, office.school, today - timedelta(days=days), today - timedelta(days=1))
    return held.table, {**held.values, "last_due": today + _HOMEWORK_AHEAD}


@lru_cache(maxsize=64)
def _totals(held: sa.CTE) -> sa.Select[Any]:
    return sa.select(*_counts(_lessons(held))).execution_options(**LONG)


@lru_cache(maxsize=64)
def _by_course(held: sa.CTE) -> sa.Select[Any]:
    lessons = _lessons(held)
    keys = (lessons.c.course_id, lessons.c.substitute_id)
    return sa.select(*keys, *_counts(lessons)).group_by(*keys).execution_options(**LONG)


def _counts(lessons: sa.Subquery) -> tuple[sa.ColumnElement[Any], ...]:
    return (
        sa.func.count().label("lessons"),
        sa.func.sum(lessons.c.register * lessons.c.topic * lessons.c.marks).label("empty"),
        *(sa.func.sum(lessons.c[name]).label(name) for name in ("register", "topic", "homework", "marks")),
    )


def _lessons(held: sa.CTE) -> sa.Subquery:
    """Each held lesson with a 1 for what it lacks."""
    no_register = Lesson.register_taken_at.is_(None)
    no_topic = sa.func.coalesce(Lesson.topic, "") == ""
    no_marks = sa.not_(
        sa.exists().where(
            Assessment.course_id == held.c.course_id,
            Assessment.date == held.c.day,
            sa.or_(Assessment.lesson_id.is_(None), Assessment.lesson_id == Lesson.id),
        )
    )
    # What no lesson is named for was set at the lesson of the day on which it was written down.
    no_homework = sa.not_(
        sa.exists().where(
            Homework.course_id == held.c.course_id,
            Homework.due_on.between(held.c.day, sa.bindparam("last_due", type_=sa.Date())),
            Homework.withdrawn_at.is_(None),
            sa.or_(
                Homework.set_lesson_id == Lesson.id,
                Homework.set_lesson_id.is_(None)
                & (Homework.recorded_at >= held.c.day_starts)
                & (Homework.recorded_at < held.c.day_ends),
            ),
        )
    )
    return (
        sa.select(
            *(held.c.course_id, held.c.substitute_id),
            *(_one(no_register, "register"), _one(no_topic, "topic")),
            *(_one(no_homework, "homework"), _one(no_marks, "marks")),
        )
        .select_from(held)
        .outerjoin(
            Lesson,
            (Lesson.course_id == held.c.course_id)
            & (Lesson.date == held.c.day)
            & (Lesson.period == held.c.period),
        )
        .subquery()
    )


def _one(condition: sa.ColumnElement[bool], name: str) -> sa.Label[int]:
    return sa.case((condition, 1), else_=0).label(name)
