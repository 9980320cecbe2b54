"""The difference between a register and the database, kind by kind: what is new, changed, ended, unchanged, missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from core.db.models import ExternalId, Org
from core.db.uow import UnitOfWork
from core.importing.register import KINDS, Kind, Record, Ref, Register

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """A row that is yet to be made, in place of its id."""

    kind: str
    place: int


RowId = int | Made


@dataclass(slots=True)
class KindPlan:
    """What becomes of one kind; ids are real ones until a row is yet to be made."""

    kind: Kind
    new: dict[Made, Values] = field(default_factory=dict)
    changed: dict[int, Values] = field(default_factory=dict)
    before: dict[int, Values] = field(default_factory=dict)
    ended: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    unchanged: int = 0
    tied: dict[str, RowId] = field(default_factory=dict)
    """Register ids to tie to rows for the first time."""
    register_ended: list[str] = field(default_factory=list)
    register_revived: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be written."""
        return not (
            self.new
            or self.changed
            or self.ended
            or self.tied
            or self.register_ended
            or self.register_revived
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole difference, in the order of writing."""

    register: Register
    kinds: tuple[KindPlan, ...]
    end_missing: bool

    @property
    def is_empty(self) -> bool:
        """Whether the database says all this already."""
        return all(kind.is_empty for kind in self.kinds)


@dataclass(slots=True)
class _Known:
    """What the database holds of one kind."""

    by_external: dict[str, int] = field(default_factory=dict)
    ended_by_register: set[str] = field(default_factory=set)
    rows: dict[int, Values] = field(default_factory=dict)
    by_key: dict[tuple[Any, ...], int] = field(default_factory=dict)


async def known_scales(uow: UnitOfWork, source: str) -> dict[str, str]:
    """The grading scales of the schools that a register has brought, by its ids. One statement."""
    rows = await uow.rows(
        sa.select(ExternalId.external_id, Org.scale)
        .join(Org, Org.id == ExternalId.target_id)
        .where(ExternalId.source == source, ExternalId.kind == "org")
    )
    return {row.external_id: row.scale for row in rows}


async def make_plan(uow: UnitOfWork, register: Register, *, end_missing: bool) -> Plan:
    """Compare; nothing is written. At most three statements a kind."""
    ids: dict[tuple[str, str], RowId] = {}
    plans = []
    for kind in KINDS:
        known = await _load(uow, kind, register)
        plans.append(_compare(kind, known, register, ids, end_missing=end_missing))
    return Plan(register, tuple(plans), end_missing)


async def _load(uow: UnitOfWork, kind: Kind, register: Register) -> _Known:
    known = _Known()
    table = kind.table.__table__
    ties = await uow.rows(
        sa.select(ExternalId.external_id, ExternalId.target_id, ExternalId.ended_on).where(
            ExternalId.source == register.source, ExternalId.kind == kind.name
        )
    )
    for tie in ties:
        known.by_external[tie.external_id] = tie.target_id
        if tie.ended_on is not None:
            known.ended_by_register.add(tie.external_id)
    if not register.records[kind.name]:
        return known
    columns = {column for record in register.of(kind.name) for column in record.values}
    wanted = [table.c.id, *(table.c[name] for name in sorted(columns | set(kind.key)))]
    if kind.ended and kind.ended not in columns:
        wanted.append(table.c[kind.ended])
    statement = sa.select(*wanted)
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
    return known


def _compare(
    kind: Kind, known: _Known, register: Register, ids: dict[tuple[str, str], RowId], *, end_missing: bool
) -> KindPlan:
    plan = KindPlan(kind)
    ids.update({(kind.name, external): row_id for external, row_id in known.by_external.items()})
    made: dict[tuple[Any, ...], Made] = {}
    for record in register.of(kind.name):
        if any(
            isinstance(value, Ref) and (value.kind, value.id) not in ids for value in record.values.values()
        ):
            # It hangs on something that was over before we knew it.
            continue
        values = {name: _resolve(value, ids) for name, value in record.values.items()}
        known_id = known.by_external.get(record.id)
        row_id = known_id if known_id in known.rows else _adopt(kind, known, made, plan, record, values)
        if row_id is None:
            continue
        ids[kind.name, record.id] = row_id
        if not isinstance(row_id, Made):
            _compare_row(kind, known, plan, record, row_id, values)
    if kind.name in register.whole:
        _find_missing(kind, known, register, plan, end=end_missing and kind.name not in register.unsure)
    return plan


def _resolve(value: Any, ids: Mapping[tuple[str, str], RowId]) -> Any:
    return ids[value.kind, value.id] if isinstance(value, Ref) else value


def _adopt(
    kind: Kind,
    known: _Known,
    made: dict[tuple[Any, ...], Made],
    plan: KindPlan,
    record: Record,
    values: Values,
) -> RowId | None:
    """The row that says the same without the register's id, or a new one; None for what was over before we knew."""
    key = tuple(values.get(name) for name in kind.key)
    row_id: RowId
    if kind.key and key in known.by_key:
        row_id = known.by_key[key]
    elif kind.key and key in made:
        row_id = made[key]
    elif record.ended:
        return None
    else:
        row_id = Made(kind.name, len(plan.new))
        plan.new[row_id] = {**kind.once, **record.once, **values}
        if kind.key:
            made[key] = row_id
    plan.tied[record.id] = row_id
    return row_id


def _compare_row(
    kind: Kind, known: _Known, plan: KindPlan, record: Record, row_id: int, values: Values
) -> None:
    row = known.rows[row_id]
    was_ended = record.id in known.ended_by_register
    if record.ended:
        if was_ended:
            plan.unchanged += 1
        else:
            plan.ended.append(row_id)
            plan.register_ended.append(record.id)
        return
    differing = {name: value for name, value in values.items() if row[name] != value}
    if was_ended:
        plan.register_revived.append(record.id)
        if kind.ended and kind.ended not in values:
            # The register ended it, so the register may bring it back; what the school ended stays ended.
            differing[kind.ended] = None
    if differing:
        plan.changed[row_id] = {**plan.changed.get(row_id, {}), **differing}
        plan.before[row_id] = row
    else:
        plan.unchanged += 1


def _find_missing(kind: Kind, known: _Known, register: Register, plan: KindPlan, *, end: bool) -> None:
    present = {known.by_external.get(record.id) for record in register.of(kind.name)}
    for external, row_id in known.by_external.items():
        if register.has(kind.name, external) or external in known.ended_by_register or row_id in present:
            continue
        plan.missing.append(row_id)
        if end:
            plan.ended.append(row_id)
            plan.register_ended.append(external)
