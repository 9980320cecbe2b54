"""The facts of announcements as they are told: what one says, to whom, and who has not read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.db.models import Announcement, Attachment, ChatLink, Delivery, Org, OutboxEvent, Person, Receipt
from core.db.uow import UnitOfWork
from core.domain.announcing import Resends, nudge_key, published_key, telling_of, unread_key
from core.domain.audience_words import Audience as Readers
from core.domain.kinds import AudienceKind, DeliveryState, Urgency
from core.domain.names import PersonName
from core.domain.telling import Telling
from core.queries.audiences import Links, readers_of

_LONGEST_HELD = 24
"""For how many hours past a nudge may still wait, at most, for quiet hours to end."""


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

    @property
    def telling(self) -> Telling:
        """The kind of news that it is."""
        return telling_of(self.urgency, asks=self.asks)


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
            *(Org.name.label("school"), Org.timezone, Org.locale),
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
    )


def told_already(uow: UnitOfWork, told: AnnouncementTold) -> Links:
    """The readers' links of the chats that an announcement was sent to."""
    links = readers_of(uow, told.readers).subquery()
    event = sa.select(OutboxEvent.id).where(OutboxEvent.key == published_key(told.id)).scalar_subquery()
    heard = sa.exists().where(
        Delivery.event_id == event,
        Delivery.chat_id == links.c.chat_id,
        Delivery.state == DeliveryState.SENT,
    )
    return sa.select(*links.c).where(heard)


async def not_waiting(
    uow: UnitOfWork, told: AnnouncementTold, event_id: int, happened_at: datetime
) -> sa.Select[Any]:
    """The readers' links, but for those for whom an earlier event of it still waits: they will read it as it stands
    then, and need not be told twice. One statement."""
    links = readers_of(uow, told.readers).subquery()
    keys = [published_key(told.id)]
    keys += [unread_key(told.id, number) for number in range(1, Resends().most + 1)]
    keys += [nudge_key(told.id, happened_at, hours_ago=hours) for hours in range(_LONGEST_HELD)]
    earlier = await uow.rows(
        sa.select(OutboxEvent.id).where(OutboxEvent.key.in_(keys), OutboxEvent.id < event_id)
    )
    waits = sa.exists().where(
        Delivery.event_id.in_([row.id for row in earlier]),
        Delivery.chat_id == links.c.chat_id,
        Delivery.state.in_([DeliveryState.PENDING, DeliveryState.SENDING]),
    )
    return sa.select(*links.c).where(sa.not_(waits))


async def still_unread(
    uow: UnitOfWork, told: AnnouncementTold, event_id: int, happened_at: datetime, *, until_acknowledged: bool
) -> Links:
    """Of those, the links of who has neither opened nor acknowledged it; ``until_acknowledged``, of who has not
    acknowledged it. One statement."""
    links = (await not_waiting(uow, told, event_id, happened_at)).subquery()
    done = sa.exists().where(
        ChatLink.id == links.c.link_id,
        Receipt.person_id == ChatLink.person_id,
        Receipt.announcement_id == told.id,
        *([Receipt.acknowledged_at.is_not(None)] if until_acknowledged else []),
    )
    return sa.select(*links.c).where(sa.not_(done))
