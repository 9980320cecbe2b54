"""The courses and subjects of a school, as its office keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

import sqlalchemy as sa

from core.db.models import (
    AcademicYear,
    BellPeriod,
    Course,
    CourseEnrollment,
    CourseTeacher,
    Enrollment,
    Org,
    Person,
    SchoolClass,
    Subject,
    TimetableSlot,
)
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID
from core.domain.kinds import WeekParity
from core.domain.names import PersonName
from core.errors import NotFound
from core.queries.offices import Office
from core.queries.pages import ON_A_PAGE, Cursor, Order, ordered, page_of


@dataclass(frozen=True, slots=True)
class CourseLine:
    """A course, with its teachers of today and the lessons that its week has, those of odd and even weeks each one."""

    id: int
    subject: str
    group: str
    class_id: int | None
    class_name: str
    teachers: tuple[str, ...]
    pupils: int
    slots: int
    ended: bool


@dataclass(frozen=True, slots=True)
class CoursePage:
    """``after`` is where the next page begins, None on the last."""

    lines: tuple[CourseLine, ...]
    after: Cursor | None


@dataclass(frozen=True, slots=True)
class SubjectLine:
    """A subject; ``kept_by`` names the org above that keeps it, empty where the school does."""

    id: int
    name: str
    courses: int
    kept_by: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A course's place in the week; ``weekday`` is 1 to 7, both end days are included."""

    id: int
    weekday: int
    period: int
    schedule_id: int
    starts: time | None
    ends: time | None
    room: str
    parity: WeekParity
    valid_from: date | None
    valid_to: date | None

    def is_over(self, today: date) -> bool:
        """Whether no lesson is to come of it."""
        return self.valid_to is not None and self.valid_to < today


@dataclass(frozen=True, slots=True)
class Member:
    """A pupil who is or may be in a course."""

    id: int
    name: str
    is_in: bool


@dataclass(frozen=True, slots=True)
class CourseCard:
    """A course whole; ``pupils`` are its own and the others of its class."""

    id: int
    subject_id: int
    subject: str
    group: str
    class_id: int | None
    class_name: str
    year: tuple[date, date] | None
    ended: bool
    teacher_ids: tuple[int, ...]
    pupils: tuple[Member, ...]
    slots: tuple[Slot, ...]


COURSE_ORDERS = {
    "subject": Order(Subject.name),
    "class": Order(sa.func.coalesce(SchoolClass.name, "")),
}


async def course_page(
    uow: UnitOfWork,
    office: Office,
    *,
    class_id: int | None = None,
    subject_id: int | None = None,
    ended: bool = False,
    sort: str = "",
    after: Cursor | None = None,
    most: int = ON_A_PAGE,
) -> CoursePage:
    """The courses in use, or those that ended. Two statements."""
    today = office.school.today(uow.now)
    pupils = (
        sa.select(sa.func.count())
        .where(CourseEnrollment.course_id == Course.id, holds_on(CourseEnrollment, today))
        .scalar_subquery()
    )
    slots = (
        sa.select(sa.func.count())
        .where(
            TimetableSlot.course_id == Course.id,
            sa.or_(TimetableSlot.valid_to.is_(None), TimetableSlot.valid_to >= today),
        )
        .scalar_subquery()
    )
    statement = (
        sa.select(
            *(Course.id, Course.name, Course.class_id, Course.ended_on, Subject.name.label("subject")),
            *(SchoolClass.name.label("class_name"), pupils.label("pupils"), slots.label("slots")),
        )
        .join(Subject, Subject.id == Course.subject_id)
        .outerjoin(SchoolClass, SchoolClass.id == Course.class_id)
        .where(
            Course.school_id == office.school.id,
            Course.ended_on.is_not(None) if ended else Course.ended_on.is_(None),
        )
    )
    if class_id is not None:
        statement = statement.where(Course.class_id == class_id)
    if subject_id is not None:
        statement = statement.where(Course.subject_id == subject_id)
    order = ordered(COURSE_ORDERS, sort)
    rows, following = await page_of(uow, statement, Course.id, order, after=after, most=most)
    teachers: dict[int, list[str]] = {}
    for row in await uow.rows(
        sa.select(CourseTeacher.course_id, Person.family, Person.given, Person.middle)
        .join(Person, Person.id == CourseTeacher.teacher_id)
        .where(CourseTeacher.course_id.in_([one.id for one in rows]), holds_on(CourseTeacher, today))
        .order_by(Person.name_key, Person.id)
    ):
        name = PersonName(row.family, row.given, row.middle).full_name
        teachers.setdefault(row.course_id, []).append(name)
    return CoursePage(
        tuple(
            CourseLine(
                *(row.id, row.subject, row.name, row.class_id, row.class_name or ""),
                *(tuple(teachers.get(row.id, ())), row.pupils, row.slots, row.ended_on is not None),
            )
            for row in rows
        ),
        following,
    )


