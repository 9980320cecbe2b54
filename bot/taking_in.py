"""What every `schoolbell import` does: open the database, read the file, look or apply, and report."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import Enum
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bot.import_report import print_open, print_outcome, print_unasked
from core.actions.imports import RunFile, keep_answers, note_done
from core.clock import SystemClock
from core.db import migrate as migrations
from core.db.engine import Database
from core.db.migrate import migrate, open_database, revision_of
from core.db.uow import UnitOfWork
from core.domain.kinds import ImportState
from core.errors import Ambiguous, NotFound, UnreadableFile
from core.files import safe_name
from core.importing.desk import refusal, result_of
from core.importing.importer import Asked, Importer, Outcome, Prepared
from core.queries.imports import kept_answers, some_schools, the_only_school
from core.queries.invitable import school_by_name
from core.settings import Settings, os_user

_MOST_SCHOOLS = 20
_LARGEST_MAP = 5 * 1024 * 1024
_NO_SCHOOL = "there is no school here yet; `schoolbell import` of oneroster, sds or timetable makes one"


async def take_in(
    settings: Settings,
    importer: Importer,
    path: Path,
    options: Mapping[str, str],
    *,
    school: str | None,
    map_file: Path | None,
    dry_run: bool,
) -> None:
    """Import a file, or with ``dry_run`` only show what that would change. Exits with 1 where rows were rejected, with 2
    where nothing could be written."""
    options = {**_of_installation(importer, settings), **options}
    try:
        answers = _read_answers(map_file) if map_file is not None else {}
        shape = await _shape(settings)
        if dry_run and shape is _Shape.OTHER:
            raise UnreadableFile(
                "the database has not the newest shape, and a dry run changes none; `schoolbell migrate` does"
            )
        if shape is _Shape.ABSENT and (importer.needs_school or school is not None):
            raise UnreadableFile(_NO_SCHOOL)
        if shape is not _Shape.NEWEST and school is None:
            # What cannot be read makes no database and upgrades none.
            async with _empty() as uow:
                await importer.read(uow, path, Asked(options=options, answers=answers))
        async with _opened(settings, shape, dry_run=dry_run) as uow:
            school_id = await _school(uow, importer, school)
            kept = await kept_answers(uow, importer.name, school_id) if importer.asks or school_id else {}
            asked = Asked(school_id, options=options, answers={**kept, **answers})
            prepared = await importer.read(uow, path, asked)
            if dry_run:
                outcome = await prepared.look(uow)
            else:
                file = RunFile(importer.name, safe_name(path.name), options=options)
                outcome = await _apply(uow, prepared, file, school_id, answers)
    except _NotAnswered as error:
        print_open(error.outcome, asked, err=True)
        raise typer.Exit(2) from None
    except UnreadableFile as error:
        meant = f" --{error.overrule} says that it is meant" if error.overrule else ""
        typer.echo(f"schoolbell import: {error}{meant}", err=True)
        raise typer.Exit(2) from None
    print_outcome(outcome, asked, dry_run=dry_run)
    if map_file is not None:
        print_unasked(outcome, map_file.name, answers)
    if dry_run:
        print_open(outcome, asked)
    if outcome.rejected:
        raise typer.Exit(1)


class _NotAnswered(Exception):
    """Nothing was written, for something must be answered first."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


def _of_installation(importer: Importer, settings: Settings) -> dict[str, str]:
    """What new schools are given where nothing else is said."""
    usual = {
        "timezone": settings.default_timezone,
        "locale": settings.default_locale,
        "currency": settings.default_currency,
    }
    return {option.name: usual[option.name] for option in importer.options if option.name in usual}


