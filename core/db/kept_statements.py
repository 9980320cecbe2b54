"""Reads that a module keeps and runs again and again, on SQLite, without SQLAlchemy's work around each run.

A usual read takes a tenth of a millisecond, and SQLAlchemy as much again around it: it looks up what it compiled, builds
an execution context and a result, and its rows find a column by name ten times slower than a named tuple does
(``bench/conversation.py`` has what that is of an answer). Here a statement that runs a second time is compiled once, by
SQLAlchemy, and so are the conversions of its parameters and columns; from then on the driver gets the SQL, and the rows
are named tuples.

What does not fit stays with SQLAlchemy: ``IN`` lists of values, whose SQL depends on them; columns whose names are no
Python names; statements made anew for each run.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from keyword import iskeyword
from typing import Any, cast
from weakref import WeakKeyDictionary, WeakSet

import sqlalchemy as sa
from sqlalchemy.sql.compiler import SQLCompiler

Rows = Sequence[sa.Row[Any]]
Cells = tuple[Any, ...]
_Convert = Callable[[Any], Any]


class KeptStatements:
    """Those of one database; a statement is forgotten together with the module or function that kept it."""

    def __init__(self, dialect: sa.Dialect) -> None:
        self._dialect = dialect
        self._ran_once: WeakSet[sa.Executable] = WeakSet()
        # None is one that does not fit.
        self._known: WeakKeyDictionary[sa.Executable, KeptStatement | None] = WeakKeyDictionary()

    def find(self, statement: sa.Executable) -> KeptStatement | None:
        """The statement made ready, once it has run twice and fits."""
        return self._known.get(statement)

    def has_run(self, statement: sa.Executable, names: Sequence[str]) -> None:
        """Says that SQLAlchemy ran the statement, and the names of the columns; the second time makes it ready."""
        if statement in self._known:
            return
        if statement in self._ran_once:
            self._known[statement] = _made_ready(statement, names, self._dialect)
        else:
            self._ran_once.add(statement)


class KeptStatement:
    """SQL for the driver, with the conversions of its parameters and of its columns, by place.

    Each parameter is converted once, however often it is named: ``places`` says which stands for each question mark.
    ``given`` are the values of those that the statement itself knows.
    """

    def __init__(
        self,
        sql: str,
        parameters: Sequence[tuple[str, _Convert | None]],
        places: Sequence[int],
        given: Mapping[str, Any],
        columns: Sequence[tuple[int, _Convert]],
        row: type[tuple[Any, ...]],
    ) -> None:
        self.sql = sql
        self._parameters = parameters
        self._places = places
        self._given = given
        self._columns = columns
        self._row: Callable[[Iterable[Any]], Any] = partial(tuple.__new__, row)
        self._width = len(row._fields)  # type: ignore[attr-defined]

    def arguments(self, parameters: Mapping[str, Any] | None) -> list[Any]:
        """What stands for the question marks. Raises KeyError where a parameter is missing."""
        given = {**self._given, **parameters} if parameters else self._given
        values = [given[name] if to is None else to(given[name]) for name, to in self._parameters]
        return [values[place] for place in self._places]

    def rows(self, fetched: list[Cells]) -> Rows:
        """The driver's rows with the types of their columns, all of a column at once.

        Raises LookupError where the columns are no longer those of old: SQL by hand may ask for "*".
        """
        if not fetched:
            return []
        if len(fetched[0]) != self._width:
            raise LookupError
        cells: Iterable[Iterable[Any]] = fetched
        if self._columns:
            columns: list[Iterable[Any]] = list(zip(*fetched, strict=True))
            for place, convert in self._columns:
                columns[place] = map(convert, columns[place])
            cells = zip(*columns, strict=True)
        return [*map(self._row, cells)]


def _made_ready(statement: sa.Executable, names: Sequence[str], dialect: sa.Dialect) -> KeptStatement | None:
    """None where it does not fit."""
    types = _types(statement)
    row = _row_class(tuple(names))
    if row is None or types is None or (types and len(types) != len(names)):
        return None
    compiled = cast("sa.ClauseElement", statement).compile(dialect=dialect)
    if not isinstance(compiled, SQLCompiler) or compiled.escaped_bind_names:
        return None
    if compiled.post_compile_params or compiled.literal_execute_params:
        return None
    order = compiled.positiontup or ()
    binds = {name: compiled.binds[name] for name in order}
    if any(bind.callable for bind in binds.values()):
        return None
    names_once = list(binds)
    return KeptStatement(
        compiled.string,
        [(bind.key, bind.type.dialect_impl(dialect).bind_processor(dialect)) for bind in binds.values()],
        [names_once.index(name) for name in order],
        {bind.key: bind.value for bind in binds.values() if not bind.required},
        [
            (place, convert)
            for place, kind in enumerate(types)
            if (convert := kind.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ],
        row,
    )


def _types(statement: sa.Executable) -> list[sa.types.TypeEngine[Any]] | None:
    """Those of the columns; empty for SQL by hand, whose columns have none; None for what is neither."""
    if isinstance(statement, sa.Select | sa.CompoundSelect):
        return [column.type for column in statement.selected_columns]
    return [] if isinstance(statement, sa.TextClause) else None


def _row_class(names: tuple[str, ...]) -> type[tuple[Any, ...]] | None:
    """A named tuple that has what we use of ``sa.Row``: attributes, places, unpacking and ``_mapping``."""
    if len(set(names)) < len(names):
        return None
    if any(iskeyword(name) or not name.isidentifier() or name.startswith("_") for name in names):
        return None
    named: Any = namedtuple("Row", names)  # type: ignore[misc]
    return type("Row", (named,), {"__slots__": (), "_mapping": property(named._asdict)})
