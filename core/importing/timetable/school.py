"""What a school has already: all that a timetable's teachers, classes, subjects, courses and bells may be matched to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time

from core.domain.names import PersonName


@dataclass(frozen=True, slots=True)
class Teacher:
    """Somebody of the school's staff, or who has left and an earlier timetable had brought. ``register_ids`` are what
    registers call them; ``teaches`` whether the role is there."""

    id: int
    name: PersonName
    email: str
    register_ids: frozenset[str]
    teaches: bool
    has_left: bool = False


@dataclass(frozen=True, slots=True)
class Thing:
    """A class or a subject of the school."""

    id: int
    name: str
    register_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class KnownCourse:
    """A course with its teachers, and the classes that all its pupils are from."""

    id: int
    subject_id: int
    class_id: int | None
    name: str
    teachers: frozenset[int]
    pupils_of: frozenset[int]


@dataclass(frozen=True, slots=True)
class Bells:
    """A bell schedule: times by period; ``uses`` counts the lessons of the week that keep it."""

    id: int
    name: str
    times: Mapping[int, tuple[time, time]]
    uses: int


@dataclass(frozen=True, slots=True)
class Year:
    """The school year that a timetable is for; ``first_days`` are those of its terms, in order."""

    id: int
    starts: date
    ends: date


@dataclass(frozen=True, slots=True)
class SchoolNow:
    """``id`` is None where the timetable brings the school. ``ties`` are the rows that earlier timetables of this
    school made, by kind and the file's id."""

    id: int | None
    name: str
    source: str
    starts: date
    year: Year | None = None
    teachers: Sequence[Teacher] = ()
    classes: Sequence[Thing] = ()
    subjects: Sequence[Thing] = ()
    courses: Sequence[KnownCourse] = ()
    bells: Sequence[Bells] = ()
    pupils: Mapping[int, Sequence[int]] = field(default_factory=dict)
    """Who is in a class on the first day."""
    taught: frozenset[int] = frozenset()
    """Classes that have lessons in the timetable before this one."""
    ties: Mapping[tuple[str, str], int] = field(default_factory=dict)
    ours: frozenset[int] = frozenset()
    """Teachers' places at courses that earlier timetables made."""
    over: Mapping[tuple[int, int], tuple[int, bool]] = field(default_factory=dict)
    """By course and teacher the place's id, and whether it is over."""
