"""Comparing a register with the database, kind by kind: what is new, changed, ended, unchanged, missing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa

from core.db.models import ExternalId, Org
from core.db.uow import UnitOfWork
from core.importing.guardians import keep_cuts
from core.importing.homerooms import compare_homerooms
from core.importing.known import Key, Known, dependants, is_over, load, load_ties
from core.importing.plan import KindPlan, Made, Plan, RowId, Values
from core.importing.progress import Progress
from core.importing.register import KINDS, Kind, Record, Ref, Register
from core.importing.said import Said
from core.importing.slots import compare_slots


async def known_scales(uow: UnitOfWork, source: str) -> dict[str, str]:
    """The grading scales of the schools that a register has brought, by its ids. One statement."""
    rows = await uow.rows(
        sa.select(ExternalId.external_id, Org.scale)
        .join(Org, Org.id == ExternalId.target_id)
        .where(ExternalId.source == source, ExternalId.kind == "org")
    )
    return {row.external_id: row.scale for row in rows}


async def make_plan(uow: UnitOfWork, register: Register, *, end_missing: bool) -> Plan:
    """Compare; nothing is written. Two statements a kind, and a few for what ends."""
    progress = Progress(register, uow.now.date(), end_missing)
    plans = []
    for kind in KINDS:
        if kind.name == "homeroom_teacher":
            plan = await compare_homerooms(uow, kind, await load_ties(uow, kind, register), progress)
        elif kind.name == "slot":
            plan = await compare_slots(uow, kind, progress)
        else:
            plan = await _compare(uow, kind, progress)
        if kind.name == "guardianship":
            await keep_cuts(uow, plan, progress)
        plans.append(plan)
    return Plan(register, tuple(plans), end_missing)


async def _compare(uow: UnitOfWork, kind: Kind, progress: Progress) -> KindPlan:
    known = await load(uow, kind, progress.register)
    comparison = _Comparison(kind, known, progress)
    comparison.compare()
    belonging: dict[int, bool] = {}
    if kind.owners:
        belonging = await dependants(uow, kind, progress.ending, progress.today, progress.register.scope)
    comparison.end_belonging(belonging)
    comparison.tell()
    return comparison.plan


@dataclass(frozen=True, slots=True)
class _Found:
    """A record with the ids of what it refers to; ``over``: by itself, or with what it belongs to."""

    record: Record
    values: Values
    over: bool


@dataclass(slots=True)
class _Comparison:
    kind: Kind
    known: Known
    progress: Progress
    plan: KindPlan = field(init=False)
    split: set[str] = field(default_factory=set)
    """Live records whose row is another's."""
    live: set[RowId] = field(default_factory=set)
    """The rows that some live record is about: these do not end, whatever another id says."""
    taken: dict[Key, RowId] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    """Records that are over, or hang on something that was over before we knew it."""

    def __post_init__(self) -> None:
        self.plan = KindPlan(self.kind, known=len(self.known.by_external) - len(self.known.ended_by_register))

    def compare(self) -> None:
        """Live records first, so that what they are about is known when others say that it is over."""
        kind, known = self.kind, self.known
        for ties in (known.bound, known.by_external):
            self.progress.ids.update({(kind.name, external): row for external, row in ties.items()})
        self.taken.update(known.by_key)
        over = []
        for one in self._claimed() if kind.apart else self._resolved():
            if one.over:
                over.append(one)
            else:
                self._take(one)
        for one in over:
            self._end(one)
        if kind.name in self.progress.register.whole:
            self._find_missing()

    def _resolved(self) -> Iterator[_Found]:
        ids, over = self.progress.ids, self.progress.over
        for record in self.progress.register.of(self.kind.name):
            refs = {name: value for name, value in record.values.items() if isinstance(value, Ref)}
            if any((ref.kind, ref.id) not in ids for ref in refs.values()):
                self.gone.add(record.id)
                continue
            is_over = record.ended or any(
                (refs[column].kind, refs[column].id) in over for column in self.kind.owners if column in refs
            )
            if is_over:
                self.gone.add(record.id)
            resolved = {name: ids[ref.kind, ref.id] for name, ref in refs.items()}
            yield _Found(record, {**record.values, **resolved}, is_over)

    def _claimed(self) -> list[_Found]:
        """The records, once it is known which row each live one has, and which names they give up."""
        found = list(self._resolved())
        for one in found:
            row = self.known.row_of(one.record.id)
            if one.over or row is None or row not in self.known.rows:
                continue
            if row in self.live:
                # Two ids were tied to one row that are two things after all.
                self.split.add(one.record.id)
                continue
            self.live.add(row)
            current = self._key(self.known.rows[row])
            if current != self._key(one.values) and self.taken.get(current) == row:
                del self.taken[current]
        return found

    def _key(self, values: Values) -> Key:
        return tuple(values.get(name) for name in self.kind.key)

    def _take(self, one: _Found) -> None:
        record, values = one.record, one.values
        row_id: RowId | None = self.known.row_of(record.id)
        if row_id not in self.known.rows or record.id in self.split:
            row_id = self._adopted(self._key(values)) if self.kind.key else None
        if self.kind.apart:
            values = self._told_apart(record, values, row_id)
        if row_id is None:
            row_id = Made(self.kind.name, len(self.plan.new))
            self.plan.new[row_id] = {**self.kind.once, **record.once, **values}
        elif not isinstance(row_id, Made):
            self._compare_row(record, row_id, values)
        if self.kind.key:
            self.taken[self._key(values)] = row_id
        self.live.add(row_id)
        self._tie(record, row_id)

    def _adopted(self, key: Key) -> RowId | None:
        """The row that says the same without this id of the register; not one that is another record's."""
        row = self.taken.get(key)
        if row is None or not self.kind.apart:
            return row
        if row in self.live or isinstance(row, Made):
            return None
        return row if all(self._is_gone(external) for external in self.known.externals[row]) else None

    def _is_gone(self, external: str) -> bool:
        register, name = self.progress.register, self.kind.name
        if external in self.known.ended_by_register or external in self.gone:
            return True
        return name in register.whole and name not in register.unsure and not register.has(name, external)

    def _told_apart(self, record: Record, values: Values, row_id: RowId | None) -> Values:
        column = self.kind.apart
        name = values[column]
        numbered = ({column: f"{name} ({record.id}) {number}"} for number in itertools.count(2))
        for other in itertools.chain(({}, record.apart, {column: f"{name} ({record.id})"}), numbered):
            candidate = {**values, **other}
            holder = self.taken.get(self._key(candidate))
            if holder is None or holder == row_id:
                break
        if candidate[column] != name:
            self.plan.remarks.append(
                Said(
                    "{kind}: there is another '{name}', so '{id}' is called '{called}'",
                    kind=self.kind.plural,
                    name=name,
                    id=record.id,
                    called=candidate[column],
                )
            )
        return candidate

    def _tie(self, record: Record, row_id: RowId) -> None:
        self.progress.ids[self.kind.name, record.id] = row_id
        if record.id in self.known.elsewhere:
            self.plan.retied[record.id] = row_id
        elif record.id not in self.known.by_external:
            self.plan.tied[record.id] = row_id
        elif self.known.by_external[record.id] != row_id:
            self.plan.retied[record.id] = row_id

    def _compare_row(self, record: Record, row_id: int, values: Values) -> None:
        row, ended = self.known.rows[row_id], self.kind.ended
        differing = {name: value for name, value in values.items() if row[name] != value}
        if self.kind.apart and any(name in differing for name in self.kind.key):
            # Written anew with the rest of its key: see how names are handed on.
            differing[self.kind.apart] = values[self.kind.apart]
        ties = [record.id] if record.id in self.known.externals[row_id] else self.known.externals[row_id]
        if any(tie in self.known.ended_by_register for tie in ties):
            if record.id in ties:
                self.plan.register_revived.append(record.id)
            if ended and ended not in values and row[ended] is not None:
                # The register ended it, so the register may bring it back; what the school ended stays ended.
                differing[ended] = None
        if differing:
            self.plan.changed[row_id] = {**self.plan.changed.get(row_id, {}), **differing}
            self.plan.before[row_id] = row
        else:
            self.plan.unchanged += 1

    def _end(self, one: _Found) -> None:
        record = one.record
        row: RowId | None = self.known.by_external.get(record.id)
        is_tied = row in self.known.rows
        if not is_tied:
            row = self.known.bound.get(record.id)
            if row not in self.known.rows:
                row = self.taken.get(self._key(one.values)) if self.kind.key else None
        if row is None or isinstance(row, Made):
            return
        if not is_tied:
            # What the school made by itself: the register says that it is over.
            if row in self.live or is_over(self.kind, self.known.rows[row], self.progress.today):
                return
            self._tie(record, row)
        if record.id in self.known.ended_by_register:
            self.plan.unchanged += 1
        elif row in self.live:
            self.plan.register_ended.append(record.id)
        elif is_over(self.kind, self.known.rows[row], self.progress.today):
            # The school ended it before: the register is not to bring it back.
            self.plan.unchanged += 1
        else:
            self._end_row(row, explicit=True)
            self.plan.register_ended.append(record.id)

    def _end_row(self, row: int, *, explicit: bool) -> None:
        ending = self.progress.ending[self.kind.name]
        if row not in ending:
            self.plan.ended.append(row)
        ending[row] = ending.get(row, False) or explicit

    def _find_missing(self) -> None:
        register, name = self.progress.register, self.kind.name
        for external, row in self.known.by_external.items():
            if register.has(name, external) or external in self.known.ended_by_register or row in self.live:
                continue
            if row not in self.known.rows or is_over(self.kind, self.known.rows[row], self.progress.today):
                continue
            self.plan.missing.append(row)
            if self.progress.may_end_missing(name):
                self._end_row(row, explicit=False)
                self.plan.register_ended.append(external)
                self.plan.lost += 1

    def end_belonging(self, rows: dict[int, bool]) -> None:
        """End what belongs to what ends; the ties are told, so that it may come back with it."""
        for row, explicit in rows.items():
            if row in self.live or row in self.progress.ending[self.kind.name]:
                continue
            self._end_row(row, explicit=explicit)
            for external in self.known.externals[row]:
                if external not in self.known.ended_by_register:
                    self.plan.register_ended.append(external)
                    self.plan.lost += not explicit

    def tell(self) -> None:
        """Tell the kinds after this one what is over, and people's names."""
        ids, name = self.progress.ids, self.kind.name
        alive = {record.id for record in self.progress.register.of(name)} - self.gone
        ended = (self.known.ended_by_register | set(self.plan.register_ended) | self.gone) - alive
        self.progress.over.update((name, external) for external in ended)
        if name == "person":
            for record in self.progress.register.of(name):
                if (name, record.id) in ids:
                    self.progress.names[ids[name, record.id]] = str(record.values.get("name_key", ""))
