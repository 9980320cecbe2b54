"""Whom an event is told to: selects of links, put into one ``INSERT … SELECT`` by the notifier and asked again before
sending, so that who lost the right meanwhile gets nothing.

Every select has the columns ``link_id``, ``chat_id``, ``child_id`` (0 where it is about no child) and ``urgent``
(1 where the notice's urgent kind applies). Support's terminal is never in one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from core.db.models import (
    CAN_BE_TOLD,
    Assessment,
    Attendance,
    Chat,
    ChatLink,
    ChatLinkRole,
    Course,
    CourseEnrollment,
    Delivery,
    Enrollment,
    Guardianship,
    Homework,
    Lesson,
    Mark,
    Org,
    OutboxEvent,
    Person,
    RoleAssignment,
    SchoolClass,
)
from core.db.uow import UnitOfWork
from core.domain.audience_words import Audience as Readers
from core.domain.grading import POOR_WORDS, scale
from core.domain.ids import PersonId
from core.domain.kinds import AttendanceKind, AudienceKind, DeliveryState
from core.domain.names import PersonName
from core.domain.rights import GuardianRights, Role
from core.domain.school_settings import SchoolSettings, quiet_of, read_settings
from core.domain.telling import QUIET, Held, Hours, Telling

Links = sa.Select[Any] | sa.CompoundSelect[Any]


@dataclass(frozen=True, slots=True)
class Audience:
    """The links to tell; ``timezone`` and ``locale`` are the school's, for chats that chose none. ``but`` is the
    person whose deed it was, who is not told of it. ``telling`` is the kind of news where the event says so, not the
    notice; ``lapsed`` is why somebody is not told who is in it no more when it is sent. ``quiet`` are the quiet hours of
    chats that chose none: those of the school that the news is from, so that in a chat of two schools each keeps its
    own."""

    links: Links
    timezone: str = "UTC"
    locale: str = "en"
    but: int | None = None
    telling: Telling | None = None
    lapsed: Held = Held.UNLINKED
    quiet: Hours = QUIET


async def still_told(
    uow: UnitOfWork, audience: Audience, chats: Collection[int]
) -> frozenset[tuple[int, int]]:
    """Of these chats, those that are in the audience now, each with the child it is about. One statement."""
    links = audience.links.subquery()
    among: sa.ColumnElement[bool]
    if uow.database.is_sqlite:
        among = links.c.chat_id.in_(chats)
    else:
        # One array: a list of each length would be a statement of its own, and a long one makes the planner look through
        # the whole audience instead of at these chats.
        among = links.c.chat_id == sa.any_(
            sa.cast(sa.literal(sorted(chats), ARRAY(sa.BigInteger)), ARRAY(sa.BigInteger))
        )
    rows = await uow.rows(sa.select(links.c.chat_id, links.c.child_id).where(among).distinct())
    return frozenset((row.chat_id, row.child_id) for row in rows)


@dataclass(frozen=True, slots=True)
class Place:
    """The school that something happened at."""

    school_id: int
    path: str
    timezone: str
    locale: str
    scale: str
    quiet: Hours
    settings: SchoolSettings


_PLACE = (
    *(Org.id, Org.path, Org.timezone, Org.locale, Org.scale, Org.quiet_from, Org.quiet_to),
    sa.cast(Org.settings, sa.Text()).label("settings"),
)


def _place(row: sa.Row[Any] | None) -> Place | None:
    if row is None:
        return None
    quiet = quiet_of(row.quiet_from, row.quiet_to)
    settings = read_settings(row.settings)
    return Place(row.id, row.path, row.timezone, row.locale, row.scale, quiet, settings)


async def place_of_lesson(uow: UnitOfWork, lesson_id: int) -> Place | None:
    """The school of a lesson. One statement."""
    return _place(
        await uow.row(
            sa.select(*_PLACE)
            .join(Course, Course.school_id == Org.id)
            .join(Lesson, Lesson.course_id == Course.id)
            .where(Lesson.id == lesson_id)
        )
    )


async def place_of_mark(uow: UnitOfWork, mark_id: int) -> Place | None:
    """The school of a mark. One statement."""
    return _place(
        await uow.row(
            sa.select(*_PLACE)
            .join(Course, Course.school_id == Org.id)
            .join(Assessment, Assessment.course_id == Course.id)
            .join(Mark, Mark.assessment_id == Assessment.id)
            .where(Mark.id == mark_id)
        )
    )


async def place_of_person(uow: UnitOfWork, person_id: int) -> Place | None:
    """A school of a person, or of a guardian's child. One statement."""
    return _place(
        await uow.row(
            sa.select(*_PLACE)
            .join(RoleAssignment, RoleAssignment.org_id == Org.id)
            .where(
                sa.or_(
                    RoleAssignment.person_id == person_id,
                    RoleAssignment.person_id.in_(
                        sa.select(Guardianship.child_id).where(Guardianship.guardian_id == person_id)
                    ),
                )
            )
            .order_by(Org.id)
        )
    )


