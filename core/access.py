"""Who is asking, and what they may reach: loading is the check.

``load_actor`` reads everything about the asker in one statement: the chat, the persons linked to it with the
roles granted, their children, classes and courses. The guards then mostly need no further statement.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from core.db.asker import asker_rows
from core.db.audit import record
from core.db.conversation import ChatKey, ChatState
from core.db.models import (
    ChatLink,
    ChatLinkRole,
    Course,
    CourseEnrollment,
    Enrollment,
    Org,
    Person,
    RoleAssignment,
    SchoolClass,
)
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID, ChatId, ClassId, CourseId, LinkId, OrgId, PersonId
from core.domain.names import PersonName
from core.domain.rights import GuardianRights, Relation, Right, Role, allowed, needs_audit
from core.domain.school_settings import USUAL, SchoolSettings, quiet_of, read_settings
from core.domain.telling import QUIET, Hours
from core.errors import Forbidden, NotFound

NOT_AT_THIS_SCHOOL = "not_at_this_school"
"""The key of what the school has settled not to offer."""


@dataclass(frozen=True, slots=True)
class School:
    """What an org says about time, language and marks; ``path`` as in ``Org``."""

    id: OrgId
    name: str
    path: str
    timezone: str
    locale: str
    currency: str
    scale: str
    settings: SchoolSettings = USUAL
    quiet: Hours = QUIET
    """The quiet hours of whoever chose none. Both are sure in an Actor and an Office; elsewhere they may be as usual, where
    no more than a name and a clock was wanted."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def today(self, now: datetime) -> date:
        """The school's date at a moment."""
        return now.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Student:
    """A pupil as everybody who may know of them sees them. No class is an empty ``class_name``."""

    id: PersonId
    name: PersonName
    school: School
    class_id: ClassId | None
    class_name: str


@dataclass(frozen=True, slots=True)
class Ward:
    """A child of a linked guardian, rights other than none."""

    student: Student
    guardian_id: PersonId
    rights: GuardianRights


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role that a linked person holds today and the link grants."""

    person_id: PersonId
    role: Role
    school: School


@dataclass(frozen=True, slots=True)
class Identity:
    """One person a chat is linked to."""

    person_id: PersonId
    link_id: LinkId
    name: PersonName
    granted: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking. Everything in it is granted to this chat and true today.

    ``wards`` are in the order of the children's names; ``courses`` are those taught, with substitutions from as long
    ago as a lesson may be finished until tomorrow; ``homerooms`` the classes led: both only while the person is a
    teacher at that school, or at an org above it.
    """

    chat_id: ChatId | None = None
    identities: tuple[Identity, ...] = ()
    roles: tuple[HeldRole, ...] = ()
    wards: tuple[Ward, ...] = ()
    selves: tuple[Student, ...] = ()
    courses: frozenset[CourseId] = frozenset()
    homerooms: frozenset[ClassId] = frozenset()

    @property
    def is_stranger(self) -> bool:
        """Whether the chat is linked to nobody."""
        return not self.identities

    @property
    def students(self) -> tuple[Student, ...]:
        """Whose diary is one's own to open: oneself first, then the children."""
        seen = {student.id for student in self.selves}
        return self.selves + tuple(ward.student for ward in self.wards if ward.student.id not in seen)

    def has_role(self, *roles: Role) -> bool:
        """Whether any linked person holds one of the roles anywhere."""
        return any(held.role in roles for held in self.roles)

    def schools_of(self, person_id: int) -> frozenset[School]:
        """The schools that a linked person has to do with: as staff, as a pupil, as a guardian."""
        return frozenset(
            [
                *(held.school for held in self.roles if held.person_id == person_id),
                *(one.school for one in self.selves if one.id == person_id),
                *(ward.student.school for ward in self.wards if ward.guardian_id == person_id),
            ]
        )

    @property
    def languages(self) -> frozenset[str]:
        """The languages that the asker's schools offer; empty for all."""
        schools = [one for identity in self.identities for one in self.schools_of(identity.person_id)]
        if not all(one.settings.languages for one in schools):
            return frozenset()
        return frozenset(language for one in schools for language in one.settings.languages)

    @property
    def school(self) -> School | None:
        """The school whose clock, language and name serve where no child is in question."""
        for held in self.roles:
            return held.school
        for student in self.students:
            return student.school
        return None


