"""Cards as Telegram HTML, inline keyboards and rich messages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.cards.card import (
    Align,
    Block,
    Button,
    Card,
    Facts,
    Item,
    Listing,
    Note,
    Picture,
    Section,
    Table,
    Text,
)
from notifier.channels.telegram.html import is_blank, render_keyboard, render_telegram_html, utf16_length
from notifier.channels.telegram.rich import render_rich
from tests.support.cards import cards
from tests.support.markup import Markup

GRADES = Table(
    ("Subject", "Marks", "Avg"),
    (("Algebra", "5 4", "4.50"), ("Art", "5")),
    (Align.LEFT, Align.CENTRE, Align.RIGHT),
)
thorough = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def html(*blocks: Block) -> str:
    return render_telegram_html(Card("", blocks))


def rich(*blocks: Block) -> Any:
    return render_rich(Card("", blocks)).model_dump(mode="json", exclude_none=True)["blocks"]


def test_heading_facts_list_and_note() -> None:
    card = Card(
        "Ann & Bob",
        (
            Facts((("Balance", "120 ₽"), ("Lunch", "<soup>"))),
            Listing((Item("algebra", True), Item("history", False), Item("music"))),
            Note("small print"),
        ),
    )
    assert render_telegram_html(card) == (
        "<b>Ann &amp; Bob</b>\n\n"
        "Balance: <b>120 ₽</b>\nLunch: <b>&lt;soup&gt;</b>\n\n"
        "☑ algebra\n☐ history\n• music\n\n"
        "<i>small print</i>"
    )


def test_a_narrow_table_stands_in_columns() -> None:
    assert html(GRADES) == (
        "<pre>Subject  Marks   Avg\n-------  -----  ----\nAlgebra   5 4   4.50\nArt        5</pre>"
    )


def test_a_table_too_wide_for_a_phone_goes_a_line_a_row() -> None:
    table = Table(("Day", "Topic"), (("Mon", "a" * 40), ("Tue", "")), caption="Term")
    assert html(table) == f"<b>Term</b>\nDay · Topic\nMon · {'a' * 40}\nTue · –"


def test_inner_sections_stand_in_the_outer_quotation() -> None:
    inner = Section("Algebra", (Text("No. 5"), GRADES))
    assert html(Section("Monday", (Text("3 lessons"), inner)), Text("after")) == (
        "<b>Monday</b>\n<blockquote expandable>3 lessons\n\n"
        "<b>Algebra</b>\nNo. 5\n\nSubject · Marks · Avg\nAlgebra · 5 4 · 4.50\nArt · 5 · –</blockquote>\n\nafter"
    )


def test_an_open_section_is_not_folded_and_an_empty_one_is_its_title() -> None:
    assert html(Section("Now", (Text("x"),), open=True)) == "<b>Now</b>\n<blockquote>x</blockquote>"
    assert html(Section("None", ())) == "<b>None</b>"


@pytest.mark.parametrize("nothing", ["", " \n ", "\u200b", "\u3164", "\x00"])
def test_a_card_with_nothing_to_see_is_still_a_message(nothing: str) -> None:
    card = Card(nothing, (Text(nothing), Section(nothing, (Note(nothing),)), Table((), ((nothing,),))))
    assert render_telegram_html(card) == "…"
    assert rich(*card.blocks) == [{"type": "paragraph", "text": "…"}]


def test_the_limit_counts_utf16_units_of_the_words_not_of_the_markup() -> None:
    assert html(Text("&" * 4096)) == "&amp;" * 4096
    assert utf16_length("a😀") == 3
    assert utf16_length(html(Text("😀" * 2048))) == 4096
    assert html(Text("😀" * 2049)).endswith("😀…")


def test_words_beyond_a_hundred_entities_stand_unmarked_and_none_is_lost() -> None:
    text = html(Facts(tuple((f"Lesson {n}", "5") for n in range(150))))
    assert text.count("<b>") == 100
    assert text.endswith("Lesson 149: 5")


def test_a_keyboard_has_taps_and_links_in_their_rows() -> None:
    rows = (
        (Button("Marks", "m:1"), Button("Page", url="https://school.example/")),
        (),
        (Button("Back", "b"),),
    )
    keyboard = render_keyboard(Card("", (), rows))
    assert keyboard is not None
    assert [[key.text for key in row] for row in keyboard.inline_keyboard] == [["Marks", "Page"], ["Back"]]
    assert keyboard.inline_keyboard[0][0].callback_data == "m:1"
    assert keyboard.inline_keyboard[0][1].url == "https://school.example/"


def test_links_that_telegram_refuses_do_not_lose_the_message() -> None:
    bad = ("http://localhost:8080/", "javascript:x", "mailto:a@school.example", "ftp://school.example")
    assert render_keyboard(Card("", (), (tuple(Button("x", url=url) for url in bad),))) is None


def test_a_wide_row_goes_on_in_the_next() -> None:
    row = tuple(Button(str(n), f"t:{n}") for n in range(10))
    keyboard = render_keyboard(Card("", (), (row,)))
    assert keyboard is not None
    assert [len(keys) for keys in keyboard.inline_keyboard] == [8, 2]


def test_rich_blocks_say_what_the_card_says() -> None:
    card = Card(
        "Diary", (Text("one\ntwo"), Section("More", (Note("small"),), open=True), Picture(b"", "", "rise"))
    )
    assert render_rich(card).model_dump(mode="json", exclude_none=True) == {
        "blocks": [
            {"type": "heading", "text": "Diary", "size": 2},
            {"type": "paragraph", "text": "one\ntwo"},
            {
                "type": "details",
                "summary": "More",
                "blocks": [{"type": "footer", "text": "small"}],
                "is_open": True,
            },
            {"type": "paragraph", "text": "rise"},
        ]
    }


def test_short_facts_are_a_table_and_long_ones_lines() -> None:
    (short,) = rich(Facts((("Class", "7A"),)))
    assert [[cell["text"] for cell in row] for row in short["cells"]] == [
        ["Class", {"type": "bold", "text": "7A"}]
    ]
    (long,) = rich(Facts((("Topic", "x" * 30), ("Room", "12"))))
    assert long == {
        "type": "paragraph",
        "text": [
            *({"type": "bold", "text": "Topic:"}, " ", "x" * 30, "\n"),
            *({"type": "bold", "text": "Room:"}, " ", "12"),
        ],
    }


def test_a_rich_table_has_header_cells_and_fills_short_rows() -> None:
    (table,) = rich(GRADES)
    assert [cell["is_header"] for cell in table["cells"][0]] == [True] * 3
    assert [cell["align"] for cell in table["cells"][1]] == ["left", "center", "right"]
    assert [cell["text"] for cell in table["cells"][2]] == ["Art", "5", "\u00a0"]


def test_columns_beyond_the_twentieth_share_the_last() -> None:
    (table,) = rich(Table((), (tuple(str(n) for n in range(1, 23)),)))
    assert [cell["text"] for cell in table["cells"][0]][18:] == ["19", "20 · 21 · 22"]


def test_rich_lists_have_boxes_and_numbers() -> None:
    (listing,) = rich(Listing((Item("bread", True), Item("milk", False)), numbered=True))
    assert [(item["is_checked"], item["value"], item["type"]) for item in listing["items"]] == [
        (True, 1, "1"),
        (False, 2, "1"),
    ]
    ((plain,),) = [block["items"] for block in rich(Listing((Item("salt"),)))]
    assert plain == {"blocks": [{"type": "paragraph", "text": "salt"}]}


def test_a_rich_card_of_too_many_rows_keeps_the_first() -> None:
    table, mark = rich(Table(("n",), tuple((str(n),) for n in range(10_000))))
    assert len(table["cells"]) == 498
    assert mark == {"type": "paragraph", "text": "…"}


@thorough
@given(cards(), st.sampled_from([1, 20, 1024, 4096]))
def test_no_card_breaks_telegram_html(card: Card, limit: int) -> None:
    markup = render_telegram_html(card, limit=limit)
    parsed = Markup(markup)
    assert utf16_length(parsed.text) <= limit
    assert not is_blank(parsed.text)
    assert len(parsed.tags) <= 100
    assert set(parsed.names()) <= {"b", "i", "pre", "blockquote"}
    for (name, _), around in zip(parsed.tags, parsed.nesting, strict=True):
        assert "pre" not in around
        assert "blockquote" not in around or name not in ("pre", "blockquote")


@thorough
@given(cards())
def test_no_card_breaks_the_keyboard(card: Card) -> None:
    keyboard = render_keyboard(card)
    rows = keyboard.inline_keyboard if keyboard else []
    keys = [key for row in rows for key in row]
    assert len(keys) <= 100
    assert all(1 <= len(row) <= 8 for row in rows)
    assert all(1 <= len(key.text) <= 64 and not is_blank(key.text) for key in keys)
    assert all(bool(key.callback_data) != bool(key.url) for key in keys)


@thorough
@given(cards())
def test_no_card_goes_beyond_the_limits_of_a_rich_message(card: Card) -> None:
    message = render_rich(card).model_dump(mode="json", exclude_none=True)
    size = _Size(message["blocks"])
    assert message["blocks"]
    assert size.characters <= 32_768
    assert size.blocks <= 500
    assert size.depth <= 16
    assert size.columns <= 20


class _Size:
    """What Telegram counts in a rich message: list items and table rows are blocks too."""

    def __init__(self, blocks: list[Any]) -> None:
        self.characters = self.blocks = self.depth = self.columns = 0
        self._walk(blocks, 1)

    def _walk(self, blocks: list[Any], depth: int) -> None:
        for block in blocks:
            self.blocks += 1
            self.depth = max(self.depth, depth)
            for place in ("text", "summary", "caption"):
                self._text(block.get(place, ""), depth + 1)
            self._walk(block.get("blocks", []), depth + 1)
            self._walk(block.get("items", []), depth + 1)
            for row in block.get("cells", []):
                self.blocks += 1
                self.columns = max(self.columns, len(row))
                for cell in row:
                    self._text(cell["text"], depth + 2)

    def _text(self, text: Any, depth: int) -> None:
        self.depth = max(self.depth, depth)
        if isinstance(text, str):
            self.characters += utf16_length(text)
        elif isinstance(text, list):
            for part in text:
                self._text(part, depth)
        else:
            self._text(text["text"], depth + 1)
