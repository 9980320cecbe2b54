"""What the double answers instead of a result, in Telegram's own words."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Failure:
    """An answer with ``ok`` false."""

    status: int
    description: str
    parameters: dict[str, Any] = field(default_factory=dict)


BLOCKED = Failure(403, "Forbidden: bot was blocked by the user")
DEACTIVATED = Failure(403, "Forbidden: user is deactivated")
KICKED = Failure(403, "Forbidden: bot was kicked from the group chat")
NO_CHAT = Failure(400, "Bad Request: chat not found")
UNAUTHORIZED = Failure(401, "Unauthorized")
NO_METHOD = Failure(404, "Not Found: method not found")


def too_many(wait: float) -> Failure:
    """429 with the whole seconds to wait."""
    seconds = max(1, math.ceil(wait))
    return Failure(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


def migrated(to: int) -> Failure:
    """The group has another id now."""
    words = "Bad Request: group chat was upgraded to a supergroup chat"
    return Failure(400, words, {"migrate_to_chat_id": to})
