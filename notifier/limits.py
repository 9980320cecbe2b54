"""The pace of a bot: so many messages a second in all, so many in one chat, and slower when the messenger asks.

Telegram's published limits (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this): about
30 messages a second for a bot, one a second in a chat with short bursts, 20 a minute in a group. They are no promises:
``slow_down`` and ``hold`` obey what the messenger says.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FREE_RATE = 30.0
"""Messages a second of a bot for which Telegram takes nothing."""
_SLOWER = 0.9
_FASTER_A_SECOND = 0.05
_SLOWEST = 0.1
_CHATS_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Messages a second, and how many at once after a pause. ``share`` of the bot's rate is used, so that a clock that
    runs otherwise at the messenger costs no refusal."""

    bot_rate: float = FREE_RATE
    chat_rate: float = 0.95
    chat_burst: float = 3.0
    group_rate: float = 17 / 60
    group_burst: float = 3.0
    share: float = 0.99

    @property
    def bot_burst(self) -> float:
        """What may be caught up after a late awakening: three tenths of a second's worth."""
        return max(3.0, self.bot_rate * 0.3)


class Pace:
    """Says when the next message of one bot may go out. Times are the loop's own seconds."""

    def __init__(self, limits: Limits, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._clock = clock
        self._share = 1.0
        self._slowed_at = clock()
        self._next = clock()
        self._held_until = clock()
        self._chats: OrderedDict[int, float] = OrderedDict()

    @property
    def rate(self) -> float:
        """Messages a second at present: the limit, or less for a while after the messenger asked to wait."""
        recovered = self._share + (self._clock() - self._slowed_at) * _FASTER_A_SECOND
        return self.limits.bot_rate * self.limits.share * min(1.0, recovered)

    @property
    def held(self) -> float:
        """Seconds until anything may go out at all."""
        return max(0.0, self._held_until - self._clock())

    def slow_down(self) -> None:
        """The messenger asked to wait."""
        now = self._clock()
        full = self.limits.bot_rate * self.limits.share
        self._share = max(_SLOWEST, self.rate / full * _SLOWER)
        self._slowed_at = now

    def hold(self, seconds: float) -> None:
        """Nothing of the bot goes out for so long."""
        self._held_until = max(self._held_until, self._clock() + seconds)

    async def wait_for_bot(self) -> None:
        """Take the bot's next place and sleep until it is reached."""
        await _sleep(self.reserve())
        while (held := self.held) > 0:
            await _sleep(held)

    def reserve(self) -> float:
        """Take the bot's next place; how many seconds it lies ahead.

        The bucket is kept as the moment of the last place taken: it lies no farther back than the burst allows.
        """
        now, each = self._clock(), 1 / self.rate
        self._next = max(self._next, now - self.limits.bot_burst * each) + each
        return max(0.0, self._next - now)

    def wait_in(self, chat_id: int) -> float:
        """How many seconds ahead a chat's next place lies; takes none. Groups have ids below 0."""
        last = self._chats.get(chat_id)
        if last is None:
            return 0.0
        rate, burst = self._of(chat_id)
        now = self._clock()
        return max(0.0, max(last, now - burst / rate) + 1 / rate - now)

    def take_in(self, chat_id: int) -> None:
        """Take a chat's next place."""
        rate, burst = self._of(chat_id)
        now = self._clock()
        self._chats[chat_id] = max(self._chats.pop(chat_id, 0.0), now - burst / rate) + 1 / rate
        while len(self._chats) > _CHATS_KEPT:
            self._chats.popitem(last=False)

    def _of(self, chat_id: int) -> tuple[float, float]:
        limits = self.limits
        if chat_id < 0:
            return limits.group_rate, limits.group_burst
        return limits.chat_rate, limits.chat_burst


async def _sleep(seconds: float) -> None:
    if seconds > 0:
        await asyncio.sleep(seconds)
