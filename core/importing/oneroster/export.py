"""The way out: everything that OneRoster has a place for, as a OneRoster 1.2 package (CSV binding, bulk).

What the standard has no column for and an import keeps all the same stands in ``metadata.schoolbell.*`` columns, which
the standard allows and others pass over: so an export that comes back changes nothing.
"""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from core.db.audit import record
from core.db.models import Org
from core.db.snapshot import Snapshot, snapshot
from core.db.uow import UnitOfWork
from core.errors import UnreadableFile
from core.importing.importer import OnStep
from core.importing.oneroster import export_marks, export_people, export_school
from core.importing.oneroster.export_choice import Chosen, Table
from core.importing.own_ids import named_installation

# https://www.imsglobal.org/spec/oneroster/v1p2/bind/csv: each file that a package may have is named, absent ones too.
_ABSENT = (
    "classResources",
    "courseResources",
    "lineItemLearningObjectiveIds",
    "lineItemScoreScales",
    "resources",
    "resultLearningObjectiveIds",
    "resultScoreScales",
    "scoreScales",
    "userProfiles",
    "userResources",
)


@dataclass(frozen=True, slots=True)
class Exported:
    """What went out: rows by file."""

    counts: Mapping[str, int]


async def export_oneroster(
    uow: UnitOfWork,
    path: Path,
    *,
    source: str = "oneroster",
    school_id: int | None = None,
    on_step: OnStep = lambda *_: None,
) -> Exported:
    """Write the package, of one school (an org with all below it) where one is named, and leave an audit entry.

    All rows are of one moment, and no more than a few thousand are in memory. Things that the register of that
    ``source`` named go out by its ids, all others by ids of our own, the same each time. The file appears when it is
    whole, readable by its owner only. Raises UnreadableFile where it cannot be written.
    """
    async with uow.writing():
        system = await named_installation(uow)
    chosen = Chosen(source, system, uow.now.date(), school_id, await _path_of(uow, school_id))
    beside = path.with_name(f".{path.name}.part")
    try:
        with _private(beside) as stream:
            async with snapshot(uow.database) as reads:
                counts = await _write(reads, stream, chosen, on_step)
        async with uow.writing():
            await record(
                uow,
                "register.exported",
                actor_id=None,
                subject=None if school_id is None else ("org", school_id),
                after={"source": source, "counts": dict(counts)},
            )
        beside.replace(path)
    except OSError as error:
        raise UnreadableFile(f"{path}: cannot be written ({error.strerror})") from None
    finally:
        beside.unlink(missing_ok=True)
    return Exported(counts)


async def _path_of(uow: UnitOfWork, school_id: int | None) -> str:
    if school_id is None:
        return ""
    found: str = await uow.value(sa.select(Org.path).where(Org.id == school_id))
    return found


def _private(path: Path) -> io.BufferedWriter:
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


async def _write(reads: Snapshot, stream: io.BufferedWriter, chosen: Chosen, on_step: OnStep) -> Counter[str]:
    counts: Counter[str] = Counter()
    every = _tables(chosen)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, table in enumerate(every):
            on_step(table.name, place, len(every))
            with _Member(archive, table.name) as write:
                write(table.header)
                async for row in _rows(reads, table):
                    write(row)
                    counts[table.name] += 1
        with _Member(archive, "manifest") as write:
            write(("propertyName", "value"))
            for line in _manifest([table.name for table in every], chosen):
                write(line)
    on_step("", len(every), len(every))
    return counts


async def _rows(reads: Snapshot, table: Table) -> AsyncIterator[tuple[str, ...]]:
    for statement, made in table.parts:
        async for row in reads.stream(statement):
            yield made(row)


class _Member:
    """One CSV file of the zip, written row by row."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._packed = archive.open(f"{name}.csv", "w", force_zip64=True)
        self._text = io.TextIOWrapper(self._packed, "utf-8", newline="")

    def __enter__(self) -> Callable[[Iterable[str]], object]:
        return csv.writer(self._text).writerow

    def __exit__(self, *_error: object) -> None:
        self._text.close()


def _manifest(present: list[str], chosen: Chosen) -> list[tuple[str, str]]:
    files = dict.fromkeys(present, "bulk") | dict.fromkeys(_ABSENT, "absent")
    return [
        ("manifest.version", "1.0"),
        ("oneroster.version", "1.2"),
        *((f"file.{name}", mode) for name, mode in sorted(files.items())),
        ("source.systemName", "Schoolbell"),
        ("source.systemCode", chosen.system),
    ]


def _tables(chosen: Chosen) -> tuple[Table, ...]:
    """Every file of the package, in the order of writing."""
    return (
        export_school.orgs(chosen),
        export_school.sessions(chosen),
        export_people.users(chosen),
        export_people.roles(chosen),
        export_people.demographics(chosen),
        export_school.courses(chosen),
        export_school.classes(chosen),
        export_school.enrollments(chosen),
        export_marks.categories(chosen),
        export_marks.line_items(chosen),
        export_marks.results(chosen),
    )
