"""schoolbell export: what the school has, in a form that other programs take in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()
exports = typer.Typer(no_args_is_help=True)
app.add_typer(exports, name="export", help="Give out what the school has, for another program.")


@exports.callback()
def _formats() -> None:
    """Give out what the school has: one command a format."""


@exports.command()
def oneroster(
    path: Annotated[Path, typer.Argument(help="The zip to write.", dir_okay=False)],
    school: Annotated[
        str | None, typer.Option(help="Only this school and what is below it: our number or its id.")
    ] = None,
    source: Annotated[
        str, typer.Option(help="The register whose ids are used for what came from it.")
    ] = "oneroster",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file of that name.")] = False,
) -> None:
    """OneRoster 1.2 CSV: schools, years, people, guardians, classes, enrolments, marks.

    The file holds names, birth dates, contacts and marks of children and their families: it is readable by you alone,
    and each export is in the audit. Timetables, lessons, attendance, homework and the canteen have no place in
    OneRoster and are not in it. `schoolbell import oneroster` of it, into this database, changes nothing.
    """
    import asyncio

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from bot.misfits import stop
    from core.clock import SystemClock
    from core.db.migrate import open_database
    from core.db.uow import UnitOfWork
    from core.errors import Ambiguous, NotFound, UnreadableFile
    from core.importing.oneroster.export import Exported, export_oneroster
    from core.queries.invitable import school_by_name
    from core.settings import load_settings, os_user

    if path.exists() and not overwrite:
        typer.echo(f"schoolbell export: {path} is there already; --overwrite replaces it", err=True)
        raise typer.Exit(2)
    settings = load_settings()

    async def write() -> Exported:
        columns = (TextColumn("{task.description:<24}"), BarColumn(), TimeElapsedColumn())
        async with (
            open_database(settings) as database,
            UnitOfWork(database, SystemClock(), via=f"cli:{os_user()}") as uow,
        ):
            school_id = await school_by_name(uow, school) if school else None
            with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
                task = progress.add_task("", total=None)
                return await export_oneroster(
                    uow,
                    path,
                    source=source,
                    school_id=school_id,
                    on_step=lambda what, done, total: progress.update(
                        task, description=what, completed=done, total=total
                    ),
                )

    try:
        exported = asyncio.run(write())
    except (NotFound, Ambiguous) as error:
        stop(error)
    except UnreadableFile as error:
        typer.echo(f"schoolbell export: {error}", err=True)
        raise typer.Exit(2) from None
    for name, count in exported.counts.items():
        typer.echo(f"{name:<18}{count:>9,}")
    typer.echo(
        f"Written to {path}. It holds private data of children: keep it where only the school can read it."
    )
