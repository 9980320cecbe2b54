"""schoolbell run: the web chat, the notifier and, with a token, Telegram."""

from __future__ import annotations

import typer

app = typer.Typer()


@app.command()
def run() -> None:
    """Run Schoolbell until it is stopped. SCHOOLBELL_BOT_TOKEN adds Telegram to the web chat."""
    import uvloop

    from bot.serving import serve_school
    from core.logging import configure_logging
    from core.settings import load_settings

    settings = load_settings()
    configure_logging(settings)
    uvloop.run(serve_school(settings))


@app.command()
def migrate() -> None:
    """Bring the database to the newest shape. `run` does it by itself."""
    import asyncio

    from core.db.migrate import current_revision, open_database
    from core.settings import load_settings

    async def work() -> str | None:
        async with open_database(load_settings()) as database:
            return await current_revision(database)

    typer.echo(f"The database is at revision {asyncio.run(work())}.")
