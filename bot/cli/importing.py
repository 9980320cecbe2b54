"""schoolbell import: a register's files into the database, or with --dry-run only what they would change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from core.db.uow import UnitOfWork
    from core.importing.oneroster import Defaults
    from core.importing.plan import Plan
    from core.importing.register import Register
    from core.settings import Settings

app = typer.Typer()
registers = typer.Typer(no_args_is_help=True)
app.add_typer(registers, name="import", help="Take in a school register.")


@registers.callback()
def _formats() -> None:
    """Take in a school register: one command a format."""


@registers.command()
def oneroster(
    path: Annotated[Path, typer.Argument(help="A zip or a folder of OneRoster 1.1 or 1.2 CSV files.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; write nothing.")
    ] = False,
    end_missing: Annotated[
        bool,
        typer.Option("--end-missing", help="End what is absent from files that the manifest calls bulk."),
    ] = False,
    end_most: Annotated[
        bool,
        typer.Option("--end-most", help="With --end-missing: also where that ends more than half of a kind."),
    ] = False,
    source: Annotated[
        str, typer.Option(help="A name for this register; ids are kept apart by it.")
    ] = "oneroster",
    timezone: Annotated[str | None, typer.Option(help="Time zone of new schools, like Asia/Bangkok.")] = None,
    locale: Annotated[str | None, typer.Option(help="Language of new schools: en, ru or th.")] = None,
    currency: Annotated[str | None, typer.Option(help="Currency of new schools, like THB.")] = None,
    scale: Annotated[str, typer.Option(help="Grading scale of new schools.")] = "hundred",
) -> None:
    """OneRoster CSV: schools, years, people, guardians, classes, enrolments and results.

    Applying is one transaction; a second run changes nothing. The exit code is 1 when rows were rejected.
    """
    import asyncio

    from core.domain.grading import SCALES
    from core.importing.oneroster import Defaults
    from core.settings import load_settings

    settings = load_settings()
    if scale not in SCALES:
        raise typer.BadParameter(f"no such scale; one of {', '.join(SCALES)}", param_hint="--scale")
    defaults = Defaults(
        _checked("--timezone", timezone, settings.default_timezone),
        _checked("--locale", locale, settings.default_locale),
        _checked("--currency", currency, settings.default_currency),
        scale,
    )
    asyncio.run(
        _import(settings, path, source, defaults, dry_run=dry_run, end_missing=end_missing, end_most=end_most)
    )


def _checked(option: str, value: str | None, default: str) -> str:
    from zoneinfo import available_timezones

    from core.i18n import LOCALES

    if value is None:
        return default
    good = {
        "--timezone": value in available_timezones(),
        "--locale": value in LOCALES,
        "--currency": len(value) == 3 and value.isascii() and value.isupper(),
    }
    if not good[option]:
        raise typer.BadParameter(f"{value!r} cannot be used", param_hint=option)
    return value


async def _import(
    settings: Settings,
    path: Path,
    source: str,
    defaults: Defaults,
    *,
    dry_run: bool,
    end_missing: bool,
    end_most: bool,
) -> None:
    from core.errors import UnreadableFile
    from core.importing.compare import known_scales, make_plan
    from core.importing.oneroster import parse_oneroster
    from core.importing.package import open_package

    def parse(scales: dict[str, str]) -> Register:
        return parse_oneroster(package, source=source, defaults=defaults, scales=scales)

    try:
        package = open_package(path)
        shape = await _shape(settings)
        if dry_run and shape is _Shape.OTHER:
            raise UnreadableFile(
                "the database has not the newest shape, and a dry run changes none; `schoolbell migrate` does"
            )
        # What cannot be read makes no database and upgrades none.
        register = parse({}) if shape is not _Shape.NEWEST else None
        async with _opened(settings, shape, dry_run=dry_run) as uow:
            if register is None or shape is _Shape.OTHER:
                register = parse(await known_scales(uow, source))
            if dry_run:
                plan = await make_plan(uow, register, end_missing=end_missing)
            else:
                plan = await _apply(uow, register, end_missing=end_missing, end_most=end_most)
    except UnreadableFile as error:
        typer.echo(f"schoolbell import: {error}", err=True)
        raise typer.Exit(2) from None
    _print(plan, dry_run=dry_run)
    if register.rejected:
        raise typer.Exit(1)


class _Shape(Enum):
    """Of the database that is there before anything is done."""

    ABSENT = 0
    NEWEST = 1
    OTHER = 2


async def _shape(settings: Settings) -> _Shape:
    from core.db.migrate import newest_revision, revision_of

    revision = await revision_of(settings)
    if revision is None:
        return _Shape.ABSENT
    return _Shape.NEWEST if revision == newest_revision() else _Shape.OTHER


@asynccontextmanager
async def _opened(settings: Settings, shape: _Shape, *, dry_run: bool) -> AsyncIterator[UnitOfWork]:
    """A unit of work on the database; on an empty one that is thrown away where a dry run finds none."""
    import tempfile

    from core.clock import SystemClock
    from core.db.engine import Database
    from core.db.migrate import migrate, open_database
    from core.db.uow import UnitOfWork
    from core.settings import os_user

    if dry_run and shape is _Shape.ABSENT:
        with tempfile.TemporaryDirectory() as folder:
            database = Database(f"sqlite+aiosqlite:///{folder}/empty.db")
            try:
                await migrate(database)
                async with UnitOfWork(database, SystemClock(), via=f"cli:{os_user()}") as uow:
                    yield uow
            finally:
                await database.close()
        return
    async with (
        open_database(settings) as database,
        UnitOfWork(database, SystemClock(), via=f"cli:{os_user()}") as uow,
    ):
        yield uow


async def _apply(uow: UnitOfWork, register: Register, *, end_missing: bool, end_most: bool) -> Plan:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from core.importing.apply import apply_register

    columns = (TextColumn("{task.description:<24}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("comparing", total=None)
        return await apply_register(
            uow,
            register,
            end_missing=end_missing,
            end_most=end_most,
            on_step=lambda what, done, total: progress.update(
                task, description=what, completed=done, total=total
            ),
        )


def _print(plan: Plan, *, dry_run: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    register = plan.register
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for name in ("new", "changed", "ended", "missing", "unchanged"):
        table.add_column(name, justify="right")
    for one in plan.kinds:
        figures = (len(one.new), len(one.changed), len(one.ended), len(one.missing), one.unchanged)
        if any(figures):
            table.add_row(one.kind.plural, *(str(figure) if figure else "·" for figure in figures))
    told = [
        *(f"{'rejected' if one.rejected else 'remark  '}  {one}" for one in register.problems),
        *(f"… and {more:,} more of {file}" for file, more in register.untold.items()),
        *(f"remark    {remark}" for remark in plan.remarks),
    ]
    for line in told:
        typer.echo(line)
    if told:
        typer.echo()
    Console(highlight=False).print(table)
    typer.echo()
    for line in _notes(plan, dry_run=dry_run):
        typer.echo(line)
    said = "Nothing was written (--dry-run)." if dry_run else "Imported."
    if plan.is_empty and not dry_run:
        said = "Nothing to change: the database says all this already."
    remarks = register.remarks + len(plan.remarks)
    typer.echo(f"{register.title}: {said} {register.rejected} rows rejected, {remarks} remarks.")


def _notes(plan: Plan, *, dry_run: bool) -> Iterator[str]:
    from core.importing.apply import in_words

    if any(one.missing for one in plan.kinds) and not plan.end_missing:
        yield "Missing: known from this register, absent from a bulk file. --end-missing ends them."
    held = [one.kind.plural for one in plan.kinds if one.missing and one.kind.name in plan.register.unsure]
    if held and plan.end_missing:
        yield f"Not ended, for their file has rejected rows: {', '.join(held)}."
    if plan.alarming and dry_run:
        yield f"This import would be refused: {in_words(plan.alarming)} would end. --end-most says that it is meant."
