"""Counting what is asked of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from core.db.engine import Database

_COUNTED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that run inside, one by one."""
    found: list[str] = []
    engines = (database.reader.engine, database.writer.sync_engine)

    def count(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.split(None, 1)[0].upper() in _COUNTED:
            found.append(statement)

    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", count)
    try:
        yield found
    finally:
        for engine in engines:
            sa.event.remove(engine, "before_cursor_execute", count)
