"""A register's files, from a folder or a zip: found safely, decoded forgivingly, read row by row.

Everything that makes a file unusable as a whole is an UnreadableFile with one clear line; a fault of one row is a
Problem, and the other rows go on.
"""

from __future__ import annotations

import csv
import itertools
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from core.errors import UnreadableFile
from core.importing.cells import Problem, Row
from core.importing.letters import CODE_PAGES, Opener, encoding_of, opened_text
from core.importing.said import Said

_MEGABYTE = 1024 * 1024
_LARGEST_FILE = 64 * _MEGABYTE
_LARGEST_PACKAGE = 256 * _MEGABYTE
_MOST_FILES = 1_000
_MOST_ROWS = 500_000
_LARGEST_RATIO = 50
_SMALL_ENOUGH = _MEGABYTE
_DELIMITERS = ",;\t|"
_FREE_TEXT = frozenset({"comment", "description"})
"""Columns whose cells may go over several lines."""
_LONGEST = 500
"""Letters of an id or a name; PostgreSQL's indexes hold not many more."""


@dataclass(slots=True)
class Package:
    """The CSV files of a register by lower-case name without ``.csv``; read when asked for."""

    name: str
    _open: dict[str, Opener] = field(default_factory=dict)
    _encodings: dict[str, str] = field(default_factory=dict)

    def __contains__(self, table: str) -> bool:
        return table.casefold() in self._open

    def rows(self, table: str, required: tuple[str, ...] = ()) -> Iterator[Row]:
        """The rows of a table, rejected ones too; none where there is no such file.

        Raises UnreadableFile for what is no CSV, or lacks a required column.
        """
        opener = self._open.get(table.casefold())
        if opener is None:
            return
        with opened_text(opener, self._encoding(table, opener)) as lines:
            yield from _Reader(lines, f"{table}.csv").rows(required)

    def columns(self, table: str) -> frozenset[str]:
        """The names in a table's first row, without case and spaces; none where there is no such file.

        Raises UnreadableFile.
        """
        opener = self._open.get(table.casefold())
        if opener is None:
            return frozenset()
        with opened_text(opener, self._encoding(table, opener)) as lines:
            return frozenset(_Reader(lines, f"{table}.csv").header())

    def _encoding(self, table: str, opener: Opener) -> str:
        encoding = self._encodings.get(table)
        if encoding is None:
            encoding = self._encodings[table] = encoding_of(opener, f"{table}.csv")
        return encoding

    def remarks(self) -> list[Problem]:
        """What is to be said of the files that were read so far."""
        return [
            Problem(
                f"{table}.csv",
                1,
                "",
                Said("is not UTF-8: read as {encoding}", encoding=CODE_PAGES[encoding]),
                rejected=False,
            )
            for table, encoding in self._encodings.items()
            if encoding in CODE_PAGES
        ]


