"""Homework that is due on a day and not ticked off: whom to remind, and of what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from core.db.models import Attachment, Course, CourseEnrollment, Homework, HomeworkTick, Subject
from core.db.uow import UnitOfWork
from core.queries.homework import TAUGHT_WHEN_DUE

_OPEN = (
    Homework.withdrawn_at.is_(None),
    sa.not_(
        sa.exists().where(
            HomeworkTick.homework_id == Homework.id, HomeworkTick.student_id == CourseEnrollment.student_id
        )
    ),
)


@dataclass(frozen=True, slots=True)
class HomeworkDue:
    """One thing to do; ``minutes`` is the expected time."""

    id: int
    subject: str
    text: str
    minutes: int | None
    files: int


@dataclass(frozen=True, slots=True)
class DueTold:
    """What a pupil has to do for a day."""

    child_id: int
    on: date
    lines: tuple[HomeworkDue, ...]


async def schools_with_homework(uow: UnitOfWork, schools: Collection[int], day: date) -> set[int]:
    """Those of the schools where something is due on the day. One statement."""
    rows = await uow.rows(
        sa.select(Course.school_id)
        .join(Homework, Homework.course_id == Course.id)
        .where(Homework.due_on == day, Homework.withdrawn_at.is_(None), Course.school_id.in_(schools))
        .distinct()
    )
    return {row.school_id for row in rows}


def pupils_with_open_homework(school_id: int, day: date) -> sa.Select[Any]:
    """The pupils of a school who have something to do for the day."""
    return (
        sa.select(CourseEnrollment.student_id)
        .join(Homework, TAUGHT_WHEN_DUE)
        .join(Course, Course.id == Homework.course_id)
        .where(Course.school_id == school_id, Homework.due_on == day, *_OPEN)
    )


async def open_homework(
    uow: UnitOfWork, school_id: int, day: date, children: Sequence[int]
) -> dict[int, DueTold]:
    """What is left to do for the day, by pupil and subject. One statement."""
    files = sa.select(sa.func.count()).where(Attachment.homework_id == Homework.id).scalar_subquery()
    rows = await uow.rows(
        sa.select(
            CourseEnrollment.student_id,
            *(Homework.id, Subject.name.label("subject"), Homework.text, Homework.minutes),
            files.label("files"),
        )
        .select_from(Homework)
        .join(CourseEnrollment, TAUGHT_WHEN_DUE)
        .join(Course, Course.id == Homework.course_id)
        .join(Subject, Subject.id == Course.subject_id)
        .where(
            Course.school_id == school_id,
            Homework.due_on == day,
            CourseEnrollment.student_id.in_(children),
            *_OPEN,
        )
        .order_by(Subject.name, Homework.id)
    )
    found: defaultdict[int, list[HomeworkDue]] = defaultdict(list)
    for row in rows:
        found[row.student_id].append(HomeworkDue(row.id, row.subject, row.text, row.minutes, row.files))
    return {child: DueTold(child, day, tuple(lines)) for child, lines in found.items()}
