"""Cards as plain text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.cards.card import Align, Button, Card, Facts, Item, Listing, Note, Picture, Section, Table, Text
from core.cards.plain import clean, display_width, render_plain
from tests.support.cards import cards

GRADES = Table(
    ("Subject", "Marks", "Average"),
    (("Algebra", "5 4", "4.50"), ("ภาษาไทย", "3", "3.00"), ("漢字", "5")),
    (Align.LEFT, Align.CENTRE, Align.RIGHT),
)


def test_a_card_reads_from_top_to_bottom() -> None:
    card = Card(
        "Ann: Monday",
        (
            Text("Two lessons.\nBring a ruler."),
            Facts((("Balance", "120.50 ₽"), ("Lunch", ""))),
            Listing((Item("Algebra", True), Item("History", False), Item("Music"))),
            Section("Homework", (Listing((Item("No. 5"), Item("No. 6\nboth parts")), numbered=True),)),
            Picture(b"", "image/png", "The marks rise."),
            Note("Told by the school."),
        ),
        ((Button("Back", "home"),),),
    )
    assert render_plain(card) == (
        "Ann: Monday\n\n"
        "Two lessons.\nBring a ruler.\n\n"
        "Balance: 120.50 ₽\nLunch:\n\n"
        "[x] Algebra\n[ ] History\n- Music\n\n"
        "Homework\n  1. No. 5\n  2. No. 6\n    both parts\n\n"
        "The marks rise.\n\n"
        "Told by the school."
    )


def test_columns_stand_in_line_in_any_script() -> None:
    assert render_plain(Card("", (GRADES,))).splitlines() == [
        "Subject  Marks  Average",
        "-------  -----  -------",
        "Algebra   5 4      4.50",
        "ภาษาไทย    3       3.00",
        "漢字       5",
    ]


def test_a_table_too_wide_for_a_terminal_goes_a_line_a_row() -> None:
    table = Table(("Topic", "Mark"), (("x" * 120, "5"), ("", "4")), caption="Term")
    assert render_plain(Card("", (table,))) == f"Term\nTopic · Mark\n{'x' * 120} · 5\n– · 4"


def test_where_a_cell_is_one_line_its_small_print_follows_after_a_dot() -> None:
    table = Table((), (("1", "Algebra\nroom 204\n"),))
    assert render_plain(Card("", (table,))) == "1  Algebra · room 204"


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("น้ำ", 2), ("กี่", 1), ("漢字", 4), ("e\u0301", 1), ("한", 2)]
)
def test_width_counts_columns_not_characters(text: str, width: int) -> None:
    assert display_width(text) == width


def test_a_name_cannot_drive_the_terminal_or_turn_the_line_round() -> None:
    assert clean("a\x1b[2J\x9b\u202eb\r\nc\td\x00") == "a[2Jb\nc d"


def test_an_empty_card_is_an_empty_text() -> None:
    assert render_plain(Card("")) == ""


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cards(), st.integers(1, 5000))
def test_no_card_goes_beyond_the_limit_or_carries_controls(card: Card, limit: int) -> None:
    text = render_plain(card, limit=limit)
    assert len(text) <= limit
    assert {character for character in text if unicodedata.category(character) == "Cc"} <= {"\n"}
