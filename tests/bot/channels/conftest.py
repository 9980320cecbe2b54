"""A site with the cast, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.clock import FrozenClock
from core.db.engine import Database
from core.settings import Settings
from tests.cast import Cast
from tests.support.browser import Site, open_site


@pytest.fixture
async def site(database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path) -> AsyncIterator[Site]:
    """The web application on a free port of loopback."""
    url = database.url.render_as_string(hide_password=False)
    async with open_site(Settings(_env_file=None, database_url=url, var_dir=tmp_path), clock) as opened:
        yield opened
