"""What every channel can do: the only door through which anything leaves for a messenger."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from core.cards import Card, File, Toast
from core.domain.kinds import Messenger


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A command as a messenger's menu shows it: without the slash, with a line of words."""

    command: str
    words: str


class Fault(StrEnum):
    """Why a message did not go out, as far as it decides what is done next."""

    WAIT = "wait"
    """The messenger asks to wait: nothing is wrong with the message."""
    GONE = "gone"
    """The person cannot be reached at all: blocked, deactivated, unknown."""
    MOVED = "moved"
    """The chat has another id now."""
    TOKEN = "token"  # noqa: S105 - a word, no secret
    """Nothing can go out through this bot any more: its token is refused."""
    REFUSED = "refused"
    """The messenger says no to this very message, in whatever form."""
    TEMPORARY = "temporary"
    """The network or the messenger is at fault."""


class ChannelError(Exception):
    """A message did not go out; ``retry_after`` in seconds where the messenger names a wait."""

    def __init__(
        self,
        why: str,
        *,
        retry_after: float | None = None,
        gone: bool = False,
        stops_bot: bool = False,
        moved_to: int | None = None,
        refused: bool = False,
    ) -> None:
        super().__init__(why)
        self.why = why
        self.retry_after = retry_after or 0.0
        self.moved_to = moved_to
        """The chat's new id."""
        self.gone = gone
        self.fault = Fault.TEMPORARY
        for holds, fault in (
            (refused, Fault.REFUSED),
            (retry_after is not None, Fault.WAIT),
            (moved_to is not None, Fault.MOVED),
            (gone, Fault.GONE),
            (stops_bot, Fault.TOKEN),
        ):
            if holds:
                self.fault = fault

    @property
    def stops_bot(self) -> bool:
        """Whether nothing can go out through this bot any more."""
        return self.fault is Fault.TOKEN


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
