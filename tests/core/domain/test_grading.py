"""Grading scales: what is a mark, which is better, how they average and print."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.grading import SCALES, MarkValue, Scale, average, needed, scale, share
from core.errors import MarkOutOfScale

D = Decimal


def _marks_of(one: Scale) -> st.SearchStrategy[str]:
    if one.is_words:
        return st.text(min_size=1, max_size=60).filter(lambda text: text.strip() != "")
    if one.span is None:
        return st.sampled_from(list(one.values))
    low, high = one.span
    return st.decimals(low, high, places=one.decimals).map(lambda number: format(number, "f"))


_any_mark = st.sampled_from(list(SCALES.values())).flatmap(
    lambda one: st.tuples(st.just(one), _marks_of(one))
)


@given(_any_mark)
def test_what_is_printed_is_read_as_the_same_mark(pair: tuple[Scale, str]) -> None:
    one, text = pair
    mark = one.parse(text)
    assert one.parse(one.print(mark)) == mark


_three_marks = st.sampled_from(list(SCALES.values())).flatmap(
    lambda one: st.tuples(st.just(one), st.lists(_marks_of(one), min_size=3, max_size=3))
)


@given(_three_marks)
def test_the_order_is_total(given_marks: tuple[Scale, list[str]]) -> None:
    one, texts = given_marks
    a, b, c = (one.parse(text) for text in texts)
    assert (one.order(a) <= one.order(b)) or (one.order(b) <= one.order(a))
    if one.order(a) <= one.order(b) <= one.order(c):
        assert one.order(a) <= one.order(c)
    assert one.order(a) != one.order(b) or a.number == b.number


_weighted = st.tuples(
    st.one_of(st.none(), st.decimals(0, 100, places=2)), st.decimals(0, 10, places=2, allow_nan=False)
)


@given(st.lists(_weighted, max_size=30))
def test_an_average_lies_within_its_marks(marks: list[tuple[Decimal | None, Decimal]]) -> None:
    counted = [number for number, weight in marks if number is not None and weight > 0]
    found = average(marks)
    if not counted:
        assert found is None
        return
    assert found is not None
    assert min(counted) - D("1e-20") <= found <= max(counted) + D("1e-20")


@given(st.sampled_from(list(SCALES.values())), st.text(max_size=20))
def test_anything_is_a_mark_or_refused(one: Scale, text: str) -> None:
    try:
        mark = one.parse(text)
    except MarkOutOfScale:
        return
    assert isinstance(mark, MarkValue)
    assert one.parse(mark.text) == mark


def test_weights_count() -> None:
    assert average([(D(5), D(1)), (D(2), D(2))]) == 3
    assert average([(D(5), D(1)), (D(2), D(0))]) == 5
    assert average([(None, D(1))]) is None


@pytest.mark.parametrize(
    ("key", "typed", "text", "number"),
    [
        ("five", "4−", "4-", "3.75"),
        ("five", " 5 + ", "5+", "5.25"),
        ("five", "３", "3", "3"),
        ("ten", "10", "10", "10"),
        ("twelve", "12", "12", "12"),
        ("hundred", "74,5", "74.5", "74.5"),
        ("thai", "2.50", "2.5", "2.5"),
        ("thai", "ร", "ร", None),
        ("thai", "มผ", "มผ", None),
        ("letters", "в+", "B+", "3.3"),
        ("letters", "a", "A", "4"),
        ("passfail", "PASS", "pass", None),
        ("words", " reads aloud ", "reads aloud", None),
    ],
)
def test_marks_as_people_type_them(key: str, typed: str, text: str, number: str | None) -> None:
    mark = scale(key).parse(typed)
    assert mark == MarkValue(text, None if number is None else D(number))


@pytest.mark.parametrize(
    ("key", "typed"),
    [("five", "6"), ("five", "0"), ("ten", "0"), ("ten", "7.5"), ("twelve", "13"), ("hundred", "101"),
     ("hundred", "-1"), ("thai", "4.5"), ("thai", "0.3"), ("letters", "H"), ("passfail", "maybe"), ("words", "  "),
     ("hundred", "1e2"), ("five", "")],
)  # fmt: skip
def test_what_the_scale_does_not_know_is_refused(key: str, typed: str) -> None:
    with pytest.raises(MarkOutOfScale):
        scale(key).parse(typed)


def test_words_have_no_average_and_letters_name_theirs() -> None:
    assert not scale("words").averages
    assert not scale("passfail").averages
    assert scale("letters").print_average(D("3.35")) == "3.35 (B+)"
    assert scale("five").print_average(D("3.625")) == "3.63"
    assert scale("hundred").print_average(D(63)) == "63.0"


def test_a_poor_mark_is_known() -> None:
    assert scale("five").is_poor(scale("five").parse("2+"))
    assert not scale("five").is_poor(scale("five").parse("3-"))
    assert scale("thai").is_poor(scale("thai").parse("มส"))


def test_an_unknown_scale_takes_words() -> None:
    assert scale("martian").parse("twelve moons").text == "twelve moons"


@given(st.lists(st.integers(2, 5), min_size=1, max_size=12))
def test_the_marks_needed_are_enough_and_one_less_is_not(marks: list[int]) -> None:
    known = [(D(mark), D(1)) for mark in marks]
    count = needed(known, D("4.5"), D(5))
    if count is None:
        assert average([*known, *[(D(5), D(1))] * 10]) < D("4.5")  # type: ignore[operator]
        return
    assert average([*known, *[(D(5), D(1))] * count]) >= D("4.5")  # type: ignore[operator]
    if count:
        assert average([*known, *[(D(5), D(1))] * (count - 1)]) < D("4.5")  # type: ignore[operator]


def test_points_in_percent() -> None:
    assert share(D(15), D(20)) == 75
