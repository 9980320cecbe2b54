"""Whom an announcement is for, as its author names it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.audience_words import Audience, match_audience, read_announcement
from core.domain.kinds import AudienceKind

SCHOOL = Audience(AudienceKind.SCHOOL, 1, 1, "Riverside School")
GRADE = Audience(AudienceKind.GRADE, 7, 1, "Riverside School")
CLASS = Audience(AudienceKind.CLASS, 1, 1, class_name="7A")
ALGEBRA = Audience(AudienceKind.COURSE, 2, 1, class_name="7A", subject="Algebra")
LITERATURE = Audience(AudienceKind.COURSE, 3, 1, class_name="7B", subject="Литература")
ALL = (SCHOOL, GRADE, CLASS, ALGEBRA, LITERATURE)


@pytest.mark.parametrize(
    ("words", "audience"),
    [
        *(("school", SCHOOL), ("всей школе", SCHOOL), ("โรงเรียน", SCHOOL)),
        *(("grade 7", GRADE), ("7 классы", GRADE), ("7th grade", GRADE), ("ระดับชั้น 7", GRADE)),
        *(("7A", CLASS), ("7а", CLASS), ("7 A", CLASS), ("7A algebra", ALGEBRA), ("литература", LITERATURE)),
    ],
)
def test_an_audience_is_understood_in_three_languages(words: str, audience: Audience) -> None:
    assert match_audience(words, ALL) == (audience,)


@pytest.mark.parametrize("words", ["8A", "grade 8", "chemistry", "parents", ""])
def test_whom_the_author_may_not_speak_to_is_not_found(words: str) -> None:
    assert match_audience(words, ALL) == ()
    assert match_audience("school", (CLASS, ALGEBRA)) == ()


@pytest.mark.parametrize(
    ("line", "audience", "text"),
    [
        ("7A: bring skis", CLASS, "bring skis"),
        ("7A algebra: bring rulers", ALGEBRA, "bring rulers"),
        ("7A bring skis", CLASS, "bring skis"),
        ("7A meeting at 18:00", CLASS, "meeting at 18:00"),
        ("grade 7 the library is open", GRADE, "the library is open"),
        ("7A", CLASS, ""),
        ("7A algebra", ALGEBRA, ""),
        ("school", SCHOOL, ""),
        ("7A:", CLASS, ""),
    ],
)
def test_the_audience_stands_in_front_also_without_a_colon(line: str, audience: Audience, text: str) -> None:
    said = read_announcement(line, ALL)
    assert (said.audiences, said.text, said.unknown) == ((audience,), text, "")


@pytest.mark.parametrize(
    "line",
    [
        *(
            "Attention: bring skis tomorrow please",
            "All on skis!",
            "School starts at nine",
            "Meeting at 18:00",
        ),
        "Algebra is cancelled tomorrow",
    ],
)
def test_a_sentence_that_names_nobody_is_words_from_its_beginning(line: str) -> None:
    said = read_announcement(line, ALL)
    assert (said.audiences, said.text, said.unknown) == ((), line, "")


@pytest.mark.parametrize(
    ("line", "unknown"), [("8A: no", "8A"), ("grade 8: no", "grade 8"), ("7B algebra: no", "7B algebra")]
)
def test_a_foreign_audience_is_named_and_the_words_are_kept(line: str, unknown: str) -> None:
    said = read_announcement(line, ALL)
    assert (said.audiences, said.text, said.unknown) == ((), "no", unknown)
    assert read_announcement("school: no", (CLASS,)).unknown == "school"


def test_more_words_behind_a_class_name_somebody_else_and_all_of_them_are_kept() -> None:
    """The course of another teacher in 7A is not the whole of 7A."""
    said = read_announcement("7A chemistry: bring gloves", ALL)
    assert (said.audiences, said.text, said.unknown) == ((), "chemistry: bring gloves", "7A chemistry")


@given(st.text(max_size=300))
def test_no_line_makes_it_raise_or_loses_the_end_of_the_words(line: str) -> None:
    assert line.strip().endswith(read_announcement(line, ALL).text)
