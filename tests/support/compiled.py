"""Statements compiled once a process, however many databases its tests open.

SQLAlchemy compiles a statement once an engine, and every test has an engine of its own: two thirds of a screen's test
went into that. Here the engines of one driver share what they compiled. A compiled statement belongs to a dialect, so
they share the first one's, too: they are of one class, and of one server.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

_FIRST: dict[tuple[str, str], sa.Dialect] = {}
_COMPILED: dict[Any, Any] = {}


def share_compiled_statements() -> None:
    """From now on, in every engine of the process."""
    sa.event.listen(sa.Engine, "engine_connect", _share)


def _share(connection: sa.Connection) -> None:
    dialect = connection.dialect
    connection.dialect = _FIRST.setdefault((dialect.name, dialect.driver), dialect)
    connection.execution_options(compiled_cache=_COMPILED)
