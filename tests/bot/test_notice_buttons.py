"""What notices offer to tap is what the conversation reads."""

from __future__ import annotations

from datetime import date

import pytest

from bot.capability import discover
from core.domain.ids import CourseId
from core.domain.lessons import LessonKey
from notifier.notices import taps


@pytest.mark.parametrize(
    "data",
    [
        *(taps.grades(17), taps.attendance(17), taps.homework(17), taps.announcement(17), taps.not_me(17)),
        *(taps.acknowledge(17), taps.report(17)),
        taps.register(LessonKey(date(2026, 11, 25), 2, CourseId(17))),
        *(taps.tick(17, date(2026, 11, 25), 3), taps.timetable(17, date(2026, 11, 25)), taps.meals(17)),
    ],
)
def test_a_notices_button_belongs_to_a_capability_and_is_read_by_it(data: str) -> None:
    capability = discover().by_prefix[data.split(":", 1)[0]]
    assert capability.tap is not None
    assert "17" in capability.tap.unpack(data).pack().split(":")
