"""Whom an announcement reaches: the readers behind an audience, by family, and how far it has got with each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.db.engine import LONG
from core.db.models import (
    CourseEnrollment,
    Enrollment,
    Guardianship,
    Person,
    RoleAssignment,
    SchoolClass,
)
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.audience_words import Audience
from core.domain.kinds import AudienceKind
from core.domain.names import PersonName
from core.domain.rights import GuardianRights, Role
from core.queries.progress import Reader, Wait, progress_of


@dataclass(frozen=True, slots=True)
class Family:
    """Pupils who share a guardian, with all their guardians. A member of staff stands alone, without pupils."""

    pupils: tuple[Reader, ...]
    guardians: tuple[Reader, ...]

    @property
    def first(self) -> Reader:
        """The pupil, or the member of staff, that the family is sorted by."""
        return (self.pupils or self.guardians)[0]

    @property
    def everybody(self) -> tuple[Reader, ...]:
        """The adults first."""
        return (*self.guardians, *self.pupils)

    @property
    def linked(self) -> bool:
        """Whether anybody of them can be told."""
        return any(one.linked for one in self.everybody)

    @property
    def opened(self) -> bool:
        """Whether anybody of them has opened it."""
        return any(one.opened_at or one.is_author for one in self.everybody)

    @property
    def acknowledged(self) -> bool:
        """Whether anybody of them has acknowledged it."""
        return any(one.acknowledged_at or one.is_author for one in self.everybody)

    @property
    def reached(self) -> bool:
        """Whether a messenger took it for one of them, or somebody has opened it."""
        return self.opened or any(one.reached for one in self.everybody)

    @property
    def wait(self) -> Wait | None:
        """What they wait for of whom nobody is reached yet; of several waits the shortest."""
        waits = [one.wait for one in self.everybody if one.wait is not None]
        return min(waits, key=lambda wait: wait.until) if waits and not self.reached else None

    @property
    def blocked(self) -> bool:
        """Whether nobody is reached because all who are linked have shut the bot out."""
        return self.linked and not self.reached and all(one.blocked for one in self.everybody if one.linked)


Who = Literal["reached", "opened", "acknowledged", "unread", "waiting", "missing", "blocked"]
"""The readers behind a number."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The readers of an audience by name: families, and the staff that are in none of them."""

    families: tuple[Family, ...]
    staff: tuple[Family, ...] = ()

    @property
    def all(self) -> tuple[Family, ...]:
        """Families, then staff."""
        return self.families + self.staff

    @property
    def linked(self) -> tuple[Family, ...]:
        """Those who can be told."""
        return tuple(one for one in self.all if one.linked)

    @property
    def not_linked(self) -> tuple[Family, ...]:
        """Those who cannot."""
        return tuple(one for one in self.all if not one.linked)

    @property
    def reached(self) -> tuple[Family, ...]:
        """Those whom it has reached."""
        return tuple(one for one in self.all if one.reached)

    @property
    def opened(self) -> tuple[Family, ...]:
        """Those who have opened it."""
        return tuple(one for one in self.all if one.opened)

    @property
    def acknowledged(self) -> tuple[Family, ...]:
        """Those who have acknowledged it."""
        return tuple(one for one in self.all if one.acknowledged)

    @property
    def waiting(self) -> tuple[Family, ...]:
        """Those for whom it is still on its way."""
        return tuple(one for one in self.all if one.wait is not None)

    @property
    def blocked(self) -> tuple[Family, ...]:
        """Those who have shut the bot out."""
        return tuple(one for one in self.all if one.blocked)

    def unread(self, *, asks: bool) -> tuple[Family, ...]:
        """Those who can be told and have not read it yet or, where it asks for that, not acknowledged it."""
        return tuple(
            one
            for one in self.linked
            if not one.blocked and not (one.acknowledged if asks else one.opened or one.acknowledged)
        )

    def people_unread(self, *, asks: bool) -> int:
        """How many people, not families, a reminder would go to: who can be told and has not read, or acknowledged, it
        oneself. Where one of a family has, the others are still reminded."""
        people = {one.id: one for family in self.all for one in family.everybody}
        return sum(one.can_be_reminded(asks=asks) for one in people.values())

    def behind(self, who: Who, *, asks: bool) -> tuple[Family, ...]:
        """The families behind a number of an announcement that asks, or does not, to be acknowledged."""
        if who == "unread":
            return self.unread(asks=asks)
        found: Mapping[Who, tuple[Family, ...]] = {
            "reached": self.reached,
            "opened": self.opened,
            "acknowledged": self.acknowledged,
            "waiting": self.waiting,
            "missing": self.not_linked,
            "blocked": self.blocked,
        }
        return found[who]

    def numbers(self, *, asks: bool) -> list[tuple[Who, int]]:
        """What there is to say; acknowledging only of what asks for it, and waiting and blocking where there is any."""
        found: list[Who] = ["reached", "opened", *(("acknowledged",) if asks else ()), "unread"]
        found += ["waiting"] if self.waiting else []
        found.append("missing")
        found += ["blocked"] if self.blocked else []
        return [(who, len(self.behind(who, asks=asks))) for who in found]


