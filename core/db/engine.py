"""The database: one pool that reads in autocommit, one that writes in transactions.

SQLite (WAL, foreign keys on) has a single writing connection, so writers queue in the process instead of
failing with "database is locked"; its transactions begin IMMEDIATE, because a read transaction that is
upgraded fails at once when another has written meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

_READERS = 8


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
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            self.reader = _sqlite(self.url, writes=False)
            self.writer = _sqlite(self.url, writes=True)
        else:
            # No reset: an autocommit connection has nothing to roll back.
            self.reader = create_async_engine(
                self.url, isolation_level="AUTOCOMMIT", pool_size=_READERS, pool_reset_on_return=None
            )
            self.writer = create_async_engine(self.url, pool_size=_READERS)

    async def ping(self) -> None:
        """Raises what the driver raises where the database does not answer."""
        async with self.reader.connect() as connection:
            await connection.execute(sa.text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self.reader.dispose()
        await self.writer.dispose()


def _sqlite(url: sa.URL, *, writes: bool) -> AsyncEngine:
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1 if writes else _READERS,
        max_overflow=0,
        pool_reset_on_return="rollback" if writes else None,
        # Waiting for the one writer is normal under load; failing after the default 30 s is not.
        pool_timeout=120,
    )

    @sa.event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        # The driver's own transactions are off: reads autocommit, writes begin below.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "foreign_keys=ON",
            "busy_timeout=15000",
            "synchronous=NORMAL",
            "cache_size=-16000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    if writes:

        @sa.event.listens_for(engine.sync_engine, "begin")
        def on_begin(connection: sa.Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
