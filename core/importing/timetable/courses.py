"""The courses that a timetable's activities make: subject × pupils × teachers, and which of the school's they are."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.domain.kinds import WeekParity
from core.domain.name_forms import class_key
from core.domain.names import fold
from core.importing.importer import Question
from core.importing.said import Said
from core.importing.timetable.matching import NEW, Choice
from core.importing.timetable.model import Activity, Audience, Placement, Timetable
from core.importing.timetable.school import KnownCourse, SchoolNow

_LONGEST_KEY = 160
_FEW = 2
"""Groups that a course is named after; of more the others are counted."""


@dataclass(frozen=True, slots=True)
class NewCourse:
    """One course of the file: ``key`` is its id, ``name`` the group's (empty for a whole class), ``called`` what people
    read; ``alone`` whether no
    other course of the file has its subject and pupils."""

    key: str
    subject: str
    teachers: tuple[str, ...]
    audience: Audience
    name: str
    called: str
    alone: bool
    activities: tuple[Activity, ...]


def courses_of(timetable: Timetable, audiences: Mapping[tuple[str, ...], Audience]) -> list[NewCourse]:
    """The courses, in the order of the file."""
    together: dict[tuple[str, tuple[str, ...]], dict[tuple[str, ...], list[Activity]]] = defaultdict(dict)
    for one in timetable.activities:
        pupils = tuple(sorted(one.groups))
        together[one.subject, pupils].setdefault(tuple(sorted(one.teachers)), []).append(one)
    found = []
    for (subject, pupils), by_teachers in together.items():
        for teachers, activities in by_teachers.items():
            alone = len(by_teachers) == 1
            audience = audiences[activities[0].groups]
            name = _name(timetable, activities[0], audience, alone=alone)
            parts = [subject, "+".join(pupils), "" if alone else "+".join(teachers)]
            found.append(
                NewCourse(
                    _short("|".join(parts).rstrip("|")),
                    subject,
                    activities[0].teachers,
                    audience,
                    name,
                    _called(timetable, subject, audience, name),
                    alone,
                    tuple(activities),
                )
            )
    return found


def _short(key: str) -> str:
    """A long key by its beginning and its sum: an index holds no more."""
    if len(key) <= _LONGEST_KEY:
        return key
    return f"{key[: _LONGEST_KEY - 17]}…{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _name(timetable: Timetable, activity: Activity, audience: Audience, *, alone: bool) -> str:
    """What tells the group from others of its class and subject."""
    if audience.is_whole and len(audience.classes) == 1:
        named: Sequence[str] = ()
    else:
        named = [timetable.groups[one].name for one in activity.groups]
    if not alone:
        named = [*named, *(timetable.teachers[one].name for one in activity.teachers)]
    few = ", ".join(named[:_FEW])
    return few if len(named) <= _FEW else f"{few} +{len(named) - _FEW}"


def _called(timetable: Timetable, subject: str, audience: Audience, name: str) -> str:
    classes = ", ".join(timetable.groups[one].name for one in audience.classes[:3])
    return " · ".join(dict.fromkeys(filter(None, (timetable.subjects[subject].name, classes, name))))


def every_period(timetable: Timetable, course: NewCourse) -> Iterator[tuple[Placement, int, WeekParity]]:
    """Every single period of a course's lessons."""
    numbers = sorted(one.number for one in timetable.periods)
    for activity in course.activities:
        for place in activity.placements:
            at = numbers.index(place.period) if place.period in numbers else -1
            for further in range(place.length):
                if at >= 0 and at + further < len(numbers):
                    yield place, numbers[at + further], place.parity
                elif at < 0:
                    yield place, place.period + further, place.parity


@dataclass(slots=True)
class CourseMatches:
    """Rows of ours by the course's key; what is neither there nor asked about is new."""

    chosen: dict[str, int] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)


def match_courses(
    courses: Sequence[NewCourse],
    school: SchoolNow,
    subjects: Mapping[str, Choice],
    classes: Mapping[str, Choice],
    teachers: Mapping[str, Choice],
    answers: Mapping[str, str],
    *,
    new: bool,
) -> CourseMatches:
    """A course of ours is the file's where subject and pupils are the same, and the teachers: all of them, or all of
    the file's among ours; where it is the only one of them it may have got another teacher."""
    found = CourseMatches()
    by_subject: defaultdict[int, list[KnownCourse]] = defaultdict(list)
    for known in school.courses:
        by_subject[known.subject_id].append(known)
    names = {one.id: one.name for one in school.classes}
    live = {one.id for one in school.courses}
    for one in courses:
        tied = school.ties.get(("course", one.key))
        if tied in live:
            found.chosen[one.key] = tied
            continue
        subject = subjects.get(one.subject)
        rows = [classes.get(name) for name in one.audience.classes]
        if not isinstance(subject, int) or NEW in rows:
            continue
        ours = frozenset(row for row in rows if isinstance(row, int))
        fitting = [known for known in by_subject[subject] if _fits(known, one, ours, names)]
        theirs = frozenset(row for name in one.teachers if isinstance(row := teachers.get(name), int))
        chosen = _chosen(fitting, theirs, alone=one.alone)
        if chosen is not None:
            found.chosen[one.key] = chosen.id
        elif fitting:
            _ask(found, one, fitting, school, answers, new=new)
    return found


def _fits(known: KnownCourse, one: NewCourse, ours: frozenset[int], names: Mapping[int, str]) -> bool:
    """Whether it teaches the same pupils, as far as both say."""
    of_class = next(iter(ours)) if len(ours) == 1 else None
    if not one.audience.is_whole or len(ours) != 1:
        same_place = known.class_id == of_class or (known.class_id is None and known.pupils_of <= ours)
        return same_place and bool(one.name) and fold(known.name) == fold(one.name)
    if known.class_id is not None:
        return known.class_id == of_class and not known.name
    # Registers tie no course to a class: its pupils say it, or its name ("7A Algebra").
    if known.pupils_of:
        return known.pupils_of == ours
    key = class_key(names.get(of_class or 0, ""))
    return bool(key) and key in {class_key(word) for word in known.name.split()}


def _chosen(fitting: Sequence[KnownCourse], teachers: frozenset[int], *, alone: bool) -> KnownCourse | None:
    for some in (
        [one for one in fitting if one.teachers == teachers],
        [one for one in fitting if teachers and teachers <= one.teachers],
        list(fitting) if alone else [one for one in fitting if not one.teachers],
    ):
        if some:
            return some[0] if len(some) == 1 else None
    return None


def _ask(
    found: CourseMatches,
    one: NewCourse,
    fitting: Sequence[KnownCourse],
    school: SchoolNow,
    answers: Mapping[str, str],
    *,
    new: bool,
) -> None:
    key = f"course:{one.key}"
    answer = answers.get(key, "") or (NEW if new else "")
    by_number = {f"#{known.id}": known for known in fitting}
    if answer in by_number:
        found.chosen[one.key] = by_number[answer].id
    elif answer and answer != NEW:
        found.wrong[key] = answer
        answer = ""
    called = {teacher.id: teacher.name.full_name for teacher in school.teachers}
    candidates = [
        (
            number,
            ", ".join(filter(None, (known.name, *(called.get(row, "") for row in sorted(known.teachers)))))
            or number,
        )
        for number, known in by_number.items()
    ]
    found.questions.append(
        Question(
            key,
            Said("Which course is {name}?", name=one.called),
            (*candidates, (NEW, Said("new: not at the school yet"))),
            answer,
            must=True,
        )
    )
