"""The command line. Each file of ``bot/cli/`` defines ``app``; heavy imports wait until a command needs them."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import typer

import bot.cli
from core.settings import SettingsError

app = typer.Typer(
    name="schoolbell",
    help="Schoolbell: the school in a messenger.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for _module in pkgutil.iter_modules(bot.cli.__path__, "bot.cli."):
    app.add_typer(importlib.import_module(_module.name).app)


def main() -> None:
    """Run the command; a bad setting or an unusable file is one clear line, not a traceback."""
    try:
        app()
    except SettingsError as error:
        print(f"schoolbell: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
