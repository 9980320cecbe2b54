"""Days as teachers write them, in three languages."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.spoken_dates import find_day, parse_day

TUESDAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("today", date(2026, 11, 24)),
        ("tomorrow", date(2026, 11, 25)),
        ("the day after tomorrow", date(2026, 11, 26)),
        ("Friday", date(2026, 11, 27)),
        ("on Tuesday", date(2026, 12, 1)),
        ("next Friday", date(2026, 12, 4)),
        ("25.11", date(2026, 11, 25)),
        ("by 25/11/2026", date(2026, 11, 25)),
        ("2026-11-25", date(2026, 11, 25)),
        ("December 1st", date(2026, 12, 1)),
        ("in 3 days", date(2026, 11, 27)),
        ("завтра", date(2026, 11, 25)),
        ("на послезавтра", date(2026, 11, 26)),
        ("в пт", date(2026, 11, 27)),
        ("на пятницу", date(2026, 11, 27)),
        ("к среде", date(2026, 11, 25)),
        ("1 декабря", date(2026, 12, 1)),
        ("через 2 дня", date(2026, 11, 26)),
        ("พรุ่งนี้", date(2026, 11, 25)),
        ("วันศุกร์", date(2026, 11, 27)),
        ("25 พ.ย. 2569", date(2026, 11, 25)),
        ("๒๕.๑๑", date(2026, 11, 25)),
        ("อีก 3 วัน", date(2026, 11, 27)),
    ],
)
def test_a_day_is_understood_in_three_languages(words: str, day: date) -> None:
    found = find_day(words, TUESDAY)
    assert found is not None, words
    assert found.day == day


@pytest.mark.parametrize(
    "words", ["next lesson", "к следующему уроку", "на след. урок", "คาบหน้า", "for next time"]
)
def test_the_next_lesson_is_a_day_that_only_the_timetable_knows(words: str) -> None:
    found = find_day(words, TUESDAY)
    assert found is not None, words
    assert found.is_next_lesson


@pytest.mark.parametrize(
    "words",
    ["§12, No. 345–350", "4.5", "No. 25.13", "31.02", "page 12.11.5", "Marathon", "мартышка", "sunny", ""],
)
def test_numbers_and_words_that_only_look_like_a_day_are_none(words: str) -> None:
    assert find_day(words, TUESDAY) is None, words


def test_marks_look_back_where_homework_looks_ahead() -> None:
    ahead, back = find_day("Friday", TUESDAY), find_day("Friday", TUESDAY, looking_back=True)
    assert ahead is not None
    assert back is not None
    assert (ahead.day, back.day) == (date(2026, 11, 27), date(2026, 11, 20))


def test_a_day_without_a_year_is_the_nearest() -> None:
    found = find_day("10.01", TUESDAY)
    assert found is not None
    assert found.day == date(2027, 1, 10)


@given(st.text(max_size=200))
def test_no_text_makes_it_raise_and_the_place_is_in_the_text(text: str) -> None:
    found = find_day(text, TUESDAY)
    assert found is None or 0 <= found.start < found.end <= len(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("yesterday", date(2026, 11, 23)),
        ("вчера", date(2026, 11, 23)),
        ("เมื่อวาน", date(2026, 11, 23)),
        ("Monday", date(2026, 11, 23)),
        ("on Tuesday", TUESDAY),
        ("Friday", date(2026, 11, 27)),
        ("в пт", date(2026, 11, 27)),
        ("วันศุกร์", date(2026, 11, 27)),
        ("next Friday", date(2026, 12, 4)),
        ("25.11", date(2026, 11, 25)),
        ("2026-11-20", date(2026, 11, 20)),
        ("25 พ.ย. 2569", date(2026, 11, 25)),
        ("xyz", None),
        ("Friday please", None),
        ("next lesson", None),
        ("31.02", None),
        ("", None),
    ],
)
def test_a_weekday_is_this_weeks_and_half_a_day_is_none(text: str, day: date | None) -> None:
    assert parse_day(text, TUESDAY) == day
