"""What the database holds of one kind: the register's ties, the rows, and which of them hold still."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

import sqlalchemy as sa

from core.db.models import ExternalId
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID
from core.importing.own_ids import rows_of_own_ids
from core.importing.plan import Values
from core.importing.register import Kind, Register

_BATCH = 2_000
Key = tuple[Any, ...]
T = TypeVar("T")


@dataclass(slots=True)
class Known:
    """``rows`` and ``by_key`` are there only of kinds that the register speaks of."""

    by_external: dict[str, int] = field(default_factory=dict)
    ended_by_register: set[str] = field(default_factory=set)
    externals: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[int, Values] = field(default_factory=dict)
    by_key: dict[Key, int] = field(default_factory=dict)


async def load(uow: UnitOfWork, kind: Kind, register: Register, *, is_own: bool = False) -> Known:
    """At most two statements; where this installation wrote the register, one more for 2,000 ids of our own."""
    known = await load_ties(uow, kind, register)
    if not register.records[kind.name] and kind.name not in register.whole:
        return known
    table = kind.table.__table__
    columns = {column for record in register.of(kind.name) for column in record.values} | set(kind.key)
    if kind.ended:
        columns.add(kind.ended)
    statement = sa.select(table.c.id, *(table.c[name] for name in sorted(columns)))
    if not kind.key:
        tied = sa.select(ExternalId.target_id).where(
            ExternalId.source == register.source, ExternalId.kind == kind.name
        )
        statement = statement.where(table.c.id.in_(tied))
    for row in await uow.rows(statement):
        values = dict(row._mapping)
        known.rows[values["id"]] = values
        if kind.key:
            known.by_key[tuple(values[name] for name in kind.key)] = values["id"]
    if is_own:
        await _add_own(uow, kind, register, known, columns)
    return known


async def _add_own(
    uow: UnitOfWork, kind: Kind, register: Register, known: Known, columns: Iterable[str]
) -> None:
    """Rows that go by ids of our own. Those are ties as good as the register's, though none are written."""
    table = kind.table.__table__
    ours = rows_of_own_ids(register.system, kind.name, register.records[kind.name].keys() - known.by_external)
    unread = sorted(row for row in ours.values() if row not in known.rows and row <= LARGEST_ID)
    if not kind.key:
        for batch in batches(unread):
            found = sa.select(table.c.id, *(table.c[name] for name in sorted(columns))).where(
                table.c.id.in_(batch)
            )
            known.rows.update({row.id: dict(row._mapping) for row in await uow.rows(found)})
    known.by_external.update({external: row for external, row in ours.items() if row in known.rows})


async def load_ties(uow: UnitOfWork, kind: Kind, register: Register) -> Known:
    """The ties alone. One statement."""
    known = Known()
    for tie in await uow.rows(
        sa.select(ExternalId.external_id, ExternalId.target_id, ExternalId.ended_on).where(
            ExternalId.source == register.source, ExternalId.kind == kind.name
        )
    ):
        known.by_external[tie.external_id] = tie.target_id
        known.externals[tie.target_id].append(tie.external_id)
        if tie.ended_on is not None:
            known.ended_by_register.add(tie.external_id)
    return known


async def dependants(
    uow: UnitOfWork, kind: Kind, ending: Mapping[str, Mapping[int, bool]], today: date
) -> dict[int, bool]:
    """The rows that still hold and belong to what ends, whoever made them, with what ``ending`` says of the owner.

    A statement for each owner of which something ends and 2,000 of those.
    """
    found: dict[int, bool] = {}
    columns = kind.table.__table__.c
    for column, owner in kind.owners.items():
        for batch in batches(list(ending.get(owner, ()))):
            statement = sa.select(columns.id, columns[column].label("owner_id")).where(
                columns[column].in_(batch), holds(kind, today)
            )
            for row in await uow.rows(statement):
                found[row.id] = found.get(row.id, False) or ending[owner][row.owner_id]
    return found


def holds(kind: Kind, today: date) -> sa.ColumnElement[bool]:
    """The condition that a row of a kind with an end is not over yet."""
    ended = kind.table.__table__.c[kind.ended]
    # ``ends`` is the last day, so what ends today is over from tomorrow; the others are the moment itself.
    return sa.or_(ended.is_(None), ended >= today) if kind.ended == "ends" else ended.is_(None)


def is_over(kind: Kind, row: Values, today: date) -> bool:
    """The same of a row in hand."""
    if not kind.ended or row[kind.ended] is None:
        return False
    return kind.ended != "ends" or bool(row["ends"] < today)


def batches(items: Sequence[T]) -> Iterable[Sequence[T]]:
    """Small enough for one statement."""
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]
