"""Cards as Telegram's subset of HTML, and their buttons as an inline keyboard.

Formatting: https://core.telegram.org/bots/api#html-style
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from html import escape
from urllib.parse import urlsplit

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from core.cards.card import Block, Card, Facts, Listing, Note, Picture, Section, Table, Text
from core.cards.cut import ELLIPSIS, fit, shorten
from core.cards.html import safe_href
from core.cards.plain import aligned_lines, clean, joined_lines, one_line

MESSAGE_LIMIT = 4096

# Telegram leaves out what is marked beyond this many: https://core.telegram.org/api/entities
_ENTITIES = 100

# What a phone shows of a fixed-width line without breaking it.
_PRE_WIDTH = 34

_BUTTONS_IN_ROW = 8
_BUTTONS = 100
_LABEL = 64
_LINK_SCHEMES = frozenset({"http", "https", "tg"})

# What shows nothing by its category, and the letters and symbols that show nothing all the same: Hangul
# fillers and the empty Braille pattern.
_UNSEEN = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Mn", "Me"})
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def render_telegram_html(card: Card, *, limit: int = MESSAGE_LIMIT) -> str:
    """The card without its buttons, for ``parse_mode="HTML"``; never empty: "…" stands for nothing to see.

    ``limit`` counts UTF-16 code units after parsing, as Telegram does, and is at least 1; a longer card is
    cut (``core.cards.cut``). Beyond 100 entities the words stand unmarked.
    """
    return _written(fit(card, lambda part: _written(part).units, limit)).markup


def render_keyboard(card: Card) -> InlineKeyboardMarkup | None:
    """The card's buttons, or None if there are none.

    Rows of more than 8 go on in a further row; beyond 100 in all the last are left out. So are links that
    Telegram refuses, for one of them would lose the whole message.
    """
    rows: list[list[InlineKeyboardButton]] = []
    left = _BUTTONS
    for row in card.buttons:
        keys = [key for one in row if (key := _key(one.label, one.data, one.url))][:left]
        left -= len(keys)
        rows += [keys[start : start + _BUTTONS_IN_ROW] for start in range(0, len(keys), _BUTTONS_IN_ROW)]
    return InlineKeyboardMarkup(inline_keyboard=rows) if rows else None


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, the measure of Telegram's limits and offsets."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_blank(text: str) -> bool:
    """Whether Telegram shows nothing of it, and so takes it for an empty text."""
    if "!" <= text[:1] <= "~":  # as nearly every text begins
        return False
    return all(character in _BLANK or unicodedata.category(character) in _UNSEEN for character in text)


class _Writer:
    """Markup written so far, and how many UTF-16 units of text it has after parsing.

    Gaps and opening tags wait for words to follow, so that nothing is opened over nothing.
    """

    def __init__(self) -> None:
        self._markup: list[str] = []
        self._gap = 0
        self._waiting: list[str] = []
        self._entities = 0
        self.units = 0

    @property
    def markup(self) -> str:
        return "".join(self._markup) or ELLIPSIS

    def gap(self, lines: int) -> None:
        """Break the line this many times before the words that follow."""
        if self.units:
            self._gap = max(self._gap, lines)

    def text(self, text: str, tag: str = "") -> None:
        """Write cleaned plain text, marked with a tag if one is given."""
        if is_blank(text):
            return
        with self.tagged(tag):
            opening = "".join(f"<{waiting}>" for waiting in self._waiting)
            self._markup += ["\n" * self._gap, opening, escape(text, quote=False)]
            self.units += self._gap + utf16_length(text)
            self._gap = 0
            self._waiting.clear()

    @contextmanager
    def tagged(self, tag: str) -> Iterator[None]:
        """Mark the words written inside, as long as entities are left."""
        if not tag or self._entities >= _ENTITIES:
            yield
            return
        self._waiting.append(tag)
        self._entities += 1
        yield
        if self._waiting:
            self._waiting.pop()
            self._entities -= 1
        else:
            self._markup.append(f"</{tag.split()[0]}>")


def _written(card: Card) -> _Writer:
    writer = _Writer()
    writer.text(one_line(card.heading), "b")
    writer.gap(2)
    _write_blocks(writer, card.blocks, quoted=False)
    return writer


def _write_blocks(writer: _Writer, blocks: Iterable[Block], *, quoted: bool) -> None:
    for block in blocks:
        _write(writer, block, quoted=quoted)
        writer.gap(2)


def _write(writer: _Writer, block: Block, *, quoted: bool) -> None:
    match block:
        case Text():
            writer.text(clean(block.text).strip())
        case Note():
            writer.text(clean(block.text).strip(), "i")
        case Picture():
            writer.text(clean(block.words).strip())
        case Facts():
            for label, value in block.rows:
                writer.gap(1)
                words = one_line(label)
                writer.text(f"{words}: " if words else "")
                writer.text(clean(value).strip(), "b")
        case Table():
            _write_table(writer, block, quoted=quoted)
        case Listing():
            for number, item in enumerate(block.items, 1):
                tick = "" if item.checked is None else "☑ " if item.checked else "☐ "
                lead = f"{number}. {tick}" if block.numbered else tick or "• "
                writer.gap(1)
                writer.text(lead + clean(item.text).strip())
        case Section():
            _write_section(writer, block, quoted=quoted)


def _write_table(writer: _Writer, table: Table, *, quoted: bool) -> None:
    writer.text(one_line(table.caption), "b")
    writer.gap(1)
    # A quotation may not hold preformatted text, and in letters of unequal width columns do not stand.
    aligned = None if quoted else aligned_lines(table, width=_PRE_WIDTH)
    if aligned is None:
        writer.text("\n".join(joined_lines(table)))
    else:
        writer.text("\n".join(aligned), "pre")


def _write_section(writer: _Writer, section: Section, *, quoted: bool) -> None:
    writer.text(one_line(section.title), "b")
    writer.gap(1)
    # Quotations do not nest: an inner section stands in the outer one's.
    with writer.tagged("" if quoted else "blockquote" if section.open else "blockquote expandable"):
        _write_blocks(writer, section.blocks, quoted=True)


@lru_cache(maxsize=8_192)
def _key(label: str, data: str, url: str) -> InlineKeyboardButton | None:
    label = one_line(label)
    label = ELLIPSIS if is_blank(label) else shorten(label, _LABEL)
    if data:
        return InlineKeyboardButton(text=label, callback_data=data)
    href = safe_href(url, _LINK_SCHEMES)
    if href is None or not _is_public(href):
        return None
    return InlineKeyboardButton(text=label, url=href)


def _is_public(url: str) -> bool:
    """Telegram refuses a web address whose host is a bare name, such as localhost."""
    parts = urlsplit(url)
    return parts.scheme == "tg" or "." in (parts.hostname or "").strip(".")
