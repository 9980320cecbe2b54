"""Announcements: whom one may speak to, what concerns somebody, and who has opened it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.access import Actor
from core.db.models import (
    Announcement,
    Attachment,
    Course,
    CourseEnrollment,
    Enrollment,
    Org,
    Person,
    Receipt,
    SchoolClass,
    Subject,
)
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.audience_words import Audience
from core.domain.ids import LARGEST_ID, AnnouncementId
from core.domain.kinds import AudienceKind, OrgKind
from core.domain.names import PersonName
from core.domain.rights import Role
from core.errors import NotFound
from core.queries.homework import StoredFile
from core.queries.lessons import taught_courses

SPEAKERS = (Role.HEAD, Role.DEPUTY, Role.ADMIN)
"""Who speaks to a grade and to the school."""


async def audiences_for(uow: UnitOfWork, actor: Actor) -> tuple[Audience, ...]:
    """Whom the asker may speak to: own courses, the classes led, and for those who speak for a school its grades and
    all of it. At most three statements."""
    found: list[Audience] = []
    classes = (
        await uow.rows(
            sa.select(SchoolClass.id, SchoolClass.name, SchoolClass.school_id, Org.name.label("school"))
            .join(Org, Org.id == SchoolClass.school_id)
            .where(SchoolClass.id.in_(actor.homerooms))
            .order_by(SchoolClass.name)
        )
        if actor.homerooms
        else ()
    )
    found += [
        Audience(AudienceKind.CLASS, row.id, row.school_id, row.school, class_name=row.name)
        for row in classes
    ]
    found += [
        Audience(
            AudienceKind.COURSE,
            course.id,
            course.school.id,
            course.school.name,
            course.class_name,
            course.subject,
            course.group,
        )
        for course in await taught_courses(uow, actor)
        if course.own
    ]
    paths = {held.school.path for held in actor.roles if held.role in SPEAKERS}
    if paths:
        rows = await uow.rows(
            sa.select(Org.id, Org.name, SchoolClass.grade)
            .outerjoin(SchoolClass, (SchoolClass.school_id == Org.id) & SchoolClass.ended_on.is_(None))
            .where(Org.kind == OrgKind.SCHOOL, sa.or_(*(Org.path.startswith(path) for path in paths)))
            .distinct()
            .order_by(Org.name, Org.id, SchoolClass.grade)
        )
        schools = dict.fromkeys((row.id, row.name) for row in rows)
        found += [Audience(AudienceKind.SCHOOL, number, number, name) for number, name in schools]
        found += [
            Audience(AudienceKind.GRADE, row.grade, row.id, row.name) for row in rows if row.grade is not None
        ]
    return tuple(found)


async def access_audience(uow: UnitOfWork, actor: Actor, code: str) -> Audience:
    """An audience that the asker may speak to. Raises NotFound. At most three statements."""
    found = next((one for one in await audiences_for(uow, actor) if one.code == code), None)
    if found is None:
        raise NotFound("audience_not_found")
    return found


@dataclass(frozen=True, slots=True)
class Announced:
    """An announcement as it is read. ``files`` are id and name; ``about`` the names of the asker's children that it
    concerns, where the asker has several; ``opened`` says whether this asker has read it."""

    id: AnnouncementId
    audience: Audience
    author_id: int | None
    author: str
    text: str
    published_at: datetime
    edited_at: datetime | None
    withdrawn: bool
    opened: bool
    files: tuple[tuple[int, str], ...] = ()
    about: tuple[str, ...] = ()


def _announcements(persons: Sequence[int]) -> sa.Select[Any]:
    columns: list[Any] = [
        Announcement.id,
        *(Announcement.audience, Announcement.course_id, Announcement.class_id, Announcement.grade),
        *(Announcement.school_id, Org.name.label("school_name")),
        Announcement.author_id,
        *(Person.family, Person.given, Person.middle),
        *(
            Announcement.text,
            Announcement.published_at,
            Announcement.edited_at,
            Announcement.withdrawn_at,
        ),
        SchoolClass.name.label("class_name"),
        Subject.name.label("subject"),
        Course.name.label("group"),
        sa.exists()
        .where(Receipt.announcement_id == Announcement.id, Receipt.person_id.in_(persons))
        .label("opened"),
    ]
    return (
        sa.select(*columns)
        .join(Org, Org.id == Announcement.school_id)
        .outerjoin(Person, Person.id == Announcement.author_id)
        .outerjoin(Course, Course.id == Announcement.course_id)
        .outerjoin(Subject, Subject.id == Course.subject_id)
        .outerjoin(SchoolClass, SchoolClass.id == sa.func.coalesce(Announcement.class_id, Course.class_id))
    )


def _read(row: sa.Row[Any], files: Sequence[tuple[int, str]] = (), about: Sequence[str] = ()) -> Announced:
    kind = AudienceKind(row.audience)
    number = {
        AudienceKind.COURSE: row.course_id,
        AudienceKind.CLASS: row.class_id,
        AudienceKind.GRADE: row.grade,
        AudienceKind.SCHOOL: row.school_id,
    }[kind]
    audience = Audience(
        kind,
        number,
        row.school_id,
        row.school_name,
        row.class_name or "",
        row.subject or "",
        row.group or "",
    )
    author = PersonName(row.family, row.given, row.middle).formal_name if row.family is not None else ""
    return Announced(
        AnnouncementId(row.id),
        audience,
        row.author_id,
        author,
        row.text,
        row.published_at,
        row.edited_at,
        row.withdrawn_at is not None,
        bool(row.opened),
        tuple(files),
        tuple(about),
    )


def _today(uow: UnitOfWork, actor: Actor) -> date:
    return actor.school.today(uow.now) if actor.school else uow.now.date()


def _concerns(actor: Actor, today: date) -> sa.ColumnElement[bool]:
    """Whether an announcement is for one of the asker's children, for the asker as a pupil, or for the own staff."""
    students = [student.id for student in actor.students]
    schools = {student.school.id for student in actor.students} | {held.school.id for held in actor.roles}
    in_class = Enrollment.student_id.in_(students) & holds_on(Enrollment, today)
    of_course = sa.exists().where(
        CourseEnrollment.course_id == Announcement.course_id,
        CourseEnrollment.student_id.in_(students),
        holds_on(CourseEnrollment, today),
    )
    of_class = sa.exists().where(Enrollment.class_id == Announcement.class_id, in_class)
    other = aliased(SchoolClass)
    of_grade = sa.exists().where(
        Enrollment.class_id == other.id,
        other.school_id == Announcement.school_id,
        other.grade == Announcement.grade,
        in_class,
    )
    return sa.or_(
        (Announcement.audience == AudienceKind.COURSE)
        & sa.or_(of_course, Announcement.course_id.in_(actor.courses)),
        (Announcement.audience == AudienceKind.CLASS)
        & sa.or_(of_class, Announcement.class_id.in_(actor.homerooms)),
        (Announcement.audience == AudienceKind.GRADE) & of_grade,
        (Announcement.audience == AudienceKind.SCHOOL) & Announcement.school_id.in_(schools),
    )