def _read_answers(path: Path) -> dict[str, str]:
    """A JSON object, or CSV lines of question and answer. Raises UnreadableFile."""
    try:
        if path.stat().st_size > _LARGEST_MAP:
            raise UnreadableFile(f"{path}: larger than any mapping is")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UnreadableFile(f"{path}: there is no such file") from None
    except OSError as error:
        raise UnreadableFile(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UnreadableFile(
            f"{path.name}: its letters are in no encoding we know; save it as UTF-8"
        ) from None
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text)
        except ValueError as error:
            raise UnreadableFile(f"{path.name}: no JSON ({error})") from None
        return {str(question): str(answer) for question, answer in found.items()}
    # Spreadsheets of many countries write CSV with semicolons.
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    try:
        lines = [
            line
            for line in csv.reader(text.splitlines(), delimiter=delimiter)
            if any(cell.strip() for cell in line)
        ]
    except csv.Error as error:
        raise UnreadableFile(f"{path.name}: no CSV ({error})") from None
    for number, line in enumerate(lines, 1):
        if len(line) != 2:
            raise UnreadableFile(f"{path.name}, line {number}: expected a question and its answer")
    pairs = {question.strip(): answer.strip() for question, answer in lines}
    pairs.pop("question", None)
    return pairs


async def _school(uow: UnitOfWork, importer: Importer, wanted: str | None) -> int | None:
    try:
        if wanted is not None:
            return await school_by_name(uow, wanted)
        if not importer.needs_school:
            return None
        only = await the_only_school(uow)
        if only is None:
            raise UnreadableFile(_NO_SCHOOL)
        return only
    except Ambiguous as error:
        fitting = "; ".join(str(one) for one in error.params["candidates"])
        raise UnreadableFile(f"{wanted} fits several schools; say --school NUMBER ({fitting})") from None
    except NotFound:
        if wanted is None:
            words = "there are several schools here; say which with --school"
        else:
            words = f"there is no school {wanted!r}"
        here = "; ".join(f"{number}: {name}" for number, name in await some_schools(uow, _MOST_SCHOOLS))
        raise UnreadableFile(f"{words} ({here})" if here else words) from None


class _Shape(Enum):
    """Of the database that is there before anything is done."""

    ABSENT = 0
    NEWEST = 1
    OTHER = 2


async def _shape(settings: Settings) -> _Shape:
    revision = await revision_of(settings)
    if revision is None:
        return _Shape.ABSENT
    return _Shape.NEWEST if revision == migrations.newest_revision() else _Shape.OTHER


@asynccontextmanager
async def _opened(settings: Settings, shape: _Shape, *, dry_run: bool) -> AsyncIterator[UnitOfWork]:
    """A unit of work on the database; on an empty one that is thrown away where a dry run finds none."""
    if dry_run and shape is _Shape.ABSENT:
        async with _empty() as uow:
            yield uow
        return
    async with (
        open_database(settings) as database,
        UnitOfWork(database, SystemClock(), via=f"cli:{os_user()}") as uow,
    ):
        yield uow


@asynccontextmanager
async def _empty() -> AsyncIterator[UnitOfWork]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{folder}/empty.db")
        try:
            await migrate(database)
            async with UnitOfWork(database, SystemClock()) as uow:
                yield uow
        finally:
            await database.close()


async def _apply(
    uow: UnitOfWork, prepared: Prepared, file: RunFile, school_id: int | None, answers: Mapping[str, str]
) -> Outcome:
    """Apply, and note it in the history in the same transaction; what was refused is noted, too."""
    columns = (TextColumn("{task.description:<24}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("comparing", total=None)

        def on_step(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total or None)

        try:
            async with uow.writing():
                outcome = await prepared.apply(uow, on_step)
                await keep_answers(uow, file.importer, answers, school_id=school_id)
                await note_done(uow, file, result_of(outcome), ImportState.APPLIED, school_id=school_id)
        except UnreadableFile as error:
            await note_done(uow, file, refusal(file.name, error), ImportState.REFUSED, school_id=school_id)
            looked = await prepared.look(uow)
            if any(one.must and not one.answer for one in looked.questions):
                raise _NotAnswered(looked) from None
            raise
    return outcome
