"""The facts that notices tell: marks, absences, homework and links as they stand when they are sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.db.models import (
    Assessment,
    Attachment,
    Attendance,
    Chat,
    ChatLink,
    Course,
    CourseEnrollment,
    Homework,
    Lesson,
    Mark,
    Person,
    Posting,
    Subject,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import AttendanceKind
from core.domain.names import PersonName


@dataclass(frozen=True, slots=True)
class MarkTold:
    """A mark as news; ``was`` is the value that it corrects."""

    subject: str
    value: str
    maximum: Decimal | None
    kind: str
    comment: str
    on: date
    was: str | None = None


@dataclass(frozen=True, slots=True)
class MarksTold:
    """A child's marks of one event; ``withdrawn`` counts those taken back."""

    child_id: int
    child: str
    marks: tuple[MarkTold, ...] = ()
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class AbsenceTold:
    """Where a child was at a lesson, as it is recorded now; None is present after all. ``reason`` is why the child was
    absent, where somebody said so."""

    child_id: int
    child: str
    kind: AttendanceKind | None
    minutes: int | None
    subject: str
    on: date
    period: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HomeworkTold:
    """Homework of a child's course as it stands now."""

    child_id: int
    child: str
    subject: str
    due_on: date
    text: str
    minutes: int | None
    files: int


async def effects_of(uow: UnitOfWork, posting_id: int) -> Mapping[str, Any]:
    """What saving a posting made; empty for none. One statement."""
    found = await uow.value(sa.select(Posting.effects).where(Posting.id == posting_id))
    return found or {}


def _called(row: sa.Row[Any]) -> str:
    return PersonName(row.family, row.given, "", row.nickname).called


async def marks_told(
    uow: UnitOfWork, mark_ids: Collection[int], children: Sequence[int]
) -> dict[int, MarksTold]:
    """The marks that stand, by child, oldest first; a child whose marks are all withdrawn has none. One statement."""
    rows = await uow.rows(
        sa.select(
            Mark.student_id,
            *(Person.family, Person.given, Person.nickname),
            Subject.name.label("subject"),
            *(Mark.value, Assessment.maximum, Assessment.kind, Mark.comment, Assessment.date),
        )
        .join(Person, Person.id == Mark.student_id)
        .join(Assessment, Assessment.id == Mark.assessment_id)
        .join(Course, Course.id == Assessment.course_id)
        .join(Subject, Subject.id == Course.subject_id)
        .where(Mark.id.in_(mark_ids), Mark.withdrawn_at.is_(None), Mark.student_id.in_(children))
        .order_by(Assessment.date, Mark.id)
    )
    names: dict[int, str] = {}
    found: defaultdict[int, list[MarkTold]] = defaultdict(list)
    for row in rows:
        names[row.student_id] = _called(row)
        found[row.student_id].append(
            MarkTold(row.subject, row.value, row.maximum, row.kind, row.comment, row.date)
        )
    return {child: MarksTold(child, names[child], tuple(marks)) for child, marks in found.items()}


async def mark_changed(uow: UnitOfWork, mark_id: int, before: str) -> dict[int, MarksTold]:
    """A mark that was corrected or withdrawn since it was ``before``, by its child. One statement."""
    row = await uow.row(
        sa.select(
            Mark.student_id,
            *(Person.family, Person.given, Person.nickname),
            Subject.name.label("subject"),
            *(Mark.value, Assessment.maximum, Assessment.kind, Mark.comment, Assessment.date),
            Mark.withdrawn_at,
        )
        .join(Person, Person.id == Mark.student_id)
        .join(Assessment, Assessment.id == Mark.assessment_id)
        .join(Course, Course.id == Assessment.course_id)
        .join(Subject, Subject.id == Course.subject_id)
        .where(Mark.id == mark_id)
    )
    if row is None:
        return {}
    mark = MarkTold(row.subject, row.value, row.maximum, row.kind, row.comment, row.date, before)
    if row.withdrawn_at is not None:
        return {row.student_id: MarksTold(row.student_id, _called(row), (mark,), withdrawn=1)}
    return {row.student_id: MarksTold(row.student_id, _called(row), (mark,))}


