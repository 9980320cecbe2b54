"""schoolbell doctor: what is right, what is wrong, and how to mend it. It looks and changes nothing."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from core.settings import Settings

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``mend`` says what to do where it is not well, or what is worth a thought where it is."""

    what: str
    says: str
    mend: str = ""
    is_well: bool = True

    @property
    def sign(self) -> str:
        """What the line begins with."""
        if not self.is_well:
            return "✗"
        return "!" if self.mend else "✓"


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
    if not asyncio.run(_report(settings, demo=demo)):
        raise typer.Exit(1)


async def _report(settings: Settings, *, demo: bool) -> bool:
    is_well = True
    async for finding in _findings(settings, demo=demo):
        typer.echo(f"{finding.sign} {finding.what}: {finding.says}")
        if finding.mend:
            typer.echo(f"    → {finding.mend}")
        is_well = is_well and finding.is_well
    return is_well


async def _findings(settings: Settings, *, demo: bool) -> AsyncIterator[Finding]:
    for finding in _settings():
        yield finding
    if not demo:
        for finding in _web(settings):
            yield finding
    yield _secret(settings)
    async for finding in _database(settings):
        yield finding
    for finding in _languages():
        yield finding
    yield await _token(settings)


def _settings() -> Iterator[Finding]:
    from core.settings import given_variables, unknown_variables

    unknown = unknown_variables(given_variables())
    for name, meant in unknown.items():
        mend = (
            f"Did you mean {meant}?" if meant else "Remove it, or look into the README's table of settings."
        )
        yield Finding("Settings", f"{name} is read by nothing", mend, is_well=False)
    if not unknown:
        yield Finding("Settings", "in order")


def _web(settings: Settings) -> Iterator[Finding]:
    from urllib.parse import urlsplit

    from core.settings import is_loopback

    address = settings.public_address
    host = urlsplit(address).hostname or ""
    if is_loopback(host) or host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not listened on
        yield Finding(
            "Web address",
            f"{address} opens on this machine only, and that is what invitation codes and slips would say",
            "Before codes are printed, set SCHOOLBELL_PUBLIC_URL to the address that families open.",
        )
    elif not settings.is_tls:
        yield Finding(
            "Web address",
            f"{address} is open to the network without TLS",
            "Put a TLS proxy in front and set SCHOOLBELL_PUBLIC_URL to its https:// address.",
        )
    else:
        yield Finding("Web address", address)
        if not settings.trusted_proxies:
            yield Finding(
                "Proxy",
                "no proxy is trusted, so all browsers behind one share its limit of wrong codes",
                "Set SCHOOLBELL_TRUSTED_PROXIES to the proxy's address or network as seen from here, like "
                "127.0.0.1 or 172.16.0.0/12.",
            )


def _secret(settings: Settings) -> Finding:
    from core.settings import SHORTEST_KEY

    path = settings.var_dir / "secret_key"
    if settings.secret_key is not None:
        return Finding("Secret key", "set by SCHOOLBELL_SECRET_KEY")
    try:
        if not path.exists():
            return _to_be_made("Secret key", str(path), path.parent, "SCHOOLBELL_VAR_DIR")
        is_open, length = path.stat().st_mode & 0o077, len(path.read_bytes().strip())
    except OSError as error:
        why = error.strerror or str(error)
        return Finding(
            "Secret key", f"{path} cannot be read ({why})", "Check SCHOOLBELL_VAR_DIR.", is_well=False
        )
    if length < SHORTEST_KEY:
        return Finding(
            "Secret key",
            f"{path} holds no key of at least {SHORTEST_KEY} bytes",
            "Restore it from a backup; without one delete it: a new key is made, and the codes that are out die.",
            is_well=False,
        )
    if is_open:
        return Finding("Secret key", f"{path} can be read by others", f"chmod 600 {path}", is_well=False)
    return Finding("Secret key", f"kept in {path}; keep it with your backups")


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    from core.db.migrate import file_of, look_at_revision, reason, shown_address

    shown = shown_address(settings)
    try:
        revision = await look_at_revision(settings.database_url)
    except FileNotFoundError:
        yield _to_be_made("Database", shown, file_of(settings.database_url).parent, settings.database_setting)
        return
    except Exception as error:  # each driver has its own
        yield Finding(
            "Database",
            f"{shown} does not answer ({reason(error)})",
            f"Check {settings.database_setting}, and that the server runs or the file can be read.",
            is_well=False,
        )
        return
    yield Finding("Database", f"{shown} answers")
    yield _migrations(revision)


def _to_be_made(what: str, shown: str, folder: Path, setting: str) -> Finding:
    """Of what the first start makes: whether it will be able to."""
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Finding(what, f"{shown} will be made at the first start")
    return Finding(
        what,
        f"{shown} cannot be made: {there} is no folder that can be written",
        f"Check {setting}.",
        is_well=False,
    )


def _migrations(has: str | None) -> Finding:
    from core.db.migrate import is_known, newest_revision

    wants = newest_revision()
    if has == wants:
        return Finding("Migrations", f"at {wants}, the newest")
    if has is None:
        return Finding(
            "Migrations", "there are none yet", "`schoolbell migrate`; `schoolbell run` does it by itself."
        )
    return Finding(
        "Migrations",
        f"the database is at {has}, this version wants {wants}",
        "Make a backup, then `schoolbell migrate`."
        if is_known(has)
        else "A newer Schoolbell has used it: update this one, or restore a backup.",
        is_well=False,
    )


def _languages() -> Iterator[Finding]:
    from core.i18n import LANGUAGE_NAMES, LOCALES, read_catalog, unfinished

    for locale in LOCALES:
        try:
            missing = unfinished(read_catalog(locale))
            says = f"{missing} texts are not translated" if missing else "complete"
        except (OSError, ValueError) as error:
            missing = -1
            says = f"its catalog cannot be read ({error})"
        mend = "Install Schoolbell again; in a clone, run `make catalogs`." if missing else ""
        yield Finding(LANGUAGE_NAMES[locale], says, mend, is_well=not missing)


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
