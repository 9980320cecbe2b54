"""A homework in one line: which courses, which day, how long, and that no word is lost."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.course_names import CourseName
from core.domain.homework_line import read_homework, read_words, split_leading

TUESDAY = date(2026, 11, 24)
TOMORROW, FRIDAY = date(2026, 11, 25), date(2026, 11, 27)
COURSES = (
    CourseName(1, "Algebra", "", "7A"),
    CourseName(2, "Algebra", "", "7B"),
    CourseName(3, "Geometry", "", "7B"),
    CourseName(4, "Математика", "группа 2", "5В"),
    CourseName(5, "คณิตศาสตร์", "", "ม.1/2"),
)


@pytest.mark.parametrize(
    ("line", "courses", "due", "text", "minutes"),
    [
        ("7A algebra tomorrow: §12, No. 345–350 (30 min)", {1}, TOMORROW, "§12, No. 345–350", 30),
        ("7A, 7B algebra Friday: §12", {1, 2}, FRIDAY, "§12", None),
        ("7a algebra next lesson: §12", {1}, None, "§12", None),
        ("5В математика на пятницу: № 5 (20 мин)", {4}, FRIDAY, "№ 5", 20),
        ("5в к следующему уроку: № 5", {4}, None, "№ 5", None),
        ("ม.1/2 คณิตศาสตร์ พรุ่งนี้: ข้อ 5 (30 นาที)", {5}, TOMORROW, "ข้อ 5", 30),
        ("geometry: §3", {3}, None, "§3", None),
        ("25.11: §3", set(), TOMORROW, "§3", None),
        ("§12", set(), None, "§12", None),
    ],
)
def test_courses_day_words_and_minutes_are_told_apart(
    line: str, courses: set[int], due: date | None, text: str, minutes: int | None
) -> None:
    said = read_homework(line, COURSES, TUESDAY)
    assert {one.id for one in said.courses} == courses
    assert said.is_sure is bool(courses)
    assert (said.due, said.text, said.minutes, said.unknown) == (due, text, minutes, "")


@pytest.mark.parametrize(
    ("line", "courses", "due", "text"),
    [
        ("7A algebra tomorrow", {1}, TOMORROW, ""),
        ("7A algebra §12", {1}, None, "§12"),
        ("tomorrow §12", set(), TOMORROW, "§12"),
        ("на пятницу §12", set(), FRIDAY, "§12"),
        ("к следующему уроку §12", set(), None, "§12"),
        ("25.11 §12", set(), TOMORROW, "§12"),
        ("7A and 7B algebra §12", {1, 2}, None, "§12"),
        ("5В группа 2 завтра № 5", {4}, TOMORROW, "№ 5"),
        ("พรุ่งนี้ ทำแบบฝึกหัด", set(), TOMORROW, "ทำแบบฝึกหัด"),
        ("tomorrow §12, No. 5: all of it", set(), TOMORROW, "§12, No. 5: all of it"),
        ("7A Ex. 5: read it", {1}, None, "Ex. 5: read it"),
    ],
)
def test_without_a_colon_class_subject_and_day_in_front_are_no_part_of_the_words(
    line: str, courses: set[int], due: date | None, text: str
) -> None:
    said = read_homework(line, COURSES, TUESDAY)
    assert {one.id for one in said.courses} == courses
    assert (said.due, said.text, said.unknown) == (due, text, "")


@pytest.mark.parametrize(
    "line",
    [
        *("§12: No. 5", "Ex. 5: read it", "all exercises on page 5", "5 exercises", "7 в тетради"),
        *("Learn: the poem", "https://example.com/task", "Rome: the republic"),
    ],
)
def test_what_names_no_course_and_no_day_is_homework_from_its_first_word(line: str) -> None:
    said = read_homework(line, COURSES, TUESDAY)
    assert said.text == line
    assert not said.courses
    assert not said.unknown


@pytest.mark.parametrize(
    ("line", "unknown", "text"),
    [
        ("7C: §5", "7C", "§5"),
        ("7C algebra tomorrow: §5", "7C algebra", "§5"),
        ("7A geometry: §5", "7A geometry", "§5"),
        ("7A chemistry: §5", "7A chemistry", "chemistry: §5"),
        ("Learn by Friday: the poem", "Learn", "Learn by Friday: the poem"),
    ],
)
def test_a_course_that_is_not_ones_own_is_named_and_the_words_are_kept(
    line: str, unknown: str, text: str
) -> None:
    said = read_homework(line, COURSES, TUESDAY)
    assert (said.unknown, said.text, said.courses) == (unknown, text, ())


def test_several_courses_that_fit_are_not_sure() -> None:
    said = read_homework("7B: §5", COURSES, TUESDAY)
    assert {one.id for one in said.courses} == {2, 3}
    assert not said.is_sure


def test_words_for_a_known_course_may_name_a_day_in_front() -> None:
    said = read_words("Friday: §12 (15 min)", TUESDAY)
    assert (said.due, said.names_day, said.text, said.minutes) == (FRIDAY, True, "§12", 15)
    said = read_words("§12: No. 5", TUESDAY)
    assert (said.due, said.names_day, said.text) == (None, False, "§12: No. 5")


@given(st.text(max_size=300))
def test_no_line_makes_it_raise_or_loses_the_end_of_the_words(line: str) -> None:
    said = read_homework(line, COURSES, TUESDAY)
    assert line.strip().endswith(said.text) or said.minutes is not None
    target, rest = split_leading(line, COURSES, TUESDAY)
    assert line.startswith(target)
    assert line.endswith(rest)
