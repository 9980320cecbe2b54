"""The facts of announcements as they are told: what one says, to whom, and who has not read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.access import School
from core.db.models import Announcement, Attachment, ChatLink, Delivery, Org, OutboxEvent, Person, Receipt
from core.db.uow import UnitOfWork
from core.domain.announcing import HowTold, telling_keys, telling_of
from core.domain.audience_words import Audience as Readers
from core.domain.kinds import AudienceKind, DeliveryState, Urgency
from core.domain.names import PersonName
from core.domain.school_settings import quiet_of
from core.domain.telling import Hours, Telling
from core.queries.audiences import Links, readers_of


@dataclass(frozen=True, slots=True)
class AnnouncementTold:
    """An announcement as it stands now."""

    id: int
    readers: Readers
    text: str
    author_id: int | None
    author: str
    school: str
    timezone: str
    locale: str
    files: int
    published_at: datetime
    edited: bool
    withdrawn: bool
    urgency: Urgency
    silent: bool
    asks: bool
    quiet: Hours

    @property
    def telling(self) -> Telling:
        """The kind of news that it is."""
        return telling_of(self.urgency, asks=self.asks)


def told_as_drafted(
    school: School, readers: Readers, text: str, how: HowTold, author_id: int, author: str, now: datetime
) -> AnnouncementTold:
    """An announcement that is not written down yet, as it would stand."""
    return AnnouncementTold(
        id=0,
        readers=readers,
        text=text,
        author_id=author_id,
        author=author,
        school=school.name,
        timezone=school.timezone,
        locale=school.locale,
        files=0,
        published_at=how.at or now,
        edited=False,
        withdrawn=False,
        urgency=how.urgency,
        silent=how.silent,
        asks=how.asks,
        quiet=school.quiet,
    )


async def announcement_told(uow: UnitOfWork, announcement_id: int) -> AnnouncementTold | None:
    """For whom an announcement is and what it says, withdrawn or not. One statement."""
    files = sa.select(sa.func.count()).where(Attachment.announcement_id == Announcement.id).scalar_subquery()
    row = await uow.row(
        sa.select(
            *(Announcement.id, Announcement.school_id, Announcement.audience),
            *(Announcement.course_id, Announcement.class_id, Announcement.grade, Announcement.author_id),
            *(Announcement.text, Announcement.published_at, Announcement.edited_at),
            *(Announcement.withdrawn_at, Announcement.urgency, Announcement.silent, Announcement.asks),
            *(Person.family, Person.given, Person.middle),
            *(Org.name.label("school"), Org.timezone, Org.locale, Org.quiet_from, Org.quiet_to),
            files.label("files"),
        )
        .join(Org, Org.id == Announcement.school_id)
        .outerjoin(Person, Person.id == Announcement.author_id)
        .where(Announcement.id == announcement_id)
    )
    return _told(row) if row is not None else None


def _told(row: sa.Row[Any]) -> AnnouncementTold:
    kind = AudienceKind(row.audience)
    number = {
        AudienceKind.COURSE: row.course_id,
        AudienceKind.CLASS: row.class_id,
        AudienceKind.GRADE: row.grade,
        AudienceKind.SCHOOL: row.school_id,
    }[kind]
    return AnnouncementTold(
        row.id,
        Readers(kind, number, row.school_id, row.school),
        row.text,
        row.author_id,
        PersonName(row.family, row.given, row.middle).formal_name if row.family is not None else "",
        row.school,
        row.timezone,
        row.locale,
        row.files,
        row.published_at,
        row.edited_at is not None,
        row.withdrawn_at is not None,
        Urgency(row.urgency),
        row.silent,
        row.asks,
        quiet_of(row.quiet_from, row.quiet_to),
    )


async def _events(uow: UnitOfWork, told: AnnouncementTold, *, before: int | None = None) -> list[int]:
    """The events that bring its words to somebody, all or those before one. One statement."""
    rows = await uow.rows(
        sa.select(OutboxEvent.id).where(
            OutboxEvent.key.in_(telling_keys(told.id)),
            *([OutboxEvent.id < before] if before is not None else []),
        )
    )
    return [row.id for row in rows]


def _with_delivery(
    links: sa.Subquery, events: Sequence[int], states: Sequence[DeliveryState]
) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        Delivery.event_id.in_(events),
        Delivery.chat_id == links.c.chat_id,
        Delivery.state.in_(states),
    )


async def told_already(uow: UnitOfWork, told: AnnouncementTold) -> Links:
    """The readers' links of the chats that its words were sent to, or are being sent to. One statement."""
    links = readers_of(uow, told.readers).subquery()
    heard = _with_delivery(links, await _events(uow, told), [DeliveryState.SENT, DeliveryState.SENDING])
    return sa.select(*links.c).where(heard)


async def not_waiting(
    uow: UnitOfWork, told: AnnouncementTold, event_id: int, *, or_being_sent: bool = False
) -> sa.Select[Any]:
    """The readers' links, but for those for whom an earlier event of it still waits: they will read it as it stands
    then, and need not be told twice. What is on its way this very moment may say what stood there before; unless
    ``or_being_sent`` it does not count as waiting. One statement."""
    links = readers_of(uow, told.readers).subquery()
    states = [DeliveryState.PENDING, *([DeliveryState.SENDING] if or_being_sent else [])]
    waits = _with_delivery(links, await _events(uow, told, before=event_id), states)
    return sa.select(*links.c).where(sa.not_(waits))


async def still_unread(
    uow: UnitOfWork, told: AnnouncementTold, event_id: int, *, until_acknowledged: bool
) -> Links:
    """Of those, the links of who has neither opened nor acknowledged it; ``until_acknowledged``, of who has not
    acknowledged it. One statement."""
    links = (await not_waiting(uow, told, event_id, or_being_sent=True)).subquery()
    done = sa.exists().where(
        ChatLink.id == links.c.link_id,
        Receipt.person_id == ChatLink.person_id,
        Receipt.announcement_id == told.id,
        *([Receipt.acknowledged_at.is_not(None)] if until_acknowledged else []),
    )
    return sa.select(*links.c).where(sa.not_(done))
