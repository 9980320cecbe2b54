"""Cutting a register to one school: what is another's is left out and listed, and no row of another is ever touched.

What a school's own import brings is tied under a source of that school alone. Otherwise whoever imports for one school
could name the ids of another's people: learn of them by what happens, or tie ids beforehand that the authority's own
register will use for others. Rows that the authority's register brought are still recognised, where they are the
school's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.db.models import AcademicYear, ExternalId, Org, Person
from core.db.uow import UnitOfWork
from core.domain.kinds import OrgKind
from core.domain.names import fold
from core.importing.importer import Asked, LeftOut, Question
from core.importing.known import batches
from core.importing.ours import is_of_school, rows_of_school, scope_of
from core.importing.register import KINDS, Record, Ref, Register, Scope
from core.importing.said import Said

SCHOOL_QUESTION = "school"
_FEW_NAMES = 5
_MOST_CANDIDATES = 200


@dataclass(frozen=True, slots=True)
class Scoped:
    """The register that is left, None where it is not known which school of it is meant."""

    register: Register | None
    left_out: tuple[LeftOut, ...] = ()
    questions: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()


async def scope_to_school(uow: UnitOfWork, register: Register, asked: Asked) -> Scoped:
    """The register with nothing in it but the school's. Four statements a kind that is tied, and those of
    ``scope_of``."""
    assert asked.school_id is not None
    school_id = asked.school_id
    ties = await _ties_of_school(uow, register, school_id)
    question = None
    ours = next((external for external, _ in ties), None) or next(
        (external for external, row in register.bound["org"].items() if row == school_id), None
    )
    if ours is None and register.records["org"]:
        ours, question = await _which_school(uow, register, asked)
    questions = (question,) if question is not None else ()
    if ours is None and register.records["org"]:
        return Scoped(None, questions=questions)
    scope = await scope_of(uow, school_id)
    cut = _Cut(register, ours, scope)
    await cut.bind(uow, {source for external, source in ties if external == ours})
    await cut.make(uow)
    return Scoped(cut.left, cut.left_out(), questions, cut.notes())


async def _ties_of_school(uow: UnitOfWork, register: Register, school_id: int) -> list[tuple[str, str]]:
    """What registers call the school, of the ids that this one has: its own source first. One statement."""
    own = own_source(register.source, school_id)
    rows = await uow.rows(
        sa.select(ExternalId.external_id, ExternalId.source)
        .where(ExternalId.kind == "org", ExternalId.target_id == school_id)
        .order_by(ExternalId.source, ExternalId.external_id)
    )
    found = [(row.external_id, row.source) for row in rows if register.has("org", row.external_id)]
    # A source of one school's own belongs to one format; the authority's register is a source without an "@".
    found = [one for one in found if one[1] == own or "@" not in one[1]]
    return sorted(found, key=lambda one: (one[1] != own, one[1] != register.source))


def own_source(source: str, school_id: int) -> str:
    """The name under which one school's own imports of a format are tied."""
    return f"{source}@{school_id}"


async def _which_school(
    uow: UnitOfWork, register: Register, asked: Asked
) -> tuple[str | None, Question | None]:
    """The school of the file that is meant: the one of this name, else the one that is said. One statement."""
    name = str(await uow.value(sa.select(Org.name).where(Org.id == asked.school_id)) or "")
    schools = {
        record.id: str(record.values["name"])
        for record in register.of("org")
        if record.values.get("kind") == OrgKind.SCHOOL
    }
    of_this_name = [one for one, called in schools.items() if fold(called) == fold(name)]
    if len(of_this_name) == 1:
        return of_this_name[0], None
    answer = asked.answers.get(SCHOOL_QUESTION, "")
    if answer not in schools:
        answer = ""
    likely = sorted(schools, key=lambda one: (one not in of_this_name, fold(schools[one])))
    question = Question(
        SCHOOL_QUESTION,
        Said("Which school of the file is {school}?", school=name),
        tuple((one, f"{schools[one]} ({one})") for one in likely[:_MOST_CANDIDATES]),
        answer,
        must=True,
    )
    return answer or None, question


