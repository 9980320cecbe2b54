"""A lesson's register: the course's pupils with their presence and marks of that lesson."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.access import Actor
from core.db.entry_effects import EntryEffects
from core.db.models import (
    Assessment,
    Attendance,
    CourseEnrollment,
    Enrollment,
    Lesson,
    Mark,
    Person,
    SchoolClass,
)
from core.db.uow import UnitOfWork
from core.domain.drafts import SeenPupil
from core.domain.ids import LARGEST_ID, CourseId, PersonId, PostingId
from core.domain.kinds import PostingKind, Presence
from core.domain.lessons import LessonKey
from core.domain.matching import Named
from core.domain.names import PersonName, list_names
from core.errors import NotFound
from core.queries.lessons import TaughtLesson, access_lesson
from core.queries.postings import last_saved


@dataclass(frozen=True, slots=True)
class LessonMark:
    """A mark given at the lesson."""

    id: int
    assessment_id: int
    value: str
    maximum: Decimal | None
    kind: str
    comment: str


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """A pupil at the lesson. ``presence`` is None where nothing was recorded: present only if the register was taken."""

    student_id: PersonId
    name: PersonName
    roll_number: int | None
    presence: Presence | None
    minutes: int | None
    list_name: str
    """As the class list has it: family name first, told apart from others of the same name."""
    marks: tuple[LessonMark, ...] = ()

    @property
    def seen(self) -> SeenPupil:
        """What somebody who looks now sees of the pupil."""
        late = f" {self.minutes}" if self.minutes else ""
        presence = f"{self.presence.value}{late}" if self.presence else ""
        return SeenPupil(tuple((mark.id, mark.value) for mark in self.marks), presence)

    @property
    def named(self) -> Named:
        """As the matcher sees the pupil."""
        return Named(self.student_id, self.name, self.roll_number)


@dataclass(frozen=True, slots=True)
class LessonRegister:
    """The lesson and its pupils, by family name."""

    lesson: TaughtLesson
    lines: tuple[RegisterLine, ...]

    def line(self, student_id: int) -> RegisterLine | None:
        """The line of a pupil, if the course teaches the pupil that day."""
        return next((one for one in self.lines if one.student_id == student_id), None)


def _enrolled(on: Any) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return (
        sa.or_(CourseEnrollment.starts.is_(None), CourseEnrollment.starts <= on),
        sa.or_(CourseEnrollment.ends.is_(None), CourseEnrollment.ends >= on),
    )


_PUPILS = (
    sa.select(
        Person.id,
        *(Person.family, Person.given, Person.middle, Person.nickname),
        sa.func.max(Enrollment.roll_number).label("roll_number"),
        Attendance.kind,
        Attendance.minutes,
    )
    .select_from(CourseEnrollment)
    .join(Person, Person.id == CourseEnrollment.student_id)
    .outerjoin(
        Enrollment,
        (Enrollment.student_id == Person.id)
        & sa.or_(Enrollment.ends.is_(None), Enrollment.ends >= sa.bindparam("on")),
    )
    .outerjoin(
        Lesson,
        (Lesson.course_id == CourseEnrollment.course_id)
        & (Lesson.date == sa.bindparam("on"))
        & (Lesson.period == sa.bindparam("period")),
    )
    .outerjoin(Attendance, (Attendance.lesson_id == Lesson.id) & (Attendance.student_id == Person.id))
    .where(
        CourseEnrollment.course_id == sa.bindparam("course_id"),
        *_enrolled(sa.bindparam("on")),
    )
    .group_by(
        *(Person.id, Person.family, Person.given, Person.middle, Person.nickname),
        *(Attendance.kind, Attendance.minutes),
    )
)
_MARKS = (
    sa.select(
        Mark.id,
        Mark.student_id,
        Mark.assessment_id,
        Mark.value,
        Mark.comment,
        Assessment.maximum,
        Assessment.kind,
    )
    .join(Assessment, Assessment.id == Mark.assessment_id)
    .join(Lesson, Lesson.id == Assessment.lesson_id)
    .where(
        Lesson.course_id == sa.bindparam("course_id"),
        Lesson.date == sa.bindparam("on"),
        Lesson.period == sa.bindparam("period"),
        Mark.withdrawn_at.is_(None),
    )
    .order_by(Mark.id)
)


async def register_for(uow: UnitOfWork, actor: Actor, key: LessonKey) -> LessonRegister:
    """The register of a lesson that the asker may write in. Three statements. Raises NotFound."""
    lesson = await access_lesson(uow, actor, key)
    return LessonRegister(lesson, await register_lines(uow, key))


async def register_lines(uow: UnitOfWork, key: LessonKey) -> tuple[RegisterLine, ...]:
    """The pupils of a lesson already checked, by family name. Two statements."""
    given = {"course_id": key.course_id, "on": key.on, "period": key.period}
    marks: defaultdict[int, list[LessonMark]] = defaultdict(list)
    for row in await uow.rows(_MARKS, given):
        marks[row.student_id].append(
            LessonMark(row.id, row.assessment_id, row.value, row.maximum, row.kind, row.comment)
        )
    rows = await uow.rows(_PUPILS, given)
    names = [PersonName(row.family, row.given, row.middle, row.nickname) for row in rows]
    on_list = list_names([(name, row.roll_number) for name, row in zip(names, rows, strict=True)])
    lines = [
        RegisterLine(
            PersonId(row.id),
            name,
            row.roll_number,
            Presence(row.kind) if row.kind else None,
            row.minutes,
            listed,
            tuple(marks[row.id]),
        )
        for row, name, listed in zip(rows, names, on_list, strict=True)
    ]
    return tuple(sorted(lines, key=lambda line: (line.name.sort_key, line.student_id)))


@dataclass(frozen=True, slots=True)
class OwnMark:
    """A mark of a lesson that the asker may write in."""

    lesson: TaughtLesson
    student_id: PersonId
    mark: LessonMark
    number: Decimal | None
    recorded_at: datetime


async def access_mark(uow: UnitOfWork, actor: Actor, mark_id: int) -> OwnMark:
    """A mark that the asker may correct. Inside ``writing()`` its row is locked. Two statements. Raises NotFound."""
    row = None
    if 0 < mark_id <= LARGEST_ID:
        statement = (
            sa.select(
                *(
                    Mark.student_id,
                    Mark.assessment_id,
                    Mark.value,
                    Mark.number,
                    Mark.comment,
                    Mark.recorded_at,
                    Assessment.kind,
                    Assessment.maximum,
                ),
                *(Lesson.course_id, Lesson.date, Lesson.period),
            )
            .join(Assessment, Assessment.id == Mark.assessment_id)
            .join(Lesson, Lesson.id == Assessment.lesson_id)
            .where(Mark.id == mark_id, Mark.withdrawn_at.is_(None))
        )
        row = await uow.row(statement.with_for_update(of=Mark) if uow.is_writing else statement)
    if row is None:
        raise NotFound("mark_not_found")
    lesson = await access_lesson(uow, actor, LessonKey(row.date, row.period, CourseId(row.course_id)))
    mark = LessonMark(mark_id, row.assessment_id, row.value, row.maximum, row.kind, row.comment)
    return OwnMark(lesson, PersonId(row.student_id), mark, row.number, row.recorded_at)


async def access_pupil(uow: UnitOfWork, lesson: TaughtLesson, student_id: int) -> PersonId:
    """A pupil whom the course teaches on the lesson's day. One statement. Raises NotFound."""
    found = None
    if 0 < student_id <= LARGEST_ID:
        found = await uow.value(
            sa.select(CourseEnrollment.student_id).where(
                CourseEnrollment.course_id == lesson.key.course_id,
                CourseEnrollment.student_id == student_id,
                *_enrolled(lesson.key.on),
            )
        )
    if found is None:
        raise NotFound("student_not_found")
    return PersonId(found)


