"""What all tests share: a clock that stands still and empty, migrated databases of both kinds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.uow import UnitOfWork
from core.settings import Settings
from tests.cast import NOW, Cast
from tests.support.compiled import share_compiled_statements
from tests.support.databases import PostgresDatabases, SqliteDatabases, start_postgres

if TYPE_CHECKING:
    from tests.support.browser import Site

# A busy machine is no fault of the code: no test fails for its time, and each run draws the same examples.
hypothesis_settings.register_profile(
    "untimed", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("untimed")
share_compiled_statements()
# A traceback with everybody's values in it takes seconds to draw.
structlog.configure(
    [
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.fixture
def clock() -> FrozenClock:
    """Tuesday, 24 November 2026, 09:10 at school."""
    return FrozenClock(NOW)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of this test process, which comes as a wheel."""
    server = start_postgres()
    yield server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_databases(postgres: str) -> PostgresDatabases:
    """What every test's PostgreSQL database comes from."""
    return PostgresDatabases(postgres)


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    """What every test's SQLite database is copied from."""
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on; every test that asks for ``database`` runs on both."""
    return str(request.param)


@pytest.fixture
async def database(
    database_kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Database]:
    """A database in the newest shape; empty but for the cast, where the test asks for it."""
    with_cast = "cast" in request.fixturenames
    if database_kind == "sqlite":
        files: SqliteDatabases = request.getfixturevalue("sqlite_databases")
        opened = await files.copy_to(tmp_path / "school.db", with_cast=with_cast)
        yield opened
        await opened.close()
        return
    server: PostgresDatabases = request.getfixturevalue("postgres_databases")
    opened = await server.opened(with_cast=with_cast)
    yield opened
    await opened.close()


@pytest.fixture
async def uow(database: Database, clock: FrozenClock) -> AsyncIterator[UnitOfWork]:
    """A unit of work on the empty database."""
    async with UnitOfWork(database, clock, via="test") as opened:
        yield opened


@pytest.fixture
def cast(database: Database, database_kind: str, request: pytest.FixtureRequest) -> Cast:
    """The named cast, each linked to a chat of their own; ``database`` was made with them."""
    templates: SqliteDatabases | PostgresDatabases = request.getfixturevalue(f"{database_kind}_databases")
    return templates.cast


@pytest.fixture
async def site(database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path) -> AsyncIterator[Site]:
    """The web application with the cast, on a free port of loopback."""
    # Not above: the bot takes seconds to load, which the process that only hands tests out needs not.
    from tests.support.browser import open_site

    url = database.url.render_as_string(hide_password=False)
    async with open_site(Settings(_env_file=None, database_url=url, var_dir=tmp_path), clock) as opened:
        yield opened
