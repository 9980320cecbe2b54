"""What a teacher has typed and chosen so far, as it is kept between two messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from core.domain.ids import CourseId
from core.domain.lessons import LessonKey

DRAFT_LIFE = timedelta(days=1)
UNDO_TIME = timedelta(minutes=5)
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
class MarkingDraft:
    """A line of marks. ``lesson`` is set once one was chosen by hand; ``picks`` maps an item's place in the line to
    the pupil chosen for it, 0 for leaving it out."""

    text: str
    lesson: LessonKey | None = None
    picks: Mapping[int, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For the posting's ``draft``."""
        return {
            "text": self.text,
            "lesson": lesson_as_json(self.lesson) if self.lesson else None,
            "picks": {str(place): pupil for place, pupil in self.picks.items()},
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> MarkingDraft:
        """The draft again."""
        picks = {int(place): int(pupil) for place, pupil in kept.get("picks", {}).items()}
        return cls(str(kept.get("text", "")), lesson_from_json(kept.get("lesson")), picks)


@dataclass(frozen=True, slots=True)
class HomeworkDraft:
    """A homework. ``due`` is None for each course's next lesson; ``messages`` brought its files."""

    text: str
    courses: tuple[CourseId, ...]
    due: date | None = None
    minutes: int | None = None
    messages: tuple[int, ...] = ()
    links: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For the posting's ``draft``."""
        return {
            "text": self.text,
            "courses": [int(one) for one in self.courses],
            "due": self.due.isoformat() if self.due else None,
            "minutes": self.minutes,
            "messages": list(self.messages),
            "links": list(self.links),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> HomeworkDraft:
        """The draft again."""
        return cls(
            str(kept["text"]),
            tuple(CourseId(one) for one in kept["courses"]),
            date.fromisoformat(kept["due"]) if kept["due"] else None,
            kept["minutes"],
            tuple(kept["messages"]),
            tuple(kept["links"]),
        )


@dataclass(frozen=True, slots=True)
class AnnouncementDraft:
    """An announcement. ``audience`` is empty while it is still to be chosen."""

    text: str
    audience: str = ""
    messages: tuple[int, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For the posting's ``draft``."""
        return {"text": self.text, "audience": self.audience, "messages": list(self.messages)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> AnnouncementDraft:
        """The draft again."""
        return cls(str(kept["text"]), str(kept["audience"]), tuple(kept["messages"]))
