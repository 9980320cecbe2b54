"""What an entry of marks and presence did to a lesson, as its posting keeps it for taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.db.presence import Noted
from core.domain.ids import LessonId


@dataclass(frozen=True, slots=True)
class MarkChange:
    """A mark's value before and after; ``correction_id`` is the row of its history, None where it was withdrawn."""

    mark_id: int
    student_id: int
    before: str
    after: str
    correction_id: int | None

    def as_json(self) -> dict[str, Any]:
        """For the effects."""
        return {
            "mark": self.mark_id,
            "student": int(self.student_id),
            "before": self.before,
            "after": self.after,
            "correction": self.correction_id,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> MarkChange:
        """The change again."""
        return cls(kept["mark"], kept["student"], kept["before"], kept["after"], kept["correction"])


@dataclass(frozen=True, slots=True)
class EntryEffects:
    """The marks it gave, each pupil's presence before and after, whether it took the register, and the mark it
    changed. ``tapped`` ones are told pupil by pupil, the others as one posting."""

    lesson_id: LessonId
    marks: tuple[int, ...] = ()
    presence: Mapping[int, tuple[Noted, Noted]] = field(default_factory=dict)
    register: bool = False
    changed: MarkChange | None = None
    tapped: bool = False

    def as_json(self) -> dict[str, Any]:
        """For the posting's ``effects``."""
        return {
            "lesson": int(self.lesson_id),
            "marks": list(self.marks),
            "presence": {
                str(student): [before.as_json(), after.as_json()]
                for student, (before, after) in self.presence.items()
            },
            "register": self.register,
            "changed": self.changed.as_json() if self.changed else None,
            "tapped": self.tapped,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> EntryEffects:
        """The effects again."""
        changed = kept.get("changed")
        return cls(
            LessonId(kept["lesson"]),
            tuple(kept["marks"]),
            {
                int(student): (Noted.from_json(before), Noted.from_json(after))
                for student, (before, after) in kept["presence"].items()
            },
            bool(kept["register"]),
            MarkChange.from_json(changed) if changed else None,
            bool(kept.get("tapped")),
        )