async def place_of_homework(uow: UnitOfWork, homework_id: int) -> Place | None:
    """The school of a homework. One statement."""
    return _place(
        await uow.row(
            sa.select(*_PLACE)
            .join(Course, Course.school_id == Org.id)
            .join(Homework, Homework.course_id == Course.id)
            .where(Homework.id == homework_id)
        )
    )


async def place_of_course(uow: UnitOfWork, course_id: int) -> Place | None:
    """The school of a course. One statement."""
    return _place(
        await uow.row(
            sa.select(*_PLACE).join(Course, Course.school_id == Org.id).where(Course.id == course_id)
        )
    )


async def place_of_school(uow: UnitOfWork, school_id: int) -> Place | None:
    """The school itself. One statement."""
    return _place(await uow.row(sa.select(*_PLACE).where(Org.id == school_id)))


# --- selects ------------------------------------------------------------------------------------------------


def _links(child: Any, urgent: Any) -> sa.Select[Any]:
    return (
        sa.select(
            ChatLink.id.label("link_id"),
            ChatLink.chat_id.label("chat_id"),
            child.label("child_id"),
            urgent.label("urgent"),
        )
        .select_from(ChatLink)
        .join(Chat, Chat.id == ChatLink.chat_id)
        .where(ChatLink.revoked_at.is_(None), CAN_BE_TOLD)
    )


def _current(table: Any, today: Any) -> sa.ColumnElement[bool]:
    return sa.and_(
        sa.or_(table.starts.is_(None), table.starts <= today),
        sa.or_(table.ends.is_(None), table.ends >= today),
    )


def _granted(role: Role) -> sa.ColumnElement[bool]:
    return sa.exists().where(ChatLinkRole.link_id == ChatLink.id, ChatLinkRole.role == role)


def families(
    uow: UnitOfWork, pupils: sa.Select[Any] | Collection[int], *, by_child: bool = True, urgent: bool = False
) -> Links:
    """The guardians of the pupils and the pupils themselves; ``urgent`` is for the adults alone.

    ``pupils`` are ids, or a select of them.
    """
    today = uow.now.date()
    none = sa.literal(0, sa.BigInteger())
    guardians = (
        _links(Guardianship.child_id if by_child else none, sa.literal(int(urgent)))
        .join(Guardianship, Guardianship.guardian_id == ChatLink.person_id)
        .where(
            _granted(Role.GUARDIAN),
            Guardianship.rights != GuardianRights.NONE,
            sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= today),
            Guardianship.child_id.in_(pupils),
        )
    )
    selves = _links(ChatLink.person_id if by_child else none, sa.literal(0)).where(
        _granted(Role.STUDENT), ChatLink.person_id.in_(pupils)
    )
    return sa.union_all(guardians, selves) if by_child else sa.union(guardians, selves)


def pupils_alone(pupils: sa.Select[Any] | Collection[int]) -> Links:
    """The pupils themselves."""
    return _links(ChatLink.person_id, sa.literal(0)).where(
        _granted(Role.STUDENT), ChatLink.person_id.in_(pupils)
    )


def guardians_alone(
    uow: UnitOfWork, child_id: int, *, only: int | None = None, linked_by: datetime | None = None
) -> Links:
    """A child's guardians, or one of them; with ``linked_by`` those of their chats that were linked before."""
    links = _links(Guardianship.child_id, sa.literal(0)).join(
        Guardianship, Guardianship.guardian_id == ChatLink.person_id
    )
    return links.where(
        _granted(Role.GUARDIAN),
        Guardianship.rights != GuardianRights.NONE,
        sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= uow.now.date()),
        Guardianship.child_id == child_id,
        *([Guardianship.guardian_id == only] if only is not None else []),
        *([ChatLink.linked_at < linked_by] if linked_by is not None else []),
    )


def teachers_alone(people: sa.Select[Any] | Collection[int]) -> Links:
    """These people's chats that may teach; no child is named."""
    return _links(sa.literal(0, sa.BigInteger()), sa.literal(0)).where(
        _granted(Role.TEACHER), ChatLink.person_id.in_(people)
    )


