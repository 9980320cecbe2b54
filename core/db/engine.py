"""The database: reads one by one in autocommit, writes in transactions.

SQLite (WAL, foreign keys on) has a single writing connection, so writers queue in the process instead of
failing with "database is locked"; its transactions begin IMMEDIATE, because a read transaction that is
upgraded fails at once when another has written meanwhile. A statement of it is one hop to the connection's thread
(``core/db/one_hop.py``). Its reads run where they are asked for, without a
thread between: a hop to a thread and back costs more than the tenth of a millisecond of a usual read, and many times
that on a busy machine (``bench/conversation.py``). Those that a module keeps go past SQLAlchemy
(``core/db/kept_statements.py``). In WAL mode a read waits for no writer. A read that may take long
is marked with ``LONG`` and gets a thread. Reading alone leaves a file as it was found.

What people wrote stands in the statements' parameters, so no engine puts those into its errors.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, cast

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from core.db.kept_statements import KeptStatements
from core.db.one_hop import DRIVER

_READERS = 4
LONG: Mapping[str, Any] = {"schoolbell_long": True}
"""``statement.execution_options(**LONG)``: a read of many rows, which must not hold up everybody else."""
Parameters = Mapping[str, Any] | None


class Reader(Protocol):
    """Runs reads; each sees what was committed before it began."""

    engine: sa.Engine

    async def rows(self, statement: sa.Executable, parameters: Parameters = None) -> Sequence[sa.Row[Any]]:
        """All rows of one statement."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


class Database:
    """Two engines on one database; open as long as the process."""

    def __init__(self, url: str) -> None:
        """``url`` names an async driver: ``sqlite+aiosqlite:///FILE`` or ``postgresql+asyncpg://…``."""
        self.url = make_url(url)
        self.on_publish: Callable[[], None] = lambda: None
        """Called after a commit that published events; the notifier's bell in this process."""
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if not self.url.database or self.url.database == ":memory:":
                raise ValueError("a SQLite database needs a file: two pools share it")
            self.reader: Reader = _SqliteReader(self.url)
            self.writer = _sqlite_writer(self.url)
        else:
            self.reader = _PostgresReader(self.url)
            self.writer = create_async_engine(self.url, pool_size=_READERS, hide_parameters=True)
            sa.event.listen(self.writer.sync_engine, "connect", _set_planner)

    @property
    def has_file(self) -> bool:
        """Whether a SQLite database has a file yet; a server's counts as there."""
        return not self.is_sqlite or Path(self.url.database or "").exists()

    async def ping(self) -> None:
        """Raises what the driver raises where the database does not answer."""
        await self.reader.rows(sa.text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self.reader.close()
        await self.writer.dispose()


class _PostgresReader:
    def __init__(self, url: sa.URL) -> None:
        # No reset: an autocommit connection has nothing to roll back.
        self._engine = create_async_engine(
            url,
            isolation_level="AUTOCOMMIT",
            pool_size=2 * _READERS,
            pool_reset_on_return=None,
            hide_parameters=True,
        )
        self.engine = self._engine.sync_engine
        sa.event.listen(self.engine, "connect", _set_planner)

    async def rows(self, statement: sa.Executable, parameters: Parameters = None) -> Sequence[sa.Row[Any]]:
        async with self._engine.connect() as connection:
            return (await connection.execute(statement, parameters)).all()

    async def close(self) -> None:
        await self._engine.dispose()


class _SqliteReader:
    def __init__(self, url: sa.URL) -> None:
        self.engine = sa.create_engine(
            url.set(drivername="sqlite+pysqlite"),
            isolation_level="AUTOCOMMIT",
            pool_reset_on_return=None,
            connect_args={"check_same_thread": False},
            hide_parameters=True,
        )
        sa.event.listen(self.engine, "do_connect", _make_file)
        sa.event.listen(self.engine, "connect", _set_pragmas)
        self._threads = ThreadPoolExecutor(_READERS, thread_name_prefix="sqlite-reader")
        self._own = threading.local()
        self._opened: list[sa.Connection] = []
        self._kept = KeptStatements(self.engine.dialect)

    async def rows(self, statement: sa.Executable, parameters: Parameters = None) -> Sequence[sa.Row[Any]]:
        if statement.get_execution_options().get("schoolbell_long"):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._read, statement, parameters)
        return self._read(statement, parameters)

    def _read(self, statement: sa.Executable, parameters: Parameters) -> Sequence[sa.Row[Any]]:
        connection: sa.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self.engine.connect()
            self._opened.append(connection)
        kept = self._kept.find(statement)
        if kept is not None:
            # Whatever is wrong, SQLAlchemy says it in errors of its own: it runs the statement again.
            with suppress(sqlite3.Error, LookupError, TypeError, ValueError):
                driver = cast("sqlite3.Connection", connection.connection.driver_connection)
                arguments = kept.arguments(parameters)
                for (
                    tell
                ) in self.engine.dispatch.before_cursor_execute:  # whoever counts statements sees these too
                    tell(connection, None, kept.sql, arguments, None, False)
                return kept.rows(driver.execute(kept.sql, arguments).fetchall())
        result = connection.execute(statement, parameters)
        self._kept.has_run(statement, [*result.keys()])
        return result.all()

    async def close(self) -> None:
        self._threads.shutdown()
        for connection in self._opened:
            connection.close()
        self.engine.dispose()