class _Cut:
    """The work of one cutting."""

    def __init__(self, register: Register, ours: str | None, scope: Scope) -> None:
        self._whole = register
        self._ours = ours
        self._scope = scope
        self._shared_people = 0
        self._years_above: set[str] = set()
        self._dropped: dict[str, list[Record]] = defaultdict(list)
        self.left = Register(
            own_source(register.source, scope.school_id),
            register.title,
            problems=register.problems,
            untold=register.untold,
            remarks=register.remarks,
            whole=set(register.whole),
            unsure=set(register.unsure),
            empty=set(register.empty),
            is_own=register.is_own,
            scope=scope,
        )
        self.left.take_counts(register)
        if ours is not None:
            self.left.bind("org", ours, scope.school_id)

    async def bind(self, uow: UnitOfWork, sources: set[str]) -> None:
        """Recognise what is the school's already: by the authority's ids, and by what the format matched itself. At most
        two statements a kind."""
        sources.discard(self.left.source)
        for kind in KINDS:
            given = self._whole.bound[kind.name]
            if kind.name in ("org", "homeroom_teacher") or not (
                given or (sources and self._whole.records[kind.name])
            ):
                continue
            table = kind.table.__table__
            columns = [table.c.id, *([table.c.child_id] if kind.name == "guardianship" else [])]
            ours = sa.select(*columns).where(table.c.id.in_(rows_of_school(table, self._scope)))
            found: list[tuple[str, Mapping[Any, Any]]] = []
            if sources:
                ties = ours.join(ExternalId, ExternalId.target_id == table.c.id).where(
                    ExternalId.source.in_(sources), ExternalId.kind == kind.name
                )
                rows_tied = await uow.rows(ties.add_columns(ExternalId.external_id))
                found += [(row.external_id, row._mapping) for row in rows_tied]
            if given:
                rows = {}
                for batch in batches(sorted(set(given.values()))):
                    for row in await uow.rows(ours.where(table.c.id.in_(batch))):
                        rows[row.id] = row._mapping
                found += [(external, rows[row_id]) for external, row_id in given.items() if row_id in rows]
            for external, values in found:
                if is_of_school(kind.name, values, self._scope) and (
                    external in given or self._whole.has(kind.name, external)
                ):
                    self.left.bind(kind.name, external, values["id"])
        if sources:
            await self._bind_years_above(uow, sources)

    async def _bind_years_above(self, uow: UnitOfWork, sources: set[str]) -> None:
        """Years that schools share stand above the school, and may be referred to. One statement."""
        above = sa.select(Org.path).where(Org.id == self._scope.school_id).scalar_subquery()
        rows = await uow.rows(
            sa.select(ExternalId.external_id, ExternalId.target_id)
            .join(AcademicYear, AcademicYear.id == ExternalId.target_id)
            .join(Org, Org.id == AcademicYear.org_id)
            .where(
                ExternalId.source.in_(sources),
                ExternalId.kind == "year",
                Org.id != self._scope.school_id,
                Org.path != "",
                sa.func.substr(above, 1, sa.func.length(Org.path)) == Org.path,
            )
        )
        for row in rows:
            self.left.bind("year", row.external_id, row.target_id)
            self._years_above.add(row.external_id)

    async def make(self, uow: UnitOfWork) -> None:
        """Keep what is the school's. One statement for names of people whom several schools share."""
        kept = self._kept_without_people()
        people = self._people(kept)
        names = await self._names(uow, people)
        for kind in KINDS:
            for record in self._whole.of(kind.name):
                self._place(kind.name, record, kept, people, names)

    def _kept_without_people(self) -> dict[str, set[str]]:
        """The ids whose references, those to people aside, lead to the school."""
        kept: dict[str, set[str]] = defaultdict(set)
        kept["org"] = set() if self._ours is None else {self._ours}
        used = self._years_used()
        for kind in KINDS:
            if kind.name in ("org", "person", "guardianship"):
                continue
            for record in self._whole.of(kind.name):
                refs = [
                    one for one in record.values.values() if isinstance(one, Ref) and one.kind != "person"
                ]
                is_ours = bool(refs) and all(
                    one.id in kept[one.kind] or one.id in self.left.bound[one.kind] for one in refs
                )
                if kind.name == "year":
                    is_ours = record.id not in self._years_above and (is_ours or record.id in used)
                if kind.name == "term":
                    is_ours = is_ours and not any(one.id in self._years_above for one in refs)
                if is_ours:
                    kept[kind.name].add(record.id)
        return kept

    def _years_used(self) -> set[str]:
        """The years of the school's own classes and courses, wherever the register puts them."""
        return {
            year.id
            for kind in ("class", "course")
            for record in self._whole.of(kind)
            if self._ours is not None
            and record.values.get("school_id") == Ref("org", self._ours)
            and isinstance(year := record.values.get("year_id"), Ref)
        }

    def _people(self, kept: Mapping[str, set[str]]) -> set[str]:
        """Who is something at the school, by the register, and the guardians of those."""
        there: set[str] = set()
        for kind, ids in kept.items():
            for record_id in ids:
                record = self._whole.records[kind].get(record_id)
                if record is not None:
                    there.update(_people_of(record))
        guardians = {
            record.values["guardian_id"].id
            for record in self._whole.of("guardianship")
            if record.values["child_id"].id in there
            or record.values["child_id"].id in self.left.bound["person"]
        }
        return there | guardians

    async def _names(self, uow: UnitOfWork, people: Iterable[str]) -> dict[str, str]:
        """What the people are called now whom other schools share: their names are not one school's to set."""
        rows = {}
        own = {
            row.external_id: row.target_id
            for row in await uow.rows(
                sa.select(ExternalId.external_id, ExternalId.target_id).where(
                    ExternalId.source == self.left.source, ExternalId.kind == "person"
                )
            )
        }
        for person in {*people, *self.left.bound["person"]}:
            row_id = own.get(person, self.left.bound["person"].get(person))
            if row_id in self._scope.shared:
                rows[person] = row_id
        names: dict[int, str] = {}
        for batch in batches(sorted(set(rows.values()))):
            for row in await uow.rows(sa.select(Person.id, Person.name_key).where(Person.id.in_(batch))):
                names[row.id] = row.name_key
        return {person: names[row_id] for person, row_id in rows.items()}

    def _place(
        self,
        kind: str,
        record: Record,
        kept: Mapping[str, set[str]],
        people: set[str],
        names: Mapping[str, str],
    ) -> None:
        if kind == "org":
            if record.id == self._ours:
                # Where it stands, what it is and whether it is still there is for those above to say.
                self.left.add("org", record.id, {"name": record.values["name"]})
            elif record.values.get("kind") == OrgKind.SCHOOL:
                self._dropped[kind].append(record)
            return
        if kind == "person":
            if record.id not in people:
                self._dropped[kind].append(record)
            elif record.id in names:
                self._shared_people += 1
                self.left.add("person", record.id, {"name_key": names[record.id]})
            else:
                self._keep(record)
            return
        theirs = _people_of(record)
        is_ours = record.id in kept[kind]
        if kind == "guardianship":
            # It opens all that is told of the child, at the other school, too.
            is_ours = record.values["child_id"].id not in names
        if not is_ours or not all(one in people or one in self.left.bound["person"] for one in theirs):
            if record.id not in self._years_above or kind != "year":
                self._dropped[kind].append(record)
            return
        self._keep(record)

    def _keep(self, record: Record) -> None:
        values = record.values
        if record.kind == "year" and self._ours is not None:
            values = {**values, "org_id": Ref("org", self._ours)}
        self.left.add(
            record.kind, record.id, values, ended=record.ended, once=record.once, apart=record.apart
        )

    def left_out(self) -> tuple[LeftOut, ...]:
        """What was another school's, by kind."""
        return tuple(
            LeftOut(kind.plural, len(found), tuple(filter(None, map(_name, found)))[:_FEW_NAMES])
            for kind in KINDS
            if (found := self._dropped.get(kind.name))
        )

    def notes(self) -> tuple[str, ...]:
        """What is to be said of those whom several schools share."""
        if not self._shared_people:
            return ()
        return (
            Said(
                "{count} people are at another school, too: their names, addresses and families stay as they are.",
                count=self._shared_people,
            ),
        )


def _people_of(record: Record) -> list[str]:
    return [one.id for one in record.values.values() if isinstance(one, Ref) and one.kind == "person"]


def _name(record: Record) -> str:
    values = record.values
    person = " ".join(str(values[one]) for one in ("given", "family") if values.get(one))
    return (person or str(values.get("name") or values.get("title") or ""))[:80]
