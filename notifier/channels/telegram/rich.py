"""Cards as Telegram's rich messages (Bot API 10.2 and later), built of typed blocks.

Limits: https://core.telegram.org/bots/api#rich-message-limits
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from aiogram.types import (
    InputRichBlockDetails,
    InputRichBlockFooter,
    InputRichBlockList,
    InputRichBlockListItem,
    InputRichBlockParagraph,
    InputRichBlockSectionHeading,
    InputRichBlockTable,
    InputRichMessage,
    RichBlockTableCell,
    RichTextBold,
)
from aiogram.types.input_rich_block_union import InputRichBlockUnion
from aiogram.types.rich_text_union import RichTextUnion

from core.cards.card import Align, Block, Card, Facts, Item, Listing, Note, Picture, Section, Table, Text
from core.cards.cut import ELLIPSIS, fit
from core.cards.plain import clean, display_width, one_line, table_cells
from notifier.channels.telegram.html import is_blank, utf16_length

_CHARACTERS = 32_768
_BLOCKS = 500
_COLUMNS = 20

# Telegram allows 16 levels of blocks and marked text together; a list inside takes five of them.
_DETAILS_DEEP = 8

# Wider pairs would be broken in the narrow halves of a table on a phone, and read better as lines.
_LABEL_WIDTH = 20
_VALUE_WIDTH = 24

# From this many columns on, cells go closer together.
_CROWDED = 4

# A table's cell without text is not drawn at all, which would leave a hole in the frame.
_NOTHING = "\N{NO-BREAK SPACE}"

_HEADING_SIZE = 2


def render_rich(card: Card) -> InputRichMessage:
    """The card without its buttons; never empty: "…" stands for nothing to see.

    At most 32,768 UTF-16 code units and 500 blocks, list items and table rows counted, whatever the card: a
    longer one is cut (``core.cards.cut``). Columns from the 20th on share the last one; sections deeper than
    8 stand open in the one around them. Pictures are their words: the sender adds the media.
    """
    try:
        blocks = _built(card)
    except _OverLimitError:
        blocks = _built(fit(card, _overflows, 0))
    return InputRichMessage(blocks=blocks)


def _overflows(card: Card) -> int:
    """1 if the card is beyond the limits, else 0; never builds much more than the limits allow."""
    try:
        _built(card)
    except _OverLimitError:
        return 1
    return 0


def _built(card: Card) -> list[InputRichBlockUnion]:
    return _Builder().message(card)


class _OverLimitError(Exception):
    """More characters or blocks than a rich message takes."""


class _Builder:
    """Builds one message, counting what Telegram counts."""

    def __init__(self) -> None:
        self._characters = 0
        self._blocks = 0

    def message(self, card: Card) -> list[InputRichBlockUnion]:
        built: list[InputRichBlockUnion] = []
        heading = one_line(card.heading)
        if not is_blank(heading):
            self._count_block()
            built.append(_heading(self._words(heading)))
        built += self._all(card.blocks, 0)
        return built or [self._paragraph(ELLIPSIS)]

    def _all(self, blocks: Iterable[Block], depth: int) -> list[InputRichBlockUnion]:
        return [built for block in blocks for built in self._one(block, depth)]

    def _one(self, block: Block, depth: int) -> list[InputRichBlockUnion]:
        match block:
            case Text(words) | Picture(words=words):
                text = clean(words).strip()
                return [] if is_blank(text) else [self._paragraph(text)]
            case Note(words):
                text = clean(words).strip()
                if is_blank(text):
                    return []
                self._count_block()
                return [InputRichBlockFooter(text=self._words(text))]
            case Facts():
                return self._facts(block)
            case Table():
                return self._table(block)
            case Listing():
                return self._listing(block)
            case Section():
                return self._section(block, depth)

    def _facts(self, facts: Facts) -> list[InputRichBlockUnion]:
        rows = [(one_line(label), clean(value).strip()) for label, value in facts.rows]
        rows = [row for row in rows if not is_blank("".join(row))]
        if not rows:
            return []
        self._count_block()
        if all(
            display_width(label) <= _LABEL_WIDTH
            and display_width(value) <= _VALUE_WIDTH
            and "\n" not in value
            for label, value in rows
        ):
            return [InputRichBlockTable(cells=[self._pair(label, value) for label, value in rows])]
        lines: list[RichTextUnion] = []
        for label, value in rows:
            if lines:
                lines.append(self._words("\n"))
            if label:
                lines += [self._bold(f"{label}:"), self._words(" ")]
            lines.append(self._words(value))
        return [InputRichBlockParagraph(text=[part for part in lines if part != ""])]

    def _pair(self, label: str, value: str) -> list[RichBlockTableCell]:
        self._count_block()
        return [
            _cell(self._words(_shown(label)), Align.LEFT),
            _cell(self._words(_shown(value)), Align.LEFT, is_bold=True),
        ]

    def _table(self, table: Table) -> list[InputRichBlockUnion]:
        # Every row is a block: rows beyond the limit need not be looked at to know that they are too many.
        if len(table.rows) > _BLOCKS:
            raise _OverLimitError
        header, rows = table_cells(table)
        caption = one_line(table.caption)
        if is_blank("".join(header)) and all(is_blank(cell) for row in rows for cell in row):
            return [] if is_blank(caption) else [self._paragraph(caption)]
        self._count_block()
        columns = min(len(header or rows[0]), _COLUMNS)
        align = [*table.align[:columns], *[Align.LEFT] * (columns - len(table.align))]
        cells = [self._row(header, align, is_header=True)] if header else []
        cells += [self._row(row, align) for row in rows]
        return [
            InputRichBlockTable(
                cells=cells,
                is_bordered=True,
                is_compact=True if columns >= _CROWDED else None,
                caption=None if is_blank(caption) else self._words(caption),
            )
        ]

    def _row(
        self, cells: Sequence[str], align: Sequence[Align], *, is_header: bool | None = None
    ) -> list[RichBlockTableCell]:
        self._count_block()
        if len(cells) > len(align):
            last = len(align) - 1
            cells = [*cells[:last], " · ".join(filter(None, cells[last:]))]
        return [
            _cell(self._words(_shown(cell)), side, is_header) for cell, side in zip(cells, align, strict=True)
        ]

    def _listing(self, listing: Listing) -> list[InputRichBlockUnion]:
        if not listing.items:
            return []
        self._count_block()
        return [
            InputRichBlockList(
                items=[
                    self._item(item, number if listing.numbered else None)
                    for number, item in enumerate(listing.items, 1)
                ]
            )
        ]

    def _item(self, item: Item, number: int | None) -> InputRichBlockListItem:
        self._count_block()
        self._count_block()
        return _list_item(self._words(_shown(clean(item.text).strip())), item.checked, number)

    def _section(self, section: Section, depth: int) -> list[InputRichBlockUnion]:
        title = one_line(section.title)
        titled = not is_blank(title)
        if depth < _DETAILS_DEEP:
            inside = self._all(section.blocks, depth + 1)
            if inside:
                self._count_block()
                summary = self._words(title if titled else ELLIPSIS)
                opened = True if section.open else None
                return [InputRichBlockDetails(summary=summary, blocks=inside, is_open=opened)]
            blocks: tuple[Block, ...] = ()
        else:
            blocks = section.blocks
        heading: list[InputRichBlockUnion] = []
        if titled:
            self._count_block()
            heading.append(InputRichBlockParagraph(text=self._bold(title)))
        return heading + self._all(blocks, depth)

    def _paragraph(self, text: str) -> InputRichBlockParagraph:
        self._count_block()
        return _paragraph(self._words(text))

    def _bold(self, text: str) -> RichTextBold:
        return RichTextBold(text=self._words(text))

    def _words(self, text: str) -> str:
        self._characters += utf16_length(text)
        if self._characters > _CHARACTERS:
            raise _OverLimitError
        return text

    def _count_block(self) -> None:
        self._blocks += 1
        if self._blocks > _BLOCKS:
            raise _OverLimitError


# What is built of a single text is never changed, and subjects, marks, days and headings come again and again: checking
# one takes longer than finding it.


@lru_cache(maxsize=2_048)
def _heading(text: str) -> InputRichBlockSectionHeading:
    return InputRichBlockSectionHeading(text=text, size=_HEADING_SIZE)


@lru_cache(maxsize=2_048)
def _paragraph(text: str) -> InputRichBlockParagraph:
    return InputRichBlockParagraph(text=text)


@lru_cache(maxsize=8_192)
def _cell(
    text: str, align: Align, is_header: bool | None = None, *, is_bold: bool = False
) -> RichBlockTableCell:
    words: RichTextUnion = RichTextBold(text=text) if is_bold else text
    return RichBlockTableCell(align=align.value, valign="top", text=words, is_header=is_header)


@lru_cache(maxsize=2_048)
def _list_item(text: str, checked: bool | None, number: int | None) -> InputRichBlockListItem:
    return InputRichBlockListItem(
        blocks=[InputRichBlockParagraph(text=text)],
        has_checkbox=None if checked is None else True,
        is_checked=checked,
        value=number,
        type=None if number is None else "1",
    )


def _shown(text: str) -> str:
    return _NOTHING if is_blank(text) else text
