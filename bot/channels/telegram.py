"""Telegram as a way in: long polling that forgets an update only once it was handled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial
from itertools import groupby
from typing import Any

import structlog
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    AiogramError,
    TelegramAPIError,
    TelegramConflictError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.methods import TelegramMethod
from aiogram.types import Update, User

from bot.app import App
from bot.channels.incoming import read_update
from bot.views.menu import menu_entries
from core.access import Actor
from core.actions.org_bots import BotFound
from core.db.bell import Bell
from core.errors import Invalid
from core.i18n import LOCALES, translator
from core.settings import Settings, SettingsError
from notifier.channels.telegram.file_ids import FileIds
from notifier.channels.telegram.send import TelegramChannel
from notifier.limits import FREE_RATE

log = structlog.get_logger(__name__)

_ANSWER_SECONDS = 30.0
_LONG_POLL = 25
_LONGEST_WAIT = 30.0
_WAIT_AFTER_CONFLICT = 5.0
_SHORTEST_POLL = 1.0
_STAND_BY_SECONDS = 1.0
_AT_ONCE = 32
_WANTED = ["message", "callback_query", "my_chat_member"]


Opened = Callable[[], Awaitable[None]]


class TokenRefused(SettingsError):
    """The Bot API server does not know the token."""

    def __init__(self) -> None:
        super().__init__(
            "SCHOOLBELL_BOT_TOKEN: the Bot API server does not know this token. "
            "Copy it again from @BotFather, or unset it to run without Telegram."
        )


class _GetUpdates(TelegramMethod[list[dict[str, Any]]]):
    """getUpdates with its answers unread, so that one update of an unknown shape does not hold up the others."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    timeout: int = 0
    allowed_updates: list[str] | None = None


def make_bot(settings: Settings, token: str | None = None) -> Bot:
    """The bot of a token, or of the settings' own, at the settings' server; the caller closes its session."""
    if token is None:
        assert settings.bot_token is not None
        token = settings.bot_token.get_secret_value()
    session = AiohttpSession(timeout=_ANSWER_SECONDS)
    if settings.telegram_api_url:
        session.api = TelegramAPIServer.from_base(settings.telegram_api_url.rstrip("/"))
    return Bot(token, session=session)


async def ask_name(bot: Bot) -> User:
    """getMe. Raises TokenRefused, or aiogram's errors where the server cannot be asked."""
    try:
        return await bot.get_me(request_timeout=10)
    except (TelegramUnauthorizedError, TelegramNotFound):
        raise TokenRefused from None


async def whose_token(settings: Settings, token: str) -> BotFound:
    """The bot of a token, for whoever gives one. Raises Invalid("token_unknown"), or Invalid("messenger_unreachable")."""
    bot = make_bot(settings, token)
    try:
        me = await ask_name(bot)
    except TokenRefused:
        raise Invalid("token_unknown") from None
    except AiogramError as error:
        log.warning("telegram.unreachable", why=_why(error, token))
        raise Invalid("messenger_unreachable") from None
    finally:
        await bot.session.close()
    return BotFound(me.id, (me.username or "")[:64])


async def run_telegram(app: App, token: str | None = None, *, opened: Opened | None = None) -> None:
    """Open a bot's channel, the settings' own where no token is given, and poll until cancelled.

    Whichever process leads polls; all of them may send. ``opened`` is called once the messenger has taken the token.
    Raises TokenRefused: of a token that was given also when it is refused later.
    """
    bot = make_bot(app.settings, token)
    channel: TelegramChannel | None = None
    try:
        me = await _patiently(lambda: ask_name(bot), bot.token)
        app.usernames[bot.id] = me.username or ""
        if opened is not None:
            await opened()
        channel = TelegramChannel(
            bot,
            rich=app.settings.rich_messages == "auto",
            paid=app.settings.telegram_rate > FREE_RATE,
            file_ids=FileIds(app.database, app.clock),
        )
        app.add_channel(channel, bot)
        log.info("telegram.open", bot=me.username)
        offered = app.table.offered_to(Actor())
        for locale in (None, *LOCALES):
            await channel.show_default_menu(locale, menu_entries(translator(locale or "en"), offered))
        poller = Poller(bot, partial(app.feed, channel), gives_up=token is not None)
        await _poll_while_leading(app.notifier.bell, f"updates of telegram {bot.id}", poller)
    finally:
        if channel is not None:
            await app.close_channel(channel)
        await bot.session.close()