@dataclass(frozen=True, slots=True)
class StudentAccess:
    """The pupil, and how far the asker sees: ``courses`` is None for all, else only those: a teacher's own; of a pupil of
    two schools those of the school that the asker works for.

    ``officer_id`` is whose role at the school, or above it, gives the right; None for family and teachers.
    """

    student: Student
    relations: frozenset[Relation]
    courses: frozenset[CourseId] | None = None
    officer_id: PersonId | None = None

    @property
    def is_family(self) -> bool:
        """Whether only being the pupil or a guardian gives the right."""
        return self.relations <= _FAMILY


def _school(org_id: int, row: sa.Row[Any]) -> School:
    return _cached_school(org_id, *row[5:11], *row[-3:])


@lru_cache(maxsize=4096)
def _cached_school(
    org_id: int,
    name: str,
    path: str,
    timezone: str,
    locale: str,
    currency: str,
    scale: str,
    settings: str | None,
    quiet_from: str | None,
    quiet_to: str | None,
) -> School:
    quiet = quiet_of(*(time.fromisoformat(one) if one else None for one in (quiet_from, quiet_to)))
    return School(
        OrgId(org_id), name, path, timezone, locale, currency, scale, read_settings(settings), quiet
    )


def _holds(today: str, starts: str | None, ends: str | None) -> bool:
    return (starts is None or starts <= today) and (ends is None or ends >= today)


async def load_actor(uow: UnitOfWork, key: ChatKey) -> tuple[ChatState | None, Actor]:
    """The chat's row (None where it was never seen) and who it speaks for. One statement."""
    rows = await asker_rows(uow, key.messenger.value, key.bot, key.user_id)
    state: ChatState | None = None
    identities: dict[int, Identity] = {}
    roles: list[HeldRole] = []
    pupils: list[tuple[int, sa.Row[Any], School]] = []
    courses: set[CourseId] = set()
    homerooms: set[ClassId] = set()
    now = uow.now
    for row in rows:
        kind, n0, n1, n2, n3 = row.kind, row.n0, row.n1, row.n2, row.n3
        if kind == "chat":
            state = ChatState(
                ChatId(n0),
                key,
                locale=row.t0,
                timezone=row.t1 or "",
                simple_view=bool(n2),
                last_child_id=PersonId(n1) if n1 else None,
                state=json.loads(row.t2) if row.t2 and row.t2 != "{}" else {},
                blocked=row.t3 is not None,
                seen_lately=bool(n3),
            )
        elif kind == "identity":
            granted = frozenset({Role(row.t4)}) if row.t4 else frozenset()
            known = identities.get(n0)
            identities[n0] = Identity(
                PersonId(n0),
                LinkId(n1),
                PersonName(row.t0, row.t1, row.t2, row.t3),
                granted | known.granted if known else granted,
            )
        elif kind == "role":
            school = _school(n1, row)
            if _holds(school.today(now).isoformat(), row.t8, row.t9):
                roles.append(HeldRole(PersonId(n0), Role(row.t7), school))
        elif kind == "pupil":
            school = _school(n2, row)
            today = school.today(now).isoformat()
            if _holds(today, row.t13, row.t14) and _holds(today, None, row.t17):
                in_class = n3 is not None and _holds(today, row.t15, row.t16)
                pupils.append((2 * in_class + (row.t6 == "school"), row, school))
        else:
            today = _school(n1, row).today(now).isoformat()
            if _holds(today, row.t7, row.t8) and _holds(today, row.t9, row.t10):
                if kind == "course":
                    courses.add(CourseId(n0))
                else:
                    homerooms.add(ClassId(n0))
    wards, selves = _wards_and_selves(pupils)
    actor = Actor(
        state.id if state else None,
        tuple(identities.values()),
        tuple(roles),
        wards,
        selves,
        frozenset(courses),
        frozenset(homerooms),
    )
    return state, actor