class _Reader:
    def __init__(self, lines: Iterable[str], file: str) -> None:
        self._file = file
        beginning = iter(lines)
        self._blank = 0
        first = ""
        for first in beginning:
            if first.strip():
                break
            self._blank += 1
        self._delimiter = max(_DELIMITERS, key=first.count)
        # A quote that nobody closes would swallow the rows after it without a word if this were not strict.
        self._reader = csv.reader(itertools.chain([first], beginning), delimiter=self._delimiter, strict=True)

    def header(self) -> list[str]:
        """The names of the columns. Raises UnreadableFile where there are none."""
        header = ["".join(cell.split()).casefold() for cell in self._cells() or []]
        if not any(header):
            raise UnreadableFile(
                Said(
                    "{file}: the file is empty; expected a first row with the names of the columns",
                    file=self._file,
                )
            )
        return header

    def rows(self, required: tuple[str, ...]) -> Iterator[Row]:
        header = self.header()
        lacking = [column for column in required if column.casefold() not in header]
        if lacking:
            raise UnreadableFile(
                Said(
                    "{file}: the column {column} is missing; is this the right kind of file?",
                    file=self._file,
                    column=lacking[0],
                )
            )
        while not header[-1]:
            header.pop()
        for number in itertools.count(self._blank + 2):
            cells = self._cells()
            if cells is None:
                return
            if number > _MOST_ROWS:
                raise UnreadableFile(
                    Said(
                        "{file}: has more than {most} rows; refused", file=self._file, most=f"{_MOST_ROWS:,}"
                    )
                )
            if isinstance(cells, str):
                yield Row(self._file, number, {}, (Problem(self._file, number, "", cells),))
            elif any(cell.strip() for cell in cells):
                yield self._row(header, number, [cell.strip() for cell in cells])

    def _cells(self) -> list[str] | str | None:
        """The next record; what is wrong with its quotes where that harms no other row; None at the end."""
        before = self._reader.line_num
        try:
            return next(self._reader, None)
        except csv.Error as error:
            at_end = "end of data" in str(error)
            if self._reader.line_num == before + 1 and "expected after" in str(error) and before:
                return Said("a quote stands inside a quoted cell; write it twice")
            words = (
                Said("a quote is opened in it and never closed")
                if at_end
                else Said("{error}; is a quote left open?", error=error)
            )
            raise UnreadableFile(
                Said(
                    "{file}, line {line}: {words}",
                    file=self._file,
                    line=self._blank + before + 1,
                    words=words,
                )
            ) from None

    def _row(self, header: Sequence[str], number: int, cells: Sequence[str]) -> Row:
        filled = [*cells, *[""] * (len(header) - len(cells))]
        named = {name: cell for name, cell in zip(header, filled, strict=False) if name}
        problems = [
            Problem(self._file, number, column, words, rejected)
            for column, words, rejected in (
                *self._wrong_width(header, cells),
                *self._wrong_cells(header, named),
            )
        ]
        return Row(self._file, number, named, tuple(problems))

    def _wrong_width(self, header: Sequence[str], cells: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
        if any(cells[len(header) :]):
            yield (
                "",
                Said(
                    "has {cells} cells, the header {header}; is one with a separator not quoted?",
                    cells=len(cells),
                    header=len(header),
                ),
                True,
            )
        elif len(cells) < len(header):
            yield (
                "",
                Said(
                    "has only {cells} of {header} cells; the last ones are taken as empty",
                    cells=len(cells),
                    header=len(header),
                ),
                False,
            )

    @staticmethod
    def _may_be_long(column: str) -> bool:
        """Lists of ids, comments, and what other programs keep for themselves."""
        return column in _FREE_TEXT or column.endswith(("ids", "grades", "subjects")) or "." in column

    def _wrong_cells(self, header: Sequence[str], named: dict[str, str]) -> Iterator[tuple[str, str, bool]]:
        for column, cell in named.items():
            if "\0" in cell:
                yield column, Said("holds a character that no text has (NUL)"), True
            if len(cell) > _LONGEST and not self._may_be_long(column):
                yield column, Said("holds {count} letters, more than any name or id", count=len(cell)), True
            if "\n" in cell or "\r" in cell:
                swallowed = any(
                    line.count(self._delimiter) >= max(len(header) - 1, 1) for line in cell.splitlines()
                )
                if swallowed or column not in _FREE_TEXT:
                    yield column, Said("goes over several lines; is a quote left open?"), True


def files_in(path: Path) -> list[Path] | None:
    """The files of a folder, in order; None where the path is none. Raises UnreadableFile."""
    try:
        return sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else None
    except OSError as error:
        raise UnreadableFile(
            Said("{file}: cannot be read ({reason})", file=path.name, reason=error.strerror)
        ) from None


def open_package(path: Path) -> Package:
    """A folder or a zip of CSV files. Raises UnreadableFile."""
    folder = files_in(path)
    if folder is not None:
        files = [file for file in folder if file.suffix.casefold() == ".csv"]
        if not files:
            raise UnreadableFile(Said("{file}: there is no .csv file in this folder", file=path.name))
        return Package(path.name, {file.stem.casefold(): _from_disk(file) for file in files})
    if not path.exists():
        raise UnreadableFile(Said("{path}: there is no such file or folder", path=path))
    if path.stat().st_size == 0:
        raise UnreadableFile(Said("{file}: the file is empty", file=path.name))
    return _open_zip(path)


def _from_disk(file: Path) -> Opener:
    @contextmanager
    def opened() -> Iterator[IO[bytes]]:
        try:
            if file.stat().st_size > _LARGEST_FILE:
                raise UnreadableFile(
                    Said("{file}: larger than {size} MB", file=file.name, size=_LARGEST_FILE // _MEGABYTE)
                )
            with file.open("rb") as stream:
                yield stream
        except OSError as error:
            raise UnreadableFile(
                Said("{file}: cannot be read ({reason})", file=file.name, reason=error.strerror)
            ) from None

    return opened


def _open_zip(path: Path) -> Package:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError, NotImplementedError):
        raise UnreadableFile(
            Said(
                "{file}: not a zip file, or a damaged one; expected a zip or a folder of .csv files",
                file=path.name,
            )
        ) from None
    if len(members) > _MOST_FILES:
        raise UnreadableFile(
            Said("{file}: holds {files} files, which no register does", file=path.name, files=len(members))
        )
    wanted = [
        one for one in members if one.filename.casefold().endswith(".csv") and not _is_litter(one.filename)
    ]
    if not wanted:
        raise UnreadableFile(Said("{file}: there is no .csv file in this zip", file=path.name))
    if sum(one.file_size for one in wanted) > _LARGEST_PACKAGE:
        raise UnreadableFile(
            Said(
                "{file}: unpacks to more than {size} MB; refused",
                file=path.name,
                size=_LARGEST_PACKAGE // _MEGABYTE,
            )
        )
    found: dict[str, Opener] = {}
    for member in wanted:
        name = member.filename.rsplit("/", 1)[-1][: -len(".csv")].casefold()
        if name in found:
            raise UnreadableFile(Said("{file}: holds {name}.csv twice", file=path.name, name=name))
        found[name] = _from_zip(path, member)
    return Package(path.name, found)


def _is_litter(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1].startswith(".")


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    if member.flag_bits & 0x1:
        raise UnreadableFile(Said("{file}: {member} is encrypted", file=path.name, member=member.filename))
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnreadableFile(
            Said(
                "{file}: {member} is packed in a way that few programs read",
                file=path.name,
                member=member.filename,
            )
        )
    most = min(_LARGEST_FILE, max(_SMALL_ENOUGH, member.compress_size * _LARGEST_RATIO))
    if member.file_size > most:
        raise UnreadableFile(
            Said(
                "{file}: {member} unpacks to far more than a register holds; refused",
                file=path.name,
                member=member.filename,
            )
        )


def _from_zip(path: Path, member: zipfile.ZipInfo) -> Opener:
    @contextmanager
    def opened() -> Iterator[IO[bytes]]:
        _check_member(path, member)
        try:
            # No more is read than the member says it holds; where that is a lie, its checksum is wrong.
            with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
                yield stream
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError):
            raise UnreadableFile(
                Said("{file}: {member} is damaged or cut off", file=path.name, member=member.filename)
            ) from None

    return opened