@dataclass(frozen=True, slots=True)
class Undoable:
    """The newest entry of the asker's chat, of this lesson and not too old to be taken back. ``pupil`` is the only one
    it is about; None where it is about several, or with ``is_rest`` about all who are not noted otherwise."""

    posting_id: PostingId
    pupil: RegisterLine | None
    is_rest: bool


async def undoable_at(uow: UnitOfWork, actor: Actor, register: LessonRegister) -> Undoable | None:
    """What Undo on the register's card takes back. One statement."""
    last = await last_saved(uow, actor)
    if last is None or last.kind is not PostingKind.MARKS or not last.can_be_undone(uow.now):
        return None
    effects = EntryEffects.from_json(last.effects)
    if effects.lesson_id != register.lesson.id:
        return None
    about = {*effects.presence, *([effects.changed.student_id] if effects.changed else [])}
    pupils = [
        line
        for line in register.lines
        if line.student_id in about or any(mark.id in effects.marks for mark in line.marks)
    ]
    only = pupils[0] if len(pupils) == 1 and not effects.register else None
    return Undoable(last.id, only, is_rest=effects.register and not pupils)


async def pupils_elsewhere(
    uow: UnitOfWork, actor: Actor, course_id: CourseId
) -> tuple[tuple[Named, str], ...]:
    """The pupils of the asker's other courses with their class, to say where somebody is. One statement."""
    others = actor.courses - {course_id}
    if not others:
        return ()
    today = uow.now.date()
    rows = await uow.rows(
        sa.select(
            Person.id,
            Person.family,
            Person.given,
            Person.middle,
            Person.nickname,
            SchoolClass.name.label("class_name"),
        )
        .select_from(CourseEnrollment)
        .join(Person, Person.id == CourseEnrollment.student_id)
        .outerjoin(
            Enrollment,
            (Enrollment.student_id == Person.id)
            & sa.or_(Enrollment.ends.is_(None), Enrollment.ends >= today),
        )
        .outerjoin(SchoolClass, SchoolClass.id == Enrollment.class_id)
        .where(
            CourseEnrollment.course_id.in_(others),
            sa.or_(CourseEnrollment.ends.is_(None), CourseEnrollment.ends >= today),
        )
        .distinct()
        .order_by(Person.id)
    )
    return tuple(
        (Named(row.id, PersonName(row.family, row.given, row.middle, row.nickname)), row.class_name or "")
        for row in rows
    )
