"""Looking at a database, bringing it to the newest shape, and telling which shape it has.

Alembic is imported only where something is to be brought: it takes nine megabytes and a quarter of a second, and most
starts find the newest shape.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from core.db.engine import Database
from core.db.uow import UnitOfWork
from core.settings import SettingsError

if TYPE_CHECKING:
    from alembic.config import Config

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
        raise SettingsError(f"SCHOOLBELL_DATABASE_URL: {shown} does not answer: {why}") from None


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration for our scripts, on an open connection where one is given."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str:
    """The revision that the code expects: our scripts are numbered, and each file is named by its number."""
    return max((path.name[:4] for path in (_SCRIPTS / "versions").glob("[0-9]*.py")), default="")


async def current_revision(database: Database) -> str | None:
    """The revision the database has; None where it has none. At most three statements."""
    if "alembic_version" not in await tables_in(database):
        return None
    try:
        rows = await database.reader.rows(text("SELECT version_num FROM alembic_version"))
    except DBAPIError:
        return None  # it stands in a schema of somebody else's
    return str(rows[0][0]) if rows else None


async def migrate(database: Database, revision: str = "head") -> None:
    """Upgrade, or with an older ``revision`` downgrade, in one transaction.

    Raises SettingsError, one line, where the database does not answer or the file is none.
    """
    if revision == "head" and await current_revision(database) == newest_revision():
        return
    await _must_answer(database)
    async with database.writer.begin() as connection:
        await connection.run_sync(_bring, revision)


async def migrate_within(uow: UnitOfWork, revision: str = "head") -> None:
    """The same as part of a transaction; needs ``uow.writing()``."""
    await uow.run_sync(lambda connection: _bring(connection, revision))


def _bring(connection: Connection, revision: str) -> None:
    from alembic import command
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

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
    from alembic import command

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
