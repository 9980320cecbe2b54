"""What was done in a school, by whom and to whom, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.db.models import AuditEntry, ExternalId, Person
from core.db.person_rows import MERGED
from core.db.uow import UnitOfWork
from core.domain.ids import PersonId
from core.domain.names import PersonName
from core.queries.offices import Office, ever_of_school

ON_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One entry. ``actor`` and ``subject`` are names, empty where nobody stands behind the number (any more)."""

    id: int
    at: datetime
    action: str
    via: str
    actor_id: PersonId | None
    actor: str
    subject_id: PersonId | None
    subject: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """``before`` is the id that the next, older page ends before; None on the last."""

    lines: tuple[AuditLine, ...]
    before: int | None


async def audit_trail(
    uow: UnitOfWork,
    office: Office,
    *,
    action: str = "",
    person_id: int | None = None,
    on: date | None = None,
    before: int | None = None,
    most: int = ON_A_PAGE,
) -> AuditPage:
    """The entries of the school: done by its people or to them. ``action`` is the beginning of one, such as ``mark``;
    ``person_id`` somebody on either side; ``on`` a day at the school. One statement.
    """
    actor, subject = aliased(Person), aliased(Person)
    is_person = AuditEntry.subject_kind == "person"
    # An entry is never changed: those of who vanished in a merge keep that number.
    vanished = sa.select(sa.cast(ExternalId.external_id, sa.BigInteger())).where(
        ExternalId.kind == MERGED, ever_of_school(ExternalId.target_id, office.school.id)
    )
    which = [
        sa.or_(
            ever_of_school(AuditEntry.actor_id, office.school.id),
            is_person & ever_of_school(AuditEntry.subject_id, office.school.id),
            AuditEntry.actor_id.in_(vanished),
            is_person & AuditEntry.subject_id.in_(vanished),
        )
    ]
    if action:
        which.append(AuditEntry.action.startswith(action, autoescape=True))
    if person_id is not None:
        was = sa.select(sa.cast(ExternalId.external_id, sa.BigInteger())).where(
            ExternalId.kind == MERGED, ExternalId.target_id == person_id
        )
        which.append(
            sa.or_(
                AuditEntry.actor_id == person_id,
                AuditEntry.actor_id.in_(was),
                is_person & sa.or_(AuditEntry.subject_id == person_id, AuditEntry.subject_id.in_(was)),
            )
        )
    if on is not None:
        starts = datetime.combine(on, time(), office.school.zone)
        which += [AuditEntry.at >= starts, AuditEntry.at < starts + timedelta(days=1)]
    if before is not None:
        which.append(AuditEntry.id < before)
    rows = await uow.rows(
        sa.select(
            *(AuditEntry.id, AuditEntry.at, AuditEntry.action, AuditEntry.via, AuditEntry.actor_id),
            *(AuditEntry.subject_kind, AuditEntry.subject_id, AuditEntry.before, AuditEntry.after),
            *(actor.family.label("a_family"), actor.given.label("a_given")),
            *(subject.family.label("s_family"), subject.given.label("s_given")),
        )
        .outerjoin(actor, actor.id == AuditEntry.actor_id)
        .outerjoin(subject, is_person & (subject.id == AuditEntry.subject_id))
        .where(*which)
        .order_by(AuditEntry.id.desc())
        .limit(most + 1)
    )
    lines = tuple(_line(row) for row in rows[:most])
    return AuditPage(lines, lines[-1].id if len(rows) > most else None)


def _line(row: sa.Row[Any]) -> AuditLine:
    by = PersonName(row.a_family, row.a_given).full_name if row.a_family is not None else ""
    of = PersonName(row.s_family, row.s_given).full_name if row.s_family is not None else ""
    return AuditLine(
        row.id,
        row.at,
        row.action,
        row.via,
        PersonId(row.actor_id) if row.actor_id else None,
        by,
        PersonId(row.subject_id) if row.subject_kind == "person" and row.subject_id else None,
        of,
        row.before or {},
        row.after or {},
    )
