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
from core.importing.ours import is_of_school, rows_of_school
from core.importing.plan import Values
from core.importing.register import Kind, Register, Scope

_BATCH = 2_000
Key = tuple[Any, ...]
T = TypeVar("T")


@dataclass(slots=True)
class Known:
    """``rows`` and ``by_key`` are there only of kinds that the register speaks of; ``elsewhere`` are ids tied to rows that
    are not, or no longer, the school's for which alone the import is."""

    by_external: dict[str, int] = field(default_factory=dict)
    ended_by_register: set[str] = field(default_factory=set)
    externals: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[int, Values] = field(default_factory=dict)
    by_key: dict[Key, int] = field(default_factory=dict)
    bound: Mapping[str, int] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)

    def row_of(self, external: str) -> int | None:
        """The row of a register's id."""
        return self.by_external.get(external, self.bound.get(external))


async def load(uow: UnitOfWork, kind: Kind, register: Register) -> Known:
    """At most two statements, and one for 2,000 rows that records are bound to."""
    known = await load_ties(uow, kind, register)
    if not register.records[kind.name] and kind.name not in register.whole:
        return known
    table = kind.table.__table__
    columns = {column for record in register.of(kind.name) for column in record.values} | set(kind.key)
    if kind.ended:
        columns.add(kind.ended)
    statement = sa.select(table.c.id, *(table.c[name] for name in sorted(columns)))
    if register.scope is not None:
        statement = statement.where(table.c.id.in_(rows_of_school(table, register.scope)))
    if kind.key:
        found = list(await uow.rows(statement))
    else:
        tied = sa.select(ExternalId.target_id).where(
            ExternalId.source == register.source, ExternalId.kind == kind.name
        )
        found = list(await uow.rows(statement.where(table.c.id.in_(tied))))
        for batch in batches(sorted(set(known.bound.values()) - set(known.by_external.values()))):
            found += await uow.rows(statement.where(table.c.id.in_(batch)))
    for row in found:
        values = dict(row._mapping)
        if not is_of_school(kind.name, values, register.scope):
            continue
        known.rows[values["id"]] = values
        if kind.key:
            known.by_key[tuple(values[name] for name in kind.key)] = values["id"]
    return known


async def load_ties(uow: UnitOfWork, kind: Kind, register: Register) -> Known:
    """The ties alone. One statement."""
    known = Known(bound=register.bound[kind.name])
    statement = sa.select(ExternalId.external_id, ExternalId.target_id, ExternalId.ended_on).where(
        ExternalId.source == register.source, ExternalId.kind == kind.name
    )
    # What a homeroom teacher's tie names is a person, and the class decides whose it is.
    is_scoped = register.scope is not None and kind.name != "homeroom_teacher"
    if register.scope is not None and is_scoped:
        ours = ExternalId.target_id.in_(rows_of_school(kind.table.__table__, register.scope))
        statement = statement.add_columns(ours.label("is_ours"))
    for tie in await uow.rows(statement):
        if is_scoped and not (
            tie.is_ours
            and (kind.name != "person" or is_of_school("person", {"id": tie.target_id}, register.scope))
        ):
            known.elsewhere.add(tie.external_id)
            continue
        known.by_external[tie.external_id] = tie.target_id
        known.externals[tie.target_id].append(tie.external_id)
        if tie.ended_on is not None:
            known.ended_by_register.add(tie.external_id)
    return known


async def dependants(
    uow: UnitOfWork, kind: Kind, ending: Mapping[str, Mapping[int, bool]], today: date, scope: Scope | None
) -> dict[int, bool]:
    """The rows that still hold and belong to what ends, whoever made them, with what ``ending`` says of the owner.
    Within a scope only the school's.

    A statement for each owner of which something ends and 2,000 of those.
    """
    found: dict[int, bool] = {}
    columns = kind.table.__table__.c
    for column, owner in kind.owners.items():
        for batch in batches(list(ending.get(owner, ()))):
            statement = sa.select(columns.id, columns[column].label("owner_id")).where(
                columns[column].in_(batch), holds(kind, today)
            )
            if scope is not None:
                statement = statement.where(columns.id.in_(rows_of_school(kind.table.__table__, scope)))
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
