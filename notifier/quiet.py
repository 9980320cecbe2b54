"""What is late and would now ring in somebody's quiet hours: it waits for their end, however it came to be late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core.db.deliveries import DueDelivery
from core.domain.telling import TELLINGS
from notifier.fanout import window_of

_DIGESTS = ("digest", "weekly")


def held_until(told: Sequence[DueDelivery], zone: str, now: datetime) -> datetime | None:
    """When a message of these deliveries, all of one chat, may go out; None for now. ``zone`` is the reader's."""
    window = window_of(zone, told[0].quiet_from, told[0].quiet_to, None)
    if told[0].bundle in _DIGESTS and window.release(told[0].not_before) > told[0].not_before:
        return None  # the hour of the digest was chosen so
    breaks = (TELLINGS[one.told_as].breaks_quiet if one.told_as in TELLINGS else None for one in told)
    until = min(window.release(now, hours) for hours in breaks)
    return until if until > now else None
