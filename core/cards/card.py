"""Card: what a message says. A channel decides how it looks.

All text is plain text, already in the reader's language; renderers escape it. A card carries no markup,
no messenger's ids and no secrets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Align(StrEnum):
    """Where a table column's cells stand."""

    LEFT = "left"
    CENTRE = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Text:
    """One paragraph; line breaks inside are kept."""

    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Label and value, a pair a line: ``(("Balance", "120.50 ₽"), …)``."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of at most 20 columns; ``align`` is one entry a column, or empty for all left.

    Rows may be shorter than the header: the missing cells are empty. A line break parts a cell's main words from
    its small print; where a cell is one line, " · " stands for it. Cells aligned right are never wrapped.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    align: tuple[Align, ...] = ()
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a list; ``checked`` is None where there is nothing to tick."""

    text: str
    checked: bool | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; numbered when the order matters."""

    items: tuple[Item, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part, collapsible where the channel can; sections do not nest deeper than three."""

    title: str
    blocks: tuple[Block, ...]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with the words that stand for it where it cannot be shown."""

    content: bytes
    media_type: str
    words: str


@dataclass(frozen=True, slots=True)
class Note:
    """Small print: a hint or a remark, less prominent than text."""

    text: str


Block = Text | Facts | Table | Listing | Section | Picture | Note


@dataclass(frozen=True, slots=True)
class Button:
    """A button: ``data`` is the tap's callback data (at most 64 bytes), or ``url`` opens a page."""

    label: str
    data: str = ""
    url: str = ""

    def __post_init__(self) -> None:
        if bool(self.data) == bool(self.url):
            raise ValueError(f"button {self.label!r} needs either data or url")
        if len(self.data.encode()) > 64:
            raise ValueError(f"button {self.label!r} carries more than 64 bytes")


@dataclass(frozen=True, slots=True)
class Card:
    """One message: heading, blocks top to bottom, rows of buttons below.

    ``fresh`` asks for a new message even where a tap would edit the one it stands on; ``toast`` is said beside it in
    answer to the tap. ``silent`` makes no sound where it arrives.
    """

    heading: str
    blocks: tuple[Block, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    fresh: bool = field(default=False, kw_only=True)
    toast: str = field(default="", kw_only=True)
    silent: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Toast:
    """A short answer to a tap, which changes no message; ``alert`` wants to be dismissed by hand."""

    text: str
    alert: bool = False


@dataclass(frozen=True, slots=True)
class FileSource:
    """The attachment that a file is, of a pupil's homework or (``student_id`` 0) of an announcement: a channel that
    hands files out later asks again whether the reader may have it."""

    attachment_id: int
    student_id: int = 0


@dataclass(frozen=True, slots=True)
class File:
    """A document sent as it is: name with extension, media type, bytes, and a line of words."""

    name: str
    media_type: str
    content: bytes
    words: str = ""
    source: FileSource | None = None


Reply = Card | Toast | File | None
