"""Which of several processes sends for a bot, which listens to it, and how they wake each other.

On PostgreSQL a process holds one connection for this. An advisory lock on it for each bot makes the process the one
that sends for it, and rows are claimed over this very connection: who has lost it takes nothing more. ``NOTIFY`` on
another's part wakes it at once. A session that ends frees its locks; one whose process stands still, or whose network
is gone, is ended by the server a moment after its holder must have noticed by itself. On SQLite there is one process,
and a lock on a file beside the database sees to it.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from core.db.engine import Database

log = structlog.get_logger(__name__)

_CHANNEL = "schoolbell"
_BEAT_SECONDS = 2.0
_ANSWER_SECONDS = 3.0
_TRUSTED_SECONDS = _BEAT_SECONDS + _ANSWER_SECONDS + 0.5
"""How long after the last answer of the server the locks are still taken to be held."""
_SERVER = {
    "idle_session_timeout": "7000",
    "statement_timeout": "3000",
    "lock_timeout": "3000",
    "idle_in_transaction_session_timeout": "7000",
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "4",
    "tcp_user_timeout": "6000",
    "client_connection_check_interval": "2000",
}
"""When the server ends the session of a silent holder (milliseconds, keepalives in seconds): later than the holder
gives up, sooner than ten seconds. Settings that a version does not have are left out."""


class NotLeading(Exception):
    """The lock is another's, or its connection is gone."""


class Bell(Protocol):
    """One per process. ``on_ring`` is called when another process has something to send."""

    on_ring: Callable[[], None]

    async def run(self) -> None:
        """Keep the connection, until cancelled."""
        ...

    async def leads(self, bot: str) -> int:
        """Take the lead for a bot, or keep it; 0 where it is another's. The number changes when the lead was lost
        meanwhile."""
        ...

    def still_leads(self, bot: str) -> bool:
        """Whether the lead is held as far as is known without asking."""
        ...

    def claiming(self, bot: str) -> Any:
        """A context: the connection to claim over, None for any. Raises NotLeading; an error inside ends the lead."""
        ...

    def ring(self) -> None:
        """Wake the other processes, soon."""
        ...

    def close(self) -> None:
        """Let go of what is still held, where ``run`` did not run."""
        ...


def bell_of(database: Database) -> Bell:
    """The bell that fits the database."""
    return FileBell(database) if database.is_sqlite else PostgresBell(database)


class PostgresBell:
    """Implements Bell with one connection, advisory locks, LISTEN and NOTIFY."""

    def __init__(self, database: Database) -> None:
        self.on_ring: Callable[[], None] = lambda: None
        self._engine = create_async_engine(
            database.url,
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={"timeout": _ANSWER_SECONDS, "command_timeout": _ANSWER_SECONDS},
        )
        self._connection: AsyncConnection | None = None
        self._driver: Any = None
        self._held: dict[str, int] = {}
        self._term = 0
        self._seen = 0.0
        self._lost = asyncio.Event()
        self._turn = asyncio.Lock()
        self._ringing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        while True:
            try:
                await self._open()
                log.info("bell.open")
                while not self._lost.is_set():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._lost.wait(), _BEAT_SECONDS)
                        break
                    async with self._turn:
                        await self._driver.fetchval("SELECT 1")
                        self._seen = time.monotonic()
                log.warning("bell.lost")
            except Exception as error:  # each driver and system has its own
                log.warning("bell.lost", why=type(error).__name__)
            finally:
                await self._close()
            await asyncio.sleep(1.0)

    async def leads(self, bot: str) -> int:
        if self.still_leads(bot):
            return self._held[bot]
        if self._driver is None or self._lost.is_set():
            return 0
        async with self._turn:
            driver = self._driver
            if driver is None:
                return 0
            try:
                got = await driver.fetchval("SELECT pg_try_advisory_lock($1)", _number(bot))
            except Exception:
                self._lose()
                return 0
            if driver is not self._driver or self._lost.is_set():
                return 0
            self._seen = time.monotonic()
            if got:
                self._held[bot] = self._term
        return self._held.get(bot, 0)

    def still_leads(self, bot: str) -> bool:
        return (
            bot in self._held and not self._lost.is_set() and time.monotonic() - self._seen < _TRUSTED_SECONDS
        )

    @asynccontextmanager
    async def claiming(self, bot: str) -> AsyncIterator[AsyncConnection | None]:
        async with self._turn:
            if not self.still_leads(bot) or self._connection is None:
                raise NotLeading(bot)
            try:
                async with asyncio.timeout(2 * _ANSWER_SECONDS):
                    yield self._connection
            except BaseException:
                self._lose()
                raise
            self._seen = time.monotonic()

    def ring(self) -> None:
        if self._ringing is None or self._ringing.done():
            self._ringing = asyncio.create_task(self._ring(), name="ring")

    def close(self) -> None:
        """The connection is ``run``'s, and with it the locks."""

    async def _ring(self) -> None:
        async with self._turn:
            if self._driver is not None and not self._lost.is_set():
                with suppress(Exception):
                    await self._driver.execute(f"NOTIFY {_CHANNEL}")

    def _lose(self, *_: Any) -> None:
        self._held.clear()
        self._lost.set()

    def _heard(self, _connection: Any, sender: int, _channel: str, _payload: str) -> None:
        if self._driver is not None and sender != self._driver.get_server_pid():
            self.on_ring()

    async def _open(self) -> None:
        connection = await self._engine.connect()
        try:
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            await driver.execute(
                "SELECT set_config(name, value, false) FROM json_each_text($1::json) AS wanted(name, value)"
                " JOIN pg_settings USING (name)",
                json.dumps(_SERVER),
            )
            self._lost.clear()
            driver.add_termination_listener(self._lose)
            await driver.add_listener(_CHANNEL, self._heard)
        except BaseException:
            await connection.close()
            raise
        self._connection, self._driver = connection, driver
        self._term += 1
        self._seen = time.monotonic()
        # What was rung while nobody listened.
        self.on_ring()

    async def _close(self) -> None:
        self._lose()
        connection, driver = self._connection, self._driver
        self._connection = self._driver = None
        if driver is not None:
            # At once, and without a word: the server may be the one that does not answer.
            with suppress(Exception):
                driver.terminate()
        if connection is not None:
            with suppress(Exception):
                async with asyncio.timeout(1):
                    await connection.invalidate()
                    await connection.close()


class FileBell:
    """Implements Bell with a lock on a file: a second process on the same SQLite file stands by."""

    def __init__(self, database: Database) -> None:
        self.on_ring: Callable[[], None] = lambda: None
        self._path = f"{database.url.database}-notifier"
        self._file: int | None = None

    async def run(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.close()

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    async def leads(self, bot: str) -> int:
        if self._file is None:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(file)
                return 0
            self._file = file
        return 1

    def still_leads(self, bot: str) -> bool:
        return self._file is not None

    @asynccontextmanager
    async def claiming(self, bot: str) -> AsyncIterator[AsyncConnection | None]:
        if self._file is None:
            raise NotLeading(bot)
        yield None

    def ring(self) -> None:
        """There is nobody to wake."""


def _number(bot: str) -> int:
    """A lock's number: PostgreSQL's are 64 bits with a sign."""
    return int.from_bytes(hashlib.sha256(f"schoolbell {bot}".encode()).digest()[:8], "big", signed=True)
