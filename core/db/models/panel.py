"""The panel's doors: one-time links from a chat, and the sessions that they open."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, Id, reference


class PanelTicket(Base):
    """A one-time link into the panel, asked for in ``chat``; its token is kept only as a hash. ``person_id`` is whose work
    it is for."""

    __tablename__ = "panel_ticket"
    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(unique=True)
    chat_id: Mapped[int] = reference("chat.id")
    person_id: Mapped[int] = reference("person.id")
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PanelSession(Base):
    """A browser in the panel. It acts as the chat that its link came from: what ends the chat's links ends it, too."""

    __tablename__ = "panel_session"
    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(unique=True)
    chat_id: Mapped[int] = reference("chat.id")
    browser: Mapped[str] = mapped_column(default="")
    address_hash: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (sa.Index(None, "expires_at"),)
