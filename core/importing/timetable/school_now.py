"""Looking up what a school has already, in a number of statements that does not grow with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

import sqlalchemy as sa

from core.db.models import (
    AcademicYear,
    BellPeriod,
    BellSchedule,
    Course,
    CourseEnrollment,
    CourseTeacher,
    Enrollment,
    ExternalId,
    Org,
    Person,
    RoleAssignment,
    SchoolClass,
    Subject,
    Term,
    TimetableSlot,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import OrgKind
from core.domain.names import PersonName, fold
from core.domain.rights import Role
from core.errors import UnreadableFile
from core.importing.known import batches
from core.importing.said import Said
from core.importing.timetable.school import Bells, KnownCourse, SchoolNow, Teacher, Thing, Year

SOURCE = "timetable"
_STAFF = (Role.TEACHER, Role.HEAD, Role.DEPUTY, Role.ADMIN, Role.SECRETARY)


async def which_school(uow: UnitOfWork, school_id: int | None, named: str) -> tuple[int | None, str]:
    """The school that a file is for and its name: the one asked for, else the only one, else the one called so; no id
    where there is none at all. One statement. Raises UnreadableFile where that leaves several."""
    schools = {
        row.id: row.name
        for row in await uow.rows(
            sa.select(Org.id, Org.name)
            .where(Org.kind == OrgKind.SCHOOL, Org.ended_on.is_(None))
            .order_by(Org.name, Org.id)
        )
    }
    if school_id is not None:
        if school_id not in schools:
            raise UnreadableFile(Said("There is no school with the number {number}.", number=school_id))
        return school_id, schools[school_id]
    if not schools:
        return None, named
    found = [one for one, name in schools.items() if fold(name) == fold(named)]
    if len(schools) == 1:
        found = list(schools)
    if len(found) != 1:
        listed = ", ".join(f"{name} ({one})" for one, name in list(schools.items())[:20])
        raise UnreadableFile(
            Said("Which school is this timetable for? Say it with --school: {schools}", schools=listed)
        )
    return found[0], schools[found[0]]


async def school_now(
    uow: UnitOfWork, school_id: int | None, name: str, starts: date | None, today: date
) -> SchoolNow:
    """All of it. Some fifteen statements, however large the school is."""
    if school_id is None:
        return SchoolNow(None, name, SOURCE, starts or today)
    path = str(await uow.value(sa.select(Org.path).where(Org.id == school_id)))
    year, first = await _year(uow, path, starts or await _to_come(uow, school_id, today), today)
    above = sa.select(Org.id).where(sa.literal(path).startswith(Org.path))
    tied = list(
        await uow.rows(
            sa.select(ExternalId.source, ExternalId.kind, ExternalId.external_id, ExternalId.target_id).where(
                ExternalId.source.in_((SOURCE, f"{SOURCE}@{school_id}")), ExternalId.ended_on.is_(None)
            )
        )
    )
    # The school that a timetable made keeps the ties of the file that made it.
    is_made = any(row.source == SOURCE and row.kind == "org" and row.target_id == school_id for row in tied)
    source = SOURCE if is_made else f"{SOURCE}@{school_id}"
    ties = {(row.kind, row.external_id): row.target_id for row in tied if row.source == source}
    slots = await _slots(uow, school_id, first)
    teaching = await _teaching(uow, school_id, first)
    ours = {row for (kind, _), row in ties.items() if kind == "course_teacher"}
    classes = await _classes(uow, school_id, year)
    return SchoolNow(
        school_id,
        name,
        source,
        first,
        year,
        await _teachers(uow, school_id, {row for (kind, _), row in ties.items() if kind == "person"}, today),
        classes,
        await _named(uow, "subject", sa.select(Subject.id, Subject.name).where(Subject.org_id.in_(above))),
        await _courses(uow, school_id, year, teaching, first),
        await _bells(uow, school_id, slots),
        await _pupils(uow, [one.id for one in classes], first),
        frozenset(row.class_id for row in slots if row.class_id is not None),
        ties,
        frozenset(ours),
        {(row.course_id, row.teacher_id): (row.id, bool(row.ends and row.ends < first)) for row in teaching},
    )


async def _to_come(uow: UnitOfWork, school_id: int, today: date) -> date | None:
    """The first day of a timetable that has not begun: whoever takes it in again means that day."""
    found: date | None = await uow.value(
        sa.select(sa.func.max(TimetableSlot.valid_from))
        .join(Course, Course.id == TimetableSlot.course_id)
        .where(
            Course.school_id == school_id, TimetableSlot.valid_from > today, TimetableSlot.valid_to.is_(None)
        )
    )
    return found


async def _year(uow: UnitOfWork, path: str, starts: date | None, today: date) -> tuple[Year | None, date]:
    """The year that the first day lies in, else the one to come; and the first day: the one asked for, else today, in
    the holidays the first of the term to come."""
    rows = await uow.rows(
        sa.select(
            AcademicYear.id,
            AcademicYear.starts,
            AcademicYear.ends,
            Term.starts.label("term_starts"),
            Term.ends.label("term_ends"),
        )
        .join(Org, Org.id == AcademicYear.org_id)
        .outerjoin(Term, (Term.year_id == AcademicYear.id) & Term.ended_on.is_(None))
        .where(
            sa.literal(path).startswith(Org.path),
            AcademicYear.ended_on.is_(None),
            AcademicYear.ends >= (starts or today),
        )
        .order_by(AcademicYear.starts, sa.func.length(Org.path).desc(), AcademicYear.id, Term.starts)
    )
    if not rows:
        return None, starts or today
    chosen = rows[0]
    year = Year(chosen.id, chosen.starts, chosen.ends)
    if starts is not None:
        return year, starts
    spans = [
        (row.term_starts or row.starts, row.term_ends or row.ends) for row in rows if row.id == chosen.id
    ]
    if any(first <= today <= last for first, last in spans):
        return year, today
    return year, min((first for first, _ in spans if first > today), default=today)


async def _teachers(uow: UnitOfWork, school_id: int, tied: set[int], today: date) -> list[Teacher]:
    held = (
        RoleAssignment.org_id == school_id,
        sa.or_(RoleAssignment.ends.is_(None), RoleAssignment.ends >= today),
        RoleAssignment.role.in_(_STAFF),
    )
    people = await uow.rows(
        sa.select(
            Person.id,
            Person.family,
            Person.given,
            Person.middle,
            Person.nickname,
            Person.email,
            sa.func.max(sa.case((RoleAssignment.role == Role.TEACHER, 1), else_=0)).label("teaches"),
        )
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(*held)
        .group_by(Person.id, Person.family, Person.given, Person.middle, Person.nickname, Person.email)
        .order_by(Person.id)
    )
    of_staff = sa.select(RoleAssignment.person_id).where(*held)
    ids = await _register_ids(uow, "person", of_staff)
    here = {row.id for row in people}
    left = [
        Teacher(
            row.id,
            PersonName(row.family, row.given, row.middle, row.nickname),
            "",
            frozenset(),
            teaches=False,
            has_left=True,
        )
        for batch in batches(sorted(tied - here))
        for row in await uow.rows(
            sa.select(Person.id, Person.family, Person.given, Person.middle, Person.nickname)
            .where(Person.id.in_(batch))
            .order_by(Person.id)
        )
    ]
    staff = [
        Teacher(
            row.id,
            PersonName(row.family, row.given, row.middle, row.nickname),
            row.email,
            frozenset(ids.get(row.id, ())),
            bool(row.teaches),
        )
        for row in people
    ]
    return [*staff, *left]


async def _register_ids(uow: UnitOfWork, kind: str, rows: sa.Select[Any]) -> Mapping[int, set[str]]:
    """What registers, not timetables, call them."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for row in await uow.rows(
        sa.select(ExternalId.target_id, ExternalId.external_id).where(
            ExternalId.kind == kind,
            ExternalId.target_id.in_(rows),
            ~ExternalId.source.startswith(SOURCE),
        )
    ):
        found[row.target_id].add(row.external_id)
    return found


