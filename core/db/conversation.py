"""A chat's own row: who it is at the messenger, its language, and where its conversation stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.db.models import Chat
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId, PersonId
from core.domain.kinds import Messenger


@dataclass(frozen=True, slots=True)
class ChatKey:
    """A messenger account at one bot: the messenger's own ids."""

    messenger: Messenger
    bot: int
    user_id: int


@dataclass(slots=True)
class ChatState:
    """The row of a chat as an update found it; what a handler changes is written when the update ends.

    ``state`` is ``{"capability", "step", "draft", "since"}`` while a conversation is open, else empty; ``aside`` is
    added to it for words whose meaning has been asked about.
    """

    id: ChatId
    key: ChatKey
    locale: str | None = None
    timezone: str = ""
    simple_view: bool = False
    last_child_id: PersonId | None = None
    state: dict[str, Any] = field(default_factory=dict)
    blocked: bool = False
    seen_lately: bool = True
    """Whether the row says that somebody was there within the hour."""
    seen_at: datetime | None = None
    _changed: set[str] = field(default_factory=set)

    def remember_child(self, student_id: PersonId) -> None:
        """Keep whom the family asked about last."""
        if self.last_child_id != student_id:
            self.last_child_id = student_id
            self._changed.add("last_child_id")

    def see(self, now: datetime) -> None:
        """Note that somebody is there: once an hour at most, so that most updates write nothing."""
        if not self.seen_lately:
            self.seen_at, self.seen_lately = now, True
            self._changed.add("seen_at")

    def speak(self, locale: str) -> None:
        """Keep the language the person chose."""
        if self.locale != locale:
            self.locale = locale
            self._changed.add("locale")

    def enter(self, capability: str, step: str, draft: dict[str, Any] | None = None) -> None:
        """Open a conversation: the next plain text goes to this step."""
        self.state = {"capability": capability, "step": step, "draft": draft or {}}
        self._changed.add("state")

    def set_aside(self, **words: Any) -> None:
        """Keep words beside the open conversation until it is said what they are for."""
        self.state = {**self.state, "aside": words}
        self._changed.add("state")

    def leave(self) -> None:
        """End the open conversation, if any."""
        if self.state:
            self.state = {}
            self._changed.add("state")

    async def save(self, uow: UnitOfWork) -> None:
        """Write what changed, if anything did; joins an open transaction. At most one statement."""
        if not self._changed:
            return
        if self.state:
            self.state.setdefault("since", uow.now.isoformat())
        values = {name: getattr(self, name) for name in self._changed}
        self._changed.clear()
        async with uow.writing():
            await uow.write(sa.update(Chat).where(Chat.id == self.id).values(**values))


async def open_chat(uow: UnitOfWork, key: ChatKey, title: str = "") -> ChatState:
    """Make the row of a chat never seen before; one that another update made meanwhile is kept. One statement."""
    insert = sqlite.insert if uow.database.is_sqlite else postgresql.insert
    async with uow.writing():
        result = await uow.write(
            insert(Chat)
            .values(
                messenger=key.messenger,
                bot=key.bot,
                user_id=key.user_id,
                title=title[:200],
                created_at=uow.now,
                seen_at=uow.now,
            )
            .on_conflict_do_update(
                index_elements=["messenger", "bot", "user_id"], set_={"title": title[:200]}
            )
            .returning(Chat.id)
        )
        return ChatState(ChatId(result.scalar_one()), key)


async def set_blocked(uow: UnitOfWork, chat_id: ChatId, *, blocked: bool) -> None:
    """Note that the person shut the bot out, or let it in again. One statement."""
    async with uow.writing():
        await uow.write(
            sa.update(Chat).where(Chat.id == chat_id).values(blocked_since=uow.now if blocked else None)
        )


async def move_chat(uow: UnitOfWork, chat_id: ChatId, user_id: int) -> None:
    """Note that the messenger calls a chat otherwise now; one that another row has already is left alone. One statement."""
    other = sa.orm.aliased(Chat)
    taken = sa.exists().where(
        other.messenger == Chat.messenger, other.bot == Chat.bot, other.user_id == user_id
    )
    async with uow.writing():
        await uow.write(sa.update(Chat).where(Chat.id == chat_id, sa.not_(taken)).values(user_id=user_id))
