"""A day in words that may lie on either side of today."""

from __future__ import annotations

from datetime import date

import pytest

from core.domain.spoken_dates import parse_day

TUESDAY = date(2026, 11, 24)


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
