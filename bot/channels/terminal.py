"""The terminal as a way in: support says words and taps as a person, through the same dispatcher as everybody."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from core.actions.linking import open_support_chat
from core.cards.plain import clean
from core.db.conversation import ChatKey, open_chat
from core.db.transcript import last_answer, note
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId, PersonId
from core.domain.kinds import Messenger
from notifier.channels.terminal import BOT_ID, Answer, TerminalChannel

if TYPE_CHECKING:
    from bot.app import App

_TAP = "tap:"


class NoSuchButton(Exception):
    """The last answer has no button of that label; ``labels`` are those it has."""

    def __init__(self, label: str, labels: list[str]) -> None:
        super().__init__(label)
        self.label = label
        self.labels = labels


class Terminal:
    """One person's conversation at the terminal; the messages are kept, so that a later call can tap."""

    def __init__(self, app: App, channel: TerminalChannel, chat_id: ChatId, user_id: int, who: str) -> None:
        self._app = app
        self._channel = channel
        self._chat_id = chat_id
        self._user_id = user_id
        self._via = f"terminal:{who}"
        self._numbers = itertools.count(1)

    @classmethod
    async def open(cls, app: App, person_id: PersonId, *, who: str) -> Terminal:
        """The person's terminal, with all roles of today; audited with ``who``, the operating system's user."""
        key = ChatKey(Messenger.TERMINAL, BOT_ID, int(person_id))
        async with UnitOfWork(app.database, app.clock, via=f"terminal:{who}") as uow:
            chat = await open_chat(uow, key, "terminal")
            await open_support_chat(uow, chat, person_id, who=who)
        channel = TerminalChannel(app.database, app.clock)
        app.add_channel(channel)
        return cls(app, channel, chat.id, int(person_id), who)

    async def say(self, text: str) -> list[Answer]:
        """Say a text, or tap a button of the last answer with ``tap:LABEL``; the answers in order.

        Raises NoSuchButton.
        """
        text = clean(text)
        if text.startswith(_TAP):
            update = await self._tap(text[len(_TAP) :].strip())
        else:
            async with UnitOfWork(self._app.database, self._app.clock) as uow:
                message_id = await note(uow, self._chat_id, outgoing=False, plain=text)
            update = {"message": self._message(message_id, text)}
        await self._app.feed(self._channel, {"update_id": next(self._numbers), **update}, via=self._via)
        return self._channel.take()

    async def _tap(self, label: str) -> dict[str, Any]:
        async with UnitOfWork(self._app.database, self._app.clock) as uow:
            last = await last_answer(uow, self._chat_id)
        buttons = [button for row in (last.buttons if last else []) for button in row]
        wanted = label.casefold()
        labels = [button[0] for button in buttons]
        found = next((b for b in buttons if b[0].casefold() == wanted), None) or next(
            (b for b in buttons if b[0].casefold().lstrip("•✓ ").startswith(wanted.lstrip("•✓ "))), None
        )
        if last is None or found is None or not found[1]:
            raise NoSuchButton(label, labels)
        return {
            "callback_query": {
                "id": str(last.id),
                "from": self._user(),
                "chat_instance": "terminal",
                "message": {**self._message(last.id, last.plain[:100]), "from": self._bot_user()},
                "data": found[1],
            }
        }

    def _message(self, message_id: int, text: str) -> dict[str, Any]:
        return {
            "message_id": message_id,
            "date": int(self._app.clock.now().timestamp()),
            "chat": {"id": self._user_id, "type": "private"},
            "from": self._user(),
            "text": text,
        }

    def _user(self) -> dict[str, Any]:
        return {"id": self._user_id, "is_bot": False, "first_name": "Support"}

    @staticmethod
    def _bot_user() -> dict[str, Any]:
        return {"id": BOT_ID, "is_bot": True, "first_name": "Schoolbell"}
