"""What somebody is at a school, as its office says: roles with their dates, and a pupil's class."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from core.access import Actor, fresh_actor
from core.actions.invitations import take_back_codes
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import Course, CourseEnrollment, Enrollment, RoleAssignment, SchoolClass
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID
from core.domain.rights import Role, may_grant
from core.errors import Invalid, NotFound
from core.queries.office_people import changeable_person
from core.queries.offices import Office, access_office

OFFICE = (Role.ADMIN, Role.SECRETARY)
"""Who writes people down."""
_DAY = timedelta(days=1)
_FURTHEST = 366 * 20


async def give_role(
    uow: UnitOfWork,
    key: ChatKey,
    school_id: int,
    person_id: int,
    role: Role,
    *,
    starts: date | None = None,
    ends: date | None = None,
) -> None:
    """Give one of the office's people a role, or the one they have, or had, other dates. At most seven statements.

    Raises NotFound, Invalid("role_not_yours"), ("dates_wrong"), ("own_role").
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        office = await access_office(uow, actor, school_id, OFFICE)
        await _somebody_else(uow, actor, office, person_id)
        before = await put_role(uow, office, person_id, role, starts, ends)
        await record(
            uow,
            "role.give",
            actor_id=office.officer_id,
            subject=("person", person_id),
            before=before,
            after={"role": role, "school": school_id, "starts": _iso(starts), "ends": _iso(ends)},
        )


async def put_role(
    uow: UnitOfWork, office: Office, person_id: int, role: Role, starts: date | None, ends: date | None
) -> dict[str, Any]:
    """Write a role with its dates; what it was before. Part of a write that has loaded its access. Two statements.

    Raises Invalid("role_not_yours"), ("dates_wrong").
    """
    if role is Role.GUARDIAN or role not in may_grant(office.roles):
        raise Invalid("role_not_yours")
    _check_span(office.school.today(uow.now), starts, ends)
    which = (
        (RoleAssignment.person_id == person_id)
        & (RoleAssignment.org_id == office.school.id)
        & (RoleAssignment.role == role)
    )
    known = await uow.row(sa.select(RoleAssignment.starts, RoleAssignment.ends).where(which))
    if known is None:
        await uow.insert(
            RoleAssignment,
            person_id=person_id,
            org_id=office.school.id,
            role=role,
            starts=starts,
            ends=ends,
        )
        return {}
    await uow.write(sa.update(RoleAssignment).where(which).values(starts=starts, ends=ends))
    return {"role": role, "starts": _iso(known.starts), "ends": _iso(known.ends)}


