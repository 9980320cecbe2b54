"""schoolbell import: one command for each format that core.importing has, all with the same report."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click.core import Command, Context

    from core.importing.importer import Importer, Option

app = typer.Typer()
_EVERY_ONE = (
    "Applying is one transaction; a second run changes nothing. The exit code is 1 when rows were rejected."
)


class _Formats(TyperGroup):
    """The formats are looked for when somebody asks for them: they import all that the database needs."""

    def list_commands(self, ctx: Context) -> list[str]:
        """The names of all formats."""
        return [*self._found()]

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The command of a format."""
        importer = self._found().get(cmd_name)
        return None if importer is None else _command(importer)

    def _found(self) -> dict[str, Importer]:
        from core.importing.importer import discover

        return discover()


registers = typer.Typer(cls=_Formats, no_args_is_help=True)
app.add_typer(registers, name="import", help="Take in what a school already has.")


@registers.callback()
def _formats() -> None:
    """Take in what a school already has: one command a format."""


def _command(importer: Importer) -> Command:
    """The command that an importer's options make."""

    def run(**given: Any) -> None:
        import asyncio

        from bot.taking_in import take_in
        from core.settings import load_settings

        path, dry_run = given.pop("path"), given.pop("dry_run")
        school, map_file = given.pop("school", None), given.pop("map_file", None)
        chosen = {option.name: _text(option, given[_parameter(option)]) for option in importer.options}
        asyncio.run(
            take_in(
                load_settings(),
                importer,
                path,
                {name: value for name, value in chosen.items() if value},
                school=school,
                map_file=map_file,
                dry_run=dry_run,
            )
        )

    signature = list(_parameters(importer))
    run.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in signature}
    run.__doc__ = f"{importer.help}\n\n{_EVERY_ONE}"
    single = typer.Typer(add_completion=False)
    single.command(name=importer.name)(run)
    return typer.main.get_command(single)


def _parameters(importer: Importer) -> list[inspect.Parameter]:
    what = "A file or a folder" if importer.takes_folder else "A file"
    kinds = f" ({', '.join(importer.suffixes)})" if importer.suffixes else ""
    found = [
        _keyword("path", Annotated[Path, typer.Argument(help=f"{what}{kinds}.")]),
        _keyword(
            "dry_run",
            Annotated[bool, typer.Option("--dry-run", help="Show what would change; write nothing.")],
            default=False,
        ),
    ]
    words = "The one school to import for, by its number or the register's id: nothing of another is touched."
    if importer.needs_school:
        words = "The school to import for, by its number or the register's id; not needed where there is only one."
    found.append(
        _keyword("school", Annotated[str | None, typer.Option("--school", help=words)], default=None)
    )
    if importer.asks:
        map_words = "Answers to what the file does not settle: JSON, or CSV of question and answer. Kept for next time."
        found.append(
            _keyword("map_file", Annotated[Path | None, typer.Option("--map", help=map_words)], default=None)
        )
    return [*found, *(_of_option(option) for option in importer.options)]


def _of_option(option: Option) -> inspect.Parameter:
    name = f"--{option.name}"
    if option.kind == "flag":
        return _keyword(
            _parameter(option),
            Annotated[bool, typer.Option(name, help=option.help)],
            default=bool(option.default),
        )
    check: Callable[[str | None], str | None] | None = None
    words = option.help
    if option.kind == "choice":
        words = f"{option.help.removesuffix('.')}: {', '.join(option.choices)}."
        check = _among(option.choices)
    elif option.kind == "day":
        check = _a_day
    return _keyword(
        _parameter(option),
        Annotated[str | None, typer.Option(name, help=words, callback=check)],
        default=option.default or None,
    )


def _keyword(name: str, annotation: Any, **default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, **default)


def _parameter(option: Option) -> str:
    return "o_" + option.name.replace("-", "_")


def _text(option: Option, value: Any) -> str:
    if option.kind == "flag":
        return "1" if value else ""
    return value or ""


def _among(choices: tuple[str, ...]) -> Callable[[str | None], str | None]:
    def check(value: str | None) -> str | None:
        if value and value not in choices:
            raise typer.BadParameter(f"{value!r} cannot be used; one of {', '.join(choices)}")
        return value

    return check


def _a_day(value: str | None) -> str | None:
    from datetime import date

    if value:
        try:
            date.fromisoformat(value)
        except ValueError:
            raise typer.BadParameter(f"{value!r} is no date; write 2026-09-01") from None
    return value
