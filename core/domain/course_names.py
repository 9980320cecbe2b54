"""Which courses words like ``7A algebra`` name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import DamerauLevenshtein

from core.domain.name_forms import case_forms, class_key, one_alphabet, skeleton
from core.domain.names import fold

_CLASS = re.compile(
    r"\d{1,2}\s*[-–]?\s*[^\W\d_](?!\w)|\d{1,2}(?!\w)|ม\.?\s*\d(?:/\d{1,2})?|ป\.?\s*\d(?:/\d{1,2})?"
)
_WITH_LETTER = re.compile(r"\d{1,2}\s*[-–]?\s*[^\W\d_](?!\w)|[มป]\.?\s*\d/\d{1,2}(?!\w)", re.IGNORECASE)
_WORD = re.compile(r"[^\s,;:]+")
_JOINING = frozenset(("and", "и", "และ", "&", "+", "in", "по", "the", "for", "для", "класс", "class"))


@dataclass(frozen=True, slots=True)
class CourseName:
    """A course as its teacher names it; ``class_name`` is empty for one of no class."""

    id: int
    subject: str
    group: str
    class_name: str


def match_courses(words: str, courses: Sequence[CourseName]) -> tuple[CourseName, ...]:
    """All courses that the words fit: of one of the classes named, if any, and of the subject or group named, if any.

    () where a word fits nothing.
    """
    classes, rest = _split(words, _classes_of(courses))
    fitting = [one for one in courses if not classes or class_key(one.class_name) in classes]
    for word in rest:
        fitting = [one for one in fitting if _fits(word, one)]
    named = {class_key(one.class_name) for one in fitting}
    return tuple(fitting) if classes <= named else ()


def courses_meant(words: str, courses: Sequence[CourseName]) -> tuple[tuple[CourseName, ...], bool]:
    """The courses that fit, and whether they are sure: one alone, or one for each class that the words name."""
    found = match_courses(words, courses)
    classes, _ = _split(words, _classes_of(courses))
    return found, len(found) == 1 or (bool(found) and len(found) == len(classes))


def are_course_words(words: str, courses: Sequence[CourseName]) -> bool:
    """Whether all the words are classes, known or not, and subjects or groups of the courses: ``7C algebra`` names a
    course even where there is none such, ``Ex. 5a`` does not."""
    rest = _WITH_LETTER.sub(" ", " ".join(_split(words, _classes_of(courses))[1]))
    return bool(fold(words)) and all(any(_fits(word, one) for one in courses) for word in rest.split())


def begins_with_class(words: str) -> bool:
    """Whether the first word has the shape of a class's name: a number and a letter."""
    return _WITH_LETTER.match(fold(words)) is not None


def leading_courses(
    line: str, courses: Sequence[CourseName], before: str = "", *, class_first: bool = False
) -> int:
    """Where the class or the subject that the line begins with ends; 0 where it begins with none.

    ``before`` are the words for courses said already; what follows must fit them. With ``class_first`` a subject is
    one only behind a class.
    """
    found = _WITH_LETTER.match(line) or _WORD.match(line)
    if found is None or not _may_name(found[0], courses, before):
        return 0
    if class_first and not before and class_key(found[0]) not in _classes_of(courses):
        return 0
    return found.end() if match_courses(f"{before} {found[0]}", courses) else 0


def _may_name(words: str, courses: Sequence[CourseName], before: str) -> bool:
    """Not a joining word, not ``7 в``, which begins a sentence, and a number only as a group's (``group 2``)."""
    if fold(words) in _JOINING or (" " in words and words[-1].islower()):
        return False
    if not words.isdecimal():
        return True
    groups = [fold(one.group).split() for one in courses]
    return any(words in group and set(group) & set(fold(before).split()) for group in groups)


def _classes_of(courses: Sequence[CourseName]) -> set[str]:
    return {class_key(one.class_name) for one in courses if one.class_name}


def _split(words: str, known: set[str]) -> tuple[set[str], list[str]]:
    """The classes named, of those known, and the other words. A class that is not known stays a word."""
    text = fold(words).replace(",", " ")
    classes: set[str] = set()

    def take(found: re.Match[str]) -> str:
        key = class_key(found[0])
        if key in known:
            classes.add(key)
            return " "
        return found[0]

    text = _CLASS.sub(take, text)
    left = []
    for word in text.split():
        key = class_key(word)
        if key in known:
            classes.add(key)
        elif word not in _JOINING and (key or word.strip("-–")):
            left.append(word.strip(".,"))
    return classes, left


def _fits(word: str, course: CourseName) -> bool:
    said = one_alphabet(word)
    return any(
        _is_word(said, own)
        for own in (*fold(course.subject).split(), *fold(course.group).split(), fold(course.group))
    )


def _is_word(said: str, own: str) -> bool:
    if not own:
        return False
    if said == own or said in case_forms(own) or (len(said) >= 3 and own.startswith(said)):
        return True
    if len(skeleton(said)) >= 3 and skeleton(own).startswith(skeleton(said)):
        return True
    return len(said) >= 5 and DamerauLevenshtein.distance(said, own, score_cutoff=1) <= 1
