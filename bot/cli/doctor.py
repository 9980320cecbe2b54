"""schoolbell doctor: what is right, what is wrong, and how to mend it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from core.db.engine import Database
    from core.settings import Settings

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``mend`` says what to do where it is not well."""

    what: str
    says: str
    mend: str = ""
    is_well: bool = True


@app.command()
def doctor(
    demo: Annotated[bool, typer.Option("--demo", help="Look at the demo's settings and database.")] = False,
) -> None:
    """Check the settings, the database, its migrations, the languages and the bot's token.

    Nothing is changed. The exit code is 1 when something needs mending.
    """
    import asyncio

    from core.settings import demo_settings, describe, load_settings

    settings = demo_settings() if demo else load_settings()
    for name, value in describe(settings).items():
        typer.echo(f"  {name} = {value}")
    typer.echo()
    if not asyncio.run(_report(settings)):
        raise typer.Exit(1)


async def _report(settings: Settings) -> bool:
    is_well = True
    async for finding in _findings(settings):
        typer.echo(f"{'✓' if finding.is_well else '✗'} {finding.what}: {finding.says}")
        if finding.mend:
            typer.echo(f"    → {finding.mend}")
        is_well = is_well and finding.is_well
    return is_well


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    yield _settings(settings)
    yield _secret(settings)
    async for finding in _database(settings):
        yield finding
    yield _languages()
    yield await _token(settings)


def _settings(settings: Settings) -> Finding:
    import os

    from core.settings import is_loopback, unknown_variables

    unknown = unknown_variables(os.environ)
    if unknown:
        name, meant = next(iter(unknown.items()))
        mend = (
            f"Did you mean {meant}?" if meant else "Remove it, or look into the README's table of settings."
        )
        return Finding("Settings", f"{name} is read by nothing", mend, is_well=False)
    if not is_loopback(settings.http_host) and not settings.is_tls:
        return Finding(
            "Settings",
            f"the web address {settings.public_address} is open to the network without TLS",
            "Put a TLS proxy in front and set SCHOOLBELL_PUBLIC_URL to its https:// address.",
        )
    return Finding("Settings", "in order")


def _secret(settings: Settings) -> Finding:
    path = settings.var_dir / "secret_key"
    if settings.secret_key is not None:
        return Finding("Secret key", "set by SCHOOLBELL_SECRET_KEY")
    if not path.exists():
        return Finding("Secret key", f"will be made at the first start, in {path}")
    if path.stat().st_mode & 0o077:
        return Finding("Secret key", f"{path} can be read by others", f"chmod 600 {path}", is_well=False)
    return Finding("Secret key", f"kept in {path}; keep it with your backups")


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    from core.db.engine import Database
    from core.db.migrate import tables_in
    from core.settings import SettingsError, describe

    shown = describe(settings)["SCHOOLBELL_DATABASE_URL"]
    database = Database(settings.database_url)
    try:
        try:
            tables = await tables_in(database)
        except SettingsError as error:
            yield Finding(
                "Database",
                str(error).removeprefix("SCHOOLBELL_DATABASE_URL: "),
                "Check SCHOOLBELL_DATABASE_URL, that the server runs, and that the folder can be written.",
                is_well=False,
            )
            return
        if not tables:
            yield Finding("Database", f"{shown} is empty", "`schoolbell run` fills it at its first start.")
            return
        yield Finding("Database", f"{shown} answers")
        yield await _migrations(database)
    finally:
        await database.close()


async def _migrations(database: Database) -> Finding:
    from core.db.migrate import current_revision, newest_revision

    has, wants = await current_revision(database), newest_revision()
    if has == wants:
        return Finding("Migrations", f"at {wants}, the newest")
    if has is None:
        return Finding(
            "Migrations", "there are none yet", "`schoolbell migrate`; `schoolbell run` does it by itself."
        )
    return Finding(
        "Migrations",
        f"the database is at {has}, this version wants {wants}",
        "Make a backup, then `schoolbell migrate`; where the database is newer, update Schoolbell.",
        is_well=False,
    )


def _languages() -> Finding:
    from core.i18n import LANGUAGE_NAMES, LOCALES, read_catalog

    for locale in LOCALES:
        try:
            missing = sum(1 for message in read_catalog(locale) if message.id and not message.string)
        except FileNotFoundError:
            missing = -1
        if missing:
            says = "its catalog is missing" if missing < 0 else f"{missing} texts are not translated"
            return Finding(
                "Languages",
                f"{LANGUAGE_NAMES[locale]}: {says}",
                "Install Schoolbell again; in a clone, run `make catalogs`.",
                is_well=False,
            )
    return Finding("Languages", f"{', '.join(LANGUAGE_NAMES.values())}, complete")


async def _token(settings: Settings) -> Finding:
    if settings.bot_token is None:
        return Finding(
            "Telegram",
            "no token: only the web chat runs",
            "To add Telegram, get a token from @BotFather and set SCHOOLBELL_BOT_TOKEN.",
        )
    from aiogram.exceptions import AiogramError

    from bot.channels.telegram import TokenRefused, ask_name, make_bot

    bot = make_bot(settings)
    try:
        me = await ask_name(bot)
    except TokenRefused as error:
        return Finding("Telegram", str(error), "Set it right, then run the doctor again.", is_well=False)
    except AiogramError as error:
        says = str(getattr(error, "message", type(error).__name__)).replace(bot.token, "•••")
        return Finding(
            "Telegram",
            f"the Bot API server cannot be asked: {says}",
            "Check this machine's network and SCHOOLBELL_TELEGRAM_API_URL.",
            is_well=False,
        )
    finally:
        await bot.session.close()
    return Finding("Telegram", f"the bot is @{me.username}")