def families_and_teachers(
    uow: UnitOfWork, pupils: sa.Select[Any] | Collection[int], teachers: Collection[int]
) -> Links:
    """The families, each of its own child, and these teachers."""
    parts = [families(uow, pupils), *([teachers_alone(teachers)] if teachers else [])]
    return sa.union_all(*(sa.select(*part.subquery().c) for part in parts))


def families_of_marks(uow: UnitOfWork, mark_ids: Sequence[int], scale_key: str) -> Links:
    """The families of the marks, withdrawn ones too; urgent to the adults where one of a child's marks is poor by what
    the chat chose, else by the scale."""
    of_scale = scale(scale_key)
    limit = sa.func.coalesce(Chat.poor_up_to, sa.literal(of_scale.poor, Chat.poor_up_to.type))
    poor = sa.or_(
        Mark.value.in_(POOR_WORDS),
        sa.and_(Assessment.maximum.is_(None), Mark.number <= limit),
        sa.and_(Assessment.maximum.is_not(None), Mark.number + Mark.number < Assessment.maximum),
    )
    given = (Mark.id.in_(mark_ids),)
    guardians = (
        _links(Guardianship.child_id, sa.func.max(sa.case((poor, 1), else_=0)))
        .join(Guardianship, Guardianship.guardian_id == ChatLink.person_id)
        .join(Mark, Mark.student_id == Guardianship.child_id)
        .join(Assessment, Assessment.id == Mark.assessment_id)
        .where(
            _granted(Role.GUARDIAN),
            Guardianship.rights != GuardianRights.NONE,
            sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= uow.now.date()),
            *given,
        )
        .group_by(ChatLink.id, ChatLink.chat_id, Guardianship.child_id)
    )
    selves = (
        _links(ChatLink.person_id, sa.literal(0))
        .join(Mark, Mark.student_id == ChatLink.person_id)
        .where(_granted(Role.STUDENT), *given)
        .distinct()
    )
    return sa.union_all(guardians, selves)


def families_of_absent(uow: UnitOfWork, lesson_id: int, students: Collection[int]) -> Links:
    """The families of pupils of whose presence something was said; urgent to the adults where a pupil is absent
    without a reason for the first time that day, as it is recorded now, and to whoever was told of an absence from this
    lesson at once: what became of it is as urgent."""
    absent = sa.select(Attendance.student_id).where(
        Attendance.lesson_id == lesson_id,
        Attendance.student_id.in_(students),
        *UNEXPLAINED,
        is_first_of_day(),
    )
    others = sa.select(Person.id).where(Person.id.in_(students), Person.id.not_in(absent))
    families_of_others = families(uow, others).subquery()
    return sa.union_all(
        sa.select(*families(uow, absent, urgent=True).subquery().c),
        sa.select(
            *(families_of_others.c.link_id, families_of_others.c.chat_id, families_of_others.c.child_id),
            sa.case((_told_of_absence(families_of_others, lesson_id), 1), else_=0).label("urgent"),
        ),
    )


UNEXPLAINED = (Attendance.kind == AttendanceKind.ABSENT, Attendance.reason == "")
"""An absence that nobody has given a reason for."""


def is_first_of_day() -> sa.ColumnElement[bool]:
    """That no other unexplained absence of the pupil was recorded that day before this one: of those that follow, a
    family hears in its digest."""
    this, here = sa.orm.aliased(Lesson), sa.orm.aliased(Lesson)
    other = sa.orm.aliased(Attendance)
    return sa.not_(
        sa.exists().where(
            this.id == Attendance.lesson_id,
            other.student_id == Attendance.student_id,
            other.id != Attendance.id,
            other.kind == AttendanceKind.ABSENT,
            other.reason == "",
            here.id == other.lesson_id,
            here.date == this.date,
            sa.or_(
                other.recorded_at < Attendance.recorded_at,
                (other.recorded_at == Attendance.recorded_at) & (other.id < Attendance.id),
            ),
        )
    )


def _told_of_absence(links: sa.Subquery, lesson_id: int) -> sa.ColumnElement[bool]:
    """That the chat has, or is about to get, word of this child's absence from the lesson."""
    return sa.exists().where(
        Delivery.chat_id == links.c.chat_id,
        Delivery.child_id == links.c.child_id,
        Delivery.kind == "absence",
        Delivery.state.in_([DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.SENT]),
        OutboxEvent.id == Delivery.event_id,
        OutboxEvent.payload["lesson"].as_integer() == lesson_id,
    )


