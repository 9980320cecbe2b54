"""How an announcement is told: as its author says, at which moment, and when who has not read it is told again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from core.domain.kinds import Urgency
from core.domain.telling import TELLINGS, Choice, Telling

RINGING = frozenset((Urgency.URGENT, Urgency.EMERGENCY))
"""What only those may say who speak for a school."""
FARTHEST = timedelta(days=366)
"""How far ahead an announcement can be planned."""


@dataclass(frozen=True, slots=True)
class HowTold:
    """The author's choices, which never contradict one another: what rings is never silent, an emergency never waits,
    and what wants an answer is in no digest. ``at`` is None for at once, else a moment, aware, in UTC."""

    urgency: Urgency = Urgency.AT_ONCE
    silent: bool = False
    asks: bool = False
    at: datetime | None = None

    def told(self, urgency: Urgency) -> HowTold:
        """Told so, without what that rules out."""
        return replace(
            self,
            urgency=urgency,
            silent=self.silent and urgency is Urgency.AT_ONCE,
            asks=self.asks and urgency is not Urgency.DIGEST,
            at=None if urgency is Urgency.EMERGENCY else self.at,
        )

    def quietly(self, *, silent: bool) -> HowTold:
        """Without a sound; what rings or waits for a digest becomes a plain announcement."""
        return replace(self.told(Urgency.AT_ONCE) if silent else self, silent=silent)

    def asking(self, *, asks: bool) -> HowTold:
        """With a question; what was for the digest is told at once then."""
        how = self.told(Urgency.AT_ONCE) if asks and self.urgency is Urgency.DIGEST else self
        return replace(how, asks=asks)

    def planned(self, at: datetime | None) -> HowTold:
        """At a moment; an emergency becomes an urgent announcement then."""
        how = self.told(Urgency.URGENT) if at and self.urgency is Urgency.EMERGENCY else self
        return replace(how, at=at)

    def as_json(self) -> dict[str, Any]:
        """For a draft, and for the audit."""
        return {
            "urgency": self.urgency.value,
            "silent": self.silent,
            "asks": self.asks,
            "at": self.at.isoformat() if self.at else None,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> HowTold:
        """The choices again; where none were kept, the usual ones."""
        return cls(
            Urgency(kept.get("urgency", Urgency.AT_ONCE)),
            bool(kept.get("silent", False)),
            bool(kept.get("asks", False)),
            datetime.fromisoformat(kept["at"]) if kept.get("at") else None,
        )


def moment_of(day: date, at: time, zone: tzinfo) -> datetime | None:
    """When a clock on the wall shows this, in UTC: of two such moments the first; None where the clocks leave it out."""
    local = datetime.combine(day, at)
    moment = local.replace(tzinfo=zone).astimezone(UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == local else None


def telling_of(urgency: Urgency, *, asks: bool) -> Telling:
    """The kind of news that an announcement is, with its default."""
    if urgency is Urgency.EMERGENCY:
        return TELLINGS["emergency"]
    if urgency is Urgency.URGENT:
        return TELLINGS["urgent"]
    if asks:
        return TELLINGS["answer"]
    if urgency is Urgency.DIGEST:
        return replace(TELLINGS["news"], default=Choice.DAILY)
    return TELLINGS["news"]


def published_key(announcement_id: int) -> str:
    """The key of the event that tells an announcement."""
    return f"announcement_published:{announcement_id}"


def unread_key(announcement_id: int, number: int) -> str:
    """The key of its ``number``-th re-send."""
    return f"announcement_unread:{announcement_id}:{number}"


def nudge_key(announcement_id: int, number: int) -> str:
    """The key of its author's ``number``-th nudge."""
    return f"announcement_nudged:{announcement_id}:{number}"


def edited_key(announcement_id: int, number: int) -> str:
    """The key of the event that tells its ``number``-th edit."""
    return f"announcement_edited:{announcement_id}:{number}"


MOST_NUDGES = 40
MOST_EDITS = 40
"""As many edits are known to be of one announcement; further ones are told all the same, each by itself."""


def telling_keys(announcement_id: int) -> list[str]:
    """The keys of all events that bring its words to somebody: as published, as edited, again, by a nudge."""
    return [
        published_key(announcement_id),
        *(unread_key(announcement_id, number) for number in range(1, Resends().most + 1)),
        *(edited_key(announcement_id, number) for number in range(1, MOST_EDITS + 1)),
        *(nudge_key(announcement_id, number) for number in range(1, MOST_NUDGES + 1)),
    ]


@dataclass(frozen=True, slots=True)
class Resends:
    """When those are told again who have not read what wants to be acknowledged: at ``spans`` after it was published
    and then, unless ``morning`` is None, at that hour of the next morning that is ``NIGHT`` away at least. A re-send
    more than ``LATE`` late is none."""

    spans: Sequence[timedelta] = (timedelta(minutes=15), timedelta(minutes=60))
    morning: time | None = time(7, 30)

    def moments(self, published_at: datetime, zone: tzinfo) -> list[datetime]:
        """The moments of the re-sends, first to last, in UTC."""
        found = [published_at + span for span in self.spans]
        if self.morning is not None:
            earliest = (found[-1] if found else published_at) + NIGHT
            first = earliest.astimezone(zone).date()
            days = (first + timedelta(days=number) for number in range(2))
            mornings = (datetime.combine(day, self.morning, zone).astimezone(UTC) for day in days)
            found.append(next(one for one in mornings if one >= earliest))
        return found

    def due(self, published_at: datetime, zone: tzinfo, now: datetime) -> int:
        """The number of the re-send that is due, from 1 on; 0 for none. Of several missed ones it is the last."""
        moments = self.moments(published_at, zone)
        passed = [number for number, moment in enumerate(moments, 1) if moment <= now]
        return passed[-1] if passed and now - moments[passed[-1] - 1] <= LATE else 0

    @property
    def most(self) -> int:
        """How often at most."""
        return len(self.spans) + (self.morning is not None)

    @property
    def span(self) -> timedelta:
        """After this nothing is told again, late ones included."""
        return (
            max(self.spans, default=timedelta(0))
            + (NIGHT + timedelta(hours=25) if self.morning else timedelta(0))
            + LATE
        )


LATE = timedelta(days=1)
USUAL_RESENDS = Resends()
NIGHT = timedelta(hours=3)
"""What was announced early in the morning has its next morning a day later."""
SHORT_RESENDS = Resends(tuple(timedelta(minutes=number) for number in (1, 2, 3)), None)
"""For showing them: three within as many minutes."""
