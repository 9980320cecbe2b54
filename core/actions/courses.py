"""Subjects and courses: added, changed, given to teachers and pupils, ended and brought back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from core.actions.calendar_keeping import keeping
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import Course, CourseEnrollment, CourseTeacher, Enrollment, Subject
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.names import fold
from core.domain.school_calendar import checked_name
from core.errors import Invalid, NotFound
from core.queries.offices import Office
from core.queries.school_classes import class_card
from core.queries.school_courses import course_card, list_subjects
from core.queries.timetable import list_teachers

MOST_TEACHERS = 3
"""How many the office's form has room for."""


async def save_subject(uow: UnitOfWork, key: ChatKey, school_id: int, subject_id: int, *, name: str) -> int:
    """Add a subject (``subject_id`` 0) or rename one of the school's own; its id. At most six statements.

    Raises NotFound, Invalid("name_missing"), ("name_too_long"), ("name_taken").
    """
    words = checked_name(name)
    async with uow.writing():
        office = await keeping(uow, key, school_id)
        subjects = await list_subjects(uow, office)
        known = next((one for one in subjects if one.id == subject_id and not one.kept_by), None)
        if subject_id and known is None:
            raise NotFound("subject_not_found")
        if any(fold(one.name) == fold(words) and one.id != subject_id for one in subjects):
            raise Invalid("name_taken", field="name")
        if known is None:
            subject_id = await uow.insert(Subject, org_id=school_id, name=words)
        else:
            await uow.write(sa.update(Subject).where(Subject.id == subject_id).values(name=words))
        await record(
            uow,
            "subject.saved",
            actor_id=office.officer_id,
            subject=("subject", subject_id),
            before={"name": known.name} if known else None,
            after={"name": words},
        )
    return subject_id


async def remove_subject(uow: UnitOfWork, key: ChatKey, school_id: int, subject_id: int) -> str:
    """Remove a subject of no course, also of none that ended; its name. Raises NotFound, Invalid("subject_in_use")."""
    async with uow.writing():
        office = await keeping(uow, key, school_id)
        subjects = await list_subjects(uow, office)
        known = next((one for one in subjects if one.id == subject_id and not one.kept_by), None)
        if known is None:
            raise NotFound("subject_not_found")
        if known.courses:
            raise Invalid("subject_in_use", field="")
        await uow.write(sa.delete(Subject).where(Subject.id == subject_id))
        await record(
            uow,
            "subject.removed",
            actor_id=office.officer_id,
            subject=("subject", subject_id),
            before={"name": known.name},
        )
    return known.name


async def add_course(
    uow: UnitOfWork,
    key: ChatKey,
    school_id: int,
    *,
    subject_id: int | None,
    class_id: int | None,
    group: str,
    teacher_ids: Collection[int],
) -> int:
    """Add a course of a class, in the class's year; its id. Without a group it teaches all of the class's pupils, with one
    nobody yet. At most thirteen statements.

    Raises NotFound, Invalid("subject_unknown"), ("class_unknown"), ("teacher_unknown"), ("course_taken") and
    ("name_too_long"), each with its ``field``.
    """
    words = checked_name(group, "group", most=40, required=False)
    async with uow.writing():
        office = await keeping(uow, key, school_id)
        if subject_id not in {one.id for one in await list_subjects(uow, office)}:
            raise Invalid("subject_unknown", field="subject")
        try:
            room = await class_card(uow, office, class_id or 0)
        except NotFound:
            raise Invalid("class_unknown", field="class") from None
        if room.ended:
            raise Invalid("class_unknown", field="class")
        await _check_taken(uow, 0, class_id, subject_id, words)
        course_id = await uow.insert(
            Course,
            school_id=school_id,
            year_id=room.year_id,
            subject_id=subject_id,
            class_id=class_id,
            name=words,
        )
        await _set_teachers(uow, office, course_id, teacher_ids, since=None)
        if not words:
            today = office.school.today(uow.now)
            pupils = await uow.rows(
                sa.select(Enrollment.student_id).where(
                    Enrollment.class_id == class_id, holds_on(Enrollment, today)
                )
            )
            if pupils:
                await uow.write(
                    sa.insert(CourseEnrollment),
                    [{"student_id": row.student_id, "course_id": course_id} for row in pupils],
                )
        await record(
            uow,
            "course.added",
            actor_id=office.officer_id,
            subject=("course", course_id),
            after={"subject": subject_id, "class": class_id, "group": words, "teachers": sorted(teacher_ids)},
        )
    return course_id


