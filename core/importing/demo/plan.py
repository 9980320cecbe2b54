"""What the rooms of the demo hand to one another while the school is made."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from core.importing.demo.rows import Rows

TIMEZONE = "Europe/Moscow"
_LESSONS_A_WEEK = {
    "young": {"Maths": 5, "Reading": 4, "English": 3, "Nature": 2, "Art": 2, "Music": 1, "Sports": 3},
    "old": {
        "Algebra": 4, "Geometry": 2, "Literature": 3, "English": 3, "History": 2, "Biology": 2, "Physics": 2,
        "Geography": 2, "Computer science": 1, "Art": 1, "Sports": 3,
    },
}  # fmt: skip


def lessons_a_week(class_name: str) -> dict[str, int]:
    """Subject to lessons a week."""
    return _LESSONS_A_WEEK["young" if int(class_name[:-1]) < 5 else "old"]


@dataclass(slots=True)
class Plan:
    """What the rooms of the demo hand to one another while it is made."""

    rows: Rows
    chance: random.Random
    around: datetime
    year: int
    year_starts: date
    school: int
    terms: list[tuple[int, date, date]]
    holidays: list[tuple[date, date]]
    pupils: dict[int, list[int]]
    classes: dict[str, int]
    courses: dict[int, dict[str, int]]
    teacher_of: dict[int, int]
    cast: dict[str, int]

    @property
    def today(self) -> date:
        return self.around.astimezone(ZoneInfo(TIMEZONE)).date()

    def is_school_day(self, day: date) -> bool:
        """Monday to Friday, outside of the holidays."""
        return day.weekday() < 5 and not any(starts <= day <= ends for starts, ends in self.holidays)

    def at(self, day: date, clock: time) -> datetime:
        """A moment at school, in UTC."""
        return datetime.combine(day, clock, ZoneInfo(TIMEZONE)).astimezone(UTC)