@dataclass(frozen=True, slots=True)
class NewsPage:
    """A page of what concerns the asker, newest first."""

    items: tuple[Announced, ...]
    page: int
    more: bool


ON_A_PAGE = 8


async def news_for(uow: UnitOfWork, actor: Actor, page: int = 0) -> NewsPage:
    """What was announced to the asker, withdrawn ones left out. At most three statements."""
    if actor.is_stranger:
        raise NotFound("announcement_not_found")
    rows = await uow.rows(
        _announcements(_persons(actor))
        .where(_concerns(actor, _today(uow, actor)), Announcement.withdrawn_at.is_(None))
        .order_by(Announcement.published_at.desc(), Announcement.id.desc())
        .offset(page * ON_A_PAGE)
        .limit(ON_A_PAGE + 1)
    )
    shown = rows[:ON_A_PAGE]
    about = await _about(uow, actor, shown)
    files = await _files(uow, [row.id for row in shown])
    return NewsPage(
        tuple(_read(row, files[row.id], about[row.id]) for row in shown), page, len(rows) > ON_A_PAGE
    )


async def announcement_for(uow: UnitOfWork, actor: Actor, announcement_id: int) -> Announced:
    """One announcement that concerns the asker, or that the asker wrote. At most three statements. Raises NotFound."""
    row = None
    if 0 < announcement_id <= LARGEST_ID and not actor.is_stranger:
        row = await uow.row(
            _announcements(_persons(actor)).where(
                Announcement.id == announcement_id,
                sa.or_(
                    _concerns(actor, _today(uow, actor)) & Announcement.withdrawn_at.is_(None),
                    Announcement.author_id.in_(_persons(actor)),
                ),
            )
        )
    if row is None:
        raise NotFound("announcement_not_found")
    about = await _about(uow, actor, [row])
    files = await _files(uow, [row.id])
    return _read(row, files[row.id], about[row.id])


