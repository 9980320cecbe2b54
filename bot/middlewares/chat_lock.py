"""One update of a person at a time, so that two fast taps cannot overtake each other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakValueDictionary

from aiogram import BaseMiddleware
from aiogram.types import TelegramObject

from bot.middlewares.inbound import Inbound


class ChatLockMiddleware(BaseMiddleware):
    """A lock per bot and sender, kept only while somebody holds or awaits it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[tuple[int, int], asyncio.Lock] = WeakValueDictionary()

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        inbound: Inbound = data["inbound"]
        assert inbound.sender is not None
        key = (data["channel"].bot_id, inbound.sender.id)
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        async with lock:
            return await handler(event, data)
