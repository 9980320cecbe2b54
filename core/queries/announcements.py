"""Announcements: whom one may speak to, what concerns somebody, and who has opened it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.access import Actor, Student
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
from core.domain.kinds import AudienceKind, OrgKind, Urgency
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


async def may_ring(uow: UnitOfWork, actor: Actor, audience: Audience) -> bool:
    """Whether the asker may tell this audience urgently, or of an emergency: who speaks for its school may.

    At most one statement.
    """
    orgs = {held.school.id: held.school.path for held in actor.roles if held.role in SPEAKERS}
    if not orgs or audience.school_id in orgs:
        return bool(orgs)
    path = await uow.value(sa.select(Org.path).where(Org.id == audience.school_id))
    return path is not None and any(str(path).startswith(above) for above in orgs.values())


@dataclass(frozen=True, slots=True)
class Announced:
    """An announcement as it is read. ``files`` are id and name; ``about`` the names of the asker's children that it
    concerns, where the asker has several; ``opened`` says whether all persons of the asking chat have read it, its
    author aside, and ``acknowledged_at`` since when all of them have acknowledged one that asks; of one that is own
    nobody in the chat is asked."""

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
    urgency: Urgency = Urgency.AT_ONCE
    silent: bool = False
    asks: bool = False
    acknowledged_at: datetime | None = None
    is_own: bool = False

    def is_scheduled(self, now: datetime) -> bool:
        """Whether nobody but its author sees it yet."""
        return self.published_at > now


def announcement_rows(actor: Actor, today: date) -> sa.Select[Any]:
    """Announcements with whether the asker has opened them and, where the asker has several children, which of them
    each concerns (``about_0`` and so on)."""
    persons, students = _persons(actor), actor.students
    several = students if len(students) > 1 else ()

    def receipts(what: Any) -> sa.ScalarSelect[Any]:
        own = (Receipt.announcement_id == Announcement.id, Receipt.person_id.in_(persons))
        return sa.select(what).select_from(Receipt).where(*own).scalar_subquery()

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
        *(Announcement.urgency, Announcement.silent, Announcement.asks),
        SchoolClass.name.label("class_name"),
        Subject.name.label("subject"),
        Course.name.label("group"),
        receipts(sa.func.count()).label("opened_by"),
        receipts(sa.func.count(Receipt.acknowledged_at)).label("acknowledged_by"),
        receipts(sa.func.max(Receipt.acknowledged_at)).label("acknowledged_at"),
        *(_concerns_pupils([one], today).label(f"about_{i}") for i, one in enumerate(several)),
    ]
    return (
        sa.select(*columns)
        .join(Org, Org.id == Announcement.school_id)
        .outerjoin(Person, Person.id == Announcement.author_id)
        .outerjoin(Course, Course.id == Announcement.course_id)
        .outerjoin(Subject, Subject.id == Course.subject_id)
        .outerjoin(SchoolClass, SchoolClass.id == sa.func.coalesce(Announcement.class_id, Course.class_id))
    )


def announced_of(row: sa.Row[Any], actor: Actor, files: Sequence[tuple[int, str]] = ()) -> Announced:
    """One of ``announcement_rows`` as the asker reads it."""
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
    readers = len([one for one in _persons(actor) if one != row.author_id])
    return Announced(
        AnnouncementId(row.id),
        audience,
        row.author_id,
        author,
        row.text,
        row.published_at,
        row.edited_at,
        row.withdrawn_at is not None,
        readers <= row.opened_by,
        tuple(files),
        tuple(one.name.called for i, one in enumerate(actor.students) if getattr(row, f"about_{i}", False)),
        Urgency(row.urgency),
        row.silent,
        row.asks,
        row.acknowledged_at if 0 < readers <= row.acknowledged_by else None,
        is_own=not readers,
    )


def _today(uow: UnitOfWork, actor: Actor) -> date:
    return actor.school.today(uow.now) if actor.school else uow.now.date()


def _concerns_pupils(students: Sequence[Student], today: date) -> sa.ColumnElement[bool]:
    """Whether an announcement is for one of the pupils; the same whom ``reach_of`` counts."""
    ids = [student.id for student in students]
    in_class = Enrollment.student_id.in_(ids) & holds_on(Enrollment, today)
    of_course = sa.exists().where(
        CourseEnrollment.course_id == Announcement.course_id,
        CourseEnrollment.student_id.in_(ids),
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
    schools = {student.school.id for student in students}
    return sa.or_(
        (Announcement.audience == AudienceKind.COURSE) & of_course,
        (Announcement.audience == AudienceKind.CLASS) & of_class,
        (Announcement.audience == AudienceKind.GRADE) & of_grade,
        (Announcement.audience == AudienceKind.SCHOOL) & Announcement.school_id.in_(schools),
    )


def _concerns(actor: Actor, today: date) -> sa.ColumnElement[bool]:
    """Whether an announcement is for one of the asker's children, for the asker as a pupil, or for the own staff."""
    schools = {held.school.id for held in actor.roles}
    return sa.or_(
        _concerns_pupils(actor.students, today),
        (Announcement.audience == AudienceKind.COURSE) & Announcement.course_id.in_(actor.courses),
        (Announcement.audience == AudienceKind.CLASS) & Announcement.class_id.in_(actor.homerooms),
        (Announcement.audience == AudienceKind.SCHOOL) & Announcement.school_id.in_(schools),
    )


