"""Whom an announcement reaches: the readers behind an audience, by family, and how far it has got with each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.db.engine import LONG
from core.db.models import (
    Announcement,
    Chat,
    ChatLink,
    CourseEnrollment,
    Delivery,
    Enrollment,
    Guardianship,
    OutboxEvent,
    Person,
    Receipt,
    RoleAssignment,
    SchoolClass,
)
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.announcing import Resends, published_key, unread_key
from core.domain.audience_words import Audience
from core.domain.kinds import AudienceKind, DeliveryState
from core.domain.names import PersonName
from core.domain.rights import GuardianRights, Role
from core.domain.telling import Held
from core.queries.audiences import readers_of


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a delivery still waits, ERROR where it did not go out, and until when."""

    held: Held
    until: datetime


@dataclass(frozen=True, slots=True)
class Reader:
    """A pupil, guardian or member of staff. ``linked`` to a chat that is told; ``blocked`` where every such chat has
    shut the bot out, ``off`` where the person's settings keep it from being told."""

    name: PersonName
    linked: bool = False
    blocked: bool = False
    off: bool = False
    reached: bool = False
    wait: Wait | None = None
    opened_at: datetime | None = None
    acknowledged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """Pupils who share a guardian, with all their guardians. A member of staff stands alone, without pupils."""

    pupils: tuple[Reader, ...]
    guardians: tuple[Reader, ...]

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
        return any(one.opened_at for one in self.everybody)

    @property
    def acknowledged(self) -> bool:
        """Whether anybody of them has acknowledged it."""
        return any(one.acknowledged_at for one in self.everybody)

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


@dataclass(frozen=True, slots=True)
class Counts:
    """How far an announcement has got: chats it was sent to, people who opened and who acknowledged it."""

    chats: int = 0
    opened: int = 0
    acknowledged: int = 0


async def counts_of(uow: UnitOfWork, announcement_ids: Collection[int]) -> Mapping[int, Counts]:
    """The numbers of several announcements, which the caller has checked to be the asker's. One statement, or none."""
    if not announcement_ids:
        return {}
    key = sa.literal(published_key(0).removesuffix("0")) + sa.cast(Announcement.id, sa.Text())

    def number(*where: Any) -> sa.ScalarSelect[Any]:
        return sa.select(sa.func.count()).where(*where).scalar_subquery()

    of_it = Receipt.announcement_id == Announcement.id
    event = sa.select(OutboxEvent.id).where(OutboxEvent.key == key).scalar_subquery()
    rows = await uow.rows(
        sa.select(
            Announcement.id,
            number(Delivery.event_id == event, Delivery.state == DeliveryState.SENT).label("chats"),
            number(of_it, Receipt.id.is_not(None)).label("opened"),
            number(of_it, Receipt.acknowledged_at.is_not(None)).label("acknowledged"),
        )
        .where(Announcement.id.in_(announcement_ids))
        .execution_options(**LONG)
    )
    return {row.id: Counts(row.chats, row.opened, row.acknowledged) for row in rows}


async def reach_of(
    uow: UnitOfWork,
    audience: Audience,
    today: date,
    announcement_id: int = 0,
    *,
    but: Collection[int] = (),
) -> Reach:
    """The readers of an audience at the school's date, linked where the notifier tells them; with an announcement, how
    far it has got with each. ``but`` are members of staff who are not told: its author. At most five statements.

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
    progress = await _progress(uow, audience, announcement_id)
    families = _families(rows, progress)
    known = {row.id for row in rows} | {row.g_id for row in rows}
    staff = await _staff(uow, audience, today) if audience.kind is AudienceKind.SCHOOL else ()
    alone = [
        Family((), (progress(row.id, PersonName(row.family, row.given, row.middle)),))
        for row in staff
        if row.id not in known and row.id not in but
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


async def _progress(
    uow: UnitOfWork, audience: Audience, announcement_id: int
) -> Callable[[int, PersonName], Reader]:
    """Makes a reader of a person's id and name. At most three statements."""
    links = readers_of(uow, audience).subquery()
    chats: defaultdict[int, set[int]] = defaultdict(set)
    shut: set[int] = set()
    for row in await uow.rows(
        sa.select(ChatLink.person_id, links.c.chat_id, Chat.blocked_since.is_not(None).label("blocked"))
        .join(ChatLink, ChatLink.id == links.c.link_id)
        .join(Chat, Chat.id == links.c.chat_id)
        .execution_options(**LONG)
    ):
        chats[row.person_id].add(row.chat_id)
        if row.blocked:
            shut.add(row.chat_id)
    sent: set[int] = set()
    off: set[int] = set()
    waits: dict[int, Wait] = {}
    receipts: dict[int, tuple[datetime, datetime | None]] = {}
    if announcement_id:
        for row in await _deliveries(uow, announcement_id):
            if row.state is DeliveryState.SENT:
                sent.add(row.chat_id)
            elif row.state in (DeliveryState.PENDING, DeliveryState.SENDING):
                waits[row.chat_id] = Wait(_held(row.why), row.not_before)
            elif row.state is DeliveryState.SUPPRESSED and row.why == Held.PREFERENCE:
                off.add(row.chat_id)
        for row in await uow.rows(
            sa.select(Receipt.person_id, Receipt.opened_at, Receipt.acknowledged_at)
            .where(Receipt.announcement_id == announcement_id)
            .execution_options(**LONG)
        ):
            receipts[row.person_id] = (row.opened_at, row.acknowledged_at)

    def reader(person_id: int, name: PersonName) -> Reader:
        own = chats.get(person_id, set())
        is_sent = not own.isdisjoint(sent)
        held = (
            [] if is_sent else sorted((waits[one] for one in own if one in waits), key=lambda one: one.until)
        )
        opened_at, acknowledged_at = receipts.get(person_id, (None, None))
        return Reader(
            name,
            linked=bool(own),
            blocked=bool(own) and own <= shut,
            off=not is_sent and not own.isdisjoint(off),
            reached=is_sent,
            wait=held[0] if held else None,
            opened_at=opened_at,
            acknowledged_at=acknowledged_at,
        )

    return reader


def _held(why: str) -> Held:
    return Held(why) if why in set(Held) else Held.ERROR


async def _deliveries(uow: UnitOfWork, announcement_id: int) -> Sequence[sa.Row[Any]]:
    """What became of telling it, and of telling it again. One statement."""
    keys = [unread_key(announcement_id, number) for number in range(1, Resends().most + 1)]
    return await uow.rows(
        sa.select(Delivery.chat_id, Delivery.state, Delivery.why, Delivery.not_before)
        .join(OutboxEvent, OutboxEvent.id == Delivery.event_id)
        .where(OutboxEvent.key.in_([published_key(announcement_id), *keys]))
        .order_by(Delivery.id)
        .execution_options(**LONG)
    )


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
