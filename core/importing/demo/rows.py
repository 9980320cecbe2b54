"""Rows by table, with ids of their own, written in one go at the end."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import sqlalchemy as sa

from core.db.models import Base
from core.db.uow import UnitOfWork


class Rows:
    """Collects rows; ids count up from what the database has already."""

    def __init__(self, first_ids: dict[str, int]) -> None:
        self._first = first_ids
        self._rows: defaultdict[type[Base], list[dict[str, Any]]] = defaultdict(list)

    def add(self, table: type[Base], **values: Any) -> int:
        """Add a row and return its id."""
        rows = self._rows[table]
        row_id = self._first.get(table.__tablename__, 0) + len(rows) + 1
        rows.append({"id": row_id, **values})
        return row_id

    def of(self, table: type[Base]) -> list[dict[str, Any]]:
        """The rows of a table so far; they may still be changed."""
        return self._rows[table]

    async def write(self, uow: UnitOfWork) -> int:
        """Insert everything in the order the tables need; on PostgreSQL the sequences follow. Returns the rows."""
        order = {table.name: place for place, table in enumerate(Base.metadata.sorted_tables)}
        written = 0
        for table, rows in sorted(self._rows.items(), key=lambda item: order[item[0].__tablename__]):
            if not rows:
                continue
            keys = sorted({key for row in rows for key in row})
            same = [{key: row.get(key) for key in keys} for row in rows]
            await uow.write(sa.insert(table.__table__), same)  # type: ignore[arg-type]
            written += len(rows)
            if not uow.database.is_sqlite:
                name = table.__tablename__
                await uow.rows(
                    sa.text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {same[-1]['id']})")
                )
        return written