def _wards_and_selves(
    pupils: Iterable[tuple[int, sa.Row[Any], School]],
) -> tuple[tuple[Ward, ...], tuple[Student, ...]]:
    """Of a pupil's several rows the one that tells most: with a class, then at a school; full rights first."""
    wards: dict[int, tuple[int, Ward]] = {}
    selves: dict[int, tuple[int, Student]] = {}
    for rank, row, school in pupils:
        student = Student(
            PersonId(row.n0),
            PersonName(row.t7, row.t8, row.t9, row.t10),
            school,
            ClassId(row.n3) if rank >= 2 else None,
            row.t12 if rank >= 2 else "",
        )
        if row.t11 == "self":
            if student.id not in selves or selves[student.id][0] < rank:
                selves[student.id] = (rank, student)
            continue
        ward = Ward(student, PersonId(row.n1), GuardianRights(row.t11))
        worth = rank + 4 * (ward.rights is GuardianRights.FULL)
        if student.id not in wards or wards[student.id][0] < worth:
            wards[student.id] = (worth, ward)
    ordered = sorted((ward for _, ward in wards.values()), key=lambda ward: ward.student.name.sort_key)
    return tuple(ordered), tuple(student for _, student in selves.values())


async def fresh_actor(uow: UnitOfWork, key: ChatKey) -> Actor:
    """The actor anew, for use inside ``writing()``: what was true at the read may be over. One statement."""
    return (await load_actor(uow, key))[1]


def still_self(actor: Actor, student: Student, now: datetime) -> sa.ColumnElement[bool]:
    """That the asker's chat speaks for this very pupil, as a condition for a write of one statement: what
    ``access_student`` found at the read may be over."""
    today = student.school.today(now)
    return sa.exists().where(
        ChatLink.chat_id == actor.chat_id,
        ChatLink.person_id == student.id,
        ChatLink.revoked_at.is_(None),
        ChatLinkRole.link_id == ChatLink.id,
        ChatLinkRole.role == Role.STUDENT,
        RoleAssignment.person_id == ChatLink.person_id,
        RoleAssignment.role == Role.STUDENT,
        sa.or_(RoleAssignment.starts.is_(None), RoleAssignment.starts <= today),
        sa.or_(RoleAssignment.ends.is_(None), RoleAssignment.ends >= today),
    )


_FAMILY = frozenset({Relation.SELF, Relation.GUARDIAN_FULL, Relation.GUARDIAN_READ})


# --- guards -----------------------------------------------------------------------------------------------

_STAFF: dict[Role, Relation] = {
    Role.HEAD: Relation.HEAD,
    Role.DEPUTY: Relation.DEPUTY,
    Role.SECRETARY: Relation.SECRETARY,
    Role.ADMIN: Relation.ADMIN,
    Role.CANTEEN: Relation.CANTEEN,
    Role.NURSE: Relation.NURSE,
    Role.OPERATOR: Relation.OPERATOR,
}


async def access_student(uow: UnitOfWork, actor: Actor, student_id: int, right: Right) -> StudentAccess:
    """The pupil, if the asker has the right; else NotFound, the same for "absent" and "not yours".

    Forbidden only to a guardian or the pupil, who know of the pupil anyway. No statement for one's own
    children and oneself, two for staff, one more where the look is audited.
    """
    relations: set[Relation] = set()
    student: Student | None = None
    for own in actor.selves:
        if own.id == student_id:
            student = own
            if _is_shown(own.school, right):
                relations.add(Relation.SELF)
    for ward in actor.wards:
        if ward.student.id == student_id:
            student = ward.student
            if _is_shown(ward.student.school, right):
                full = ward.rights is GuardianRights.FULL
                relations.add(Relation.GUARDIAN_FULL if full else Relation.GUARDIAN_READ)
    if allowed(relations, right) and student is not None:
        return StudentAccess(student, frozenset(relations))
    is_staff = bool(actor.courses or actor.homerooms or any(held.role in _STAFF for held in actor.roles))
    if is_staff and 0 < student_id <= LARGEST_ID:
        found = await _as_staff_sees(uow, actor, student_id)
        if found is not None:
            seen, through, shared, here = found
            relations |= set(through)
            # A teacher's relation opens the own courses only: what a head who teaches sees beyond is a head's look.
            of_all_courses = relations - {Relation.TEACHER}
            if allowed(of_all_courses, right):
                officer = next((one for by, one in through.items() if one and allowed((by,), right)), None)
                if needs_audit(of_all_courses, right) and (right.value, student_id) not in uow.looks:
                    async with uow.writing():
                        subject = ("person", student_id)
                        await record(uow, f"look.{right.value}", actor_id=officer, subject=subject)
                    uow.looks.add((right.value, student_id))
                courses = None if here is None else here | shared
                return StudentAccess(seen, frozenset(relations), courses, officer)
            if allowed(relations, right):
                return StudentAccess(seen, frozenset(relations), shared)
    if student is not None:
        raise Forbidden(None if _is_shown(student.school, right) else NOT_AT_THIS_SCHOOL, right=right.value)
    raise NotFound("student_not_found")


