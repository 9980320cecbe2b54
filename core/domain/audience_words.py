"""Whom an announcement is for, as its author names it: ``7A``, ``7A algebra``, ``grade 7``, ``school``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.course_names import CourseName, are_course_words, leading_courses, match_courses
from core.domain.homework_line import is_of_another_course, split_target
from core.domain.kinds import AudienceKind
from core.domain.names import fold

_SCHOOL = frozenset(
    ("school", "all", "everybody", "everyone", "the school", "школа", "школе", "всей школе", "всем", "все",
     "โรงเรียน", "ทุกคน", "ทั้งโรงเรียน")
)  # fmt: skip
_GRADE = re.compile(
    r"(?:grade|year|параллель|параллели|ระดับชั้น|ชั้น)\s*(?:ม\.|ป\.)?\s*(\d{1,2})"
    r"|(\d{1,2})(?:st|nd|rd|th|-?е|-?м)?\s*(?:grades?|классы|классам|классов)",
    re.IGNORECASE,
)
_BETWEEN = " \t\n:,;.–—-"


@dataclass(frozen=True, slots=True)
class Audience:
    """Somebody that an author may speak to. ``number`` is the course's, class's or, for a grade, the grade itself."""

    kind: AudienceKind
    number: int
    school_id: int
    school_name: str = ""
    class_name: str = ""
    subject: str = ""
    group: str = ""

    @property
    def code(self) -> str:
        """A short name for buttons and drafts: ``course.12``, ``grade.3.7``."""
        if self.kind is AudienceKind.GRADE:
            return f"grade.{self.school_id}.{self.number}"
        return f"{self.kind.value}.{self.number}"


def match_audience(words: str, audiences: Sequence[Audience]) -> tuple[Audience, ...]:
    """All that the words fit; a class before its courses. () where they fit nothing."""
    said = fold(words)
    if said in _SCHOOL:
        return tuple(one for one in audiences if one.kind is AudienceKind.SCHOOL)
    grade = _GRADE.fullmatch(said)
    if grade:
        number = int(grade[1] or grade[2])
        return tuple(one for one in audiences if one.kind is AudienceKind.GRADE and one.number == number)
    for kind in (AudienceKind.CLASS, AudienceKind.COURSE):
        of_kind = [one for one in audiences if one.kind is kind]
        found = match_courses(words, _names(of_kind)) if words.strip() else ()
        if found:
            return tuple(of_kind[one.id] for one in found)
    return ()


def _names(audiences: Sequence[Audience]) -> list[CourseName]:
    return [CourseName(i, one.subject, one.group, one.class_name) for i, one in enumerate(audiences)]


@dataclass(frozen=True, slots=True)
class SpokenAnnouncement:
    """``audiences`` are all that the words in front fit; none where they name nobody, or (``unknown``) somebody that
    the author may not speak to."""

    text: str
    audiences: tuple[Audience, ...] = ()
    unknown: str = ""


def read_announcement(line: str, audiences: Sequence[Audience]) -> SpokenAnnouncement:
    """Audience and words of a line: ``7A: words``, ``7A words``, or ``7A`` alone for what is still to be written or
    for a file. What names nobody stays in the words."""
    line = line.strip()
    whole = match_audience(line, audiences)
    if whole:
        return SpokenAnnouncement("", whole)
    target, behind = split_target(line)
    found = match_audience(target, audiences) if target else ()
    if found:
        return SpokenAnnouncement(behind, found)
    if target and (_names_somebody(target) or are_course_words(target, _names(audiences))):
        return SpokenAnnouncement(behind, unknown=target)
    end = _leading(line, audiences)
    text = line[end:].lstrip(_BETWEEN)
    if end and is_of_another_course(line[:end], target):
        return SpokenAnnouncement(text, unknown=target)
    found = match_audience(line[:end], audiences) if end else ()
    return SpokenAnnouncement(text, found) if found else SpokenAnnouncement(line)


def _names_somebody(words: str) -> bool:
    said = fold(words)
    return said in _SCHOOL or _GRADE.fullmatch(said) is not None


def _leading(line: str, audiences: Sequence[Audience]) -> int:
    """Where a grade, or a class with its subject, ends that the line begins with. Words like ``all`` and ``algebra``
    may begin a sentence, too: without a colon they name nobody."""
    grade = _GRADE.match(line)
    if grade and not line[grade.end() : grade.end() + 1].isalnum():
        return grade.end()
    names, end = _names(audiences), 0
    while True:
        start = end + len(line[end:]) - len(line[end:].lstrip(" ,"))
        length = leading_courses(line[start:], names, line[:end], class_first=True)
        if not length:
            return end
        end = start + length
