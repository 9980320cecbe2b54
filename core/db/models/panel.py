"""The panel's doors: one-time links from a chat, accounts with a password, and the sessions that they open."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, BigId, Id, reference


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


class PanelAccount(Base):
    """How somebody proves who they are in the panel. Without ``email`` and ``password_hash`` there is no way in but a
    link from the chat; ``totp`` is the sealed secret of an authenticator app, empty without one, and ``totp_step`` the
    last of its time steps that was used, so that no code works twice."""

    __tablename__ = "panel_account"
    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("person.id", ondelete="CASCADE"), unique=True)
    email: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str] = mapped_column(default="")
    totp: Mapped[str] = mapped_column(default="")
    totp_step: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class SignInTry(Base):
    """A sign-in that was refused: for which account and from which network address, both kept as keyed hashes."""

    __tablename__ = "sign_in_try"
    id: Mapped[Id]
    at: Mapped[datetime] = mapped_column(index=True)
    account_hash: Mapped[str] = mapped_column(index=True)
    address_hash: Mapped[str] = mapped_column(index=True)


class PanelSession(Base):
    """A browser in the panel. It acts as ``chat``: the one that its link came from, or the account's own; what ends the
    chat's links ends it, too. ``verified_at`` is when a code of the person's authenticator app was given."""

    __tablename__ = "panel_session"
    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(unique=True)
    chat_id: Mapped[int] = reference("chat.id")
    person_id: Mapped[int] = reference("person.id")
    verified_at: Mapped[datetime | None]
    browser: Mapped[str] = mapped_column(default="")
    address_hash: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (sa.Index(None, "expires_at"),)
