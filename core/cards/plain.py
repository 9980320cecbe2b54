"""Cards as plain text, for a terminal, an e-mail or an SMS, and the measuring of text in columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from core.cards.card import Align, Block, Card, Facts, Listing, Note, Picture, Section, Table, Text
from core.cards.cut import fit

# A terminal's usual width; wider tables go a line a row, joined.
_TABLE_WIDTH = 100

_INDENT = "  "
_GAP = "  "

_SPACES = re.compile("[ \n]+")
_LINE_ENDS = re.compile("\r\n|[\r\u2028\u2029]")
# Control characters could drive the reader's terminal; the direction overrides could turn round what stands
# after a name. A lone surrogate cannot be sent at all.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def render_plain(card: Card, *, limit: int | None = None) -> str:
    """The card without its buttons: blocks apart by an empty line, sections indented under their titles.

    ``limit`` counts code points and is at least 1; a longer card is cut (``core.cards.cut``). An empty card
    is an empty string.
    """
    if limit is not None:
        card = fit(card, lambda part: len(_text(part)), limit)
    return _text(card)


def clean(text: str) -> str:
    """Text fit for any channel: line ends as "\\n", no tabs, control characters or direction overrides."""
    # Nearly every text, and in a tenth of the time.
    if text.isprintable() or text.replace("\n", "").isprintable():
        return text
    text = _LINE_ENDS.sub("\n", text).replace("\t", " ")
    return _SURROGATES.sub("\ufffd", _UNPRINTABLE.sub("", text))


def one_line(text: str) -> str:
    """The text cleaned, with every run of spaces and line ends made one space; no-break spaces stay."""
    return _joined(clean(text))


def _joined(text: str) -> str:
    if "\n" in text or "  " in text:
        text = _SPACES.sub(" ", text)
    return text.strip(" ")


def display_width(text: str) -> int:
    """How many columns of a fixed-width font the text takes (Unicode Standard Annex 11).

    Wide and full-width characters take two, combining marks (Thai vowels above and below among them) and
    format characters none.
    """
    return sum(_character_width(character) for character in text)


def table_cells(table: Table) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows, every row as long as the longest, every cell one line; an empty header is ``()``."""
    columns = max((len(row) for row in (table.header, *table.rows)), default=0)

    def filled(row: Sequence[str]) -> tuple[str, ...]:
        return (*map(_cell, row), *[""] * (columns - len(row)))

    header = filled(table.header)
    return (header if any(header) else ()), [filled(row) for row in table.rows]


def _cell(text: str) -> str:
    text = clean(text)
    if "\n" not in text:
        return _joined(text)
    return " · ".join(line for part in text.split("\n") if (line := _joined(part)))


def aligned_lines(table: Table, *, width: int) -> list[str] | None:
    """The table in aligned columns, a rule under the header; None if it is wider than ``width`` columns.

    The caption is left out.
    """
    header, rows = table_cells(table)
    lines = [header, *rows] if header else rows
    if not lines or not lines[0]:
        return []
    widths = [max(map(display_width, column)) for column in zip(*lines, strict=True)]
    if sum(widths) + len(_GAP) * (len(widths) - 1) > width:
        return None
    align = (*table.align[: len(widths)], *[Align.LEFT] * (len(widths) - len(table.align)))
    drawn = [
        _GAP.join(_padded(*cell) for cell in zip(line, widths, align, strict=True)).rstrip() for line in lines
    ]
    if header:
        drawn.insert(1, _GAP.join("-" * column for column in widths).rstrip())
    return drawn


def joined_lines(table: Table) -> list[str]:
    """The table a line a row, cells apart by "·", an empty cell as "–"; the caption is left out."""
    header, rows = table_cells(table)
    lines = [header, *rows] if header else rows
    return [" · ".join(cell or "–" for cell in line) for line in lines if any(line)]


def _text(card: Card) -> str:
    parts = [[one_line(card.heading)], *map(_lines, card.blocks)]
    return "\n".join(_apart(parts))


def _apart(parts: Iterable[Sequence[str]]) -> list[str]:
    """All lines, with an empty one between the parts that have any words."""
    lines: list[str] = []
    for part in parts:
        if any(line.strip() for line in part):
            lines += ["", *part] if lines else part
    return lines


def _lines(block: Block) -> list[str]:
    match block:
        case Text() | Note():
            return _split(block.text)
        case Picture():
            return _split(block.words)
        case Facts():
            return [line for label, value in block.rows for line in _hung(_label(label), value)]
        case Table():
            drawn = aligned_lines(block, width=_TABLE_WIDTH)
            lines = joined_lines(block) if drawn is None else drawn
            caption = one_line(block.caption)
            return [caption, *lines] if caption else lines
        case Listing():
            return [
                line
                for number, item in enumerate(block.items, 1)
                for line in _hung(_bullet(number if block.numbered else None, item.checked), item.text)
            ]
        case Section():
            inside = _apart(map(_lines, block.blocks))
            return [one_line(block.title), *(f"{_INDENT}{line}".rstrip() for line in inside)]


def _label(label: str) -> str:
    words = one_line(label)
    return f"{words}: " if words else ""


def _bullet(number: int | None, checked: bool | None) -> str:
    tick = "" if checked is None else "[x] " if checked else "[ ] "
    if number is not None:
        return f"{number}. {tick}"
    return tick or "- "


def _split(text: str) -> list[str]:
    return [line.rstrip() for line in clean(text).strip().split("\n")]


def _hung(lead: str, text: str) -> list[str]:
    """The text after its lead, further lines indented."""
    first, *rest = _split(text)
    return [(lead + first).rstrip(), *((_INDENT + line).rstrip() for line in rest)]


def _padded(text: str, width: int, align: Align) -> str:
    missing = width - display_width(text)
    before = {Align.LEFT: 0, Align.CENTRE: missing // 2, Align.RIGHT: missing}[align]
    return " " * before + text + " " * (missing - before)


def _character_width(character: str) -> int:
    # Korean vowels and finals join the syllable before them, though they are letters.
    if unicodedata.category(character) in ("Mn", "Me", "Cf") or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