async def _named(uow: UnitOfWork, kind: str, rows: sa.Select[int, str]) -> list[Thing]:
    found = await uow.rows(rows.order_by(sa.column("name"), sa.column("id")))
    ids = await _register_ids(uow, kind, sa.select(rows.subquery().c.id))
    return [Thing(row.id, row.name, frozenset(ids.get(row.id, ()))) for row in found]


async def _classes(uow: UnitOfWork, school_id: int, year: Year | None) -> list[Thing]:
    of_year: sa.ColumnElement[bool] = SchoolClass.year_id.is_(None)
    if year is not None:
        of_year = sa.or_(of_year, SchoolClass.year_id == year.id)
    return await _named(
        uow,
        "class",
        sa.select(SchoolClass.id, SchoolClass.name).where(
            SchoolClass.school_id == school_id, SchoolClass.ended_on.is_(None), of_year
        ),
    )


async def _teaching(uow: UnitOfWork, school_id: int, first: date) -> Sequence[sa.Row[Any]]:
    return await uow.rows(
        sa.select(CourseTeacher.id, CourseTeacher.course_id, CourseTeacher.teacher_id, CourseTeacher.ends)
        .join(Course, Course.id == CourseTeacher.course_id)
        .where(Course.school_id == school_id, Course.ended_on.is_(None))
    )


