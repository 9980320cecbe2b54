"""Counting what is asked of the database."""

from __future__ import annotations

from types import TracebackType

import sqlalchemy as sa

from core.db.engine import Database

_WORDS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"})


class Statements:
    """As a context: every SELECT, INSERT, UPDATE and DELETE meanwhile, of readers and the writer, in order."""

    def __init__(self, database: Database) -> None:
        self._engines = (database.reader.engine, database.writer.sync_engine)
        self.seen: list[str] = []

    def take(self) -> list[str]:
        """Those seen since the last time."""
        taken, self.seen = self.seen, []
        return taken

    def __enter__(self) -> Statements:
        for engine in self._engines:
            sa.event.listen(engine, "before_cursor_execute", self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for engine in self._engines:
            sa.event.remove(engine, "before_cursor_execute", self._note)

    def _note(self, _connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.split(None, 1)[0].upper() in _WORDS:
            self.seen.append(statement)
