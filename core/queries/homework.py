"""A pupil's homework: what is due when, what is ticked off, and the files and links that belong to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa

from core.access import Actor, Student, StudentAccess, access_student
from core.db.models import Attachment, Course, CourseEnrollment, Homework, HomeworkTick, Subject
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID, AttachmentId, CourseId, HomeworkId
from core.domain.rights import Relation, Right
from core.errors import NotFound

BACK = timedelta(days=21)
AHEAD = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class AttachmentLine:
    """A file of ours (``url`` empty) or a link."""

    id: AttachmentId
    name: str
    url: str
    size: int


@dataclass(frozen=True, slots=True)
class HomeworkLine:
    """One homework; ``minutes`` is the expected time, ``done`` the pupil's own tick."""

    id: HomeworkId
    course_id: CourseId
    subject: str
    group: str
    due_on: date
    text: str
    minutes: int | None
    done: bool
    attachments: tuple[AttachmentLine, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class HomeworkList:
    """Three weeks back to four weeks ahead, by day and subject. ``may_tick`` is true for the pupil alone."""

    student: Student
    today: date
    lines: tuple[HomeworkLine, ...]
    may_tick: bool

    def due_on(self, day: date) -> tuple[HomeworkLine, ...]:
        """What is due on a day."""
        return tuple(line for line in self.lines if line.due_on == day)

    @property
    def next_day(self) -> date | None:
        """The next day after today that something is due on."""
        return min((line.due_on for line in self.lines if line.due_on > self.today), default=None)

    @property
    def overdue(self) -> tuple[HomeworkLine, ...]:
        """Due in the last week and not ticked off."""
        week_ago = self.today - timedelta(days=7)
        return tuple(one for one in self.lines if week_ago <= one.due_on < self.today and not one.done)


TAUGHT_WHEN_DUE = (CourseEnrollment.course_id == Homework.course_id) & holds_on(
    CourseEnrollment, Homework.due_on
)
"""Whose homework it is: joins the pupils whom the course teaches on the day that it is due."""

_HOMEWORK = (
    sa.select(
        Homework.id,
        Homework.course_id,
        Subject.name.label("subject"),
        Course.name.label("group"),
        Homework.due_on,
        Homework.text,
        Homework.minutes,
        HomeworkTick.id.label("tick"),
        Attachment.id.label("attachment_id"),
        Attachment.name.label("attachment_name"),
        Attachment.url,
        Attachment.size,
    )
    .join(CourseEnrollment, TAUGHT_WHEN_DUE)
    .join(Course, Course.id == Homework.course_id)
    .join(Subject, Subject.id == Course.subject_id)
    .outerjoin(
        HomeworkTick,
        (HomeworkTick.homework_id == Homework.id) & (HomeworkTick.student_id == sa.bindparam("student_id")),
    )
    .outerjoin(Attachment, Attachment.homework_id == Homework.id)
    .where(
        CourseEnrollment.student_id == sa.bindparam("student_id"),
        Homework.withdrawn_at.is_(None),
        Homework.due_on >= sa.bindparam("since"),
        Homework.due_on <= sa.bindparam("until"),
    )
    .order_by(Homework.due_on, Subject.name, Homework.id, Attachment.id)
)


async def homework_for(uow: UnitOfWork, actor: Actor, student_id: int) -> HomeworkList:
    """The pupil's homework around today. One statement for a family. Raises NotFound."""
    access = await access_student(uow, actor, student_id, Right.DIARY)
    today = access.student.school.today(uow.now)
    rows = await uow.rows(
        _HOMEWORK, {"student_id": student_id, "since": today - BACK, "until": today + AHEAD}
    )
    lines: dict[int, HomeworkLine] = {}
    attachments: dict[int, list[AttachmentLine]] = {}
    for row in rows:
        if access.courses is not None and row.course_id not in access.courses:
            continue
        attachments.setdefault(row.id, [])
        if row.attachment_id is not None:
            attachments[row.id].append(
                AttachmentLine(AttachmentId(row.attachment_id), row.attachment_name, row.url, row.size)
            )
        lines[row.id] = HomeworkLine(
            HomeworkId(row.id),
            CourseId(row.course_id),
            row.subject,
            row.group,
            row.due_on,
            row.text,
            row.minutes,
            row.tick is not None,
            tuple(attachments[row.id]),
        )
    return HomeworkList(access.student, today, tuple(lines.values()), _may_tick(access))


def _may_tick(access: StudentAccess) -> bool:
    return Relation.SELF in access.relations


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that the asker may open: its name, type and the SHA-256 that it is kept under."""

    name: str
    media_type: str
    sha256: str


async def access_attachment(uow: UnitOfWork, actor: Actor, attachment_id: int, student_id: int) -> StoredFile:
    """The file of a homework of that pupil, if the asker may read the pupil's diary. Raises NotFound.

    One statement for a family.
    """
    access = await access_student(uow, actor, student_id, Right.DIARY)
    row = None
    if 0 < attachment_id <= LARGEST_ID:
        row = await uow.row(
            sa.select(Attachment.name, Attachment.media_type, Attachment.sha256, Homework.course_id)
            .join(Homework, Homework.id == Attachment.homework_id)
            .join(CourseEnrollment, TAUGHT_WHEN_DUE)
            .where(
                Attachment.id == attachment_id,
                Attachment.sha256 != "",
                Homework.withdrawn_at.is_(None),
                CourseEnrollment.student_id == access.student.id,
            )
        )
    if row is None or (access.courses is not None and row.course_id not in access.courses):
        raise NotFound("attachment_not_found")
    return StoredFile(row.name, row.media_type, row.sha256)
