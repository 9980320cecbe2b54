"""Keeps one person from drowning the bot: a bucket of updates per sender."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from aiogram import BaseMiddleware
from aiogram.types import TelegramObject

from bot.middlewares.inbound import Inbound
from bot.views.errors import slow_down
from core.clock import Clock
from core.i18n import match_locale, translator

_BURST = 20.0
_PER_SECOND = 4.0
_SENDERS_KEPT = 10_000


class ThrottleMiddleware(BaseMiddleware):
    """At most twenty updates at once and four a second from one sender; told once, then silence until it ebbs."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._buckets: OrderedDict[tuple[int, int], tuple[float, float, bool]] = OrderedDict()

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        inbound: Inbound = data["inbound"]
        if inbound.sender is None:
            return None
        key = (data["channel"].bot_id, inbound.sender.id)
        now = self.clock.now().timestamp()
        left, at, told = self._buckets.pop(key, (_BURST, now, False))
        left = min(_BURST, left + max(0.0, now - at) * _PER_SECOND)
        allowed = left >= 1.0
        self._buckets[key] = (
            left - 1.0 if allowed else left,
            now,
            not allowed or (told and left < _BURST / 2),
        )
        while len(self._buckets) > _SENDERS_KEPT:
            self._buckets.popitem(last=False)
        if allowed:
            return await handler(event, data)
        locale = match_locale(inbound.sender.language_code) or "en"
        return None if told or not inbound.is_private else slow_down(translator(locale))
