"""What is left of a card that is too long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cards.card import Block, Button, Card, Facts, Item, Listing, Section, Table, Text
from core.cards.cut import fit, shorten
from core.cards.plain import render_plain

MORE = Text("…")


def length(card: Card) -> int:
    return len(render_plain(card))


def kept(limit: int, *blocks: Block) -> tuple[Block, ...]:
    return fit(Card("Diary", blocks), length, limit).blocks


def test_a_card_that_fits_is_left_as_it_is() -> None:
    card = Card("Diary", (Text("Nothing new."),))
    assert fit(card, length, length(card)) is card


def test_whole_blocks_go_from_the_end_and_the_cut_is_marked() -> None:
    assert kept(25, Text("first"), Text("second"), Text("third")) == (Text("first"), Text("second"), MORE)


def test_rows_go_from_the_end_of_a_table_and_the_header_stays() -> None:
    table = Table(("Day", "Mark"), tuple((str(day), "5") for day in range(1, 31)))
    (shorter, mark) = kept(64, table)
    assert isinstance(shorter, Table)
    assert shorter.header == ("Day", "Mark")
    assert shorter.rows == (("1", "5"), ("2", "5"), ("3", "5"), ("4", "5"), ("5", "5"))
    assert mark == MORE


def test_a_header_without_rows_is_not_kept() -> None:
    assert kept(20, Table(("Day", "Mark"), (("a long enough row", "5"),))) == (MORE,)


def test_items_go_from_the_end_of_a_list() -> None:
    listing = Listing((Item("bread", True), Item("milk", False), Item("salt")))
    assert kept(30, listing) == (Listing((Item("bread", True), Item("milk", False))), MORE)


def test_facts_go_from_the_end() -> None:
    assert kept(20, Facts((("A", "1"), ("B", "2"), ("C", "3")))) == (Facts((("A", "1"), ("B", "2"))), MORE)


def test_what_a_section_holds_goes_from_its_end_and_its_title_stays() -> None:
    section = Section("Monday", (Text("algebra"), Text("history"), Text("geography")))
    assert kept(45, section) == (Section("Monday", (Text("algebra"), Text("history"))), MORE)


def test_a_long_text_at_the_border_is_cut_by_characters_before_a_word() -> None:
    (text,) = kept(70, Text("word " * 100))
    assert text == Text("word " * 11 + "word…")


def test_a_heading_is_cut_only_when_nothing_else_is_left_to_cut() -> None:
    card = fit(Card("A very long heading indeed", (Text("words"),)), length, 12)
    assert card == Card("A very long…")


def test_buttons_stay() -> None:
    row = (Button("Back", "home"),)
    assert fit(Card("Diary", (Text("x" * 500),), (row,)), length, 10).buttons == (row,)


def test_a_limit_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="no room"):
        fit(Card("Diary"), length, 0)


def test_a_card_of_many_blocks_is_measured_few_times() -> None:
    sizes: list[int] = []

    def measure(card: Card) -> int:
        sizes.append(len(card.blocks))
        return len(card.blocks)

    assert len(fit(Card("", tuple(Text(str(n)) for n in range(50_000))), measure, 101).blocks) == 101
    assert len(sizes) < 40
    assert sum(sizes[1:]) < 5_000


def test_marks_stay_with_the_letter_that_carries_them() -> None:
    assert shorten("น้ำน้ำ", 3) == "…"
    assert shorten("café e\u0301té", 7) == "café…"
    assert shorten("👨‍👩‍👧👨‍👩‍👧", 8) == "👨‍👩‍👧…"


@given(st.text(max_size=200), st.integers(1, 220))
def test_a_shortened_text_begins_as_the_whole_one(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))