async def _courses(
    uow: UnitOfWork, school_id: int, year: Year | None, teaching: Sequence[sa.Row[Any]], first: date
) -> list[KnownCourse]:
    of_year: sa.ColumnElement[bool] = Course.year_id.is_(None)
    if year is not None:
        of_year = sa.or_(of_year, Course.year_id == year.id)
    live = (Course.school_id == school_id, Course.ended_on.is_(None), of_year)
    teachers: defaultdict[int, set[int]] = defaultdict(set)
    for row in teaching:
        if row.ends is None or row.ends >= first:
            teachers[row.course_id].add(row.teacher_id)
    pupils_of: defaultdict[int, set[int]] = defaultdict(set)
    for row in await uow.rows(
        sa.select(CourseEnrollment.course_id, Enrollment.class_id)
        .join(Course, Course.id == CourseEnrollment.course_id)
        .join(Enrollment, Enrollment.student_id == CourseEnrollment.student_id)
        .where(
            *live,
            sa.or_(CourseEnrollment.ends.is_(None), CourseEnrollment.ends >= first),
            sa.or_(Enrollment.ends.is_(None), Enrollment.ends >= first),
        )
        .distinct()
    ):
        pupils_of[row.course_id].add(row.class_id)
    rows = await uow.rows(
        sa.select(Course.id, Course.subject_id, Course.class_id, Course.name).where(*live).order_by(Course.id)
    )
    return [
        KnownCourse(
            row.id,
            row.subject_id,
            row.class_id,
            row.name,
            frozenset(teachers[row.id]),
            frozenset(pupils_of[row.id]),
        )
        for row in rows
    ]


async def _slots(uow: UnitOfWork, school_id: int, first: date) -> Sequence[sa.Row[Any]]:
    return await uow.rows(
        sa.select(TimetableSlot.schedule_id, Course.class_id, sa.func.count().label("uses"))
        .join(Course, Course.id == TimetableSlot.course_id)
        .where(
            Course.school_id == school_id,
            sa.or_(TimetableSlot.valid_to.is_(None), TimetableSlot.valid_to >= first),
        )
        .group_by(TimetableSlot.schedule_id, Course.class_id)
    )


async def _bells(uow: UnitOfWork, school_id: int, slots: Sequence[sa.Row[Any]]) -> list[Bells]:
    uses: defaultdict[int, int] = defaultdict(int)
    for row in slots:
        uses[row.schedule_id] += row.uses
    times: defaultdict[int, dict[int, tuple[time, time]]] = defaultdict(dict)
    names: dict[int, str] = {}
    for row in await uow.rows(
        sa.select(BellSchedule.id, BellSchedule.name, BellPeriod.number, BellPeriod.starts, BellPeriod.ends)
        .outerjoin(BellPeriod, BellPeriod.schedule_id == BellSchedule.id)
        .where(BellSchedule.school_id == school_id)
        .order_by(BellSchedule.id, BellPeriod.number)
    ):
        names[row.id] = row.name
        if row.number is not None:
            times[row.id][row.number] = (row.starts, row.ends)
    return [Bells(one, name, times[one], uses[one]) for one, name in names.items()]


async def _pupils(uow: UnitOfWork, classes: Sequence[int], first: date) -> Mapping[int, Sequence[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    if classes:
        for row in await uow.rows(
            sa.select(Enrollment.class_id, Enrollment.student_id)
            .where(
                Enrollment.class_id.in_(classes),
                sa.or_(Enrollment.ends.is_(None), Enrollment.ends >= first),
            )
            .order_by(Enrollment.class_id, Enrollment.student_id)
        ):
            found[row.class_id].append(row.student_id)
    return found
