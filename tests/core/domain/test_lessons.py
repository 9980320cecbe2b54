"""Which lesson is meant: on now, else the last today, else the next; what is named wins, and nothing is guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pytest

from core.domain.ids import CourseId
from core.domain.lessons import LessonKey, Target, lessons_meant, read_target

TUESDAY = date(2026, 11, 24)
MONDAY = TUESDAY - timedelta(days=1)


@dataclass(frozen=True)
class Meeting:
    course_id: int
    on: date
    period: int
    starts: time | None = None
    ends: time | None = None
    is_held_here: bool = True


def lesson(course: int, on: date, period: int, *, held: bool = True) -> Meeting:
    starts = datetime.combine(on, time(8, 30)) + timedelta(minutes=55 * (period - 1))
    return Meeting(course, on, period, starts.time(), (starts + timedelta(minutes=45)).time(), held)


WEEK = [
    lesson(1, MONDAY, 3),
    lesson(1, TUESDAY, 1),
    lesson(2, TUESDAY, 3),
    lesson(3, TUESDAY + timedelta(days=1), 1),
]


def at(hour: int, minute: int) -> datetime:
    return datetime.combine(TUESDAY, time(hour, minute))


@pytest.mark.parametrize(
    ("now", "period"), [((9, 0), 1), ((9, 50), 1), ((10, 25), 3), ((16, 0), 3), ((7, 0), 1)]
)
def test_the_lesson_on_now_else_the_last_today_else_the_next(now: tuple[int, int], period: int) -> None:
    (meant,) = lessons_meant(WEEK, at(*now))
    assert (meant.on, meant.period) == (TUESDAY, period)


def test_without_a_lesson_today_it_is_the_last_before_and_else_the_next() -> None:
    assert lessons_meant([WEEK[0], WEEK[3]], at(9, 0)) == (WEEK[0],)
    assert lessons_meant([WEEK[3]], at(9, 0)) == (WEEK[3],)
    assert lessons_meant([], at(9, 0)) == ()


def test_several_groups_at_one_time_are_all_meant() -> None:
    groups = [lesson(1, TUESDAY, 1), lesson(2, TUESDAY, 1)]
    assert lessons_meant(groups, at(9, 0)) == tuple(groups)
    assert lessons_meant(groups, at(12, 0)) == tuple(groups)
    assert lessons_meant(groups, at(12, 0), courses={2}) == (groups[1],)


def test_a_named_course_day_or_period_wins() -> None:
    assert lessons_meant(WEEK, at(9, 0), courses={2}) == (WEEK[2],)
    assert lessons_meant(WEEK, at(9, 0), day=MONDAY) == (WEEK[0],)
    assert lessons_meant(WEEK, at(9, 0), period=3) == (WEEK[2],)
    assert lessons_meant(WEEK, at(9, 0), day=MONDAY, period=1) == ()


def test_a_period_alone_is_todays_and_never_silently_another_days() -> None:
    assert lessons_meant([WEEK[0], WEEK[1]], at(9, 0), period=3) == ()


def test_what_is_cancelled_or_moved_away_is_not_meant() -> None:
    assert lessons_meant([lesson(1, TUESDAY, 1, held=False), WEEK[2]], at(9, 0)) == (WEEK[2],)


@pytest.mark.parametrize(
    ("text", "words", "day", "period"),
    [
        ("7A algebra", "7A algebra", None, None),
        ("7A algebra, 2nd lesson yesterday", "7A algebra", MONDAY, 2),
        ("7А вчера", "7А", MONDAY, None),
        ("2 урок", "", None, 2),
        ("первый урок", "", None, 1),
        ("на втором уроке 7А", "7А", None, 2),
        ("четвёртый урок", "", None, 4),
        ("3-й урок вчера", "", MONDAY, 3),
        ("first lesson", "", None, 1),
        ("in the third period", "", None, 3),
        ("คาบแรก", "", None, 1),
        ("คาบที่สอง", "", None, 2),
        ("คาบ ๓", "", None, 3),
        ("ม.๑/๒ เมื่อวาน", "ม.1/2", MONDAY, None),
        ("7A lesson 44", "7A", None, 44),
        ("в пятницу", "", date(2026, 11, 20), None),
        ("7A 1.08.2026", "7A", date(2026, 8, 1), None),
    ],
)
def test_the_words_before_the_colon_name_class_day_and_period(
    text: str, words: str, day: date | None, period: int | None
) -> None:
    assert read_target(text, TUESDAY) == Target(words, day, period)


def test_lessons_sort_by_day_and_period() -> None:
    keys = [
        LessonKey(TUESDAY, 2, CourseId(1)),
        LessonKey(MONDAY, 5, CourseId(9)),
        LessonKey(TUESDAY, 1, CourseId(3)),
    ]
    assert sorted(keys) == [keys[1], keys[2], keys[0]]
