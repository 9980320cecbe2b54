"""Amounts as people type them."""

from __future__ import annotations

import pytest

from core.domain.money import read_amount


@pytest.mark.parametrize(
    ("text", "places", "amount"),
    [
        ("150", 2, 15_000),
        ("1 500,5", 2, 150_050),
        ("-20.00", 2, -2_000),
        ("−20", 2, -2_000),
        ("๑๕๐", 2, 15_000),
        ("150", 0, 150),
        ("150.5", 0, None),
        ("1.234", 2, None),
        ("1,234.00", 2, None),
        ("much", 2, None),
        ("", 2, None),
    ],
)
def test_an_amount_is_read_to_minor_units_or_not_at_all(text: str, places: int, amount: int | None) -> None:
    assert read_amount(text, places) == amount