async def change_course(
    uow: UnitOfWork,
    key: ChatKey,
    school_id: int,
    course_id: int,
    *,
    group: str,
    teacher_ids: Collection[int],
) -> None:
    """Rename a course's group and give it to other teachers, from today on. At most sixteen statements.

    Raises NotFound, Invalid("teacher_unknown"), ("course_taken"), ("name_too_long").
    """
    words = checked_name(group, "group", most=40, required=False)
    async with uow.writing():
        office = await keeping(uow, key, school_id)
        card = await course_card(uow, office, course_id)
        await _check_taken(uow, course_id, card.class_id, card.subject_id, words)
        await uow.write(sa.update(Course).where(Course.id == course_id).values(name=words))
        await _set_teachers(uow, office, course_id, teacher_ids, since=office.school.today(uow.now))
        await record(
            uow,
            "course.changed",
            actor_id=office.officer_id,
            subject=("course", course_id),
            before={"group": card.group, "teachers": sorted(card.teacher_ids)},
            after={"group": words, "teachers": sorted(set(teacher_ids))},
        )


async def _check_taken(
    uow: UnitOfWork, course_id: int, class_id: int | None, subject_id: int | None, group: str
) -> None:
    """A class has one course of a subject and group."""
    rows = await uow.rows(
        sa.select(Course.name).where(
            Course.class_id == class_id,
            Course.subject_id == subject_id,
            Course.ended_on.is_(None),
            Course.id != course_id,
        )
    )
    if any(fold(row.name) == fold(group) for row in rows):
        raise Invalid("course_taken", field="group")


async def _set_teachers(
    uow: UnitOfWork, office: Office, course_id: int, wanted: Collection[int], *, since: date | None
) -> None:
    teaching = {one.id for one in await list_teachers(uow, office.school)}
    if not set(wanted) <= teaching or len(wanted) > MOST_TEACHERS:
        raise Invalid("teacher_unknown", field="teacher-1")
    await _set_dated(uow, CourseTeacher, CourseTeacher.teacher_id, course_id, wanted, since)


async def set_pupils(
    uow: UnitOfWork, key: ChatKey, school_id: int, course_id: int, pupils: Collection[int]
) -> None:
    """Whom a course teaches from today on: of its class's pupils and its own. At most thirteen statements.

    Raises NotFound.
    """
    async with uow.writing():
        office = await keeping(uow, key, school_id)
        card = await course_card(uow, office, course_id)
        if not set(pupils) <= {one.id for one in card.pupils}:
            raise NotFound("student_not_found")
        before = {one.id for one in card.pupils if one.is_in}
        since = office.school.today(uow.now)
        await _set_dated(uow, CourseEnrollment, CourseEnrollment.student_id, course_id, pupils, since)
        await record(
            uow,
            "course.pupils",
            actor_id=office.officer_id,
            subject=("course", course_id),
            before={"left": sorted(before - set(pupils))},
            after={"joined": sorted(set(pupils) - before)},
        )


async def _set_dated(
    uow: UnitOfWork,
    table: Any,
    person: Any,
    course_id: int,
    wanted: Collection[int],
    since: date | None,
) -> None:
    """Rows that held until today end yesterday, or go where they began no earlier. At most five statements."""
    rows = await uow.rows(
        sa.select(table.id, person.label("person"), table.starts, table.ends)
        .where(table.course_id == course_id)
        .with_for_update()
    )
    known = {row.person for row in rows}
    if since is not None:
        yesterday = since - timedelta(days=1)
        left = [row for row in rows if row.person not in wanted and (row.ends is None or row.ends >= since)]
        gone = [row.id for row in left if row.starts is not None and row.starts >= since]
        if gone:
            await uow.write(sa.delete(table).where(table.id.in_(gone)))
        ending = [row.id for row in left if row.id not in gone]
        if ending:
            await uow.write(sa.update(table).where(table.id.in_(ending)).values(ends=yesterday))
        again = [row for row in rows if row.person in wanted and row.ends is not None]
        if again:
            await uow.write(sa.update(table).where(table.id.in_([row.id for row in again])).values(ends=None))
    new = sorted(set(wanted) - known)
    if new:
        await uow.write(
            sa.insert(table),
            [{"course_id": course_id, person.key: number, "starts": since} for number in new],
        )


async def end_course(uow: UnitOfWork, key: ChatKey, school_id: int, course_id: int, *, ends: bool) -> None:
    """A course has no lessons after today, or again; its marks and lessons stay. Raises NotFound, and
    Invalid("course_taken") where another has taken its place."""
    async with uow.writing():
        office = await keeping(uow, key, school_id)
        card = await course_card(uow, office, course_id)
        if not ends:
            await _check_taken(uow, course_id, card.class_id, card.subject_id, card.group)
        await uow.write(
            sa.update(Course)
            .where(Course.id == course_id)
            .values(ended_on=office.school.today(uow.now) if ends else None)
        )
        await record(
            uow,
            "course.ended" if ends else "course.again",
            actor_id=office.officer_id,
            subject=("course", course_id),
        )
