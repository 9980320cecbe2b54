"""Which of the screens' tests run on PostgreSQL in `make test`."""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

import pytest

_SCREENS = Path(__file__).parent
_EVERY = 3


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every third by its name; the others do in `make soak`.

    What screens ask of the database is tested on both below them (``tests/core``), and every command and button is walked
    on both for everybody (``test_every_door.py``); on SQLite all screens' tests run.
    """
    for item in items:
        if not isinstance(item, pytest.Function) or item.path.parent != _SCREENS:
            continue
        is_walk = item.path.name == "test_every_door.py"
        # A test that names its database itself runs there and nowhere else.
        is_pinned = any("database_kind" in mark.args[0] for mark in item.iter_markers("parametrize"))
        callspec = getattr(item, "callspec", None)
        is_postgres = callspec is not None and callspec.params.get("database_kind") == "postgres"
        if is_postgres and not is_pinned and not is_walk and crc32(item.originalname.encode()) % _EVERY:
            item.add_marker(pytest.mark.soak)
