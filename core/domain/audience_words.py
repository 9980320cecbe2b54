"""Whom an announcement is for, as its author names it: ``7A``, ``7A algebra``, ``grade 7``, ``school``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.course_names import CourseName, match_courses
from core.domain.kinds import AudienceKind
from core.domain.names import fold

_SCHOOL = frozenset(
    ("school", "all", "everybody", "everyone", "the school", "школа", "школе", "всей школе", "всем", "все",
     "โรงเรียน", "ทุกคน", "ทั้งโรงเรียน")
)  # fmt: skip
_GRADE = re.compile(
    r"(?:grade|year|параллель|параллели|ระดับชั้น|ชั้น)\s*(?:ม\.|ป\.)?\s*(\d{1,2})"
    r"|(\d{1,2})(?:st|nd|rd|th|-?е|-?м)?\s*(?:grades?|классы|классам|классов)"
)


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
        names = [CourseName(i, one.subject, one.group, one.class_name) for i, one in enumerate(of_kind)]
        found = match_courses(words, names) if words.strip() else ()
        if found:
            return tuple(of_kind[one.id] for one in found)
    return ()
