"""What every channel can do: the only door through which anything leaves for a messenger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from core.cards import Card, File, Toast
from core.domain.kinds import Messenger


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A command as a messenger's menu shows it: without the slash, with a line of words."""

    command: str
    words: str


class ChannelError(Exception):
    """A message did not go out; ``retry_after`` in seconds where the messenger names a wait."""

    def __init__(
        self, why: str, *, retry_after: float | None = None, gone: bool = False, stops_bot: bool = False
    ) -> None:
        super().__init__(why)
        self.why = why
        self.retry_after = retry_after
        self.stops_bot = stops_bot
        """Whether nothing can go out through this bot any more: its token is refused."""
        self.gone = gone
        """Whether the person cannot be reached at all: blocked, deactivated, unknown."""


class Channel(Protocol):
    """One bot on one messenger. ``chat_id`` is always the messenger's own id."""

    messenger: Messenger
    bot_id: int

    async def send(self, chat_id: int, what: Card | File) -> int:
        """Send a new message and return its id. Raises ChannelError."""
        ...

    async def edit(self, chat_id: int, message_id: int, card: Card) -> int:
        """Show the card in place of an older message, or anew where it cannot be edited; the id shown. Raises
        ChannelError."""
        ...

    async def fetch(self, file_id: str) -> bytes:
        """The bytes of a file that somebody sent, by the messenger's own id. Raises ChannelError."""
        ...

    async def acknowledge(self, tap_id: str, toast: Toast | None) -> None:
        """Answer a tap, with a toast or silently; never raises for a tap too old to answer."""
        ...

    async def show_menu(self, chat_id: int, locale: str, entries: list[MenuEntry]) -> None:
        """Set the commands that this chat's menu offers; a messenger without a menu does nothing."""
        ...