async def course_card(uow: UnitOfWork, office: Office, course_id: int) -> CourseCard:
    """One course of the school. Four statements. Raises NotFound."""
    row = None
    if 0 < course_id <= LARGEST_ID:
        row = await uow.row(
            sa.select(
                *(Course.id, Course.name, Course.class_id, Course.ended_on, Course.subject_id),
                *(Subject.name.label("subject"), SchoolClass.name.label("class_name")),
                *(AcademicYear.starts, AcademicYear.ends),
            )
            .join(Subject, Subject.id == Course.subject_id)
            .outerjoin(SchoolClass, SchoolClass.id == Course.class_id)
            .outerjoin(AcademicYear, AcademicYear.id == Course.year_id)
            .where(Course.id == course_id, Course.school_id == office.school.id)
        )
    if row is None:
        raise NotFound("course_not_found")
    today = office.school.today(uow.now)
    teachers = await uow.rows(
        sa.select(CourseTeacher.teacher_id)
        .where(CourseTeacher.course_id == course_id, holds_on(CourseTeacher, today))
        .order_by(CourseTeacher.id)
    )
    return CourseCard(
        *(row.id, row.subject_id, row.subject, row.name, row.class_id, row.class_name or ""),
        (row.starts, row.ends) if row.starts else None,
        row.ended_on is not None,
        tuple(one.teacher_id for one in teachers),
        await _members(uow, row.class_id, course_id, today),
        await _slots_of(uow, course_id),
    )


async def _members(uow: UnitOfWork, class_id: int | None, course_id: int, today: date) -> tuple[Member, ...]:
    in_course = sa.select(CourseEnrollment.student_id).where(
        CourseEnrollment.course_id == course_id, holds_on(CourseEnrollment, today)
    )
    in_class = sa.select(Enrollment.student_id).where(
        Enrollment.class_id == (class_id or 0), holds_on(Enrollment, today)
    )
    is_in = Person.id.in_(in_course)
    rows = await uow.rows(
        sa.select(Person.id, Person.family, Person.given, Person.middle, is_in.label("is_in"))
        # Said as one set, so that a region's other people are not gone through.
        .where(Person.id.in_(sa.union(in_course, in_class)))
        .order_by(Person.name_key, Person.id)
    )
    return tuple(
        Member(row.id, f"{row.family} {row.given} {row.middle}".strip(), bool(row.is_in)) for row in rows
    )


async def _slots_of(uow: UnitOfWork, course_id: int) -> tuple[Slot, ...]:
    rows = await uow.rows(
        sa.select(
            *(TimetableSlot.id, TimetableSlot.weekday, TimetableSlot.period, TimetableSlot.schedule_id),
            *(TimetableSlot.room, TimetableSlot.parity, TimetableSlot.valid_from, TimetableSlot.valid_to),
            *(BellPeriod.starts, BellPeriod.ends),
        )
        .outerjoin(
            BellPeriod,
            (BellPeriod.schedule_id == TimetableSlot.schedule_id)
            & (BellPeriod.number == TimetableSlot.period),
        )
        .where(TimetableSlot.course_id == course_id)
        .order_by(TimetableSlot.weekday, TimetableSlot.period, TimetableSlot.id)
    )
    return tuple(
        Slot(
            *(row.id, row.weekday, row.period, row.schedule_id, row.starts, row.ends),
            *(row.room, row.parity, row.valid_from, row.valid_to),
        )
        for row in rows
    )


async def list_subjects(uow: UnitOfWork, office: Office) -> tuple[SubjectLine, ...]:
    """The subjects of the school and of the orgs above, by name. One statement."""
    courses = (
        sa.select(sa.func.count())
        .where(Course.subject_id == Subject.id, Course.school_id == office.school.id)
        .scalar_subquery()
    )
    rows = await uow.rows(
        sa.select(
            *(Subject.id, Subject.name, courses.label("courses")),
            *(Org.id.label("org_id"), Org.name.label("org_name")),
        )
        .join(Org, (Org.id == Subject.org_id) & sa.literal(office.school.path).startswith(Org.path))
        .order_by(Subject.name, Subject.id)
    )
    return tuple(
        SubjectLine(row.id, row.name, row.courses, "" if row.org_id == office.school.id else row.org_name)
        for row in rows
    )