async def absences_told(uow: UnitOfWork, lesson_id: int, children: Sequence[int]) -> dict[int, AbsenceTold]:
    """What is recorded of the children at a lesson. One statement."""
    rows = await uow.rows(
        sa.select(
            Person.id,
            *(Person.family, Person.given, Person.nickname),
            Subject.name.label("subject"),
            *(Lesson.date, Lesson.period, Attendance.kind, Attendance.minutes, Attendance.reason),
        )
        .select_from(Lesson)
        .join(Person, Person.id.in_(children))
        .join(Course, Course.id == Lesson.course_id)
        .join(Subject, Subject.id == Course.subject_id)
        .outerjoin(Attendance, (Attendance.lesson_id == Lesson.id) & (Attendance.student_id == Person.id))
        .where(Lesson.id == lesson_id)
    )
    return {
        row.id: AbsenceTold(
            row.id,
            _called(row),
            AttendanceKind(row.kind) if row.kind else None,
            row.minutes,
            row.subject,
            row.date,
            row.period,
            row.reason or "",
        )
        for row in rows
    }


async def homework_told(
    uow: UnitOfWork, homework_ids: Collection[int], children: Mapping[int, str], *, withdrawn: bool = False
) -> dict[int, tuple[HomeworkTold, ...]]:
    """The homework by child, ``children`` being what they are called; all have the same courses or are told of what
    concerns them by their enrolment. One statement."""
    files = sa.select(sa.func.count()).where(Attachment.homework_id == Homework.id).scalar_subquery()
    rows = await uow.rows(
        sa.select(
            CourseEnrollment.student_id,
            Subject.name.label("subject"),
            *(Homework.due_on, Homework.text, Homework.minutes, files.label("files")),
        )
        .join(Course, Course.id == Homework.course_id)
        .join(Subject, Subject.id == Course.subject_id)
        .join(CourseEnrollment, CourseEnrollment.course_id == Course.id)
        .where(
            Homework.id.in_(homework_ids),
            Homework.withdrawn_at.is_not(None) if withdrawn else Homework.withdrawn_at.is_(None),
            CourseEnrollment.student_id.in_(list(children)),
        )
        .order_by(Homework.due_on, Homework.id)
    )
    found: defaultdict[int, list[HomeworkTold]] = defaultdict(list)
    for row in rows:
        found[row.student_id].append(
            HomeworkTold(
                row.student_id,
                children[row.student_id],
                row.subject,
                row.due_on,
                row.text,
                row.minutes,
                row.files,
            )
        )
    return {child: tuple(lines) for child, lines in found.items()}


async def homework_courses(uow: UnitOfWork, homework_ids: Collection[int]) -> list[int]:
    """The courses of some homework. One statement."""
    rows = await uow.rows(sa.select(Homework.course_id).where(Homework.id.in_(homework_ids)).distinct())
    return [row.course_id for row in rows]


@dataclass(frozen=True, slots=True)
class LinkTold:
    """A link that was made to a person."""

    link_id: int
    person: str
    messenger: str
    title: str
    linked_at: datetime


async def link_told(uow: UnitOfWork, link_id: int) -> LinkTold | None:
    """A link that is still open. One statement."""
    row = await uow.row(
        sa.select(
            ChatLink.id,
            Person.family,
            Person.given,
            Person.middle,
            Chat.messenger,
            Chat.title,
            ChatLink.linked_at,
        )
        .join(Person, Person.id == ChatLink.person_id)
        .join(Chat, Chat.id == ChatLink.chat_id)
        .where(ChatLink.id == link_id, ChatLink.revoked_at.is_(None))
    )
    if row is None:
        return None
    name = PersonName(row.family, row.given, row.middle).full_name
    return LinkTold(row.id, name, row.messenger.value, row.title, row.linked_at)
