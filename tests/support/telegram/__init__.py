"""The Bot API double: a real HTTP server that answers as Telegram's does, or as little and as badly as one may.

``bot_api()`` opens it on loopback within a test; ``python -m tests.support.telegram`` is a process of its own, which
``process.BotApiProcess`` starts and asks.
"""

from __future__ import annotations

from tests.support.telegram.api import MINIMAL, TOKEN, Accepted, BotApi, Call
from tests.support.telegram.failure import BLOCKED, DEACTIVATED, KICKED, NO_CHAT, Failure, migrated, too_many
from tests.support.telegram.limits import Limits
from tests.support.telegram.misbehaviour import How, Misbehaviour
from tests.support.telegram.server import bot_api, bot_api_in_a_thread

__all__ = [
    "BLOCKED",
    "DEACTIVATED",
    "KICKED",
    "MINIMAL",
    "NO_CHAT",
    "TOKEN",
    "Accepted",
    "BotApi",
    "Call",
    "Failure",
    "How",
    "Limits",
    "Misbehaviour",
    "bot_api",
    "bot_api_in_a_thread",
    "migrated",
    "too_many",
]
