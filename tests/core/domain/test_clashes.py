"""Clashes: who or what would be in two places at once."""

from __future__ import annotations

from datetime import date, time

from hypothesis import given
from hypothesis import strategies as st

from core.domain.clashes import (
    ClashKind,
    Sitting,
    are_at_once,
    find_clashes,
    may_share_a_week,
    spans_meet,
)
from core.domain.kinds import WeekParity


def sitting(course: int, starts: str, ends: str, **more: object) -> Sitting:
    times = (time.fromisoformat(starts), time.fromisoformat(ends))
    return Sitting(course, 1, *times, **more)  # type: ignore[arg-type]


_TIMES = st.tuples(st.times(), st.times()).map(sorted)
_PEOPLE = st.frozensets(st.integers(1, 5), max_size=3)


@st.composite
def sittings(draw: st.DrawFn) -> Sitting:
    starts, ends = draw(st.one_of(st.just((None, None)), _TIMES))
    return Sitting(
        draw(st.integers(1, 4)),
        draw(st.integers(0, 3)),
        starts,
        ends,
        draw(_PEOPLE),
        draw(st.sampled_from(["", "101", "Gym", " gym"])),
        draw(st.sampled_from([None, 1, 2])),
        draw(st.sampled_from(["", "1", "2"])),
        draw(_PEOPLE),
    )


@given(sittings(), sittings())
def test_clashes_are_mutual_and_only_where_both_are_at_once(one: Sitting, other: Sitting) -> None:
    kinds = {clash.kind: clash.how_many for clash in find_clashes(one, [other])}
    assert kinds == {clash.kind: clash.how_many for clash in find_clashes(other, [one])}
    if one.course_id == other.course_id or not are_at_once(one, other):
        assert not kinds
    else:
        assert (ClashKind.TEACHER in kinds) is bool(one.teachers & other.teachers)
        assert not (ClashKind.CLASS in kinds and ClashKind.PUPILS in kinds)


def test_the_clock_decides_and_not_the_number_of_the_lesson() -> None:
    first = sitting(1, "08:30", "09:15", teachers=frozenset({7}))
    touching = sitting(2, "09:15", "10:00", teachers=frozenset({7}))
    across = sitting(3, "09:00", "09:40", teachers=frozenset({7}))
    assert not find_clashes(first, [touching])
    assert [clash.kind for clash in find_clashes(first, [across])] == [ClashKind.TEACHER]
    untimed = Sitting(4, 1, None, None, frozenset({7}))
    assert find_clashes(first, [untimed]), "without times the number decides"


def test_groups_of_a_class_may_sit_at_once_unless_they_share_pupils() -> None:
    whole = sitting(1, "08:30", "09:15", class_id=3)
    one = sitting(2, "08:30", "09:15", class_id=3, group="1", pupils=frozenset({11, 12}))
    two = sitting(3, "08:30", "09:15", class_id=3, group="2", pupils=frozenset({13}))
    mixed = sitting(4, "08:30", "09:15", class_id=3, group="3", pupils=frozenset({12, 13}))
    assert [clash.kind for clash in find_clashes(whole, [one])] == [ClashKind.CLASS]
    assert not find_clashes(one, [two])
    (shared,) = find_clashes(one, [mixed])
    assert (shared.kind, shared.how_many) == (ClashKind.PUPILS, 1)


def test_slots_of_odd_and_even_weeks_never_meet_and_spans_meet_on_a_shared_day() -> None:
    assert not may_share_a_week(WeekParity.ODD, WeekParity.EVEN)
    assert may_share_a_week(WeekParity.EVERY, WeekParity.EVEN)
    day, later = date(2026, 11, 1), date(2026, 11, 2)
    assert spans_meet(None, day, day, None)
    assert not spans_meet(None, day, later, None)
    assert spans_meet(None, None, None, None)
