"""Bringing a database to the newest shape, and telling which shape it has."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from core.db.engine import Database

_SCRIPTS = Path(__file__).parent / "migrations"


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration for our scripts, on an open connection where one is given."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str:
    """The revision that the code expects."""
    return ScriptDirectory.from_config(configuration()).get_current_head() or ""


async def current_revision(database: Database) -> str | None:
    """The revision the database has; None where it is empty. A handful of statements."""
    async with database.writer.connect() as connection:
        return await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())


async def migrate(database: Database, revision: str = "head") -> None:
    """Upgrade, or with an older ``revision`` downgrade, in one transaction."""

    def run(connection: Connection) -> None:
        config = configuration(connection)
        current = MigrationContext.configure(connection).get_current_revision()
        scripts = ScriptDirectory.from_config(config)
        below = revision == "base" or (
            current is not None
            and revision != "head"
            and revision != current
            and any(script.revision == revision for script in scripts.iterate_revisions(current, "base"))
        )
        (command.downgrade if below else command.upgrade)(config, revision)

    async with database.writer.begin() as connection:
        await connection.run_sync(run)


async def _write_revision(message: str) -> None:
    """Draft the next migration from what the models have and the migrations do not."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{folder}/draft.db")
        await migrate(database)
        number = f"{int(newest_revision() or 0) + 1:04}"
        async with database.writer.begin() as connection:
            await connection.run_sync(
                lambda c: command.revision(configuration(c), message, autogenerate=True, rev_id=number)
            )
        await database.close()


if __name__ == "__main__":
    asyncio.run(_write_revision(sys.argv[1]))
