"""The pace that the double allows: so many messages a second a token, in one chat, and a minute in one group."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Telegram's published ones (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this).

    A token may save up one second's worth. ``slack`` is how many seconds early a message of a chat may come, for
    requests overtake each other on their way.
    """

    bot_rate: float = 30.0
    chat_rate: float = 1.0
    chat_burst: int = 3
    group_a_minute: int = 20
    slack: float = 0.1


class _Buckets:
    """A bucket for each key, kept as the moment at which it will be full again."""

    def __init__(self, rate: float, burst: float) -> None:
        self._each = 1 / rate
        self._room = (burst - 1) / rate
        self._full: dict[object, float] = {}

    def wait(self, key: object, now: float) -> float:
        """How many seconds from ``now`` there is a place again; not above 0 where there is one."""
        return self._full.get(key, now) - now - self._room

    def take(self, key: object, now: float) -> None:
        self._full[key] = max(self._full.get(key, now), now) + self._each


class Gate:
    """Lets messages through at the allowed pace."""

    def __init__(self, limits: Limits) -> None:
        self._slack = limits.slack
        self._bots = _Buckets(limits.bot_rate, limits.bot_rate)
        self._chats = _Buckets(limits.chat_rate, limits.chat_burst)
        self._groups = _Buckets(limits.group_a_minute / 60, limits.group_a_minute)

    def wait(self, bot_id: int, chat_id: int, now: float) -> float:
        """0 where the message may pass, which takes its places; else the seconds until it may. A refused message
        takes none."""
        chats = self._groups if chat_id < 0 else self._chats
        in_chat = (bot_id, chat_id)
        wait = max(self._bots.wait(bot_id, now), chats.wait(in_chat, now) - self._slack)
        if wait > 0:
            return wait
        self._bots.take(bot_id, now)
        chats.take(in_chat, now)
        return 0.0