def told_before(uow: UnitOfWork, event_key: str) -> Links:
    """The families that were told of an event, of which something is taken back."""
    told = (
        sa.select(Delivery.chat_id, Delivery.child_id)
        .join(OutboxEvent, OutboxEvent.id == Delivery.event_id)
        .where(OutboxEvent.key == event_key, Delivery.state == DeliveryState.SENT)
        .subquery()
    )
    links = families(uow, sa.select(told.c.child_id)).subquery()
    heard = sa.exists().where(told.c.chat_id == links.c.chat_id, told.c.child_id == links.c.child_id)
    return sa.select(*links.c).where(heard)


def pupils_of_course(uow: UnitOfWork, course_ids: Sequence[int]) -> sa.Select[Any]:
    """Whom courses teach today."""
    return sa.select(CourseEnrollment.student_id).where(
        CourseEnrollment.course_id.in_(course_ids), _current(CourseEnrollment, uow.now.date())
    )


def readers_of(uow: UnitOfWork, readers: Readers) -> Links:
    """The families that an announcement is for, and the staff where it is for the school; no child is named."""
    today = uow.now.date()
    if readers.kind is AudienceKind.COURSE:
        return families(uow, pupils_of_course(uow, [readers.number]), by_child=False)
    if readers.kind is AudienceKind.SCHOOL:
        pupils = sa.select(RoleAssignment.person_id).where(
            RoleAssignment.org_id == readers.school_id,
            RoleAssignment.role == Role.STUDENT,
            _current(RoleAssignment, today),
        )
        staff = sa.exists().where(
            RoleAssignment.person_id == ChatLink.person_id,
            RoleAssignment.org_id == readers.school_id,
            RoleAssignment.role != Role.STUDENT,
            RoleAssignment.role == ChatLinkRole.role,
            ChatLinkRole.link_id == ChatLink.id,
            _current(RoleAssignment, today),
        )
        everybody = families(uow, pupils, by_child=False).subquery()
        others = _links(sa.literal(0, sa.BigInteger()), sa.literal(0)).where(staff)
        return sa.union(sa.select(*everybody.c), others)
    pupils = sa.select(Enrollment.student_id).where(_current(Enrollment, today))
    if readers.kind is AudienceKind.CLASS:
        return families(uow, pupils.where(Enrollment.class_id == readers.number), by_child=False)
    in_grade = pupils.join(SchoolClass, SchoolClass.id == Enrollment.class_id).where(
        SchoolClass.school_id == readers.school_id, SchoolClass.grade == readers.number
    )
    return families(uow, in_grade, by_child=False)


def links_of_person(person_id: int, *, but_chat: int = 0) -> Links:
    """Every chat of a person but one."""
    return _links(sa.literal(0, sa.BigInteger()), sa.literal(0)).where(
        ChatLink.person_id == person_id, ChatLink.chat_id != but_chat
    )


def staff_links_of(person_id: int) -> Links:
    """Every chat of a person that may do the person's work."""
    return _links(sa.literal(0, sa.BigInteger()), sa.literal(0)).where(
        ChatLink.person_id == person_id,
        sa.exists().where(
            ChatLinkRole.link_id == ChatLink.id, ChatLinkRole.role.not_in([Role.STUDENT, Role.GUARDIAN])
        ),
    )


def offices(uow: UnitOfWork, path: str | None = None, *, roles: Sequence[Role] = (Role.ADMIN,)) -> Links:
    """Staff of these roles at a school and the orgs above it; everywhere without a path."""
    holds = sa.exists().where(
        RoleAssignment.person_id == ChatLink.person_id,
        RoleAssignment.role.in_(roles),
        ChatLinkRole.link_id == ChatLink.id,
        ChatLinkRole.role == RoleAssignment.role,
        Org.id == RoleAssignment.org_id,
        _current(RoleAssignment, uow.now.date()),
        *([Org.path.in_(_and_above(path))] if path is not None else []),
    )
    return _links(sa.literal(0, sa.BigInteger()), sa.literal(0)).where(holds)


def _and_above(path: str) -> Sequence[str]:
    """``/1/4/`` and the paths of all orgs above it."""
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: i + 1]) + "/" for i in range(len(parts))]


async def names_of(uow: UnitOfWork, people: Collection[int]) -> dict[int, str]:
    """What people are called, by id: the nickname, else the given name. One statement, or none."""
    if not people:
        return {}
    rows = await uow.rows(
        sa.select(Person.id, Person.given, Person.family, Person.nickname).where(Person.id.in_(people))
    )
    return {row.id: PersonName(row.family, row.given, "", row.nickname).called for row in rows}


async def name_of(uow: UnitOfWork, person_id: int) -> str:
    """A person's full name, for notices to those who may know it; empty for nobody. One statement."""
    row = await uow.row(sa.select(Person.given, Person.family).where(Person.id == PersonId(person_id)))
    return f"{row.given} {row.family}".strip() if row is not None else ""