async def end_role(
    uow: UnitOfWork, key: ChatKey, school_id: int, person_id: int, role: Role, *, last_day: date
) -> None:
    """End a role after a day; one before today is felt at once, in old buttons too. A pupil leaves class and courses with
    it, and what open codes would have given of it is taken from them. It can be given again.

    Raises NotFound, Invalid("role_not_yours"), ("dates_wrong"), ("own_role"). At most thirteen statements.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        office = await access_office(uow, actor, school_id, OFFICE)
        await _somebody_else(uow, actor, office, person_id)
        if role not in may_grant(office.roles):
            raise Invalid("role_not_yours")
        today = office.school.today(uow.now)
        _check_span(today, None, last_day)
        which = (
            (RoleAssignment.person_id == person_id)
            & (RoleAssignment.org_id == office.school.id)
            & (RoleAssignment.role == role)
        )
        known = await uow.row(
            sa.select(RoleAssignment.starts, RoleAssignment.ends).where(
                which, sa.or_(RoleAssignment.ends.is_(None), RoleAssignment.ends >= today)
            )
        )
        if known is None:
            raise NotFound("role_not_found")
        starts = min(known.starts, last_day) if known.starts else None
        await uow.write(sa.update(RoleAssignment).where(which).values(starts=starts, ends=last_day))
        if role is Role.STUDENT:
            await _leave_courses(uow, person_id, last_day, Course.school_id == office.school.id)
            await _leave_classes(uow, office, person_id, last_day)
        if last_day < today:
            await take_back_codes(uow, [person_id], frozenset({role}))
        await record(
            uow,
            "role.end",
            actor_id=office.officer_id,
            subject=("person", person_id),
            before={"role": role, "starts": _iso(known.starts), "ends": _iso(known.ends)},
            after={"role": role, "school": office.school.id, "ends": _iso(last_day)},
        )


async def move_to_class(
    uow: UnitOfWork, key: ChatKey, school_id: int, student_id: int, class_id: int, *, first_day: date
) -> None:
    """Put a pupil into a class from a day on; the class until then ends the day before, and with it the courses of that
    class, while those that the new one has as a whole begin. Groups are the teachers' affair.

    Raises NotFound, Invalid("dates_wrong"), ("not_a_pupil"). At most sixteen statements.
    """
    async with uow.writing():
        office = await access_office(uow, await fresh_actor(uow, key), school_id, OFFICE)
        await changeable_person(uow, office, student_id)
        today = office.school.today(uow.now)
        _check_span(today, first_day, None)
        pupil = await uow.value(
            sa.select(RoleAssignment.id).where(
                RoleAssignment.person_id == student_id,
                RoleAssignment.org_id == school_id,
                RoleAssignment.role == Role.STUDENT,
                sa.or_(RoleAssignment.ends.is_(None), RoleAssignment.ends >= today),
            )
        )
        if pupil is None:
            raise Invalid("not_a_pupil")
        left = await enter_class(uow, office, student_id, class_id, first_day)
        await record(
            uow,
            "class.move",
            actor_id=office.officer_id,
            subject=("person", student_id),
            before={"classes": left},
            after={"class": class_id, "from": _iso(first_day)},
        )


async def enter_class(
    uow: UnitOfWork, office: Office, student_id: int, class_id: int, first_day: date
) -> list[int]:
    """The same as a part of a write that has loaded its access; the classes that ended. At most eleven statements."""
    room = None
    if 0 < class_id <= LARGEST_ID:
        room = await uow.value(
            sa.select(SchoolClass.id).where(
                SchoolClass.id == class_id,
                SchoolClass.school_id == office.school.id,
                SchoolClass.ended_on.is_(None),
            )
        )
    if room is None:
        raise NotFound("class_not_found")
    left = await _leave_classes(uow, office, student_id, first_day - _DAY, but=class_id)
    if left:
        await _leave_courses(uow, student_id, first_day - _DAY, Course.class_id.in_(left))
    await _begin(uow, Enrollment, Enrollment.class_id, student_id, [class_id], first_day)
    courses = await uow.rows(
        sa.select(Course.id).where(Course.class_id == class_id, Course.name == "", Course.ended_on.is_(None))
    )
    if courses:
        ids = [row.id for row in courses]
        await _begin(uow, CourseEnrollment, CourseEnrollment.course_id, student_id, ids, first_day)
    return left


async def _leave_classes(
    uow: UnitOfWork, office: Office, student_id: int, last_day: date, *, but: int = 0
) -> list[int]:
    """At most three statements; the classes."""
    rows = await uow.rows(
        sa.select(Enrollment.class_id)
        .join(SchoolClass, SchoolClass.id == Enrollment.class_id)
        .where(
            Enrollment.student_id == student_id,
            SchoolClass.school_id == office.school.id,
            Enrollment.class_id != but,
            sa.or_(Enrollment.ends.is_(None), Enrollment.ends > last_day),
        )
    )
    left = [row.class_id for row in rows]
    if left:
        await _stop(uow, Enrollment, student_id, Enrollment.class_id.in_(left), last_day)
    return left


async def leave_class(uow: UnitOfWork, student_id: int, class_ids: list[int], last_day: date) -> None:
    """Take a pupil out of classes and their courses; part of a write that has loaded its access. Four statements."""
    await _stop(uow, Enrollment, student_id, Enrollment.class_id.in_(class_ids), last_day)
    await _leave_courses(uow, student_id, last_day, Course.class_id.in_(class_ids))


async def _leave_courses(
    uow: UnitOfWork, student_id: int, last_day: date, which: sa.ColumnElement[bool]
) -> None:
    await _stop(
        uow,
        CourseEnrollment,
        student_id,
        CourseEnrollment.course_id.in_(sa.select(Course.id).where(which)),
        last_day,
    )


async def _stop(
    uow: UnitOfWork, table: Any, student_id: int, which: sa.ColumnElement[bool], last_day: date
) -> None:
    """End rows after a day; what had not begun by then never was. Two statements."""
    lasts = sa.or_(table.ends.is_(None), table.ends > last_day)
    await uow.write(
        sa.delete(table).where(table.student_id == student_id, which, lasts, table.starts > last_day)
    )
    await uow.write(
        sa.update(table).where(table.student_id == student_id, which, lasts).values(ends=last_day)
    )


async def _begin(
    uow: UnitOfWork, table: Any, column: Any, student_id: int, ids: list[int], first_day: date
) -> None:
    """Begin rows, or once more those that had ended before; one that holds on is left alone. At most three statements."""
    rows = await uow.rows(
        sa.select(column.label("id"), table.starts, table.ends).where(
            table.student_id == student_id, column.in_(ids)
        )
    )
    over = [row.id for row in rows if row.ends is not None and row.ends < first_day]
    running = [row.id for row in rows if row.id not in over]
    if over:
        await uow.write(
            sa.update(table)
            .where(table.student_id == student_id, column.in_(over))
            .values(starts=first_day, ends=None)
        )
    if running:
        await uow.write(
            sa.update(table).where(table.student_id == student_id, column.in_(running)).values(ends=None)
        )
    new = [one for one in ids if one not in over and one not in running]
    if new:
        await uow.write(
            sa.insert(table),
            [{"student_id": student_id, column.key: one, "starts": first_day} for one in new],
        )


async def _somebody_else(uow: UnitOfWork, actor: Actor, office: Office, person_id: int) -> None:
    """Nobody makes themselves more, or locks themselves out. Raises NotFound, Invalid("own_role")."""
    await changeable_person(uow, office, person_id)
    if any(one.person_id == person_id for one in actor.identities):
        raise Invalid("own_role")


def _check_span(today: date, starts: date | None, ends: date | None) -> None:
    if any(one is not None and abs((one - today).days) > _FURTHEST for one in (starts, ends)):
        raise Invalid("dates_wrong")
    if starts is not None and ends is not None and ends < starts:
        raise Invalid("dates_wrong")


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
