"""When somebody is told of what: kinds of news with their defaults, and quiet hours that hold and never lose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from types import MappingProxyType


class Choice(StrEnum):
    """How a person wants to hear of one kind of news."""

    OFF = "off"
    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"


class Held(StrEnum):
    """Why a delivery waits or was never sent; the words for it are the channel's."""

    NONE = ""
    QUIET_HOURS = "quiet_hours"
    DIGEST = "digest"
    WEEKLY = "weekly"
    RETRY_AFTER = "retry_after"
    ERROR = "error"
    PREFERENCE = "preference"
    SUPERSEDED = "superseded"
    READ = "read"
    EXPIRED = "expired"
    NOTHING = "nothing"
    UNLINKED = "unlinked"
    BLOCKED = "blocked"
    REFUSED = "refused"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Hours:
    """A span of the day, ``starts`` ≤ t < ``ends``; where ``starts`` is later it runs over midnight, where both are
    alike it holds nothing."""

    starts: time
    ends: time

    def hold(self, at: time) -> bool:
        """Whether the time lies in the span."""
        if self.starts <= self.ends:
            return self.starts <= at < self.ends
        return at >= self.starts or at < self.ends


DAY = Hours(time(0), time(23, 59, 59, 999_999))
QUIET = Hours(time(21), time(7))
DIGEST_AT = time(18)
WEEKLY_ON = 7
"""The ISO weekday of the weekly digest: Sunday."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One kind of news: how it is told where nobody chose otherwise. A smaller ``priority`` overtakes.

    ``breaks_quiet`` are the hours in which it is told although it is quiet, None for never. ``choices`` are the ways of
    telling that make sense for it.
    """

    kind: str
    default: Choice
    priority: int
    can_be_off: bool = True
    breaks_quiet: Hours | None = None
    choices: tuple[Choice, ...] = (Choice.AT_ONCE, Choice.DAILY, Choice.WEEKLY, Choice.OFF)


_AT_ONCE_OR_OFF = (Choice.AT_ONCE, Choice.OFF)
_SCHOOL_HOURS = Hours(time(7), time(19))
TELLINGS: Mapping[str, Telling] = MappingProxyType(
    {
        one.kind: one
        for one in (
            Telling("emergency", Choice.AT_ONCE, 0, can_be_off=False, breaks_quiet=DAY),
            Telling("urgent", Choice.AT_ONCE, 1, can_be_off=False, breaks_quiet=Hours(time(6, 30), time(22))),
            Telling("absence", Choice.AT_ONCE, 1, can_be_off=False, breaks_quiet=_SCHOOL_HOURS),
            Telling(
                "change",
                Choice.AT_ONCE,
                1,
                breaks_quiet=Hours(time(6, 30), time(21)),
                choices=_AT_ONCE_OR_OFF,
            ),
            Telling("answer", Choice.AT_ONCE, 1, can_be_off=False),
            Telling("again", Choice.AT_ONCE, 1),
            Telling("security", Choice.AT_ONCE, 1, can_be_off=False, breaks_quiet=DAY),
            Telling("poor_mark", Choice.AT_ONCE, 2),
            Telling("balance", Choice.AT_ONCE, 2, choices=(Choice.AT_ONCE, Choice.DAILY, Choice.OFF)),
            Telling("mark", Choice.DAILY, 3),
            Telling("homework", Choice.DAILY, 3),
            Telling("reminder", Choice.AT_ONCE, 3, choices=_AT_ONCE_OR_OFF),
            Telling("news", Choice.AT_ONCE, 3),
            Telling("nudge", Choice.AT_ONCE, 3, choices=_AT_ONCE_OR_OFF),
            Telling("week", Choice.WEEKLY, 3, choices=(Choice.WEEKLY, Choice.OFF)),
        )
    }
)
"""The agreed table, by kind."""


@dataclass(frozen=True, slots=True)
class Window:
    """When one may be told: the time zone, quiet hours and the hour of the digest."""

    zone: tzinfo
    quiet: Hours = QUIET
    digest_at: time = DIGEST_AT

    def release(self, now: datetime, breaks_quiet: Hours | None = None) -> datetime:
        """The first moment from ``now`` on, in UTC, at which it is not quiet or the news may break the quiet."""
        local = now.astimezone(self.zone)
        if not self._is_held(local.timetz(), breaks_quiet):
            return now.astimezone(UTC)
        edges = [self.quiet.ends, *([breaks_quiet.starts] if breaks_quiet else [])]
        for moment in self._next(local, edges):
            if not self._is_held(moment.astimezone(self.zone).timetz(), breaks_quiet):
                return moment
        raise AssertionError("quiet hours end every day")

    def next_digest(self, now: datetime) -> datetime:
        """The next digest's moment after ``now``, in UTC."""
        return next(iter(self._next(now.astimezone(self.zone), [self.digest_at])))

    def next_weekly(self, since: datetime) -> datetime:
        """The digest of the next Sunday after ``since``, in UTC."""
        for moment in self._next(since.astimezone(self.zone), [self.digest_at], days=9):
            if moment.astimezone(self.zone).isoweekday() == WEEKLY_ON:
                return moment
        raise AssertionError("a week has a Sunday")

    def _is_held(self, at: time, breaks_quiet: Hours | None) -> bool:
        plain = at.replace(tzinfo=None)
        return self.quiet.hold(plain) and not (breaks_quiet is not None and breaks_quiet.hold(plain))

    def _next(self, local: datetime, times: Iterable[time], *, days: int = 3) -> list[datetime]:
        """The moments after ``local`` at which a clock on the wall shows one of the times, in order, in UTC."""
        found = [
            _wall(local.date() + timedelta(days=number), at, self.zone)
            for number in range(days)
            for at in times
        ]
        return sorted(moment for moment in found if moment > local)


def _wall(day: date, at: time, zone: tzinfo) -> datetime:
    """A time on the wall as a moment; one that a change of the clocks leaves out is as much later."""
    return datetime.combine(day, at, zone).astimezone(UTC)
