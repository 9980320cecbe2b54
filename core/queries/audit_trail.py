"""What was done in a school, by whom and to whom, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.db.engine import LONG
from core.db.models import (
    Announcement,
    Assessment,
    AuditEntry,
    Course,
    ExternalId,
    Homework,
    Lesson,
    Mark,
    Person,
    SchoolClass,
)
from core.db.person_rows import MERGED
from core.db.uow import UnitOfWork
from core.domain.ids import PersonId
from core.domain.names import PersonName
from core.queries.offices import Office, ever_of_school
from core.queries.pages import ON_A_PAGE, Cursor, Order, ordered, page_of


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
    """A page; ``after`` is where the next begins, None on the last. ``people`` are the names behind the ids that the
    entries hold, of the school's own people only."""

    lines: tuple[AuditLine, ...]
    after: Cursor | None
    people: Mapping[int, str]


PEOPLE_FIELDS = frozenset(("child", "student", "person", "persons", "teacher", "guardian"))
"""Fields of an entry that hold a person's id, or several."""
NEWEST_FIRST = "-when"


def _order(actor: Any, sort: str) -> Order:
    orders = {
        "when": Order(AuditEntry.id, int),
        "who": Order(sa.func.coalesce(actor.name_key, "")),
        "what": Order(AuditEntry.action),
    }
    return ordered(orders, sort or NEWEST_FIRST)


async def audit_trail(
    uow: UnitOfWork,
    office: Office,
    *,
    action: str = "",
    person_id: int | None = None,
    on: date | None = None,
    sort: str = "",
    after: Cursor | None = None,
    most: int = ON_A_PAGE,
) -> AuditPage:
    """The entries of the school: done by its people or to them. ``action`` is one of them; ``person_id`` somebody on
    either side; ``on`` a day at the school; ``sort`` is when, who or what, the other way round with a ``-``.

    At most two statements.
    """
    actor, subject = aliased(Person), aliased(Person)
    is_person = AuditEntry.subject_kind == "person"
    which = [_is_of_school(office, subject)]
    if action:
        which.append(AuditEntry.action == action)
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
        ends = datetime.combine(on + timedelta(days=1), time(), office.school.zone)
        which += [AuditEntry.at >= starts, AuditEntry.at < ends]
    rows, following = await page_of(
        uow,
        sa.select(
            *(AuditEntry.id, AuditEntry.at, AuditEntry.action, AuditEntry.via, AuditEntry.actor_id),
            *(AuditEntry.subject_kind, AuditEntry.subject_id, AuditEntry.before, AuditEntry.after),
            *(actor.family.label("a_family"), actor.given.label("a_given")),
            *(subject.family.label("s_family"), subject.given.label("s_given")),
        )
        .outerjoin(actor, actor.id == AuditEntry.actor_id)
        .outerjoin(subject, is_person & (subject.id == AuditEntry.subject_id))
        .where(*which)
        .execution_options(**LONG),
        AuditEntry.id,
        _order(actor, sort),
        after=after,
        most=most,
    )
    lines = tuple(_line(row) for row in rows)
    return AuditPage(lines, following, await _people(uow, office, lines))


def _is_of_school(office: Office, subject: Any) -> sa.ColumnElement[bool]:
    """Done to the school or to its people; or by its people, unless it was done to another school or to a person of
    another: a teacher of two schools leaves in each what was done there."""
    school_id, kind, number = office.school.id, AuditEntry.subject_kind, AuditEntry.subject_id
    # An entry is never changed: those of who vanished in a merge keep that number.
    people = sa.union(
        sa.select(Person.id).where(ever_of_school(Person.id, school_id)),
        sa.select(sa.cast(ExternalId.external_id, sa.BigInteger())).where(
            ExternalId.kind == MERGED, ever_of_school(ExternalId.target_id, school_id)
        ),
    ).cte("people")
    of_course = Course.school_id == school_id

    def own(row: Any, *where: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        return sa.exists().where(row.id == number, *where)

    belongs = {
        ("person",): number.in_(sa.select(people.c.id)),
        ("org",): number == school_id,
        ("class", "school_class"): own(SchoolClass, SchoolClass.school_id == school_id),
        ("course",): own(Course, of_course),
        ("lesson",): own(Lesson, Lesson.course_id == Course.id, of_course),
        ("homework",): own(Homework, Homework.course_id == Course.id, of_course),
        ("mark",): own(
            Mark, Mark.assessment_id == Assessment.id, Assessment.course_id == Course.id, of_course
        ),
        ("announcement",): own(Announcement, Announcement.school_id == school_id),
    }
    by_own = AuditEntry.actor_id.in_(sa.select(people.c.id))
    placed = [one for kinds in belongs for one in kinds]
    return sa.or_(
        *(kind.in_(kinds) & is_own for kinds, is_own in belongs.items()),
        # A person who is no more belongs to nobody: then it counts who did it.
        sa.and_(
            by_own, sa.or_(kind.is_(None), kind.not_in(placed), (kind == "person") & subject.id.is_(None))
        ),
    )


async def _people(uow: UnitOfWork, office: Office, lines: Sequence[AuditLine]) -> Mapping[int, str]:
    ids = {one for line in lines for fields in (line.before, line.after) for one in _ids(fields)}
    if not ids:
        return {}
    rows = await uow.rows(
        sa.select(Person.id, Person.family, Person.given).where(
            Person.id.in_(ids), ever_of_school(Person.id, office.school.id)
        )
    )
    return {row.id: PersonName(row.family, row.given).full_name for row in rows}


def _ids(fields: Mapping[str, Any]) -> Iterator[int]:
    for name, value in fields.items():
        if isinstance(value, dict):
            if name == "presence":
                yield from (int(key) for key in value if str(key).isdecimal())
            yield from _ids(value)
        elif name in PEOPLE_FIELDS:
            yield from (one for one in (value if isinstance(value, list) else [value]) if type(one) is int)
        elif isinstance(value, list):
            for one in value:
                if isinstance(one, dict):
                    yield from _ids(one)


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
