"""Bringing a database to the newest shape, and telling which shape it has."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

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


async def revision_at(url: str) -> str | None:
    """The revision of the database at an address; None where there is none yet. Nothing is made."""
    if _is_absent(url):
        return None
    database = Database(url)
    try:
        return await current_revision(database)
    finally:
        await database.close()


def _is_absent(url: str) -> bool:
    parts = make_url(url)
    return parts.get_backend_name() == "sqlite" and not Path(parts.database or "").exists()


@asynccontextmanager
async def altering(database: Database) -> AsyncIterator[AsyncConnection]:
    """The transaction in which tables are altered.

    SQLite alters many a thing by making the table anew and dropping the old one, and with foreign keys on a dropped
    table takes the rows that point at it along. So they are off meanwhile (which can be said only outside of a
    transaction), and a migration that leaves rows pointing at nothing is undone. Raises RuntimeError.
    """
    async with database.writer.connect() as connection:
        if database.is_sqlite:
            await _set_foreign_keys(connection, on=False)
        try:
            async with connection.begin():
                yield connection
                if database.is_sqlite:
                    await _check_foreign_keys(connection)
        finally:
            if database.is_sqlite:
                await _set_foreign_keys(connection, on=True)


async def _set_foreign_keys(connection: AsyncConnection, *, on: bool) -> None:
    raw = await connection.get_raw_connection()
    assert raw.driver_connection is not None
    cursor = await raw.driver_connection.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")
    await cursor.close()


async def _check_foreign_keys(connection: AsyncConnection) -> None:
    broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()
    if broken:
        tables = ", ".join(sorted({str(row[0]) for row in broken}))
        raise RuntimeError(
            f"the migration would leave rows that point at nothing: {len(broken)}, in {tables}"
        )


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

    async with altering(database) as connection:
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
