"""Looking at a database, opening it, bringing it to the newest shape, and telling which shape it has."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.engine import Database
from core.db.uow import UnitOfWork
from core.settings import Settings, SettingsError, describe

_SCRIPTS = Path(__file__).parent / "migrations"


_SQLITE_TABLES = (
    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite@_%' ESCAPE '@'"
)
# Of every schema, but for what belongs to PostgreSQL itself or to an extension.
_POSTGRES_TABLES = """
    SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg@_%' ESCAPE '@'
      AND NOT EXISTS (
        SELECT 1 FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""


async def tables_in(database: Database) -> frozenset[str]:
    """The tables and views there are, anybody's. Nothing is changed, and no file is made. At most two statements.

    Raises SettingsError, one line, where the database does not answer or the file is none.
    """
    if not database.has_file:
        return frozenset()
    await _must_answer(database)
    statement = _SQLITE_TABLES if database.is_sqlite else _POSTGRES_TABLES
    return frozenset(row[0] for row in await database.reader.rows(text(statement)))


async def _must_answer(database: Database) -> None:
    try:
        await database.ping()
    except Exception as error:
        fault = error.orig if isinstance(error, DBAPIError) and error.orig else error
        why = (str(fault).strip().splitlines() or [type(fault).__name__])[0][:200]
        shown = database.url.render_as_string(hide_password=True)
        raise SettingsError(f"SCHOOLBELL_DATABASE_URL: {shown} cannot be opened ({why})") from None


class MigrationRefused(Exception):
    """A migration will not go on with what the database holds; the text says which rows and what to do."""


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration for our scripts, on an open connection where one is given."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str:
    """The revision that the code expects: our scripts are numbered, and each file is named by its number."""
    return max((path.name[:4] for path in (_SCRIPTS / "versions").glob("[0-9]*.py")), default="")


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database of the settings in the newest shape, until the end of the block.

    Raises SettingsError, naming the setting, where it cannot be opened or belongs to a newer Schoolbell.
    """
    try:
        database = Database(settings.database_url)
    except (OSError, ValueError) as error:
        raise _unusable(settings, error) from None
    try:
        try:
            # The reader first: aiosqlite's threads outlive a file that cannot be opened.
            await database.ping()
            async with database.writer.begin() as connection:
                await connection.execute(text("SELECT 1"))
        except (
            Exception
        ) as error:  # each driver has its own: sockets, names, passwords, files, options of the address
            raise _unusable(settings, error) from None
        if not is_known(await current_revision(database)):
            raise SettingsError(
                f"{settings.database_setting}: {shown_address(settings)} was last used by a newer Schoolbell. "
                "Update this one, or restore a backup."
            )
        try:
            await migrate(database)
        except MigrationRefused as refused:
            raise SettingsError(
                f"{settings.database_setting}: {shown_address(settings)} cannot be brought to the newest shape: {refused}"
            ) from None
        yield database
    finally:
        await database.close()


def _unusable(settings: Settings, error: Exception) -> SettingsError:
    return SettingsError(
        f"{settings.database_setting}: {shown_address(settings)} cannot be opened ({reason(error)})"
    )


def shown_address(settings: Settings) -> str:
    """The database's address without its password."""
    return describe(settings)["SCHOOLBELL_DATABASE_URL"]


def reason(error: Exception) -> str:
    """The first line of what a driver says."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return reason(Exception(*error.orig.args))
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (said.strip().splitlines() or [type(error).__name__])[0][:200]


def is_known(revision: str | None) -> bool:
    """Whether this version has the migration; an empty database (None) is one to be filled."""
    scripts = ScriptDirectory.from_config(configuration())
    return revision is None or any(script.revision == revision for script in scripts.walk_revisions())


def file_of(url: str) -> Path:
    """The file of a SQLite database."""
    return Path(make_url(url).database or "").absolute()


async def look_at_revision(url: str) -> str | None:
    """As ``current_revision``, of a database that is not open and not to be touched: SQLite is opened for reading only.

    Raises FileNotFoundError where SQLite's file is not there yet, else what the driver raises.
    """
    if make_url(url).get_backend_name() != "sqlite":
        database = Database(url)
        try:
            return await current_revision(database)
        finally:
            await database.close()
    path = file_of(url)
    if not path.exists():
        raise FileNotFoundError(path)
    # Reading beside a writer needs the writer's log; without one even the files that a reader makes are not made.
    how = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"
    engine = create_engine(
        "sqlite+pysqlite://", creator=lambda: sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True)
    )
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


async def current_revision(database: Database) -> str | None:
    """The revision the database has; None where it has none. At most three statements."""
    if "alembic_version" not in await tables_in(database):
        return None
    try:
        rows = await database.reader.rows(text("SELECT version_num FROM alembic_version"))
    except DBAPIError:
        return None  # it stands in a schema of somebody else's
    return str(rows[0][0]) if rows else None


async def revision_at(url: str) -> str | None:
    """The revision of the database at an address; None where there is none yet. Nothing is made."""
    if _is_absent(url):
        return None
    database = Database(url)
    try:
        return await current_revision(database)
    finally:
        await database.close()


async def revision_of(settings: Settings) -> str | None:
    """As ``revision_at`` for the database of the settings. Raises SettingsError where it cannot be asked."""
    try:
        return await revision_at(settings.database_url)
    except SettingsError:
        raise
    except Exception as error:  # each driver has its own
        raise _unusable(settings, error) from None


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
    """Upgrade, or with an older ``revision`` downgrade, in one transaction.

    Raises SettingsError, one line, where the database does not answer or the file is none.
    """
    if revision == "head" and await current_revision(database) == newest_revision():
        return
    await _must_answer(database)
    async with altering(database) as connection:
        await connection.run_sync(_bring, revision)


async def migrate_within(uow: UnitOfWork, revision: str = "head") -> None:
    """The same as part of a transaction; needs ``uow.writing()``."""
    await uow.run_sync(lambda connection: _bring(connection, revision))


def _bring(connection: Connection, revision: str) -> None:
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
