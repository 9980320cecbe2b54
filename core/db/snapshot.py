"""A snapshot: many reads that all see one state of the database, their rows handed out as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.engine import Database

_AT_ONCE = 2_000


class Snapshot(Protocol):
    """Reads of one state; writers are held up by none of them."""

    def stream(self, statement: sa.Executable) -> AsyncIterator[sa.Row[Any]]:
        """The rows of a read, a few thousand of them in memory at a time."""
        ...


class _SqliteSnapshot:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    async def stream(self, statement: sa.Executable) -> AsyncIterator[sa.Row[Any]]:
        for row in self._connection.execute(statement, execution_options={"yield_per": _AT_ONCE}):
            yield row


class _PostgresSnapshot:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def stream(self, statement: sa.Executable) -> AsyncIterator[sa.Row[Any]]:
        async with self._connection.stream(statement, execution_options={"yield_per": _AT_ONCE}) as rows:
            async for row in rows:
                yield row


@asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[Snapshot]:
    """Opens a connection of its own. On SQLite the reading happens where it is asked for: for the command line."""
    if database.is_sqlite:
        with database.reader.engine.connect() as connection:
            # The reader's connections are in autocommit; a read transaction is begun by hand, and ends with nothing to keep.
            connection.exec_driver_sql("BEGIN")
            try:
                yield _SqliteSnapshot(connection)
            finally:
                connection.exec_driver_sql("ROLLBACK")
        return
    async with database.writer.connect() as held:
        frozen = await held.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        yield _PostgresSnapshot(frozen)
        await frozen.rollback()
