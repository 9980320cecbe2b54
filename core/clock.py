"""What time it is: the only place that reads the wall clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the present moment."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ShiftedClock:
    """A clock that started at a given moment and runs on from there; the demo's."""

    def __init__(self, start: datetime) -> None:
        """``start`` must be aware; raises ValueError otherwise."""
        if start.tzinfo is None:
            raise ValueError("the clock's start needs a time zone")
        self._offset: timedelta = start.astimezone(UTC) - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset


class FrozenClock:
    """A clock that stands still until it is told to move; the tests'."""

    def __init__(self, at: datetime) -> None:
        self.at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self.at

    def move(self, by: timedelta) -> None:
        """Move the clock forward, or back by a negative span."""
        self.at += by
