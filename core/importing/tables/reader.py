"""One way to read a table, whichever program wrote it: sheets, rows by number, and what stands in each cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from core.errors import UnreadableFile
from core.importing.cells import Problem
from core.importing.said import Said

MOST_COLUMNS = 256
_MOST_NAMED = 10
_WORKBOOK = b"PK\x03\x04"
_SHORT = re.compile(r"(\d)(?:[.,](\d+))?[eE]\+?(\d{1,3})", re.ASCII)
_SURE_DIGITS = 15
"""More a spreadsheet does not keep of a number."""
_OLD = b"\xd0\xcf\x11\xe0"


class NoValue(str):
    """A cell that says nothing that could be taken: a formula without a value, or an error of the spreadsheet; the
    words say which."""

    __slots__ = ()


Value = str | int | float | bool | date | datetime | time | NoValue | None


@dataclass(frozen=True, slots=True)
class Line:
    """One row, numbered as the spreadsheet does; cells that are merged all say what the first of them says."""

    number: int
    cells: Sequence[Value]
    is_hidden: bool = False

    def text(self, column: int) -> str:
        """What a cell says, trimmed: whole numbers without a point, days as 2026-09-01. Empty for none."""
        return text_of(self.cells[column]) if column < len(self.cells) else ""

    def value(self, column: int) -> Value:
        """The cell as it is."""
        return self.cells[column] if column < len(self.cells) else None

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in it, not even what says no value."""
        return not any(isinstance(cell, NoValue) or text_of(cell) for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet by name; a CSV file is one without a name."""

    file: str
    name: str
    is_hidden: bool
    lines: Callable[[], Iterator[Line]]
    """Reads it from the beginning; blank rows are passed over. Raises UnreadableFile."""
    about: Callable[[], int] = lambda: 0
    """About how many rows it has; 0 where that is not known without reading them."""

    @property
    def place(self) -> str:
        """What problems call it."""
        return f"{self.file}, {self.name}" if self.name else self.file

    def problem(self, row: int, column: int | None, words: str, *, rejected: bool = True) -> Problem:
        """A problem of a cell, or of a row."""
        where = "" if column is None else column_name(column)
        return Problem(self.place, row, where, words, rejected)


@dataclass(frozen=True, slots=True)
class Table:
    """A file with its sheets in order; ``starts_1904`` is how it counts days; ``remark`` is to be said of all of it."""

    file: str
    sheets: tuple[Sheet, ...]
    starts_1904: bool = False
    remark: str = ""

    @property
    def seen(self) -> tuple[Sheet, ...]:
        """The sheets that are not hidden; all, where all are."""
        return tuple(one for one in self.sheets if not one.is_hidden) or self.sheets


def open_table(path: Path) -> Table:
    """Open a workbook or a CSV file; rows are read when asked for.

    Raises UnreadableFile, also for old workbooks and those with a password, folders and whatever else.
    """
    from core.importing.tables.texts import open_text
    from core.importing.tables.workbooks import open_workbook

    try:
        if path.is_dir():
            raise UnreadableFile(Said("{file}: this is a folder; name the file", file=path.name))
        with path.open("rb") as stream:
            head = stream.read(8)
    except OSError as error:
        raise UnreadableFile(
            Said("{file}: cannot be read ({why})", file=path.name, why=error.strerror)
        ) from None
    if not head:
        raise UnreadableFile(Said("{file}: the file is empty", file=path.name))
    if head.startswith(_OLD):
        raise UnreadableFile(
            Said(
                "{file}: an old workbook (.xls) or one with a password; save it as .xlsx without a password",
                file=path.name,
            )
        )
    if head.startswith(_WORKBOOK):
        return open_workbook(path)
    return open_text(path)


def text_of(value: Value) -> str:
    """What a cell says, as a line of text."""
    if value is None or isinstance(value, NoValue):
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def number_of(value: Value) -> str | None:
    """A phone or a register's number as it was meant: ``7.9161234567E+10`` is 79161234567. None where the spreadsheet
    has cut its last digits off, as in ``7.9161E+10``."""
    text = text_of(value)
    found = _SHORT.fullmatch(text)
    if found is None:
        return text
    rest, places = found[2] or "", int(found[3])
    return f"{found[1]}{rest}" if len(rest) == places and len(rest) < _SURE_DIGITS else None


def hidden_rows(sheet: Sheet, rows: Sequence[int]) -> str:
    """What to say of rows that the spreadsheet does not show, as a filter leaves them: they are taken in."""
    named = ", ".join(str(one) for one in rows[:_MOST_NAMED]) + (" …" if len(rows) > _MOST_NAMED else "")
    return Said("{sheet}: rows that are hidden are taken in, too: {rows}", sheet=sheet.place, rows=named)


def cut_off(text: str) -> str:
    """What to say of a number that ``number_of`` does not know."""
    return (
        f"{text[:40]!r} has lost its last digits in a spreadsheet; format the column as text and type it anew"
    )


def column_name(column: int) -> str:
    """``A`` for 0, ``AA`` for 26."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
