"""Whom an announcement reaches: the families behind an audience, linked or not, and who of them has opened it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.db.engine import LONG
from core.db.models import (
    Chat,
    ChatLink,
    CourseEnrollment,
    Enrollment,
    Guardianship,
    Person,
    Receipt,
    RoleAssignment,
    SchoolClass,
)
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.audience_words import Audience
from core.domain.kinds import AudienceKind, Messenger
from core.domain.names import PersonName
from core.domain.rights import GuardianRights, Role


@dataclass(frozen=True, slots=True)
class Reader:
    """A pupil or guardian; ``linked`` to a chat that things can be sent to."""

    name: PersonName
    linked: bool
    opened_at: datetime | None


@dataclass(frozen=True, slots=True)
class Family:
    """Pupils who share a guardian, with all their guardians."""

    pupils: tuple[Reader, ...]
    guardians: tuple[Reader, ...]

    @property
    def linked(self) -> bool:
        """Whether anybody of them can be told."""
        return any(one.linked for one in (*self.pupils, *self.guardians))

    @property
    def opened(self) -> bool:
        """Whether anybody of them has opened it."""
        return any(one.opened_at for one in (*self.pupils, *self.guardians))


@dataclass(frozen=True, slots=True)
class Reach:
    """The families of an audience, by name."""

    families: tuple[Family, ...]

    @property
    def linked(self) -> tuple[Family, ...]:
        """Those whom a message reaches."""
        return tuple(one for one in self.families if one.linked)

    @property
    def not_linked(self) -> tuple[Family, ...]:
        """Those whom it does not."""
        return tuple(one for one in self.families if not one.linked)

    @property
    def opened(self) -> tuple[Family, ...]:
        """Those who have opened it."""
        return tuple(one for one in self.families if one.opened)

    @property
    def waiting(self) -> tuple[Family, ...]:
        """Linked, but not opened yet."""
        return tuple(one for one in self.linked if not one.opened)


async def reach_of(uow: UnitOfWork, audience: Audience, today: date, announcement_id: int = 0) -> Reach:
    """The families of an audience at the school's date; with an announcement, who has opened it. One statement.

    The caller has checked that the asker may know.
    """
    guardian = aliased(Person)
    pupils = _pupils(audience, today)

    def linked(person_id: Any) -> sa.Exists:
        return sa.exists().where(
            ChatLink.person_id == person_id,
            ChatLink.revoked_at.is_(None),
            Chat.id == ChatLink.chat_id,
            Chat.messenger != Messenger.TERMINAL,
        )

    def opened(person_id: Any) -> sa.ScalarSelect[Any]:
        return (
            sa.select(Receipt.opened_at)
            .where(Receipt.announcement_id == announcement_id, Receipt.person_id == person_id)
            .scalar_subquery()
        )

    rows = await uow.rows(
        sa.select(
            Person.id,
            *(Person.family, Person.given, Person.middle, Person.nickname),
            linked(Person.id).label("linked"),
            opened(Person.id).label("opened_at"),
            guardian.id.label("g_id"),
            guardian.family.label("g_family"),
            guardian.given.label("g_given"),
            guardian.middle.label("g_middle"),
            linked(guardian.id).label("g_linked"),
            opened(guardian.id).label("g_opened_at"),
        )
        .outerjoin(
            Guardianship,
            (Guardianship.child_id == Person.id)
            & (Guardianship.rights != GuardianRights.NONE)
            & sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= today),
        )
        .outerjoin(guardian, guardian.id == Guardianship.guardian_id)
        .where(Person.id.in_(pupils))
        .order_by(Person.id, guardian.id)
        .execution_options(**LONG)
    )
    return Reach(_families(rows))


def _pupils(audience: Audience, today: date) -> sa.Select[Any]:
    if audience.kind is AudienceKind.COURSE:
        return sa.select(CourseEnrollment.student_id).where(
            CourseEnrollment.course_id == audience.number, holds_on(CourseEnrollment, today)
        )
    if audience.kind is AudienceKind.CLASS:
        return sa.select(Enrollment.student_id).where(
            Enrollment.class_id == audience.number, holds_on(Enrollment, today)
        )
    if audience.kind is AudienceKind.GRADE:
        return (
            sa.select(Enrollment.student_id)
            .join(SchoolClass, SchoolClass.id == Enrollment.class_id)
            .where(
                SchoolClass.school_id == audience.school_id,
                SchoolClass.grade == audience.number,
                holds_on(Enrollment, today),
            )
        )
    return sa.select(RoleAssignment.person_id).where(
        RoleAssignment.org_id == audience.school_id,
        RoleAssignment.role == Role.STUDENT,
        holds_on(RoleAssignment, today),
    )


def _families(rows: Any) -> tuple[Family, ...]:
    """Pupils grouped by the guardians they share; one without guardians is a family alone."""
    readers: dict[int, Reader] = {}
    guardians_of: defaultdict[int, list[int]] = defaultdict(list)
    children_of: defaultdict[int, list[int]] = defaultdict(list)
    for row in rows:
        name = PersonName(row.family, row.given, row.middle, row.nickname)
        readers[row.id] = Reader(name, bool(row.linked), row.opened_at)
        if row.g_id is not None:
            name = PersonName(row.g_family, row.g_given, row.g_middle)
            readers.setdefault(row.g_id, Reader(name, bool(row.g_linked), row.g_opened_at))
            guardians_of[row.id].append(row.g_id)
            children_of[row.g_id].append(row.id)
    pupils = list(dict.fromkeys(row.id for row in rows))
    seen: set[int] = set()
    families = []
    for pupil in pupils:
        if pupil in seen:
            continue
        kids, adults, waiting = [], [], [pupil]
        while waiting:
            one = waiting.pop()
            if one in seen:
                continue
            seen.add(one)
            kids.append(one)
            for adult in guardians_of[one]:
                if adult not in adults:
                    adults.append(adult)
                    waiting += children_of[adult]
        kids.sort(key=lambda kid: readers[kid].name.sort_key)
        families.append(
            Family(tuple(readers[kid] for kid in kids), tuple(readers[adult] for adult in adults))
        )
    return tuple(sorted(families, key=lambda family: family.pupils[0].name.sort_key))
