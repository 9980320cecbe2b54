"""Workbooks (.xlsx, .xlsm): opened safely with openpyxl, and read row by row.

openpyxl's own reading says nothing of formulas that were never worked out, nor of merged cells; so its parser of sheets
is used directly. Its XML is read by defusedxml, which knows no entities.
"""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.datetime import MAC_EPOCH
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from core.errors import UnreadableFile
from core.importing.said import Said
from core.importing.tables.reader import MOST_COLUMNS, Line, NoValue, Sheet, Table, Value, text_of

_MEGABYTE = 1024 * 1024
_LARGEST_SHEET = 512 * _MEGABYTE
_LARGEST_STRINGS = 64 * _MEGABYTE
"""Held in memory whole, and several times as large there."""
_LARGEST_RATIO = 100
_SMALL_ENOUGH = 4 * _MEGABYTE
_MOST_PARTS = 2_000
_MOST_SHEETS = 100
_MOST_MERGES = 20_000
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_AT_ONCE = _MEGABYTE
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, ParseError, DefusedXmlException),
    *(KeyError, ValueError, TypeError, IndexError, AttributeError, NotImplementedError, RuntimeError),
)


def open_workbook(path: Path) -> Table:
    """Raises UnreadableFile."""
    with _damage_said(path.name):
        with zipfile.ZipFile(path) as archive:
            _check(path.name, archive)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        try:
            names = [(one.title, one.sheet_state != "visible") for one in book.worksheets]
            starts_1904 = book.epoch == MAC_EPOCH
        finally:
            book.close()
    if not names:
        raise UnreadableFile(Said("{file}: there is no sheet in it", file=path.name))
    if len(names) > _MOST_SHEETS:
        raise UnreadableFile(Said("{file}: has {count} sheets; refused", file=path.name, count=len(names)))
    sheets = tuple(
        Sheet(path.name, name, is_hidden, lambda number=number: _lines(path, number))  # type: ignore[misc]
        for number, (name, is_hidden) in enumerate(names)
    )
    return Table(path.name, sheets, starts_1904)


def _check(file: str, archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if "xl/workbook.xml" not in archive.namelist():
        raise UnreadableFile(
            Said("{file}: a zip, but no workbook; save the table as .xlsx or .csv", file=file)
        )
    if len(parts) > _MOST_PARTS:
        raise UnreadableFile(Said("{file}: unpacks to far more than a table holds; refused", file=file))
    for part in parts:
        if part.flag_bits & 0x1:
            raise UnreadableFile(Said("{file}: has a password; save it without one", file=file))
        is_sheet = part.filename.startswith("xl/worksheets/")
        most = _LARGEST_SHEET if is_sheet else _LARGEST_STRINGS
        ratio = max(_SMALL_ENOUGH, part.compress_size * _LARGEST_RATIO)
        if part.file_size > min(most, ratio) and not part.filename.startswith("xl/media/"):
            raise UnreadableFile(Said("{file}: unpacks to far more than a table holds; refused", file=file))


@contextmanager
def _damage_said(file: str) -> Iterator[None]:
    try:
        yield
    except UnreadableFile:
        raise
    except _DAMAGE:
        raise UnreadableFile(Said("{file}: not a workbook, or a damaged one", file=file)) from None


class _Parser(WorkSheetParser):  # type: ignore[misc]
    """openpyxl's, which also tells formulas that have no value, cells that are errors, and rows that are hidden."""

    def is_hidden(self, number: int) -> bool:
        """Whether the row that was parsed last is; what else is noted of it is forgotten, for there are many rows."""
        return (self.row_dimensions.pop(str(number), {}).get("hidden") or "0") not in ("0", "false")

    def parse_cell(self, element: Any) -> dict[str, Any]:
        """One cell."""
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["value"] is None and element.find(FORMULA_TAG) is not None:
            cell["value"] = NoValue(
                "a formula that was never worked out; open and save the file in a spreadsheet"
            )
        elif cell["data_type"] == "e":
            cell["value"] = NoValue(f"an error of the spreadsheet, {cell['value']}")
        return cell


@dataclass(slots=True)
class _Merges:
    """Ranges of merged cells, and what those that we are in say."""

    ranges: list[tuple[int, int, int, int]]
    values: dict[int, Value] = field(default_factory=dict)
    """By the place of the range."""
    next: int = 0
    open: list[int] = field(default_factory=list)

    def fill(self, number: int, cells: list[Value]) -> None:
        """Let each cell of a range say what its first one says; ranges come in the order of their first rows."""
        while self.next < len(self.ranges) and self.ranges[self.next][1] <= number:
            self.open.append(self.next)
            self.next += 1
        self.open = [one for one in self.open if self.ranges[one][3] >= number]
        for one in self.open:
            left, top, right, _bottom = self.ranges[one]
            if top == number and left <= len(cells):
                self.values[one] = cells[left - 1]
            value = self.values.get(one)
            if value is None:
                continue
            right = min(right, MOST_COLUMNS)
            cells.extend([None] * (right - len(cells)))
            for column in range(left - 1, right):
                cells[column] = value


def _lines(path: Path, sheet: int) -> Iterator[Line]:
    with _damage_said(path.name), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        try:
            page = book.worksheets[sheet]
            with page._get_source() as source:
                merges = _Merges(_merged(source))
            with page._get_source() as source:
                parser = _Parser(
                    source,
                    page._shared_strings,
                    data_only=True,
                    epoch=book.epoch,
                    date_formats=book._date_formats,
                    timedelta_formats=book._timedelta_formats,
                )
                for number, row in parser.parse():
                    line = _line(number, row, merges, is_hidden=parser.is_hidden(number))
                    if line is not None:
                        yield line
        finally:
            book.close()


def _line(number: int, row: list[dict[str, Any]], merges: _Merges, *, is_hidden: bool) -> Line | None:
    cells: list[Value] = []
    for cell in row:
        column = cell["column"] - 1
        if column >= MOST_COLUMNS:
            break
        cells.extend([None] * (column + 1 - len(cells)))
        cells[column] = cell["value"]
    if merges.ranges:
        merges.fill(number, cells)
    while cells and not (isinstance(cells[-1], NoValue) or text_of(cells[-1])):
        cells.pop()
    return Line(number, cells, is_hidden) if cells else None


def _merged(source: Any) -> list[tuple[int, int, int, int]]:
    """The ranges as (left, top, right, bottom), which a sheet names after its rows."""
    found: list[tuple[int, int, int, int]] = []
    rest = b""
    while piece := source.read(_AT_ONCE):
        text = rest + piece
        last = 0
        for match in _MERGE.finditer(text):
            found.append(range_boundaries(match[1].decode()))
            last = match.end()
        rest = text[max(last, len(text) - 200) :]
        if len(found) > _MOST_MERGES:
            break
    return sorted(found, key=lambda one: (one[1], one[0]))
