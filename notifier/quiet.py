"""What is late and would now ring in somebody's quiet hours: it waits for their end, however it came to be late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from functools import lru_cache

from core.db.deliveries import DueDelivery
from core.domain.telling import TELLINGS, Hours
from notifier.fanout import window_of

_DIGESTS = ("digest", "weekly")


def held_until(told: Sequence[DueDelivery], zone: str, usual: Hours, now: datetime) -> datetime | None:
    """When a message of these deliveries, all of one chat, may go out; None for now. ``zone`` is the reader's, ``usual``
    are the school's quiet hours."""
    hours = told[0].quiet_from, told[0].quiet_to
    if told[0].bundle in _DIGESTS:
        due = told[0].not_before
        if window_of(zone, *hours, None, usual).release(due) > due:
            return None  # the hour of the digest was chosen so
    until = min(_release(zone, *hours, usual, one.told_as, now) for one in told)
    return until if until > now else None


@lru_cache(maxsize=1024)
def _release(
    zone: str, quiet_from: time | None, quiet_to: time | None, usual: Hours, told_as: str, now: datetime
) -> datetime:
    """The same for everybody of a batch who has the same hours."""
    breaks = TELLINGS[told_as].breaks_quiet if told_as in TELLINGS else None
    return window_of(zone, quiet_from, quiet_to, None, usual).release(now, breaks)
