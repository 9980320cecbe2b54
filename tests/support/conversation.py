"""A client that talks like a user: send words, tap a label, read the answers."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiogram import Dispatcher

from bot.capability import Services, Table, discover
from bot.channels.incoming import read_update
from bot.channels.local_bot import local_bot
from bot.dispatcher import build_dispatcher
from core.cards import Card, File, Toast
from core.cards.plain import render_plain
from core.clock import Clock
from core.db.engine import Database
from core.domain.kinds import Messenger
from core.files import FileStore
from notifier.channels.channel import ChannelError, MenuEntry

CODE_KEY = b"k" * 32
PUBLIC_URL = "http://127.0.0.1:8080"


@dataclass
class Heard:
    """One thing the bot did."""

    kind: str
    what: Card | File | Toast
    chat_id: int = 0

    @property
    def text(self) -> str:
        if isinstance(self.what, Card):
            return render_plain(self.what)
        if isinstance(self.what, Toast):
            return self.what.text
        return f"{self.what.name} {self.what.words} {self.what.content.decode(errors='replace')}"

    @property
    def buttons(self) -> dict[str, str]:
        """Label to callback data."""
        if not isinstance(self.what, Card):
            return {}
        return {button.label: button.data for row in self.what.buttons for button in row if button.data}


@dataclass
class RecordingChannel:
    """Implements Channel by remembering, in order."""

    messenger: Messenger = Messenger.TELEGRAM
    bot_id: int = 4242
    heard: list[Heard] = field(default_factory=list)
    menus: dict[int, list[str]] = field(default_factory=dict)
    acknowledged: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1000))

    async def send(self, chat_id: int, what: Card | File) -> int:
        self.heard.append(Heard("file" if isinstance(what, File) else "message", what, chat_id))
        return next(self._ids)

    async def edit(self, chat_id: int, message_id: int, card: Card) -> int:
        self.heard.append(Heard("edit", card, chat_id))
        return message_id

    async def fetch(self, file_id: str) -> bytes:
        if file_id not in self.files:
            raise ChannelError("no such file")
        return self.files[file_id]

    async def acknowledge(self, tap_id: str, toast: Toast | None) -> None:
        self.acknowledged.append(tap_id)
        if toast is not None:
            self.heard.append(Heard("toast", toast))

    async def show_menu(self, chat_id: int, locale: str, entries: list[MenuEntry]) -> None:
        self.menus[chat_id] = [entry.command for entry in entries]


class Stage:
    """A dispatcher on a database, and the people who talk to it."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        channel: RecordingChannel | None = None,
        files: Path | None = None,
        table: Table | None = None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.channel = channel or RecordingChannel()
        self.table: Table = table or discover()
        self.services = Services(
            CODE_KEY,
            PUBLIC_URL,
            FileStore(files or Path(tempfile.mkdtemp())),
            {self.channel.bot_id: "school_bot"},
            own_bot=self.channel.bot_id,
        )
        self.dispatcher: Dispatcher = build_dispatcher(self.table, database, clock, self.services)
        self.bot = local_bot(self.channel.bot_id, "test")
        self._numbers = itertools.count(1)

    async def feed(self, raw: dict[str, Any], **data: Any) -> list[Heard]:
        """One raw update; what the bot did because of it."""
        before = len(self.channel.heard)
        update = read_update({"update_id": next(self._numbers), **raw}, self.bot)
        await self.dispatcher.feed_update(self.bot, update, channel=self.channel, **data)
        return self.channel.heard[before:]

    def user(self, user_id: int, *, language: str = "en") -> User:
        """Somebody at the messenger, linked or not."""
        return User(self, user_id, language)


class User:
    """A messenger account that writes to the bot in private."""

    def __init__(self, stage: Stage, user_id: int, language: str) -> None:
        self.stage = stage
        self.user_id = user_id
        self.language = language
        self.last: Heard | None = None
        self._ids = itertools.count(1)

    def _from(self) -> dict[str, Any]:
        return {
            "id": self.user_id,
            "is_bot": False,
            "first_name": f"User {self.user_id}",
            "language_code": self.language,
        }

    def message(self, text: str | None, **more: Any) -> dict[str, Any]:
        """A raw private message of this person."""
        return {
            "message_id": next(self._ids),
            "date": 1_700_000_000,
            "chat": {"id": self.user_id, "type": "private"},
            "from": self._from(),
            **({"text": text} if text is not None else {}),
            **more,
        }

    async def send(self, text: str, **data: Any) -> Heard:
        """Write; the last thing the bot did. Fails where it did nothing."""
        heard = await self.stage.feed({"message": self.message(text)}, **data)
        assert heard, f"no answer to {text!r}"
        return self._remember(heard)

    def photo(self, content: bytes, *, caption: str = "", album: str = "", **more: Any) -> dict[str, Any]:
        """A raw message with a photo, which the messenger then has."""
        sent = self.message(None, **({"caption": caption} if caption else {}), **more)
        file_id = f"photo-{self.user_id}-{sent['message_id']}"
        self.stage.channel.files[file_id] = content
        size = {"file_id": file_id, "file_unique_id": file_id, "width": 9, "height": 9}
        return {**sent, "photo": [size], **({"media_group_id": album} if album else {})}

    def document(self, content: bytes, name: str, *, caption: str = "", **more: Any) -> dict[str, Any]:
        """A raw message with a document, which the messenger then has."""
        sent = self.message(None, **({"caption": caption} if caption else {}), **more)
        file_id = f"document-{self.user_id}-{sent['message_id']}"
        self.stage.channel.files[file_id] = content
        return {**sent, "document": {"file_id": file_id, "file_unique_id": file_id, "file_name": name}}

    async def give(self, message: dict[str, Any]) -> Heard | None:
        """Send a raw message; the last thing the bot did, None where it did nothing."""
        heard = await self.stage.feed({"message": message})
        return self._remember(heard) if heard else None

    async def answer(self, message: dict[str, Any], text: str) -> Heard:
        """Write in answer to an older message."""
        heard = await self.give(self.message(text, reply_to_message=message))
        assert heard is not None, f"no answer to {text!r}"
        return heard

    async def tap(self, label: str) -> Heard:
        """Tap a button of the last answer by its label or, where no label is just that, the label's beginning."""
        assert self.last is not None, "nothing to tap yet"
        if label in self.last.buttons:
            return await self.tap_data(self.last.buttons[label])
        wanted = label.casefold()
        for name, data in self.last.buttons.items():
            if name.casefold().lstrip("•✓ ").startswith(wanted):
                return await self.tap_data(data)
        raise AssertionError(f"no button {label!r} among {list(self.last.buttons)}")

    async def tap_data(self, data: str) -> Heard:
        """Tap with this callback data, true or forged."""
        heard = await self.stage.feed(
            {
                "callback_query": {
                    "id": str(next(self._ids)),
                    "from": self._from(),
                    "chat_instance": "1",
                    "message": {
                        **self.message("older"),
                        "from": {"id": 4242, "is_bot": True, "first_name": "B"},
                    },
                    "data": data,
                }
            }
        )
        assert heard, f"no answer to the tap {data!r}"
        return self._remember(heard)

    def _remember(self, heard: list[Heard]) -> Heard:
        for one in heard:
            if one.kind in ("message", "edit"):
                self.last = one
        return heard[-1]
