"""The people around the named cast whose rights are easily got wrong: those from above, next door, and of yesterday.

Riverside School stands in a district here; Other School stands outside of it and has a 7A of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa

from core.db.models import (
    Course,
    CourseEnrollment,
    CourseTeacher,
    Enrollment,
    Guardianship,
    LessonChange,
    Org,
    Person,
    RoleAssignment,
    SchoolClass,
    Subject,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import ChangeKind, OrgKind
from core.domain.rights import GuardianRights, Role
from tests.cast import TODAY, Cast, link

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@dataclass
class WiderCast:
    """Everybody's messenger account and person, the cast's too; the pupils and classes to be looked at."""

    accounts: dict[str, int] = field(default_factory=dict)
    persons: dict[str, int] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=dict)


async def widen(uow: UnitOfWork, cast: Cast) -> WiderCast:
    """Write the wider cast around the cast."""
    world = WiderCast(
        {name: member.user_id for name, member in cast.members.items()},
        {name: member.person_id for name, member in cast.members.items()},
        dict(cast.classes),
    )
    async with uow.writing():
        district = await _district(uow, cast)
        await _other_school(uow, cast, world)
        await _pupils(uow, cast, world, district)
        await _staff(uow, cast, world, district)
        await _guardians(uow, cast, world)
    return world


async def _person(
    uow: UnitOfWork,
    world: WiderCast,
    name: str,
    role: Role | None = None,
    org_id: int = 0,
    *,
    starts: date | None = None,
    ends: date | None = None,
) -> int:
    person = await uow.insert(Person, given=name, family="Wider", name_key=name)
    if role is not None:
        await uow.insert(RoleAssignment, person_id=person, org_id=org_id, role=role, starts=starts, ends=ends)
    world.persons[name] = person
    world.accounts[name] = 600_000 + len(world.accounts)
    await link(uow, world.accounts[name], person)
    return person


async def _district(uow: UnitOfWork, cast: Cast) -> int:
    district = await uow.insert(Org, kind=OrgKind.DISTRICT, name="Coast", timezone="Europe/Moscow")
    await uow.write(sa.update(Org).where(Org.id == district).values(path=f"/{district}/"))
    await uow.write(
        sa.update(Org)
        .where(Org.id == cast.school_id)
        .values(parent_id=district, path=f"/{district}/{cast.school_id}/")
    )
    return district


async def _other_school(uow: UnitOfWork, cast: Cast, world: WiderCast) -> None:
    school = cast.other_school_id
    leader = await _person(uow, world, "other_homeroom", Role.TEACHER, school)
    await _person(uow, world, "other_head", Role.HEAD, school)
    room = await uow.insert(SchoolClass, school_id=school, name="7A", grade=7, homeroom_teacher_id=leader)
    world.classes["other 7A"] = room
    subject = await uow.insert(Subject, org_id=school, name="Algebra")
    course = await uow.insert(Course, school_id=school, subject_id=subject, class_id=room)
    pupil = await _person(uow, world, "foreign", Role.STUDENT, school)
    await uow.insert(Enrollment, student_id=pupil, class_id=room)
    await uow.insert(CourseEnrollment, student_id=pupil, course_id=course)


async def _pupils(uow: UnitOfWork, cast: Cast, world: WiderCast, district: int) -> None:
    school, room, algebra = cast.school_id, cast.classes["7A"], cast.courses["algebra_7a"]
    await _person(uow, world, "district_only", Role.STUDENT, district)
    for name, ends in (("left_class", YESTERDAY), ("left_course", None), ("new", None)):
        pupil = await _person(uow, world, name, Role.STUDENT, school)
        await uow.insert(Enrollment, student_id=pupil, class_id=room, ends=ends)
    await uow.insert(
        CourseEnrollment, student_id=world.persons["left_course"], course_id=algebra, ends=YESTERDAY
    )
    await uow.insert(CourseEnrollment, student_id=world.persons["new"], course_id=algebra, starts=TOMORROW)
    gone = await _person(uow, world, "left_school", Role.STUDENT, school, ends=YESTERDAY)
    await uow.insert(Enrollment, student_id=gone, class_id=room)
    await uow.insert(CourseEnrollment, student_id=gone, course_id=algebra)


async def _staff(uow: UnitOfWork, cast: Cast, world: WiderCast, district: int) -> None:
    school, algebra, maths = cast.school_id, cast.courses["algebra_7a"], cast.courses["maths_3b"]
    for role in (Role.HEAD, Role.ADMIN, Role.SECRETARY, Role.CANTEEN):
        await _person(uow, world, f"district_{role}", role, district)
    await _person(uow, world, "ended_head", Role.HEAD, school, ends=YESTERDAY)
    await _person(uow, world, "coming_head", Role.HEAD, school, starts=TOMORROW)
    teachers = {
        "district_teacher": (district, None, maths, None),
        "ended_teacher": (school, YESTERDAY, algebra, None),
        "ended_on_course": (school, None, algebra, YESTERDAY),
        "teacher_elsewhere": (cast.other_school_id, None, algebra, None),
    }
    for name, (org, ends, course, until) in teachers.items():
        teacher = await _person(uow, world, name, Role.TEACHER, org, ends=ends)
        await uow.insert(CourseTeacher, course_id=course, teacher_id=teacher, ends=until)
    for period, (name, org, ends) in enumerate(
        (
            ("substitute", school, None),
            ("ended_substitute", school, YESTERDAY),
            ("substitute_elsewhere", cast.other_school_id, None),
        ),
        start=1,
    ):
        teacher = await _person(uow, world, name, Role.TEACHER, org, ends=ends)
        await uow.insert(
            LessonChange,
            course_id=algebra,
            date=TODAY,
            period=period,
            kind=ChangeKind.SUBSTITUTED,
            teacher_id=teacher,
        )
    for name, class_name, org, ends in (
        ("ended_homeroom", "5A", school, YESTERDAY),
        ("homeroom_elsewhere", "3B", cast.other_school_id, None),
    ):
        leader = await _person(uow, world, name, Role.TEACHER, org, ends=ends)
        await uow.write(
            sa.update(SchoolClass)
            .where(SchoolClass.id == cast.classes[class_name])
            .values(homeroom_teacher_id=leader)
        )


async def _guardians(uow: UnitOfWork, cast: Cast, world: WiderCast) -> None:
    school = cast.school_id
    for name, role, child, rights, ends in (
        ("ended_guardian", None, "ivan", GuardianRights.FULL, YESTERDAY),
        ("guardian_of_gone", None, "left_school", GuardianRights.FULL, None),
        ("secretary_aunt", Role.SECRETARY, "alexei", GuardianRights.READ, None),
        ("canteen_mother", Role.CANTEEN, "maria", GuardianRights.FULL, None),
        ("cut_head", Role.HEAD, "ivan", GuardianRights.NONE, None),
        ("cut_nurse", Role.NURSE, "ivan", GuardianRights.NONE, None),
    ):
        person = await _person(uow, world, name, role, school)
        await uow.insert(
            Guardianship,
            guardian_id=person,
            child_id=world.persons[child],
            relation="guardian",
            rights=rights,
            ends=ends,
        )