async def reach_of(
    uow: UnitOfWork,
    audience: Audience,
    today: date,
    announcement_id: int = 0,
    *,
    author: Collection[int] = (),
) -> Reach:
    """The readers of an audience at the school's date, linked where the notifier tells them; with an announcement, how
    far it has got with each. ``author`` are the ids of its author, who is not told. At most five statements.

    The caller has checked that the asker may know.
    """
    guardian = aliased(Person)
    rows = await uow.rows(
        sa.select(
            Person.id,
            *(Person.family, Person.given, Person.middle, Person.nickname),
            guardian.id.label("g_id"),
            guardian.family.label("g_family"),
            guardian.given.label("g_given"),
            guardian.middle.label("g_middle"),
        )
        .outerjoin(
            Guardianship,
            (Guardianship.child_id == Person.id)
            & (Guardianship.rights != GuardianRights.NONE)
            & sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= today),
        )
        .outerjoin(guardian, guardian.id == Guardianship.guardian_id)
        .where(Person.id.in_(_pupils(audience, today)))
        .order_by(Person.id, guardian.id)
        .execution_options(**LONG)
    )
    progress = await progress_of(uow, audience, announcement_id, author)
    families = _families(rows, progress)
    known = {row.id for row in rows} | {row.g_id for row in rows}
    staff = await _staff(uow, audience, today) if audience.kind is AudienceKind.SCHOOL else ()
    alone = [
        Family((), (progress(row.id, PersonName(row.family, row.given, row.middle)),))
        for row in staff
        if row.id not in known and row.id not in author
    ]
    return Reach(families, tuple(alone))


async def _staff(uow: UnitOfWork, audience: Audience, today: date) -> Sequence[sa.Row[Any]]:
    """Whoever works at the school, by name. One statement."""
    works = sa.exists().where(
        RoleAssignment.person_id == Person.id,
        RoleAssignment.org_id == audience.school_id,
        RoleAssignment.role != Role.STUDENT,
        holds_on(RoleAssignment, today),
    )
    rows = await uow.rows(
        sa.select(Person.id, Person.family, Person.given, Person.middle)
        .where(works)
        .execution_options(**LONG)
    )
    return sorted(rows, key=lambda row: PersonName(row.family, row.given, row.middle).sort_key)


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


def _families(
    rows: Sequence[sa.Row[Any]], progress: Callable[[int, PersonName], Reader]
) -> tuple[Family, ...]:
    """Pupils grouped by the guardians they share; one without guardians is a family alone."""
    readers: dict[int, Reader] = {}
    guardians_of: defaultdict[int, list[int]] = defaultdict(list)
    children_of: defaultdict[int, list[int]] = defaultdict(list)
    for row in rows:
        name = PersonName(row.family, row.given, row.middle, row.nickname)
        readers[row.id] = progress(row.id, name)
        if row.g_id is not None:
            if row.g_id not in readers:
                name = PersonName(row.g_family, row.g_given, row.g_middle)
                readers[row.g_id] = progress(row.g_id, name)
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
