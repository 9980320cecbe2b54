"""Cards in the browser: kept as messages of the chat's history, and rung to the pages that are open."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from core.actions.web_sessions import WEB_BOT
from core.cards import Card, File, Toast
from core.cards.html import render_buttons_html, render_html
from core.cards.plain import render_plain
from core.clock import Clock
from core.db.conversation import ChatKey
from core.db.engine import Database
from core.db.transcript import KeptFile, amend, chat_of, note
from core.db.uow import UnitOfWork
from core.domain.kinds import Messenger
from core.errors import NotFound
from core.files import FileStore
from notifier.channels.channel import ChannelError, MenuEntry


class WebChannel:
    """Implements Channel for the web chat; ``chat_id`` is the chat's user id."""

    messenger = Messenger.WEB
    bot_id = WEB_BOT

    def __init__(self, database: Database, clock: Clock, files: FileStore) -> None:
        self.files = files
        self._database = database
        self._clock = clock
        self._bells: defaultdict[int, set[asyncio.Event]] = defaultdict(set)
        self._toasts: dict[str, Toast] = {}

    @contextmanager
    def bell(self, chat_id: int) -> Iterator[asyncio.Event]:
        """An event that is set whenever the chat's history changes in this process."""
        event = asyncio.Event()
        self._bells[chat_id].add(event)
        try:
            yield event
        finally:
            self._bells[chat_id].discard(event)
            if not self._bells[chat_id]:
                del self._bells[chat_id]

    def ring(self, chat_id: int) -> None:
        """Tell the open pages of a chat to look."""
        for event in self._bells.get(chat_id, ()):
            event.set()

    def take_toast(self, tap_id: str) -> Toast | None:
        """The toast that answered a tap, once."""
        return self._toasts.pop(tap_id, None)

    async def send(self, chat_id: int, what: Card | File) -> int:
        if isinstance(what, File):
            source = what.source
            file = KeptFile(
                what.name,
                what.media_type,
                content=None if source else what.content,
                attachment_id=source.attachment_id if source else None,
                attachment_of=source.student_id if source else None,
            )
            return await self._keep(chat_id, plain=what.words or what.name, html="", file=file)
        return await self._keep(chat_id, plain=render_plain(what), html=_html(what))

    async def _keep(self, chat_id: int, *, plain: str, html: str, file: KeptFile | None = None) -> int:
        try:
            async with UnitOfWork(self._database, self._clock) as uow:
                chat = await chat_of(uow, ChatKey(Messenger.WEB, WEB_BOT, chat_id))
                message_id = await note(uow, chat, outgoing=True, plain=plain, html=html, file=file)
        except NotFound:
            raise ChannelError("no such chat", gone=True) from None
        self.ring(chat_id)
        return message_id

    async def edit(self, chat_id: int, message_id: int, card: Card) -> int:
        async with UnitOfWork(self._database, self._clock) as uow:
            chat = await chat_of(uow, ChatKey(Messenger.WEB, WEB_BOT, chat_id))
            changed = await amend(uow, chat, message_id, plain=render_plain(card), html=_html(card))
        if not changed:
            return await self.send(chat_id, card)
        self.ring(chat_id)
        return message_id

    async def fetch(self, file_id: str) -> bytes:
        try:
            return self.files.read(file_id)
        except NotFound:
            raise ChannelError("no such file") from None

    async def acknowledge(self, tap_id: str, toast: Toast | None) -> None:
        if toast is not None:
            self._toasts[tap_id] = toast

    async def show_menu(self, chat_id: int, locale: str, entries: list[MenuEntry]) -> None:
        """The page asks for its menu when it opens it."""
        self.ring(chat_id)


def _html(card: Card) -> str:
    return render_html(card) + render_buttons_html(card)