def _is_out(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    """Whether readers may see it: not withdrawn, and not for a moment to come."""
    return Announcement.withdrawn_at.is_(None) & (Announcement.published_at <= uow.now)


@dataclass(frozen=True, slots=True)
class NewsPage:
    """A page of what concerns the asker, newest first."""

    items: tuple[Announced, ...]
    page: int
    more: bool


ON_A_PAGE = 8


async def news_for(uow: UnitOfWork, actor: Actor, page: int = 0) -> NewsPage:
    """What was announced to the asker, withdrawn ones left out. At most two statements."""
    if actor.is_stranger:
        raise NotFound("announcement_not_found")
    today = _today(uow, actor)
    rows = await uow.rows(
        announcement_rows(actor, today)
        .where(_concerns(actor, today), _is_out(uow))
        .order_by(Announcement.published_at.desc(), Announcement.id.desc())
        .offset(page * ON_A_PAGE)
        .limit(ON_A_PAGE + 1)
    )
    shown = rows[:ON_A_PAGE]
    files = await announcement_files(uow, [row.id for row in shown])
    return NewsPage(
        tuple(announced_of(row, actor, files[row.id]) for row in shown), page, len(rows) > ON_A_PAGE
    )


async def announcement_for(uow: UnitOfWork, actor: Actor, announcement_id: int) -> Announced:
    """One announcement that concerns the asker, or that the asker wrote. At most two statements. Raises NotFound."""
    row = None
    today = _today(uow, actor)
    if 0 < announcement_id <= LARGEST_ID and not actor.is_stranger:
        row = await uow.row(
            announcement_rows(actor, today).where(
                Announcement.id == announcement_id,
                sa.or_(
                    _concerns(actor, today) & _is_out(uow),
                    Announcement.author_id.in_(_persons(actor)),
                ),
            )
        )
    if row is None:
        raise NotFound("announcement_not_found")
    files = await announcement_files(uow, [row.id])
    return announced_of(row, actor, files[row.id])


async def access_announcement_file(uow: UnitOfWork, actor: Actor, attachment_id: int) -> StoredFile:
    """A file of an announcement that concerns the asker. At most three statements. Raises NotFound."""
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
    """One that the asker may edit and withdraw, and whose readers the asker may see: the own ones to a course or class
    that is still the asker's, and for those who speak for a school all of that school. At most two statements. Raises
    NotFound."""
    row = None
    paths = {held.school.path for held in actor.roles if held.role in SPEAKERS}
    if 0 < announcement_id <= LARGEST_ID:
        row = await uow.row(
            announcement_rows(actor, _today(uow, actor)).where(
                Announcement.id == announcement_id,
                Announcement.withdrawn_at.is_(None),
                sa.or_(
                    sa.and_(
                        Announcement.author_id.in_(_persons(actor)),
                        sa.or_(
                            Announcement.course_id.in_(actor.courses),
                            Announcement.class_id.in_(actor.homerooms),
                        ),
                    ),
                    *(Org.path.startswith(path) for path in paths),
                ),
            )
        )
    if row is None:
        raise NotFound("announcement_not_found")
    files = await announcement_files(uow, [row.id])
    return announced_of(row, actor, files[row.id])


async def own_announcements(uow: UnitOfWork, actor: Actor, page: int = 0) -> NewsPage:
    """What the asker has announced, newest first. One statement."""
    rows = await uow.rows(
        announcement_rows(actor, _today(uow, actor))
        .where(Announcement.author_id.in_(_persons(actor)), Announcement.withdrawn_at.is_(None))
        .order_by(Announcement.published_at.desc(), Announcement.id.desc())
        .offset(page * ON_A_PAGE)
        .limit(ON_A_PAGE + 1)
    )
    return NewsPage(tuple(announced_of(row, actor) for row in rows[:ON_A_PAGE]), page, len(rows) > ON_A_PAGE)


def _persons(actor: Actor) -> list[int]:
    return [identity.person_id for identity in actor.identities]


async def announcement_files(uow: UnitOfWork, ids: Sequence[int]) -> defaultdict[int, list[tuple[int, str]]]:
    """Id and name of the files of each. One statement, or none."""
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