async def access_announcement_file(uow: UnitOfWork, actor: Actor, attachment_id: int) -> StoredFile:
    """A file of an announcement that concerns the asker. At most four statements. Raises NotFound."""
    row = None
    if 0 < attachment_id <= LARGEST_ID:
        row = await uow.row(
            sa.select(
                Attachment.announcement_id, Attachment.name, Attachment.media_type, Attachment.sha256
            ).where(Attachment.id == attachment_id, Attachment.announcement_id.is_not(None))
        )
    if row is None:
        raise NotFound("attachment_not_found")
    await announcement_for(uow, actor, row.announcement_id)
    return StoredFile(row.name, row.media_type, row.sha256)


async def own_announcement(uow: UnitOfWork, actor: Actor, announcement_id: int) -> Announced:
    """One that the asker may edit and withdraw, and whose readers the asker may see: the own ones, and for those who
    speak for a school all of that school. At most two statements. Raises NotFound."""
    row = None
    paths = {held.school.path for held in actor.roles if held.role in SPEAKERS}
    if 0 < announcement_id <= LARGEST_ID:
        row = await uow.row(
            _announcements(_persons(actor)).where(
                Announcement.id == announcement_id,
                Announcement.withdrawn_at.is_(None),
                sa.or_(
                    Announcement.author_id.in_(_persons(actor)),
                    *(Org.path.startswith(path) for path in paths),
                ),
            )
        )
    if row is None:
        raise NotFound("announcement_not_found")
    files = await _files(uow, [row.id])
    return _read(row, files[row.id])


async def own_announcements(uow: UnitOfWork, actor: Actor, page: int = 0) -> NewsPage:
    """What the asker has announced, newest first. One statement."""
    rows = await uow.rows(
        _announcements(_persons(actor))
        .where(Announcement.author_id.in_(_persons(actor)), Announcement.withdrawn_at.is_(None))
        .order_by(Announcement.published_at.desc(), Announcement.id.desc())
        .offset(page * ON_A_PAGE)
        .limit(ON_A_PAGE + 1)
    )
    return NewsPage(tuple(_read(row) for row in rows[:ON_A_PAGE]), page, len(rows) > ON_A_PAGE)


def _persons(actor: Actor) -> list[int]:
    return [identity.person_id for identity in actor.identities]


async def _about(uow: UnitOfWork, actor: Actor, rows: Sequence[sa.Row[Any]]) -> defaultdict[int, list[str]]:
    """Which of several children each announcement concerns, by what they are called. One statement, or none."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    students = actor.students
    if len(students) < 2 or not rows:
        return found
    ids = [student.id for student in students]
    courses = [row.course_id for row in rows if row.course_id is not None]
    today = _today(uow, actor)
    no_number = sa.cast(sa.null(), sa.BigInteger())
    belonging = await uow.rows(
        sa.union_all(
            sa.select(
                Enrollment.student_id,
                Enrollment.class_id,
                SchoolClass.school_id,
                SchoolClass.grade,
                no_number.label("course_id"),
            )
            .join(SchoolClass, SchoolClass.id == Enrollment.class_id)
            .where(Enrollment.student_id.in_(ids), holds_on(Enrollment, today)),
            sa.select(CourseEnrollment.student_id, *(no_number,) * 3, CourseEnrollment.course_id).where(
                CourseEnrollment.student_id.in_(ids),
                CourseEnrollment.course_id.in_(courses),
                holds_on(CourseEnrollment, today),
            ),
        )
    )
    in_course = {(one.course_id, one.student_id) for one in belonging}
    in_class = {(one.class_id, one.student_id) for one in belonging}
    in_grade = {(one.school_id, one.grade, one.student_id) for one in belonging}
    for row in rows:
        for student in students:
            concerned = {
                AudienceKind.COURSE: (row.course_id, student.id) in in_course,
                AudienceKind.CLASS: (row.class_id, student.id) in in_class,
                AudienceKind.GRADE: (row.school_id, row.grade, student.id) in in_grade,
                AudienceKind.SCHOOL: student.school.id == row.school_id,
            }
            if concerned[AudienceKind(row.audience)]:
                found[row.id].append(student.name.called)
    return found


async def _files(uow: UnitOfWork, ids: Sequence[int]) -> defaultdict[int, list[tuple[int, str]]]:
    found: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    if ids:
        rows = await uow.rows(
            sa.select(Attachment.id, Attachment.announcement_id, Attachment.name)
            .where(Attachment.announcement_id.in_(ids))
            .order_by(Attachment.id)
        )
        for row in rows:
            found[row.announcement_id].append((row.id, row.name))
    return found
