"""Moments to come as authors write them, in three languages."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.spoken_moments import find_moment

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 24, 6, 10, tzinfo=UTC)  # Tuesday 09:10 at school


@pytest.mark.parametrize(
    ("words", "day", "hour", "minute"),
    [
        ("tomorrow 8:00", 25, 8, 0),
        ("tomorrow at 8", 25, 8, 0),
        ("tomorrow 8", 25, 8, 0),
        ("tomorrow", 25, 7, 30),
        ("today 6 pm", 24, 18, 0),
        ("18:00", 24, 18, 0),
        ("8:00", 25, 8, 0),
        ("27.11 18:00", 27, 18, 0),
        ("27.11 в 18.30", 27, 18, 30),
        ("in an hour", 24, 10, 10),
        ("in 2 hours", 24, 11, 10),
        ("in 20 minutes", 24, 9, 30),
        ("Friday at noon", 27, 12, 0),
        ("завтра в 8:00", 25, 8, 0),
        ("завтра в 8 утра", 25, 8, 0),
        ("в пятницу 18:00", 27, 18, 0),
        ("через час", 24, 10, 10),
        ("через 2 часа", 24, 11, 10),
        ("через полчаса", 24, 9, 40),
        ("сегодня в 6 вечера", 24, 18, 0),
        ("พรุ่งนี้ 8.00 น.", 25, 8, 0),
        ("พรุ่งนี้ เวลา 18:00", 25, 18, 0),
        ("๒๗.๑๑ ๑๘:๐๐", 27, 18, 0),
        ("อีก 2 ชั่วโมง", 24, 11, 10),
        ("อีกหนึ่งชั่วโมง", 24, 10, 10),
        ("yesterday 8:00", 23, 8, 0),
    ],
)
def test_a_moment_is_understood_in_three_languages(words: str, day: int, hour: int, minute: int) -> None:
    found = find_moment(words, NOW, MOSCOW)
    assert found is not None, words
    assert found.astimezone(MOSCOW) == datetime(2026, 11, day, hour, minute, tzinfo=MOSCOW)


@given(
    st.lists(
        st.sampled_from([*"0123456789:./- ", "tomorrow", "in", "at", "pm", "через", "อีก", "9999"]),
        max_size=14,
    )
)
def test_whatever_is_written_it_is_a_moment_or_none(parts: list[str]) -> None:
    found = find_moment("".join(parts), NOW, MOSCOW)
    assert found is None or found.tzinfo is not None


@pytest.mark.parametrize(
    "words", ["", "soon", "tomorrow 25:00", "31.12.9999 23:59", "bring skis tomorrow", "5", "next lesson"]
)
def test_what_is_no_moment_is_none(words: str) -> None:
    assert find_moment(words, NOW, MOSCOW) is None