async def _poll_while_leading(bell: Bell, name: str, poller: Poller) -> None:
    """Two processes that poll with one token would take each other's updates."""
    while True:
        while not await bell.leads(name):  # noqa: ASYNC110 - nobody tells that another process has let go
            await asyncio.sleep(_STAND_BY_SECONDS)
        polling = asyncio.create_task(poller.run(), name=name)
        try:
            while bell.still_leads(name) and not polling.done():
                await asyncio.wait({polling}, timeout=_STAND_BY_SECONDS)
            if polling.done():
                polling.result()
        finally:
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)
        log.warning("telegram.lost_lead", bot=name)


async def _patiently(ask: Callable[[], Awaitable[User]], token: str) -> User:
    wait = 1.0
    while True:
        try:
            return await ask()
        except AiogramError as error:
            log.warning("telegram.unreachable", why=_why(error, token), again_in=wait)
        await asyncio.sleep(wait)
        wait = min(wait * 2, _LONGEST_WAIT)


class Poller:
    """Asks for updates, hands them on in order for each chat, and confirms them after that."""

    def __init__(
        self,
        bot: Bot,
        handle: Callable[[Update], Awaitable[Any]],
        *,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
        gives_up: bool = False,
    ) -> None:
        """With ``gives_up`` a token that is refused ends it; else nothing does."""
        self._gives_up = gives_up
        self._bot = bot
        self._handle = handle
        self._sleep = sleep
        self._offset: int | None = None
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._has_told_unnumbered = False

    async def run(self) -> None:
        """Until cancelled. Raises TokenRefused where it ``gives_up``; no other answer of the server ends it."""
        wait = 1.0
        while True:
            asked_at = time.monotonic()
            try:
                found = await self._bot(
                    _GetUpdates(offset=self._offset, timeout=_LONG_POLL, allowed_updates=_WANTED),
                    request_timeout=_LONG_POLL + 10,
                )
            except TelegramRetryAfter as error:
                await self._sleep(max(error.retry_after, _SHORTEST_POLL))
                continue
            except TelegramConflictError as error:
                await self._settle_conflict(error)
                continue
            except AiogramError as error:
                if self._gives_up and isinstance(error, (TelegramUnauthorizedError, TelegramNotFound)):
                    raise TokenRefused from None
                log.warning("telegram.unreachable", why=_why(error, self._bot.token), again_in=wait)
            else:
                was_held = time.monotonic() - asked_at >= _SHORTEST_POLL
                if await self._take(found) or was_held:
                    wait = 1.0
                    continue
                # A server that does not hold the question, or answers the same again, is not asked in a circle.
            await self._sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _settle_conflict(self, error: TelegramConflictError) -> None:
        """A bot that served elsewhere before still has its webhook, and is asked for its updates here now."""
        if "webhook" in error.message.casefold():
            log.warning("telegram.webhook_removed", bot=self._bot.id)
            with suppress(AiogramError):
                await self._bot.delete_webhook()
        else:
            log.error("telegram.conflict", why="another process polls with the same token")
        await self._sleep(_WAIT_AFTER_CONFLICT)

    async def _take(self, found: list[dict[str, Any]]) -> bool:
        """One batch: each chat's updates in their order, the chats side by side; whether it confirms anything."""
        numbered = [raw for raw in found if type(raw.get("update_id")) is int]
        if len(numbered) < len(found) and not self._has_told_unnumbered:
            self._has_told_unnumbered = True
            log.warning("telegram.unnumbered_update", why="an update without a number can never be confirmed")
        updates = sorted(self._readable(numbered), key=lambda update: (_chat(update), update.update_id))
        await asyncio.gather(
            *(self._in_order(list(own)) for _, own in groupby(updates, key=_chat)),
        )
        before = self._offset
        if numbered:
            self._offset = max(raw["update_id"] for raw in numbered) + 1
        return self._offset != before

    def _readable(self, found: list[dict[str, Any]]) -> Iterable[Update]:
        for raw in found:
            try:
                yield read_update(raw, self._bot)
            except (ValueError, RecursionError):
                log.warning("telegram.unreadable_update", update_id=raw["update_id"])

    async def _in_order(self, updates: list[Update]) -> None:
        for update in updates:
            async with self._room:
                try:
                    await self._handle(update)
                except Exception:
                    log.exception("telegram.update_failed", update_id=update.update_id)


def _chat(update: Update) -> int:
    inside = update.message or update.my_chat_member
    if inside is not None:
        return inside.chat.id
    return update.callback_query.from_user.id if update.callback_query else 0


def _why(error: AiogramError, token: str) -> str:
    text = error.message if isinstance(error, TelegramAPIError) else type(error).__name__
    return text.replace(token, "•••")