def _sqlite_writer(url: sa.URL) -> AsyncEngine:
    engine = create_async_engine(
        url.set(drivername=DRIVER),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1,
        max_overflow=0,
        pool_reset_on_return=None,
        # Waiting for the one writer is normal under load; failing after the default 30 s is not.
        pool_timeout=120,
        hide_parameters=True,
    )
    sa.event.listen(engine.sync_engine, "do_connect", _make_file)

    @sa.event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, record: Any) -> None:
        # The driver's own transactions are off: ours begin below.
        connection.isolation_level = None
        _set_pragmas(connection, record)
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.close()

    @sa.event.listens_for(engine.sync_engine, "reset")
    def on_reset(connection: Any, _record: Any, _state: Any) -> None:
        # Nothing is left of a transaction that was ended, so usually there is no hop for it.
        if connection.driver_connection.in_transaction:
            connection.rollback()

    @sa.event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _make_file(_dialect: Any, _record: Any, arguments: Sequence[Any], _named: Any) -> None:
    """A database that is not there yet is made readable by its owner only; SQLite's files beside it follow it."""
    path = Path(arguments[0])
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


_PLANNER = {
    # A school's rows lie in memory, or on a disk without a head to move: they are looked up one by one, not sieved from a
    # region's. Where PostgreSQL expected the head, six pages of the panel took up to half a second (``bench/panel.py``).
    "random_page_cost": "1.1",
    # A lesson is put together from nine tables and more. Of more than eight, PostgreSQL joins the ninth last, and it is the
    # one that says which lessons: a class's week went through the timetables of all schools.
    "join_collapse_limit": "11",
    "from_collapse_limit": "11",
    # To compile a plan takes longer than the longest of these reads.
    "jit": "off",
}


def _set_planner(connection: Any, _record: Any) -> None:
    # Not among the parameters that a connection starts with: poolers refuse those that they do not know.
    settings = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _PLANNER.items())
    cursor = connection.cursor()
    cursor.execute(f"SELECT {settings}")
    cursor.close()


def _set_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        "foreign_keys=ON",
        "busy_timeout=15000",
        "synchronous=NORMAL",
        "cache_size=-16000",
    ):
        try:
            cursor.execute(f"PRAGMA {pragma}")
        except Exception:
            # The file is no database. The pool forgets a connection that never came up; nobody else would close it.
            connection.close()
            raise
    cursor.close()
