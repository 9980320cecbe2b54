"""The unit of work: reads in autocommit, one write transaction at a time, and what hangs on its commit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from core.clock import Clock
from core.db.engine import Database


class UnitOfWork:
    """What one update, request or job does with the database.

    Reads run one by one in autocommit. ``writing()`` opens the one write transaction; inside it reads see it. Not
    for use by two tasks at once.
    """

    def __init__(
        self, database: Database, clock: Clock, *, via: str = "", over: AsyncConnection | None = None
    ) -> None:
        """``via`` says in audit entries where things were done; writes go ``over`` a connection held for that, where one
        is given."""
        self.database = database
        self.clock = clock
        self.via = via
        self.statements = 0
        self.looks: set[tuple[str, int]] = set()
        """The audited looks that this unit of work has recorded: one page or answer is one look."""
        self._over = over
        self._writer: AsyncConnection | None = None
        self.before_commit: list[Callable[[], Awaitable[None]]] = []
        self.after_commit: list[Callable[[], None]] = []

    @property
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return self.clock.now()

    @property
    def is_writing(self) -> bool:
        """Whether a write transaction is open."""
        return self._writer is not None

    async def __aenter__(self) -> UnitOfWork:
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Nothing to close: a read holds its connection no longer than it takes."""

    async def rows(
        self, statement: sa.Executable, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[sa.Row[Any]]:
        """All rows of a read."""
        self.statements += 1
        if self._writer is None:
            return await self.database.reader.rows(statement, parameters)
        return (await self._writer.execute(statement, parameters)).all()

    async def row(
        self, statement: sa.Executable, parameters: Mapping[str, Any] | None = None
    ) -> sa.Row[Any] | None:
        """The first row of a read, or None."""
        found = await self.rows(statement, parameters)
        return found[0] if found else None

    async def value(self, statement: sa.Executable, parameters: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row, or None."""
        found = await self.row(statement, parameters)
        return found[0] if found is not None else None

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[UnitOfWork]:
        """The write transaction: committed at the end, rolled back whole by any error.

        Inside another ``writing()`` it joins that one.
        """
        if self._writer is not None:
            yield self
            return
        async with self._transaction() as connection:
            self._writer = connection
            try:
                yield self
                while self.before_commit:
                    await self.before_commit.pop(0)()
            except BaseException:
                self.after_commit.clear()
                raise
            finally:
                self._writer = None
        pending, self.after_commit = self.after_commit, []
        for tell in pending:
            tell()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        if self._over is None:
            async with self.database.writer.begin() as connection:
                yield connection
        else:
            async with self._over.begin():
                yield self._over

    async def write(
        self,
        statement: sa.Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> sa.CursorResult[Any]:
        """Run one INSERT, UPDATE or DELETE inside ``writing()``; a list of parameters is one statement."""
        if self._writer is None:
            raise RuntimeError("a write outside of writing()")
        self.statements += 1
        return await self._writer.execute(statement, parameters)

    async def run_sync(self, work: Callable[[sa.Connection], None]) -> None:
        """Work that wants the connection itself, inside ``writing()``; for migrations."""
        if self._writer is None:
            raise RuntimeError("a write outside of writing()")
        await self._writer.run_sync(work)

    async def insert(self, table: type[Any], **values: Any) -> int:
        """Insert one row and return its id."""
        result = await self.write(sa.insert(table).values(**values).returning(table.id))
        return int(result.scalar_one())
