"""Writing a plan: one transaction, set-based, with one audit entry; a mark that changes keeps what it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from core.db.audit import record
from core.db.models import Base, ExternalId, Mark, MarkCorrection, Org, SchoolClass
from core.db.uow import UnitOfWork
from core.errors import UnreadableFile
from core.importing.compare import make_plan
from core.importing.known import batches, holds
from core.importing.plan import KindPlan, Made, Plan, RowId, Values
from core.importing.register import Kind, Register
from core.importing.said import Said

OnStep = Callable[[str, int, int], None]
_REPLACED = "replaced in the register"


async def apply_register(
    uow: UnitOfWork,
    register: Register,
    *,
    end_missing: bool = False,
    end_most: bool = False,
    person_id: int | None = None,
    on_step: OnStep = lambda *_: None,
) -> Plan:
    """Compare and write in one transaction, and return what was done. A second run writes nothing.

    ``person_id`` is whose doing it is; ``on_step`` hears what is being written, how many kinds are done and how many
    there are. Raises UnreadableFile
    where most of a kind would end for being absent, unless ``end_most`` says that this is meant.
    """
    async with uow.writing():
        plan = await make_plan(uow, register, end_missing=end_missing)
        if plan.alarming and not end_most:
            raise refusal_of(plan)
        if plan.is_empty:
            return plan
        writer = _Writer(uow, register.source)
        for place, kind in enumerate(plan.kinds):
            on_step(kind.kind.plural, place, len(plan.kinds))
            await writer.write(kind)
        on_step("", len(plan.kinds), len(plan.kinds))
        await _rebuild_paths(uow)
        counts = {
            one.kind.name: [len(one.new), len(one.changed), len(one.ended)]
            for one in plan.kinds
            if not one.is_empty
        }
        await record(
            uow,
            "register.imported",
            actor_id=person_id,
            subject=None if register.scope is None else ("org", register.scope.school_id),
            after={"source": register.source, "counts": counts},
        )
        return plan


def refusal_of(plan: Plan) -> UnreadableFile:
    """Why a plan that is alarming is not applied: ``4,000 of 4,100 people, 60 of 60 roles`` would end."""
    what = ", ".join(f"{one.lost:,} of {one.known:,} {one.kind.plural}" for one in plan.alarming)
    said = Said("{what} would end for being absent. Is the export whole?", what=what)
    return UnreadableFile(said, overrule="end-most")


class _Writer:
    def __init__(self, uow: UnitOfWork, source: str) -> None:
        self._uow = uow
        self._source = source
        self._real: dict[Made, int] = {}
        # Rows end with the last day they hold, so what ends now held yesterday for the last time.
        self._today = uow.now.date()
        self._yesterday = self._today - timedelta(days=1)

    async def write(self, plan: KindPlan) -> None:
        if plan.kind.name == "homeroom_teacher":
            await self._write_homerooms(plan)
        else:
            await self._write_rows(plan)
        await self._write_ties(plan)

    async def _write_rows(self, plan: KindPlan) -> None:
        kind = plan.kind
        await self._vacate_names(plan)
        for provisional, real in zip(
            plan.new, await _reserve_ids(self._uow, kind, len(plan.new)), strict=True
        ):
            self._real[provisional] = real
        rows = [{"id": self._real[made], **self._final(kind, values)} for made, values in plan.new.items()]
        if kind.table is Mark:
            await self._write_marks(plan, rows)
        else:
            await self._insert(kind.table, rows)
            await self._change(plan)
            await self._end(plan)

    async def _write_marks(self, plan: KindPlan, rows: Sequence[dict[str, Any]]) -> None:
        """A pupil has one open mark for an assessment, so those that go leave before others come."""
        await self._end(plan)
        reopened = [row_id for row_id, values in plan.changed.items() if "withdrawn_at" in values]
        await self._replace({row_id: plan.before[row_id] for row_id in reopened})
        await self._change(plan)
        # No mark is there yet for an assessment that is only just made.
        made = {
            self._real[one] for one, values in plan.new.items() if isinstance(values["assessment_id"], Made)
        }
        await self._replace({row["id"]: row for row in rows if row["id"] not in made})
        await self._insert(Mark, rows)

    async def _replace(self, marks: Mapping[int, Values]) -> None:
        """Withdraw what stands in the place of these marks, by id: the register knows it by another id, or not at all."""
        table = _table(Mark)
        statement = (
            sa.update(table)
            .where(
                table.c.student_id == sa.bindparam("student"),
                table.c.assessment_id == sa.bindparam("assessment"),
                table.c.id != sa.bindparam("row_id"),
                table.c.withdrawn_at.is_(None),
            )
            .values(withdrawn_at=self._uow.now, withdrawn_why=_REPLACED)
        )
        places = [
            {"row_id": row_id, "student": values["student_id"], "assessment": values["assessment_id"]}
            for row_id, values in marks.items()
        ]
        for batch in batches(places):
            await self._uow.write(statement, batch)
        if places:
            # It was the register that ended them, so the register may bring them back.
            replaced = sa.select(table.c.id).where(
                table.c.withdrawn_at == self._uow.now, table.c.withdrawn_why == _REPLACED
            )
            await self._uow.write(
                sa.update(ExternalId)
                .where(
                    ExternalId.source == self._source,
                    ExternalId.kind == "mark",
                    ExternalId.ended_on.is_(None),
                    ExternalId.target_id.in_(replaced),
                )
                .values(ended_on=self._today)
            )

    async def _write_homerooms(self, plan: KindPlan) -> None:
        set_anew = [*plan.new.values(), *plan.changed.values(), *({"class_id": row} for row in plan.ended)]
        statement = (
            sa.update(_table(SchoolClass))
            .where(sa.column("id") == sa.bindparam("row_id"))
            .values(homeroom_teacher_id=sa.bindparam("teacher"))
        )
        for batch in batches(set_anew):
            await self._uow.write(
                statement,
                [
                    {"row_id": self._id(one["class_id"]), "teacher": self._id(one.get("teacher_id"))}
                    for one in batch
                ],
            )

    async def _write_ties(self, plan: KindPlan) -> None:
        of_kind = {"source": self._source, "kind": plan.kind.name}
        await self._insert(
            ExternalId,
            [
                {**of_kind, "external_id": external, "target_id": self._id(row_id)}
                for external, row_id in plan.tied.items()
            ],
        )
        moved = [
            {"external": external, "target": self._id(row_id)} for external, row_id in plan.retied.items()
        ]
        statement = (
            sa.update(_table(ExternalId))
            .where(
                ExternalId.source == self._source,
                ExternalId.kind == plan.kind.name,
                ExternalId.external_id == sa.bindparam("external"),
            )
            .values(target_id=sa.bindparam("target"), ended_on=None)
        )
        for batch in batches(moved):
            await self._uow.write(statement, batch)
        await self._tell_ties(plan.kind, plan.register_ended, self._today)
        await self._tell_ties(plan.kind, plan.register_revived, None)

    def _id(self, row_id: RowId | None) -> int | None:
        return self._real[row_id] if isinstance(row_id, Made) else row_id

    def _final(self, kind: Kind, values: dict[str, Any]) -> dict[str, Any]:
        final = {
            name: self._real[value] if isinstance(value, Made) else value for name, value in values.items()
        }
        if kind.table is Mark:
            final.setdefault("recorded_at", self._uow.now)
        return final

    async def _insert(self, table: Any, rows: Sequence[dict[str, Any]]) -> None:
        # The rows of one INSERT name the same columns; those they do not name take the table's defaults.
        alike: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            alike[tuple(sorted(row))].append(row)
        for group in alike.values():
            for batch in batches(group):
                await self._uow.write(sa.insert(_table(table)), batch)

    async def _vacate_names(self, plan: KindPlan) -> None:
        """Names that must differ may be handed on, from one row to another; so they are given up first."""
        column = plan.kind.apart
        renamed = [row for row, values in plan.changed.items() if column in values]
        unique = sa.literal("\u0001") + sa.cast(sa.column("id"), sa.Text())
        for batch in batches(renamed):
            await self._uow.write(
                sa.update(_table(plan.kind.table)).where(sa.column("id").in_(batch)).values({column: unique})
            )

    async def _change(self, plan: KindPlan) -> None:
        if plan.kind.table is Mark:
            await self._insert(MarkCorrection, self._corrections(plan))
        alike: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        for row_id, values in plan.changed.items():
            final = self._final(plan.kind, values)
            alike[tuple(sorted(final))].append(
                {"row_id": row_id, **{f"new_{name}": value for name, value in final.items()}}
            )
        for names, parameters in alike.items():
            statement = (
                sa.update(_table(plan.kind.table))
                .where(sa.column("id") == sa.bindparam("row_id"))
                .values({name: sa.bindparam(f"new_{name}") for name in names})
            )
            for batch in batches(parameters):
                await self._uow.write(statement, batch)

    def _corrections(self, plan: KindPlan) -> list[dict[str, Any]]:
        return [
            {
                "mark_id": row_id,
                "value": plan.before[row_id]["value"],
                "number": plan.before[row_id]["number"],
                "comment": plan.before[row_id].get("comment", ""),
                "corrected_at": self._uow.now,
            }
            for row_id, values in plan.changed.items()
            if "value" in values
        ]

    async def _end(self, plan: KindPlan) -> None:
        kind = plan.kind
        if not kind.ended:
            return
        columns = _table(kind.table).c
        day = self._yesterday if kind.ended == "ends" else self._today
        values: dict[str, Any] = {kind.ended: day}
        if kind.ended == "ends" and "starts" in columns:
            # What ends before its first day came and went on its last: no span runs backwards.
            values["starts"] = sa.case((columns["starts"] > day, day), else_=columns["starts"])
        if kind.table is Mark:
            values = {"withdrawn_at": self._uow.now, "withdrawn_why": "no longer in the register"}
        for batch in batches(plan.ended):
            await self._uow.write(
                sa.update(_table(kind.table))
                .where(sa.column("id").in_(batch), holds(kind, self._today))
                .values(values)
            )

    async def _tell_ties(self, kind: Kind, externals: Sequence[str], ended_on: date | None) -> None:
        for batch in batches(externals):
            await self._uow.write(
                sa.update(ExternalId)
                .where(
                    ExternalId.source == self._source,
                    ExternalId.kind == kind.name,
                    ExternalId.external_id.in_(batch),
                )
                .values(ended_on=ended_on)
            )


async def _reserve_ids(uow: UnitOfWork, kind: Kind, count: int) -> list[int]:
    """Ids nobody else will be given: under SQLite's one writer the next ones, on PostgreSQL the sequence's."""
    if not count:
        return []
    table = _table(kind.table)
    if uow.database.is_sqlite:
        newest = await uow.value(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0)))
        return list(range(newest + 1, newest + count + 1))
    sequence = sa.func.pg_get_serial_sequence(table.name, "id")
    rows = await uow.rows(
        sa.select(sa.func.nextval(sequence)).select_from(sa.func.generate_series(1, count).alias("numbers"))
    )
    return [row[0] for row in rows]


async def _rebuild_paths(uow: UnitOfWork) -> None:
    rows = {row.id: row for row in await uow.rows(sa.select(Org.id, Org.parent_id, Org.path))}

    def path(org: int) -> str:
        above = rows[org].parent_id
        return f"{path(above) if above in rows else '/'}{org}/"

    moved = [{"row_id": org, "new_path": path(org)} for org, row in rows.items() if row.path != path(org)]
    if moved:
        await uow.write(
            sa.update(_table(Org))
            .where(sa.column("id") == sa.bindparam("row_id"))
            .values(path=sa.bindparam("new_path")),
            moved,
        )


def _table(model: type[Base]) -> sa.Table:
    # The mapped class would look for the primary key among the parameters; the table takes them as they are.
    table = model.__table__
    assert isinstance(table, sa.Table)
    return table
