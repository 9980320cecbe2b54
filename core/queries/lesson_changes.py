"""Changes of single lessons: one lesson as it stands, those of a day, and whom they concern."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from core.db.models import (
    Course,
    CourseEnrollment,
    CourseTeacher,
    LessonChange,
    OutboxEvent,
    Person,
    SchoolClass,
    Subject,
)
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.ids import CourseId
from core.domain.kinds import ChangeKind
from core.domain.lessons import LessonKey
from core.domain.names import PersonName


@dataclass(frozen=True, slots=True)
class ChangedLesson:
    """A lesson with what was changed of it; ``kind`` is None where it is as usual again. ``teacher`` is the
    substitute, ``moved_to`` the new day and period."""

    key: LessonKey
    subject: str
    group: str
    class_name: str
    kind: ChangeKind | None
    teacher: str
    room: str
    note: str
    moved_to: tuple[date, int] | None


@dataclass(frozen=True, slots=True)
class ChangesTold:
    """What was changed for one child, named; for teachers without a name."""

    child_id: int
    child: str
    lessons: tuple[ChangedLesson, ...]


@dataclass(frozen=True, slots=True)
class DayChange:
    """A change that concerns a day, with the teachers whom it concerns: the course's and the substitute."""

    school_id: int
    key: LessonKey
    teachers: frozenset[int]


async def changed_lessons(uow: UnitOfWork, keys: Sequence[LessonKey]) -> list[ChangedLesson]:
    """The lessons as they stand, in the order of their days and periods. One statement for each."""
    found = []
    for key in sorted(set(keys)):
        row = await uow.row(
            sa.select(
                *(Subject.name.label("subject"), Course.name.label("group")),
                SchoolClass.name.label("class_name"),
                *(LessonChange.kind, LessonChange.room, LessonChange.note),
                *(LessonChange.new_date, LessonChange.new_period),
                *(Person.family, Person.given, Person.middle),
            )
            .select_from(Course)
            .join(Subject, Subject.id == Course.subject_id)
            .outerjoin(SchoolClass, SchoolClass.id == Course.class_id)
            .outerjoin(
                LessonChange,
                (LessonChange.course_id == Course.id)
                & (LessonChange.date == key.on)
                & (LessonChange.period == key.period),
            )
            .outerjoin(Person, Person.id == LessonChange.teacher_id)
            .where(Course.id == key.course_id)
        )
        if row is None:
            continue
        teacher = PersonName(row.family, row.given, row.middle).formal_name if row.family is not None else ""
        moved = row.kind is ChangeKind.MOVED
        found.append(
            ChangedLesson(
                key,
                row.subject,
                row.group,
                row.class_name or "",
                row.kind,
                teacher,
                row.room or "",
                row.note or "",
                (row.new_date, row.new_period) if moved else None,
            )
        )
    return found


def pupils_of_lessons(keys: Sequence[LessonKey]) -> sa.Select[Any]:
    """Whom these lessons teach on their days."""
    return sa.select(CourseEnrollment.student_id).where(
        sa.or_(
            *(
                sa.and_(CourseEnrollment.course_id == key.course_id, holds_on(CourseEnrollment, key.on))
                for key in keys
            )
        )
    )


async def lessons_by_child(
    uow: UnitOfWork, lessons: Sequence[ChangedLesson], children: Mapping[int, str]
) -> dict[int, ChangesTold]:
    """Which of the lessons are whose. One statement."""
    if not lessons or not children:
        return {}
    rows = await uow.rows(
        sa.select(CourseEnrollment.student_id, CourseEnrollment.course_id).where(
            CourseEnrollment.course_id.in_({one.key.course_id for one in lessons}),
            CourseEnrollment.student_id.in_(list(children)),
        )
    )
    taught: defaultdict[int, set[int]] = defaultdict(set)
    for row in rows:
        taught[row.student_id].add(row.course_id)
    return {
        child: ChangesTold(
            child, children[child], tuple(one for one in lessons if one.key.course_id in courses)
        )
        for child, courses in taught.items()
    }


async def changes_on(uow: UnitOfWork, schools: Collection[int], day: date) -> list[DayChange]:
    """What is changed of the day's lessons, those moved to it among them. One statement."""
    rows = await uow.rows(
        sa.select(
            *(Course.school_id, LessonChange.course_id, LessonChange.date, LessonChange.period),
            *(LessonChange.teacher_id.label("substitute"), CourseTeacher.teacher_id),
        )
        .join(Course, Course.id == LessonChange.course_id)
        .outerjoin(
            CourseTeacher, (CourseTeacher.course_id == Course.id) & holds_on(CourseTeacher, LessonChange.date)
        )
        .where(
            Course.school_id.in_(schools),
            sa.or_(LessonChange.date == day, LessonChange.new_date == day),
        )
        .order_by(LessonChange.date, LessonChange.period, LessonChange.id)
    )
    found: dict[tuple[int, LessonKey], set[int]] = {}
    for row in rows:
        key = LessonKey(row.date, row.period, CourseId(row.course_id))
        teachers = found.setdefault((row.school_id, key), set())
        teachers |= {one for one in (row.substitute, row.teacher_id) if one is not None}
    return [DayChange(school_id, key, frozenset(teachers)) for (school_id, key), teachers in found.items()]


def change_key(key: LessonKey) -> str:
    """The key of the event that tells at once of one lesson's change."""
    return f"lesson_changed:{int(key.course_id)}:{key.on}:{key.period}"


def day_key(day: date, school_id: int) -> str:
    """The key of the event that tells a school the evening before what is changed of a day."""
    return f"tomorrow:{day}:school {school_id}"


def tells_at_once(days: Collection[date], today: date, *, was_told: bool) -> bool:
    """Whether a change that concerns these days is told at once; if not, it is the evening before the first."""
    return was_told or min(days) <= today + timedelta(days=1)


async def told_at_once(uow: UnitOfWork, keys: Collection[LessonKey]) -> set[LessonKey]:
    """Those of the lessons whose change is told by an event of its own. One statement, or none."""
    by_key = {change_key(key): key for key in keys}
    if not by_key:
        return set()
    rows = await uow.rows(
        sa.select(OutboxEvent.key).where(
            OutboxEvent.key.in_(list(by_key)), OutboxEvent.cancelled_at.is_(None)
        )
    )
    return {by_key[row.key] for row in rows}


async def is_known(uow: UnitOfWork, school_id: int, key: LessonKey) -> bool:
    """Whether families were told, or are about to be, how the lesson stands. One statement."""
    keys = [change_key(key), day_key(key.on, school_id)]
    found = await uow.value(
        sa.select(OutboxEvent.id)
        .where(OutboxEvent.key.in_(keys), OutboxEvent.cancelled_at.is_(None))
        .limit(1)
    )
    return found is not None
