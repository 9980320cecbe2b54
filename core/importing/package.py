"""A register's files, from a folder or a zip: found safely, decoded forgivingly, read row by row.

Everything that makes a file unusable as a whole is an UnreadableFile with one clear line; a fault of one row is a
Problem, and the other rows go on.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from core.errors import UnreadableFile

_LARGEST_FILE = 512 * 1024 * 1024
_LARGEST_PACKAGE = 1024 * 1024 * 1024
_MOST_FILES = 1_000
_LARGEST_RATIO = 200
_SMALL_ENOUGH = 1024 * 1024
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one row; ``rejected`` rows are left out, others are taken in with this remark."""

    file: str
    row: int
    column: str
    words: str
    rejected: bool = True

    def __str__(self) -> str:
        where = f"{self.file}, row {self.row}" + (f", {self.column}" if self.column else "")
        return f"{where}: {self.words}"


class Rejected(Exception):
    """A cell that cannot be used; the row becomes a Problem."""

    def __init__(self, column: str, words: str) -> None:
        super().__init__(words)
        self.column = column
        self.words = words


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``number`` counts as a spreadsheet does, the header being 1. Columns are named without case."""

    file: str
    number: int
    cells: Mapping[str, str]

    def has(self, column: str) -> bool:
        """Whether the file has such a column at all."""
        return column.casefold() in self.cells

    def text(self, column: str) -> str:
        """The cell, trimmed; empty where there is none."""
        return self.cells.get(column.casefold(), "")

    def required(self, column: str) -> str:
        """The cell. Raises Rejected where it is empty."""
        found = self.text(column)
        if not found:
            raise Rejected(column, "is empty")
        return found

    def many(self, column: str) -> list[str]:
        """A quoted list: ``a,b`` or ``a;b``, each once, in order."""
        parts = (part.strip().strip("'\"[]").strip() for part in re.split(r"[,;|]", self.text(column)))
        return list(dict.fromkeys(part for part in parts if part))

    def day(self, column: str) -> date | None:
        """A date in any of the usual forms, None where empty. Raises Rejected."""
        text = self.text(column)
        if not text:
            return None
        found = read_day(text)
        if found is None:
            raise Rejected(column, f"{text[:40]!r} is no date; write 2026-09-01")
        return found

    def required_day(self, column: str) -> date:
        """Raises Rejected where it is empty or no date."""
        self.required(column)
        found = self.day(column)
        assert found is not None
        return found

    def number_in(self, column: str) -> Decimal | None:
        """A number with a point or a comma, None where empty. Raises Rejected."""
        text = self.text(column)
        if not text:
            return None
        found = read_number(text)
        if found is None:
            raise Rejected(column, f"{text[:40]!r} is no number")
        return found

    def problem(self, column: str, words: str, *, rejected: bool = True) -> Problem:
        """A Problem of this row."""
        return Problem(self.file, self.number, column, words, rejected)


def read_number(text: str) -> Decimal | None:
    """A plain number of at most twelve digits before the point; None for anything else."""
    plain = text.strip().replace(",", ".")
    if not re.fullmatch(r"[+-]?\d{1,12}(\.\d{1,12})?", plain, re.ASCII):
        return None
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None


def read_day(text: str) -> date | None:
    """``2026-09-01`` (a time may follow), ``2026/9/1``, ``20260901``, ``01.09.2026``, ``9/1/2026``.

    With slashes the month comes first, as OneRoster's countries write, unless that makes no date.
    """
    plain = text.strip()
    forms: tuple[tuple[str, str], ...] = (
        (r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?", "ymd"),
        (r"(\d{4})(\d{2})(\d{2})", "ymd"),
        (r"(\d{1,2})\.(\d{1,2})\.(\d{4})", "dmy"),
        (r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?: .*)?", "mdy"),
        (r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?: .*)?", "dmy"),
    )
    for pattern, order in forms:
        match = re.fullmatch(pattern, plain, re.ASCII)
        if match:
            parts = dict(zip(order, (int(part) for part in match.groups()), strict=True))
            try:
                found = date(parts["y"], parts["m"], parts["d"])
            except ValueError:
                continue
            return found if 1900 <= found.year <= 2200 else None
    return None


@dataclass(slots=True)
class Package:
    """The CSV files of a register by lower-case name without ``.csv``; read when asked for."""

    name: str
    _open: dict[str, Callable[[], bytes]] = field(default_factory=dict)

    def __contains__(self, table: str) -> bool:
        return table.casefold() in self._open

    def rows(self, table: str, required: tuple[str, ...] = ()) -> Iterator[Row]:
        """The rows of a table; none where there is no such file.

        Raises UnreadableFile for what is no CSV, or lacks a required column.
        """
        opener = self._open.get(table.casefold())
        if opener is None:
            return
        file = f"{table}.csv"
        text = _decode(opener(), file)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
        try:
            yield from _read(reader, file, required)
        except csv.Error as error:
            raise UnreadableFile(f"{file}, line {reader.line_num}: {error}") from None


def _delimiter(text: str) -> str:
    header = text.lstrip().split("\n", 1)[0]
    return max(_DELIMITERS, key=header.count) if any(one in header for one in _DELIMITERS) else ","


def _read(reader: Iterator[list[str]], file: str, required: tuple[str, ...]) -> Iterator[Row]:
    header = [cell.strip().casefold() for cell in next(reader, [])]
    if not any(header):
        raise UnreadableFile(f"{file}: the file is empty; expected a first row with the names of the columns")
    lacking = [column for column in required if column.casefold() not in header]
    if lacking:
        raise UnreadableFile(f"{file}: the column {lacking[0]} is missing; is this the right kind of file?")
    for number, cells in enumerate(reader, start=2):
        if any(cell.strip() for cell in cells):
            filled = [*cells, *[""] * (len(header) - len(cells))]
            yield Row(
                file, number, {name: cell.strip() for name, cell in zip(header, filled, strict=False) if name}
            )


def open_package(path: Path) -> Package:
    """A folder or a zip of CSV files. Raises UnreadableFile."""
    if path.is_dir():
        found = {
            file.stem.casefold(): _from_disk(file)
            for file in sorted(path.iterdir())
            if file.suffix.casefold() == ".csv"
        }
        if not found:
            raise UnreadableFile(f"{path.name}: there is no .csv file in this folder")
        return Package(path.name, found)
    if not path.exists():
        raise UnreadableFile(f"{path}: there is no such file or folder")
    if path.stat().st_size == 0:
        raise UnreadableFile(f"{path.name}: the file is empty")
    return _open_zip(path)


def _from_disk(file: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        if file.stat().st_size > _LARGEST_FILE:
            raise UnreadableFile(f"{file.name}: larger than {_LARGEST_FILE // 2**20} MB")
        return file.read_bytes()

    return read


def _open_zip(path: Path) -> Package:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError, NotImplementedError):
        raise UnreadableFile(
            f"{path.name}: not a zip file, or a damaged one; expected a zip or a folder of .csv files"
        ) from None
    if len(members) > _MOST_FILES:
        raise UnreadableFile(f"{path.name}: holds {len(members)} files, which no register does")
    wanted = [
        one for one in members if one.filename.casefold().endswith(".csv") and not _is_litter(one.filename)
    ]
    if not wanted:
        raise UnreadableFile(f"{path.name}: there is no .csv file in this zip")
    if sum(one.file_size for one in wanted) > _LARGEST_PACKAGE:
        raise UnreadableFile(f"{path.name}: unpacks to more than {_LARGEST_PACKAGE // 2**20} MB; refused")
    found: dict[str, Callable[[], bytes]] = {}
    for member in wanted:
        name = member.filename.rsplit("/", 1)[-1][: -len(".csv")].casefold()
        if name in found:
            raise UnreadableFile(f"{path.name}: holds {name}.csv twice")
        found[name] = _from_zip(path, member)
    return Package(path.name, found)


def _is_litter(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1].startswith(".")


def _from_zip(path: Path, member: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        if member.flag_bits & 0x1:
            raise UnreadableFile(f"{path.name}: {member.filename} is encrypted")
        if member.file_size > _LARGEST_FILE or (
            member.file_size > _SMALL_ENOUGH
            and member.file_size > max(member.compress_size, 1) * _LARGEST_RATIO
        ):
            raise UnreadableFile(
                f"{path.name}: {member.filename} unpacks to far more than a register holds; refused"
            )
        try:
            with zipfile.ZipFile(path) as archive, archive.open(member) as file:
                # The stated size may lie: one byte more than it is enough to know.
                content = file.read(member.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError):
            raise UnreadableFile(f"{path.name}: {member.filename} is damaged or cut off") from None
        if len(content) > member.file_size:
            raise UnreadableFile(f"{path.name}: {member.filename} is larger than it says; refused")
        return content

    return read


def _decode(content: bytes, file: str) -> str:
    encodings: tuple[str, ...]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16",)
    elif b"\0" in content[:4096]:
        raise UnreadableFile(f"{file}: not a text file")
    else:
        # Windows programs of the countries we know write UTF-8 or, older ones, the Cyrillic code page.
        encodings = ("utf-8-sig", "cp1251")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile(f"{file}: its letters are in no encoding we know; save it as UTF-8")
