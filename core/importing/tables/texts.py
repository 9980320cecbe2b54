"""CSV: its letters and its separator found out, read row by row."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.errors import UnreadableFile
from core.importing.letters import CODE_PAGES, Opener, encoding_of, opened_text
from core.importing.said import Said
from core.importing.tables.reader import MOST_COLUMNS, Line, Sheet, Table, Value

_MEGABYTE = 1024 * 1024
_LARGEST = 512 * _MEGABYTE
_DELIMITERS = ";\t,|"
_LOOKED_AT = 20
_LONGEST_LINE = _MEGABYTE


def open_text(path: Path) -> Table:
    """Raises UnreadableFile for what is no text, or too large."""
    if path.stat().st_size > _LARGEST:
        raise UnreadableFile(
            Said("{file}: larger than {count} MB", file=path.name, count=_LARGEST // _MEGABYTE)
        )
    opener = _opener(path)
    encoding = encoding_of(opener, path.name)
    delimiter = _delimiter(opener, encoding)
    remark = ""
    if encoding in CODE_PAGES:
        remark = Said(
            "{file} is not UTF-8: read as {encoding}", file=path.name, encoding=CODE_PAGES[encoding]
        )
    sheet = Sheet(
        path.name,
        "",
        False,
        lambda: _lines(opener, encoding, delimiter, path.name),
        lambda: _count(opener),
    )
    return Table(path.name, (sheet,), remark=remark)


def _opener(path: Path) -> Opener:
    @contextmanager
    def opened() -> Iterator[IO[bytes]]:
        try:
            with path.open("rb") as stream:
                yield stream
        except OSError as error:
            raise UnreadableFile(
                Said("{file}: cannot be read ({why})", file=path.name, why=error.strerror)
            ) from None

    return opened


def _count(opener: Opener) -> int:
    found = 0
    with opener() as stream:
        while piece := stream.read(_MEGABYTE):
            found += piece.count(b"\n")
    return found


def _delimiter(opener: Opener, encoding: str) -> str:
    """The one that most of the first lines have equally often: a title above the table has none."""
    with opened_text(opener, encoding) as text:
        lines = [text.readline(_LONGEST_LINE) for _ in range(_LOOKED_AT)]
    if lines and (said := lines[0].strip().casefold()).startswith("sep=") and len(said) == 5:
        return said[4]

    def sureness(delimiter: str) -> tuple[int, int]:
        counts = Counter(line.count(delimiter) for line in lines if delimiter in line)
        often = counts.most_common(1)
        return (often[0][1], often[0][0]) if often else (0, 0)

    return max(_DELIMITERS, key=sureness)


def _lines(opener: Opener, encoding: str, delimiter: str, file: str) -> Iterator[Line]:
    with opened_text(opener, encoding) as text:
        reader = csv.reader(_short(text, file), delimiter=delimiter, strict=True)
        number = 0
        while True:
            begins = reader.line_num + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                words = "a quote is opened and never closed" if "end of data" in str(error) else str(error)
                raise UnreadableFile(
                    Said("{file}, line {row}: {words}", file=file, row=begins, words=words)
                ) from None
            if row is None:
                return
            number += 1
            if number == 1 and len(row) <= 2 and row and row[0].casefold().startswith("sep="):
                continue
            if any(cell and not cell.isspace() for cell in row):
                cells: list[Value] = [cell.replace("\0", "") for cell in row[:MOST_COLUMNS]]
                yield Line(number, cells)


def _short(text: IO[str], file: str) -> Iterator[str]:
    while line := text.readline(_LONGEST_LINE):
        if len(line) >= _LONGEST_LINE:
            raise UnreadableFile(Said("{file}: a line is longer than any table's; refused", file=file))
        yield line