def _is_shown(school: School, right: Right) -> bool:
    """Whether the school shows it to families at all."""
    return right is not Right.MEALS or school.settings.meals


async def _as_staff_sees(
    uow: UnitOfWork, actor: Actor, student_id: int
) -> tuple[Student, dict[Relation, PersonId | None], frozenset[CourseId], frozenset[CourseId] | None] | None:
    """The pupil, the asker's relations as staff with whose role at an org gives each, the courses shared, and, where the
    pupil goes to a school that these do not reach, too, the courses at those that they reach.

    Two statements, and one more for a pupil of two schools.
    """
    rows = await uow.rows(
        sa.select(
            Person.family,
            Person.given,
            Person.middle,
            Person.nickname,
            Org.id.label("org_id"),
            *(Org.name, Org.path, Org.timezone, Org.locale, Org.currency, Org.scale),
            SchoolClass.id.label("class_id"),
            SchoolClass.name.label("class_name"),
            RoleAssignment.starts,
            RoleAssignment.ends,
            Enrollment.starts.label("class_starts"),
            Enrollment.ends.label("class_ends"),
        )
        .join(
            RoleAssignment,
            (RoleAssignment.person_id == Person.id) & (RoleAssignment.role == Role.STUDENT),
        )
        .join(Org, Org.id == RoleAssignment.org_id)
        .outerjoin(Enrollment, Enrollment.student_id == Person.id)
        .outerjoin(SchoolClass, (SchoolClass.id == Enrollment.class_id) & (SchoolClass.school_id == Org.id))
        .where(Person.id == student_id)
    )
    best: tuple[tuple[bool, bool], Student] | None = None
    relations: dict[Relation, PersonId | None] = {}
    schools: dict[int, bool] = {}
    for row in rows:
        school = School(
            OrgId(row.org_id), row.name, row.path, row.timezone, row.locale, row.currency, row.scale
        )
        today = school.today(uow.now)
        if not _in_span(today, row.starts, row.ends):
            continue
        in_class = row.class_id is not None and _in_span(today, row.class_starts, row.class_ends)
        student = Student(
            PersonId(student_id),
            PersonName(row.family, row.given, row.middle, row.nickname),
            school,
            ClassId(row.class_id) if in_class else None,
            row.class_name if in_class else "",
        )
        through: dict[Relation, PersonId | None] = {}
        if in_class and row.class_id in actor.homerooms:
            through[Relation.HOMEROOM] = None
        for held in actor.roles:
            if held.role in _STAFF and school.path.startswith(held.school.path):
                through.setdefault(_STAFF[held.role], held.person_id)
        relations = through | relations
        schools[row.org_id] = schools.get(row.org_id, False) or bool(through)
        rank = (bool(through), in_class)
        if best is None or best[0] < rank:
            best = (rank, student)
    if best is None:
        return None
    here = None
    if len(set(schools.values())) > 1:
        reached = [org_id for org_id, is_reached in schools.items() if is_reached]
        own = await uow.rows(
            sa.select(CourseEnrollment.course_id)
            .join(Course, Course.id == CourseEnrollment.course_id)
            .where(CourseEnrollment.student_id == student_id, Course.school_id.in_(reached))
        )
        here = frozenset(CourseId(row.course_id) for row in own)
    shared: frozenset[CourseId] = frozenset()
    if actor.courses:
        today = best[1].school.today(uow.now)
        taught = await uow.rows(
            sa.select(CourseEnrollment.course_id).where(
                CourseEnrollment.student_id == student_id,
                CourseEnrollment.course_id.in_(actor.courses),
                sa.or_(CourseEnrollment.starts.is_(None), CourseEnrollment.starts <= today),
                sa.or_(CourseEnrollment.ends.is_(None), CourseEnrollment.ends >= today),
            )
        )
        shared = frozenset(CourseId(row.course_id) for row in taught)
        if shared:
            relations[Relation.TEACHER] = None
    return best[1], relations, shared, here


def _in_span(day: date, starts: date | None, ends: date | None) -> bool:
    return (starts is None or starts <= day) and (ends is None or ends >= day)
