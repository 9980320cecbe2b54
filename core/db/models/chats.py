"""The messenger's side: invitations, chats and their links to persons, wrong tries, sessions, kept messages."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, Id, one_of, reference, unique_where
from core.domain.kinds import InvitationKind, Messenger
from core.domain.rights import Role


class Invitation(Base):
    """The right to link one chat to one person; the code is kept only as a keyed hash.

    ``issued_chat_id`` is the chat that it was asked for in, so that whatever a disowned chat gave away can be undone;
    no foreign key, because SQLite adds none to a table that others refer to.
    """

    __tablename__ = "invitation"
    id: Mapped[Id]
    person_id: Mapped[int] = reference("person.id")
    kind: Mapped[InvitationKind] = one_of(InvitationKind)
    code_hash: Mapped[str] = mapped_column(unique=True)
    issued_at: Mapped[datetime]
    issued_by: Mapped[int | None] = reference("person.id", index=False, on_delete="SET NULL")
    issued_chat_id: Mapped[int | None]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class InvitationRole(Base):
    """A role that an invitation grants."""

    __tablename__ = "invitation_role"
    invitation_id: Mapped[int] = reference("invitation.id", index=False)
    role: Mapped[Role] = one_of(Role)
    __table_args__ = (sa.PrimaryKeyConstraint("invitation_id", "role"),)


class Chat(Base):
    """A messenger account at one bot, also a stranger's; ``bot`` and ``user_id`` are the messenger's own ids.

    ``timezone`` empty means the school's. ``poor_up_to`` is the highest mark told at once, None for the scale's own.
    ``state`` is the open conversation: capability, step and draft. ``seen_at`` is when somebody last wrote or tapped
    there, to the hour.
    """

    __tablename__ = "chat"
    id: Mapped[Id]
    messenger: Mapped[Messenger] = one_of(Messenger)
    bot: Mapped[int]
    user_id: Mapped[int]
    title: Mapped[str] = mapped_column(default="")
    locale: Mapped[str | None]
    timezone: Mapped[str] = mapped_column(default="")
    quiet_from: Mapped[time | None] = mapped_column(sa.Time())
    quiet_to: Mapped[time | None] = mapped_column(sa.Time())
    digest_at: Mapped[time | None] = mapped_column(sa.Time())
    emergencies_only: Mapped[bool] = mapped_column(default=False)
    poor_up_to: Mapped[Decimal | None]
    simple_view: Mapped[bool] = mapped_column(default=False)
    state: Mapped[dict[str, Any]] = mapped_column(default=dict)
    last_child_id: Mapped[int | None] = reference("person.id", index=False, on_delete="SET NULL")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    blocked_since: Mapped[datetime | None]
    __table_args__ = (sa.UniqueConstraint("messenger", "bot", "user_id"),)


CAN_BE_TOLD: sa.ColumnElement[bool] = Chat.messenger != Messenger.TERMINAL
"""Whether things are told in a chat: support and the panel ask as chats of the terminal, where nobody reads."""


class ChatLink(Base):
    """A chat tied to a person; open while ``revoked_at`` is empty."""

    __tablename__ = "chat_link"
    id: Mapped[Id]
    chat_id: Mapped[int] = reference("chat.id")
    person_id: Mapped[int] = reference("person.id")
    invitation_id: Mapped[int | None] = reference("invitation.id", on_delete="SET NULL")
    linked_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_why: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        sa.Index(
            "uq_chat_link_open",
            "chat_id",
            "person_id",
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        ),
    )


class ChatLinkRole(Base):
    """A role that a link carries: no more than its invitations granted."""

    __tablename__ = "chat_link_role"
    link_id: Mapped[int] = reference("chat_link.id", index=False)
    role: Mapped[Role] = one_of(Role)
    __table_args__ = (sa.PrimaryKeyConstraint("link_id", "role"),)


class CodeTry(Base):
    """A wrong code tried from a chat or, in the browser, from a network address (kept as a keyed hash)."""

    __tablename__ = "code_try"
    id: Mapped[Id]
    at: Mapped[datetime] = mapped_column(index=True)
    chat_id: Mapped[int | None] = reference("chat.id")
    address_hash: Mapped[str] = mapped_column(default="", index=True)


class WebSession(Base):
    """A browser's way into its chat; the cookie's token is kept only as a hash."""

    __tablename__ = "web_session"
    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(unique=True)
    chat_id: Mapped[int] = reference("chat.id")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ChatMessage(Base):
    """A message of a channel that keeps its own history (browser, terminal). ``revision`` grows with every edit.

    ``html`` and ``plain`` are the rendered card; ``buttons`` the rows of ``[label, data, url]``;
    ``changed_at`` orders what a live page has not seen yet. A file is one of three: bytes made for this message; kept
    under ``var/files`` (``file_sha256``); or an attachment, whose right to be seen is asked anew at each download
    (``attachment_of`` is the pupil whose homework it belongs to, 0 for an announcement's).
    """

    __tablename__ = "chat_message"
    id: Mapped[Id]
    chat_id: Mapped[int] = reference("chat.id", index=False)
    outgoing: Mapped[bool]
    plain: Mapped[str]
    html: Mapped[str] = mapped_column(default="")
    buttons: Mapped[list[Any]] = mapped_column(sa.JSON(), default=list)
    file_name: Mapped[str] = mapped_column(default="")
    file_type: Mapped[str] = mapped_column(default="")
    file_content: Mapped[bytes | None] = mapped_column(sa.LargeBinary())
    file_sha256: Mapped[str] = mapped_column(default="")
    attachment_id: Mapped[int | None]
    attachment_of: Mapped[int | None]
    sent_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(default=0)
    __table_args__ = (sa.Index(None, "chat_id", "revision"),)


class OrgBot(Base):
    """A bot that an org brought: ``bot`` is the messenger's id of it, ``token`` sealed (core.sealing) and never shown.
    One that is taken away, or was replaced, has ``ended_at``; ``refused_at`` is since when the messenger does not know the
    token."""

    __tablename__ = "org_bot"
    id: Mapped[Id]
    org_id: Mapped[int] = reference("org.id")
    messenger: Mapped[Messenger] = one_of(Messenger)
    bot: Mapped[int]
    username: Mapped[str] = mapped_column(default="")
    token: Mapped[str]
    set_at: Mapped[datetime]
    set_by: Mapped[int | None] = reference("person.id", index=False, on_delete="SET NULL")
    ended_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    __table_args__ = (
        unique_where("org_bot_open", ("messenger", "bot"), "ended_at IS NULL"),
        unique_where("org_bot_of_org", ("org_id", "messenger"), "ended_at IS NULL"),
    )
