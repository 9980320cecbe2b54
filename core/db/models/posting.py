"""What teachers post: a draft from the first line until it is saved, and what saving it did, so that it can be undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, Id, one_of, reference
from core.domain.kinds import Messenger, PostingKind


class Posting(Base):
    """One entry of a teacher. ``draft`` is what was typed and chosen; ``effects`` are the rows that saving made.

    Open until ``saved_at`` or ``dropped_at``; a day after ``made_at`` an open one is over.
    """

    __tablename__ = "posting"
    id: Mapped[Id]
    chat_id: Mapped[int] = reference("chat.id")
    author_id: Mapped[int | None] = reference("person.id", on_delete="SET NULL")
    kind: Mapped[PostingKind] = one_of(PostingKind)
    draft: Mapped[dict[str, Any]] = mapped_column(default=dict)
    effects: Mapped[dict[str, Any]] = mapped_column(default=dict)
    made_at: Mapped[datetime]
    saved_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]


class IncomingFile(Base):
    """A file that somebody sent to the bot, kept under ``var/files`` by its ``sha256``.

    ``album`` is the messenger's own name for files sent together, empty for one alone.
    """

    __tablename__ = "incoming_file"
    id: Mapped[Id]
    chat_id: Mapped[int] = reference("chat.id", index=False)
    message_id: Mapped[int]
    album: Mapped[str] = mapped_column(default="")
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    received_at: Mapped[datetime]
    __table_args__ = (
        sa.UniqueConstraint("chat_id", "message_id"),
        sa.Index(None, "chat_id", "album"),
    )


class MessengerFile(Base):
    """The messenger's own id of a file of ours at one bot: what was sent once need not be sent again."""

    __tablename__ = "messenger_file"
    id: Mapped[Id]
    messenger: Mapped[Messenger] = one_of(Messenger)
    bot: Mapped[int]
    sha256: Mapped[str]
    file_id: Mapped[str]
    __table_args__ = (sa.UniqueConstraint("messenger", "bot", "sha256"),)
