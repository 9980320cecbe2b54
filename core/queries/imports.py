"""What was taken in: the history of a school's imports, one of them, and what was settled for the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.db.models import ImportAnswer, ImportRun, Org, Person
from core.db.uow import UnitOfWork
from core.domain.kinds import ImportState, OrgKind
from core.domain.names import PersonName
from core.errors import NotFound
from core.queries.offices import Office
from core.queries.pages import ON_A_PAGE, Cursor, Order, ordered, page_of

ORDERS: Mapping[str, Order] = {
    "when": Order(ImportRun.started_at, datetime),
    "file": Order(sa.func.lower(ImportRun.file_name)),
    "format": Order(ImportRun.importer),
    "state": Order(sa.cast(ImportRun.state, sa.Text())),
}
"""The ways in which the history is sorted."""


@dataclass(frozen=True, slots=True)
class RunLine:
    """A line of the history. ``who`` is empty for the command line, which ``via`` names; ``counts`` by kind are new,
    changed, ended."""

    id: int
    importer: str
    file_name: str
    state: ImportState
    who: str
    via: str
    counts: Mapping[str, Sequence[int]]
    rejected: int
    skipped: int
    refused: str
    started_at: datetime
    finished_at: datetime | None

    @property
    def changed(self) -> tuple[int, int, int]:
        """New, changed and ended rows of all kinds together."""
        new, changed, ended = (sum(figures[place] for figures in self.counts.values()) for place in range(3))
        return new, changed, ended


@dataclass(frozen=True, slots=True)
class Run:
    """One run whole; ``sha256`` is empty once the file is forgotten."""

    line: RunLine
    person_id: int | None
    sha256: str
    size: int
    options: Mapping[str, str]
    outcome: Mapping[str, Any]
    worker: str


_COLUMNS = (
    ImportRun.id,
    ImportRun.importer,
    ImportRun.file_name,
    ImportRun.state,
    ImportRun.via,
    ImportRun.counts,
    ImportRun.rejected,
    ImportRun.skipped,
    ImportRun.refused,
    ImportRun.started_at,
    ImportRun.finished_at,
    Person.family,
    Person.given,
    Person.middle,
    Person.nickname,
)


async def list_runs(
    uow: UnitOfWork,
    office: Office,
    *,
    sort: str = "",
    after: Cursor | None = None,
    most: int = ON_A_PAGE,
) -> tuple[tuple[RunLine, ...], Cursor | None]:
    """A page of the school's imports, and where the next begins. One statement."""
    statement = (
        sa.select(*_COLUMNS)
        .outerjoin(Person, Person.id == ImportRun.person_id)
        .where(ImportRun.school_id == office.school.id)
    )
    rows, following = await page_of(
        uow, statement, ImportRun.id, ordered(ORDERS, sort), after=after, most=most
    )
    return tuple(_line(row) for row in rows), following


async def run_of(uow: UnitOfWork, office: Office, run_id: int) -> Run:
    """One of the school's imports. Raises NotFound. One statement."""
    row = await uow.row(
        sa.select(
            *_COLUMNS,
            ImportRun.person_id,
            ImportRun.sha256,
            ImportRun.size,
            ImportRun.options,
            ImportRun.outcome,
            ImportRun.worker,
        )
        .outerjoin(Person, Person.id == ImportRun.person_id)
        .where(ImportRun.id == run_id, ImportRun.school_id == office.school.id)
    )
    if row is None:
        raise NotFound("import_not_found")
    return Run(_line(row), row.person_id, row.sha256, row.size, row.options, row.outcome, row.worker)


async def run_state(uow: UnitOfWork, run_id: int) -> ImportState | None:
    """What has become of a run. One statement."""
    state: ImportState | None = await uow.value(sa.select(ImportRun.state).where(ImportRun.id == run_id))
    return state


async def kept_answers(uow: UnitOfWork, importer: str, school_id: int | None) -> dict[str, str]:
    """What was settled for a format at a school, or for the installation. One statement."""
    rows = await uow.rows(
        sa.select(ImportAnswer.question, ImportAnswer.answer)
        .where(
            ImportAnswer.importer == importer,
            ImportAnswer.school_id.is_(None) if school_id is None else ImportAnswer.school_id == school_id,
        )
        .order_by(ImportAnswer.id)
    )
    return {row.question: row.answer for row in rows}


async def the_only_school(uow: UnitOfWork) -> int | None:
    """The school of an installation that has just one; None where it has none. Raises NotFound where it has several.
    One statement."""
    rows = await uow.rows(
        sa.select(Org.id).where(Org.kind == OrgKind.SCHOOL, Org.ended_on.is_(None)).order_by(Org.id).limit(2)
    )
    if len(rows) > 1:
        raise NotFound("school_not_named")
    return rows[0].id if rows else None


async def some_schools(uow: UnitOfWork, most: int) -> list[tuple[int, str]]:
    """The first schools by name, to choose from: numbers and names. One statement."""
    statement = sa.select(Org.id, Org.name).where(Org.kind == OrgKind.SCHOOL, Org.ended_on.is_(None))
    rows = await uow.rows(statement.order_by(Org.name, Org.id).limit(most))
    return [(row.id, row.name) for row in rows]


def _line(row: sa.Row[Any]) -> RunLine:
    who = "" if row.family is None else PersonName(row.family, row.given, row.middle, row.nickname).full_name
    return RunLine(
        row.id,
        row.importer,
        row.file_name,
        row.state,
        who,
        row.via,
        row.counts,
        row.rejected,
        row.skipped,
        row.refused,
        row.started_at,
        row.finished_at,
    )
