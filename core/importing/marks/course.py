"""The course that a table is for: its pupils, its year, and what is marked in it already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa

from core.db.models import (
    AcademicYear,
    Assessment,
    Course,
    CourseEnrollment,
    CourseTeacher,
    ExternalId,
    Mark,
    Org,
    Person,
    SchoolClass,
    Subject,
)
from core.db.uow import UnitOfWork
from core.domain.matching import Named
from core.domain.names import PersonName
from core.importing.scope import own_source


@dataclass(frozen=True, slots=True)
class Known:
    """An assessment that is there."""

    id: int
    title: str
    kind: str
    maximum: Decimal | None
    date: date
    marks: int

    @property
    def shown(self) -> str:
        """For people to tell them apart."""
        most = f"/{self.maximum}" if self.maximum is not None else ""
        words = " ".join(filter(None, (self.title, self.kind)))
        return f"{self.date.isoformat()} {words}{most}: {self.marks}"


@dataclass(frozen=True, slots=True)
class TaughtCourse:
    """``ids`` are pupils by what registers call them; ``marks`` are the open ones by pupil and assessment."""

    id: int
    title: str
    scale: str
    starts: date
    ends: date
    teacher_id: int | None
    pupils: tuple[Named, ...]
    ids: dict[str, int]
    assessments: tuple[Known, ...]
    marks: dict[tuple[int, int], int]
    ties: dict[str, int]


async def courses_of(uow: UnitOfWork, school_id: int) -> list[tuple[int, str]]:
    """The school's courses that are not over, in words. One statement."""
    statement = (
        sa.select(Course.id, Course.name, Subject.name.label("subject"), SchoolClass.name.label("class_name"))
        .join(Subject, Subject.id == Course.subject_id)
        .outerjoin(SchoolClass, SchoolClass.id == Course.class_id)
        .outerjoin(AcademicYear, AcademicYear.id == Course.year_id)
        .where(
            Course.school_id == school_id,
            Course.ended_on.is_(None),
            sa.or_(AcademicYear.id.is_(None), AcademicYear.ends >= uow.now.date()),
        )
        .order_by(Subject.name, SchoolClass.name, Course.name, Course.id)
    )
    return [
        (row.id, ", ".join(filter(None, (row.subject, row.class_name, row.name))))
        for row in await uow.rows(statement)
    ]


async def load_course(uow: UnitOfWork, school_id: int, course_id: int, title: str) -> TaughtCourse:
    """Seven statements."""
    today = uow.now.date()
    row = await uow.row(
        sa.select(Org.scale, AcademicYear.starts, AcademicYear.ends)
        .select_from(Course)
        .join(Org, Org.id == Course.school_id)
        .outerjoin(AcademicYear, AcademicYear.id == Course.year_id)
        .where(Course.id == course_id)
    )
    assert row is not None
    teachers = await uow.rows(
        sa.select(CourseTeacher.teacher_id).where(
            CourseTeacher.course_id == course_id,
            sa.or_(CourseTeacher.ends.is_(None), CourseTeacher.ends >= today),
        )
    )
    pupils = await uow.rows(
        sa.select(Person.id, Person.family, Person.given, Person.middle, Person.nickname)
        .join(CourseEnrollment, CourseEnrollment.student_id == Person.id)
        .where(CourseEnrollment.course_id == course_id)
        .order_by(Person.id)
    )
    ours = [one.id for one in pupils]
    ids: dict[str, set[int]] = {}
    for tie in await uow.rows(
        sa.select(ExternalId.external_id, ExternalId.target_id).where(
            ExternalId.kind == "person", ExternalId.target_id.in_(ours)
        )
    ):
        ids.setdefault(tie.external_id.removeprefix("id "), set()).add(tie.target_id)
    known = await uow.rows(
        sa.select(
            *(Assessment.id, Assessment.title, Assessment.kind, Assessment.maximum, Assessment.date),
            sa.func.count(Mark.id).label("marks"),
        )
        .outerjoin(Mark, (Mark.assessment_id == Assessment.id) & Mark.withdrawn_at.is_(None))
        .where(Assessment.course_id == course_id)
        .group_by(Assessment.id)
        .order_by(Assessment.id)
    )
    marks = await uow.rows(
        sa.select(Mark.id, Mark.student_id, Mark.assessment_id)
        .join(Assessment, Assessment.id == Mark.assessment_id)
        .where(Assessment.course_id == course_id, Mark.withdrawn_at.is_(None))
    )
    ties = await uow.rows(
        sa.select(ExternalId.external_id, ExternalId.target_id).where(
            ExternalId.source == own_source("marks", school_id), ExternalId.kind == "assessment"
        )
    )
    return TaughtCourse(
        course_id,
        title,
        row.scale,
        row.starts or today - timedelta(days=300),
        row.ends or today,
        teachers[0].teacher_id if len(teachers) == 1 else None,
        tuple(Named(one.id, PersonName(one.family, one.given, one.middle, one.nickname)) for one in pupils),
        {name: next(iter(found)) for name, found in ids.items() if len(found) == 1},
        tuple(Known(one.id, one.title, one.kind, one.maximum, one.date, one.marks) for one in known),
        {(one.student_id, one.assessment_id): one.id for one in marks},
        {tie.external_id: tie.target_id for tie in ties},
    )
