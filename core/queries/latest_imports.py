"""The last imports of a school."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.db.models import ImportRun, Person
from core.db.uow import UnitOfWork
from core.domain.kinds import ImportState
from core.domain.names import PersonName
from core.queries.offices import Office


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One import: what it was, who gave it, and the rows that were refused."""

    id: int
    file_name: str
    state: ImportState
    who: str
    started_at: datetime
    rejected: int
    refused: str


async def latest_imports(uow: UnitOfWork, office: Office, most: int = 3) -> tuple[ImportLine, ...]:
    """The newest first. One statement."""
    rows = await uow.rows(
        sa.select(
            *(ImportRun.id, ImportRun.file_name, ImportRun.state, ImportRun.started_at),
            *(ImportRun.rejected, ImportRun.refused, Person.family, Person.given),
        )
        .outerjoin(Person, Person.id == ImportRun.person_id)
        .where(ImportRun.school_id == office.school.id)
        .order_by(ImportRun.started_at.desc(), ImportRun.id.desc())
        .limit(most)
    )
    return tuple(
        ImportLine(
            row.id,
            row.file_name,
            row.state,
            PersonName(row.family, row.given).full_name if row.family is not None else "",
            row.started_at,
            row.rejected,
            row.refused,
        )
        for row in rows
    )
