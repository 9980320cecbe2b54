"""Telling people: announcements and who opened them; what happened (outbox) and what became of telling it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, Id, one_of, reference
from core.domain.kinds import AudienceKind, DeliveryState, Messenger, Urgency
from core.domain.telling import Choice


class Announcement(Base):
    """Words to a course, a class, a grade of a school or the whole school; the audience decides which column says whom.

    ``published_at`` may lie ahead: until then only its author sees it. ``silent`` makes no sound; ``asks`` wants every
    reader to acknowledge it.
    """

    __tablename__ = "announcement"
    id: Mapped[Id]
    school_id: Mapped[int] = reference("org.id")
    audience: Mapped[AudienceKind] = one_of(AudienceKind)
    course_id: Mapped[int | None] = reference("course.id")
    class_id: Mapped[int | None] = reference("school_class.id")
    grade: Mapped[int | None]
    author_id: Mapped[int | None] = reference("person.id", on_delete="SET NULL")
    text: Mapped[str]
    urgency: Mapped[Urgency] = one_of(Urgency)
    silent: Mapped[bool] = mapped_column(default=False)
    asks: Mapped[bool] = mapped_column(default=False)
    published_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    __table_args__ = (
        sa.CheckConstraint(
            "(audience = 'course') = (course_id IS NOT NULL) AND (audience = 'class') = (class_id IS NOT NULL)"
            " AND (audience = 'grade') = (grade IS NOT NULL)",
            name="audience",
        ),
        sa.Index(None, "school_id", "published_at"),
    )


class Receipt(Base):
    """That a person opened an announcement; and acknowledged it, where it asked for that."""

    __tablename__ = "receipt"
    id: Mapped[Id]
    announcement_id: Mapped[int] = reference("announcement.id", index=False)
    person_id: Mapped[int] = reference("person.id")
    opened_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    __table_args__ = (sa.UniqueConstraint("announcement_id", "person_id"),)


class OutboxEvent(Base):
    """A fact to be told from ``not_before`` on; ``key`` makes writing it twice change nothing.

    ``attempts`` counts the times its deliveries could not be decided, ``why`` says what went wrong the last time.
    """

    __tablename__ = "outbox_event"
    id: Mapped[Id]
    kind: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    actor_id: Mapped[int | None] = reference("person.id", on_delete="SET NULL")
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    fanned_out_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    why: Mapped[str] = mapped_column(default="")
    __table_args__ = (sa.Index(None, "fanned_out_at", "not_before"),)


class NoticePreference(Base):
    """How a person wants to hear of one kind of news in one chat; ``child_id`` 0 is for all children alike."""

    __tablename__ = "notice_preference"
    id: Mapped[Id]
    link_id: Mapped[int] = reference("chat_link.id", index=False)
    child_id: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str]
    choice: Mapped[Choice] = one_of(Choice)
    __table_args__ = (sa.UniqueConstraint("link_id", "kind", "child_id"),)


class Delivery(Base):
    """One decision: tell this chat of this event, about this child where it is about one.

    ``messenger`` and ``bot`` are the chat's, so that a bot finds its own rows; ``kind`` is one of
    ``core.domain.telling.TELLINGS``; rows of a chat with the same ``bundle`` go out as one message, an empty one alone.
    ``why`` is a word of ``Held``, or what the messenger said; ``tried_at`` when it was first taken for sending.
    """

    __tablename__ = "delivery"
    id: Mapped[Id]
    event_id: Mapped[int] = reference("outbox_event.id", index=False)
    chat_id: Mapped[int] = reference("chat.id", index=False)
    child_id: Mapped[int] = mapped_column(default=0)
    messenger: Mapped[Messenger] = one_of(Messenger)
    bot: Mapped[int]
    kind: Mapped[str]
    bundle: Mapped[str] = mapped_column(default="")
    state: Mapped[DeliveryState] = one_of(DeliveryState)
    why: Mapped[str] = mapped_column(default="")
    priority: Mapped[int]
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    tried_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    message_id: Mapped[int | None]
    settled_at: Mapped[datetime | None]
    __table_args__ = (
        sa.UniqueConstraint("event_id", "chat_id", "child_id"),
        sa.Index(None, "chat_id", "settled_at"),
        sa.Index(None, "messenger", "bot", "state", "priority", "not_before", "id"),
    )
