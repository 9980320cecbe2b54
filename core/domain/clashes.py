"""Who or what would have to be in two places at once: teachers, rooms, classes and pupils."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from core.domain.kinds import WeekParity
from core.domain.names import fold


class ClashKind(StrEnum):
    """What is needed twice."""

    TEACHER = "teacher"
    ROOM = "room"
    CLASS = "class"
    PUPILS = "pupils"


@dataclass(frozen=True, slots=True)
class Sitting:
    """A course in its place: at a time of one day, or of each week. ``group`` is empty where the whole class sits.

    Schools may ring several bells, so the clock decides; the period's number only where a time is not known.
    """

    course_id: int
    period: int
    starts: time | None
    ends: time | None
    teachers: frozenset[int] = frozenset()
    room: str = ""
    class_id: int | None = None
    group: str = ""
    pupils: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Clash:
    """What ``other`` needs at the same time; ``how_many`` teachers or pupils, one room, one class."""

    kind: ClashKind
    other: Sitting
    how_many: int = 1


def are_at_once(one: Sitting, other: Sitting) -> bool:
    """Whether some minute belongs to both. A bell that ends one and begins the other belongs to neither."""
    if one.starts and one.ends and other.starts and other.ends:
        return one.starts < other.ends and other.starts < one.ends
    return one.period == other.period


def find_clashes(one: Sitting, others: Iterable[Sitting]) -> tuple[Clash, ...]:
    """What of ``one`` is needed by the others, which sit on the same day; its own course never clashes with itself.

    Two groups of a class may sit at once, unless they share pupils.
    """
    found = []
    for other in others:
        if other.course_id == one.course_id or not are_at_once(one, other):
            continue
        teachers = one.teachers & other.teachers
        if teachers:
            found.append(Clash(ClashKind.TEACHER, other, len(teachers)))
        if one.room and fold(one.room) == fold(other.room):
            found.append(Clash(ClashKind.ROOM, other))
        pupils = one.pupils & other.pupils
        if _is_same_class(one, other):
            found.append(Clash(ClashKind.CLASS, other))
        elif pupils:
            found.append(Clash(ClashKind.PUPILS, other, len(pupils)))
    return tuple(found)


def _is_same_class(one: Sitting, other: Sitting) -> bool:
    if one.class_id is None or one.class_id != other.class_id:
        return False
    return not one.group or not other.group or fold(one.group) == fold(other.group)


def may_share_a_week(one: WeekParity, other: WeekParity) -> bool:
    """Whether there are weeks in which slots of both parities meet."""
    return one is other or WeekParity.EVERY in (one, other)


def spans_meet(
    starts: date | None, ends: date | None, other_starts: date | None, other_ends: date | None
) -> bool:
    """Whether two spans share a day; both ends included, None is open."""
    begins_late = ends is not None and other_starts is not None and ends < other_starts
    ends_early = other_ends is not None and starts is not None and other_ends < starts
    return not (begins_late or ends_early)
