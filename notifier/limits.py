"""The pace of a bot: so many messages a second in all, so many in one chat, and slower when the messenger asks.

Telegram's published limits (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this): about
30 messages a second for a bot, one a second in a chat with short bursts. They are no promises: ``slow_down`` obeys.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_SLOWER = 0.8
_FASTER_A_SECOND = 0.05
_SLOWEST = 0.1
_CHATS_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Messages a second, and how many at once after a pause."""

    bot_rate: float = 30.0
    bot_burst: float = 3.0
    chat_rate: float = 1.0
    chat_burst: float = 3.0


class Pace:
    """Waits until the next message of one bot may go out. Times are the loop's own seconds."""

    def __init__(self, limits: Limits, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._clock = clock
        self._share = 1.0
        self._slowed_at = clock()
        self._next = clock()
        self._chats: OrderedDict[int, float] = OrderedDict()

    @property
    def rate(self) -> float:
        """Messages a second at present: the limit, or less for a while after the messenger asked to wait."""
        recovered = self._share + (self._clock() - self._slowed_at) * _FASTER_A_SECOND
        return self.limits.bot_rate * min(1.0, recovered)

    def slow_down(self) -> None:
        """The messenger asked to wait."""
        now = self._clock()
        self._share = max(_SLOWEST, self.rate / self.limits.bot_rate * _SLOWER)
        self._slowed_at = now

    async def wait_for_bot(self) -> None:
        """Take the bot's next place and sleep until it is reached."""
        await _sleep(self.reserve())

    async def wait_for_chat(self, chat_id: int) -> None:
        """Take a chat's next place and sleep until it is reached."""
        await _sleep(self.reserve_in(chat_id))

    def reserve(self) -> float:
        """Take the bot's next place; how many seconds it lies ahead.

        The bucket is kept as the moment of the last place taken: it lies no farther back than the burst allows.
        """
        now, each = self._clock(), 1 / self.rate
        self._next = max(self._next, now - self.limits.bot_burst * each) + each
        return max(0.0, self._next - now)

    def reserve_in(self, chat_id: int) -> float:
        """Take a chat's next place; how many seconds it lies ahead."""
        now, each = self._clock(), 1 / self.limits.chat_rate
        last = max(self._chats.pop(chat_id, 0.0), now - self.limits.chat_burst * each) + each
        self._chats[chat_id] = last
        while len(self._chats) > _CHATS_KEPT:
            self._chats.popitem(last=False)
        return max(0.0, last - now)


async def _sleep(seconds: float) -> None:
    if seconds > 0:
        await asyncio.sleep(seconds)
