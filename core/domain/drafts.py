"""What a teacher has typed and chosen so far, as it is kept between two messages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from core.domain.announcing import HowTold
from core.domain.ids import CourseId
from core.domain.lessons import LessonKey

DRAFT_LIFE = timedelta(days=1)
UNDO_TIME = timedelta(minutes=5)
FARTHEST = timedelta(days=366)
"""How far ahead something can be due or planned."""
TAP_TIME = timedelta(seconds=60)
"""How long it waits to be told what was tapped: the way to "ill" leads over "absent" and "late"."""


def lesson_as_json(key: LessonKey) -> list[Any]:
    """A lesson's key for a JSON column."""
    return [int(key.course_id), key.on.isoformat(), key.period]


def lesson_from_json(kept: Any) -> LessonKey | None:
    """The key again; None where none was kept."""
    if not kept:
        return None
    course_id, on, period = kept
    return LessonKey(date.fromisoformat(on), int(period), CourseId(int(course_id)))


@dataclass(frozen=True, slots=True)
class SeenPupil:
    """What a lesson had of a pupil when that was shown: marks as (id, value), and the presence, "" for none."""

    marks: tuple[tuple[int, str], ...] = ()
    presence: str = ""


@dataclass(frozen=True, slots=True)
class MarkingDraft:
    """A line of marks. ``lesson`` is set once one was chosen, by hand or because no other fits: what is shown is
    what is saved. ``picks`` maps an item's place in the line to the pupil chosen for it, 0 for leaving it out;
    ``seen`` is what the preview showed of the pupils to be marked."""

    text: str
    lesson: LessonKey | None = None
    picks: Mapping[int, int] = field(default_factory=dict)
    seen: Mapping[int, SeenPupil] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For the posting's ``draft``."""
        return {
            "text": self.text,
            "lesson": lesson_as_json(self.lesson) if self.lesson else None,
            "picks": {str(place): pupil for place, pupil in self.picks.items()},
            "seen": {
                str(pupil): [[list(mark) for mark in one.marks], one.presence]
                for pupil, one in self.seen.items()
            },
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> MarkingDraft:
        """The draft again."""
        picks = {int(place): int(pupil) for place, pupil in kept.get("picks", {}).items()}
        seen = {
            int(pupil): SeenPupil(tuple((int(number), str(value)) for number, value in marks), str(presence))
            for pupil, (marks, presence) in kept.get("seen", {}).items()
        }
        return cls(str(kept.get("text", "")), lesson_from_json(kept.get("lesson")), picks, seen)


@dataclass(frozen=True, slots=True)
class DraftedPlace:
    """Where a course's homework was shown to be due: what Save means. ``period`` is None without a lesson that day."""

    course: CourseId
    on: date
    period: int | None


@dataclass(frozen=True, slots=True)
class HomeworkDraft:
    """A homework. ``due`` is None for each course's next lesson; ``places`` are the days that the author was shown, so
    that no other is chosen later; ``messages`` brought its files. ``edits`` is the homework it changes, 0 for a new
    one, and ``over`` the words and the day that stand there now."""

    text: str
    courses: tuple[CourseId, ...]
    due: date | None = None
    minutes: int | None = None
    messages: tuple[int, ...] = ()
    links: tuple[str, ...] = ()
    places: tuple[DraftedPlace, ...] = ()
    edits: int = 0
    over: tuple[str, date] | None = None

    def as_json(self) -> dict[str, Any]:
        """For the posting's ``draft``."""
        return {
            "text": self.text,
            "courses": [int(one) for one in self.courses],
            "due": self.due.isoformat() if self.due else None,
            "minutes": self.minutes,
            "messages": list(self.messages),
            "links": list(self.links),
            "places": [[int(one.course), one.on.isoformat(), one.period] for one in self.places],
            "edits": self.edits,
            "over": [self.over[0], self.over[1].isoformat()] if self.over else None,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> HomeworkDraft:
        """The draft again."""
        over = kept.get("over")
        return cls(
            str(kept["text"]),
            tuple(CourseId(one) for one in kept["courses"]),
            date.fromisoformat(kept["due"]) if kept["due"] else None,
            kept["minutes"],
            tuple(kept["messages"]),
            tuple(kept["links"]),
            tuple(
                DraftedPlace(CourseId(course), date.fromisoformat(on), period)
                for course, on, period in kept.get("places", ())
            ),
            int(kept.get("edits", 0)),
            (over[0], date.fromisoformat(over[1])) if over else None,
        )


@dataclass(frozen=True, slots=True)
class AnnouncementDraft:
    """An announcement. ``audience`` is empty while it is still to be chosen. ``edits`` is the announcement it changes,
    0 for a new one, and ``over`` the words that stand there now. ``how`` counts for new ones only."""

    text: str
    audience: str = ""
    messages: tuple[int, ...] = ()
    edits: int = 0
    over: str = ""
    how: HowTold = field(default_factory=HowTold)

    def as_json(self) -> dict[str, Any]:
        """For the posting's ``draft``."""
        return {
            "text": self.text,
            "audience": self.audience,
            "messages": list(self.messages),
            "edits": self.edits,
            "over": self.over,
            "how": self.how.as_json(),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> AnnouncementDraft:
        """The draft again."""
        return cls(
            str(kept["text"]),
            str(kept["audience"]),
            tuple(kept["messages"]),
            int(kept.get("edits", 0)),
            str(kept.get("over", "")),
            HowTold.from_json(kept.get("how", {})),
        )

    @property
    def seal(self) -> str:
        """Sixteen characters that are others once the draft has changed."""
        return sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class TopicDraft:
    """A lesson's topic. ``lesson`` is None while it is still to be chosen; ``over`` is the topic that the author was
    shown to be written there."""

    text: str
    lesson: LessonKey | None = None
    over: str = ""

    def as_json(self) -> dict[str, Any]:
        """For the posting's ``draft``."""
        return {
            "text": self.text,
            "lesson": lesson_as_json(self.lesson) if self.lesson else None,
            "over": self.over,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> TopicDraft:
        """The draft again."""
        return cls(str(kept["text"]), lesson_from_json(kept["lesson"]), str(kept["over"]))
