"""Cards at the terminal: collected for the one who asked, and kept so that a later call can tap their buttons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.cards import Card, File, Toast
from core.cards.plain import render_plain
from core.clock import Clock
from core.db.conversation import ChatKey
from core.db.engine import Database
from core.db.transcript import amend, chat_of, note
from core.db.uow import UnitOfWork
from core.domain.kinds import Messenger
from notifier.channels.channel import ChannelError, MenuEntry

BOT_ID = 2
"""The terminal's reserved number among bots."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing the bot did: ``kind`` is message, edit, toast or file; ``buttons`` their labels in reading order."""

    kind: str
    text: str
    buttons: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As a script reads it."""
        return {"kind": self.kind, "text": self.text, "buttons": list(self.buttons)}

    def as_text(self) -> str:
        """As a person reads it, the buttons in brackets below."""
        buttons = " ".join(f"[{label}]" for label in self.buttons)
        return f"{self.text}\n{buttons}\n" if buttons else f"{self.text}\n"


class TerminalChannel:
    """Implements Channel for ``schoolbell talk``."""

    messenger = Messenger.TERMINAL
    bot_id = BOT_ID

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._answers: list[Answer] = []

    def take(self) -> list[Answer]:
        """What was answered since the last call."""
        answers, self._answers = self._answers, []
        return answers

    async def send(self, chat_id: int, what: Card | File) -> int:
        if isinstance(what, File):
            plain = f"{what.words}\n{what.name} ({len(what.content)} bytes)".strip()
            self._answers.append(Answer("file", plain))
            return await self._keep(chat_id, plain, [])
        plain = render_plain(what)
        self._answers.append(Answer("message", plain, _labels(what)))
        return await self._keep(chat_id, plain, _rows(what))

    async def edit(self, chat_id: int, message_id: int, card: Card) -> int:
        plain = render_plain(card)
        self._answers.append(Answer("edit", plain, _labels(card)))
        async with UnitOfWork(self._database, self._clock) as uow:
            chat = await chat_of(uow, self._key(chat_id))
            await amend(uow, chat, message_id, plain=plain, buttons=_rows(card))
        return message_id

    async def fetch(self, file_id: str) -> bytes:
        raise ChannelError("no files come in at the terminal")

    async def acknowledge(self, tap_id: str, toast: Toast | None) -> None:
        if toast is not None:
            self._answers.append(Answer("toast", toast.text))

    async def show_menu(self, chat_id: int, locale: str, entries: list[MenuEntry]) -> None:
        """A terminal has no menu."""

    async def _keep(self, chat_id: int, plain: str, buttons: list[list[list[str]]]) -> int:
        async with UnitOfWork(self._database, self._clock) as uow:
            chat = await chat_of(uow, self._key(chat_id))
            return await note(uow, chat, outgoing=True, plain=plain, buttons=buttons)

    @staticmethod
    def _key(chat_id: int) -> ChatKey:
        return ChatKey(Messenger.TERMINAL, BOT_ID, chat_id)


def _labels(card: Card) -> tuple[str, ...]:
    return tuple(button.label for row in card.buttons for button in row)


def _rows(card: Card) -> list[list[list[str]]]:
    return [[[button.label, button.data, button.url] for button in row] for row in card.buttons]
