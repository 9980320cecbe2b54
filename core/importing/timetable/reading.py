"""Opening a timetable's file, or a folder or zip of Untis files, and telling by its content what it is."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.errors import UnreadableFile
from core.importing.letters import encoding_of, opened_text
from core.importing.package import files_in
from core.importing.said import Said
from core.importing.timetable.asc import is_asc, parse_asc
from core.importing.timetable.fet import is_fet, parse_fet
from core.importing.timetable.model import Timetable
from core.importing.timetable.tree import one_line, read_xml
from core.importing.timetable.untis import Rows, is_lessons, is_lessons_in_time, parse_untis

SUFFIXES = (".fet", ".xml", ".txt", ".csv", ".zip")
_MEGABYTE = 1024 * 1024
_LARGEST = 64 * _MEGABYTE
_LARGEST_RATIO = 100
_SMALL_ENOUGH = _MEGABYTE
_MOST_FILES = 1_000
_MOST_ROWS = 200_000
_HEAD = 4096
_FEW_ROWS = 10
_KINDS = "a .fet file, an aSc Timetables XML export, or Untis' GPU001.TXT (alone, in a folder or a zip)"
_TABLES = ("GPU001", "GPU002", "GPU003", "GPU004", "GPU006")


def looks_like_timetable(path: Path) -> bool:
    """Whether the content begins like one of the formats; nothing is raised."""
    try:
        if path.is_dir():
            return any(_table_name(file.name) in ("GPU001", "GPU002") for file in path.iterdir())
        if not zipfile.is_zipfile(path):
            with path.open("rb") as stream:
                return _begins_like_one(stream.read(_HEAD))
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()[:_MOST_FILES]
            if any(_table_name(name) in ("GPU001", "GPU002") for name in names):
                return True
            single = [name for name in names if name.casefold().endswith((".fet", ".xml"))]
            if len(single) != 1:
                return False
            with archive.open(single[0]) as stream:
                return _begins_like_one(stream.read(_HEAD))
    except (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError):
        return False


def _begins_like_one(head: bytes) -> bool:
    plain = head.replace(b"\0", b"")
    if b"<fet" in plain or b"<timetable" in plain:
        return True
    # The last line may be cut; letters do not matter here.
    lines = plain.decode("latin-1").splitlines()[:_FEW_ROWS]
    rows = [
        (number, [cell.strip() for cell in cells])
        for number, cells in enumerate(csv.reader(lines, delimiter=_delimiter(lines)), 1)
        if any(cell.strip() for cell in cells)
    ]
    return is_lessons_in_time(rows) or is_lessons(rows)


def read_timetable(path: Path) -> Timetable:
    """Raises UnreadableFile for what is none of the formats, or is broken."""
    folder = files_in(path)
    if folder is not None:
        tables = {name: file for file in folder if (name := _table_name(file.name))}
        if not tables:
            raise UnreadableFile(
                Said(
                    "{file}: there is no GPU001.TXT in this folder; expected {kinds}",
                    file=path.name,
                    kinds=_KINDS,
                )
            )
        return _untis({name: _from_disk(file) for name, file in tables.items()}, path.name)
    content = _from_disk(path)
    if not content.strip():
        raise UnreadableFile(Said("{file}: the file is empty", file=path.name))
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _from_zip(path)
    return _from_content(content, path.name)


def _from_content(content: bytes, file: str) -> Timetable:
    start = content[:200].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if start.startswith(b"<"):
        root = read_xml(content, file)
        if is_fet(root):
            return parse_fet(root, file)
        if is_asc(root):
            return parse_asc(root, file)
        raise UnreadableFile(
            Said(
                "{file}: is XML of another kind (<{tag}>); expected {kinds}",
                file=file,
                tag=root.tag[:40],
                kinds=_KINDS,
            )
        )
    rows = _rows(content, file)
    if is_lessons_in_time(rows):
        return parse_untis({"GPU001": rows}, file)
    if is_lessons(rows):
        return parse_untis({"GPU002": rows}, file)
    raise UnreadableFile(
        Said("{file}: is no timetable that we know; expected {kinds}", file=file, kinds=_KINDS)
    )


def _untis(contents: Mapping[str, bytes], file: str) -> Timetable:
    tables: dict[str, Rows] = {}
    for name, content in contents.items():
        if content.strip():
            tables[name] = _rows(content, f"{name}.TXT")
    if "GPU001" in tables and not is_lessons_in_time(tables["GPU001"]):
        raise UnreadableFile(
            Said("GPU001.TXT: its rows are not those of a timetable (lesson, class, teacher, subject, …)")
        )
    if not {"GPU001", "GPU002"} & set(tables):
        raise UnreadableFile(
            Said("{file}: GPU001.TXT is missing or empty; expected {kinds}", file=file, kinds=_KINDS)
        )
    return parse_untis(tables, file)


def _table_name(file: str) -> str:
    """``GPU001`` of ``plan/gpu001.txt``; empty for another file."""
    name, _, suffix = file.rsplit("/", 1)[-1].rpartition(".")
    return name.upper() if suffix.casefold() in ("txt", "csv") and name.upper() in _TABLES else ""


def _from_disk(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise UnreadableFile(
                Said(
                    "{file}: larger than {size} MB, which no timetable is",
                    file=path.name,
                    size=_LARGEST // _MEGABYTE,
                )
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise UnreadableFile(Said("{file}: there is no such file or folder", file=path)) from None
    except OSError as error:
        raise UnreadableFile(
            Said("{file}: cannot be read ({why})", file=path.name, why=error.strerror)
        ) from None


def _from_zip(path: Path) -> Timetable:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [
                one
                for one in archive.infolist()
                if not one.is_dir() and not one.filename.startswith("__MACOSX/")
            ]
            if len(members) > _MOST_FILES:
                raise UnreadableFile(
                    Said(
                        "{file}: holds {count} files, which no timetable does",
                        file=path.name,
                        count=len(members),
                    )
                )
            tables = {name: one for one in members if (name := _table_name(one.filename))}
            if tables:
                contents = {name: _member(archive, one, path) for name, one in tables.items()}
                return _untis(contents, path.name)
            single = [one for one in members if one.filename.casefold().endswith((".fet", ".xml"))]
            if len(single) != 1:
                raise UnreadableFile(
                    Said(
                        "{file}: holds no timetable, or several; expected {kinds}",
                        file=path.name,
                        kinds=_KINDS,
                    )
                )
            return _from_content(_member(archive, single[0], path), single[0].filename.rsplit("/", 1)[-1])
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError):
        raise UnreadableFile(
            Said("{file}: the zip is damaged, cut off or encrypted", file=path.name)
        ) from None


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> bytes:
    most = min(_LARGEST, max(_SMALL_ENOUGH, member.compress_size * _LARGEST_RATIO))
    if member.file_size > most:
        raise UnreadableFile(
            Said(
                "{file}: {member} unpacks to far more than a timetable holds; refused",
                file=path.name,
                member=member.filename,
            )
        )
    # No more is read than the member says it holds; where that is a lie, its checksum is wrong.
    return archive.read(member)


def _rows(content: bytes, file: str) -> Rows:
    @contextmanager
    def opened() -> Iterator[IO[bytes]]:
        yield io.BytesIO(content)

    encoding = encoding_of(opened, file, western=True)
    with opened_text(opened, encoding) as text:
        lines = text.read().splitlines()
    if any("\0" in line for line in lines):
        raise UnreadableFile(Said("{file}: not a text file", file=file))
    found: list[tuple[int, list[str]]] = []
    reader = csv.reader(lines, delimiter=_delimiter(lines[:20]), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((reader.line_num, [one_line(cell) for cell in cells]))
            if len(found) > _MOST_ROWS:
                raise UnreadableFile(
                    Said("{file}: has more than {rows} rows; refused", file=file, rows=_MOST_ROWS)
                )
    except csv.Error as error:
        words = (
            Said("a quote is opened in it and never closed") if "end of data" in str(error) else str(error)
        )
        raise UnreadableFile(
            Said("{file}, line {line}: {words}", file=file, line=reader.line_num, words=words)
        ) from None
    return found


def _delimiter(lines: list[str]) -> str:
    return max(",;\t|", key=lambda one: sum(line.count(one) for line in lines))
