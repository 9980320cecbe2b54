"""The people of a school, for its office: a list that is searched, filtered and paged by key, and one person whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from core.db.engine import LONG
from core.db.models import (
    Enrollment,
    Guardianship,
    Person,
    RoleAssignment,
    SchoolClass,
)
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.ids import PersonId
from core.domain.matching import Named, search_names
from core.domain.names import PersonName
from core.domain.rights import Role
from core.queries.office_people import HAS_LEFT_OFFICE, IS_OF_OFFICE, asked_by, in_class
from core.queries.offices import Office, is_linked
from core.queries.pages import ON_A_PAGE, Cursor, Order, ordered, page_of

_HEALTH_DAYS = 30


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A line of the list. ``about`` are a guardian's children; ``linked`` says whether a chat can be told something."""

    id: PersonId
    name: PersonName
    roles: tuple[Role, ...]
    class_name: str
    about: tuple[str, ...]
    linked: bool


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """A page; ``after`` is where the next begins, None on the last. A search is one page, the best first."""

    lines: tuple[PersonLine, ...]
    after: Cursor | None


def _class_key(office: Office, today: date) -> sa.ColumnElement[str]:
    """The class of a pupil as it is sorted: by grade, then by name; empty for all others."""
    grade = sa.func.coalesce(SchoolClass.grade, 0)
    key = sa.case((grade < 10, "0"), else_="") + sa.cast(grade, sa.Text()) + SchoolClass.name
    own = (
        sa.select(sa.func.max(key))
        .join(Enrollment, Enrollment.class_id == SchoolClass.id)
        .where(
            Enrollment.student_id == Person.id,
            SchoolClass.school_id == office.school.id,
            holds_on(Enrollment, today),
        )
        .scalar_subquery()
    )
    return sa.func.coalesce(own, "", type_=sa.Text())


def _orders(office: Office, today: date) -> dict[str, Order]:
    return {
        "name": Order(Person.name_key),
        "class": Order(_class_key(office, today)),
        "linked": Order(sa.case((is_linked(Person.id), 1), else_=0), int),
        "added": Order(Person.id, int, descending=True),
    }


async def list_people(
    uow: UnitOfWork,
    office: Office,
    *,
    search: str = "",
    class_id: int | None = None,
    role: Role | None = None,
    linked: bool | None = None,
    left: bool = False,
    sort: str = "",
    after: Cursor | None = None,
    most: int = ON_A_PAGE,
) -> PeoplePage:
    """The people of the school, by name unless ``sort`` says class, linked or added. At most four statements, however
    many there are.

    A search reads every name of the school once and forgives: any order, parts of words, another alphabet or keyboard
    layout, a typo. ``class_id`` are the pupils of a class and their guardians; ``left`` those who are there no more.
    """
    today = office.school.today(uow.now)
    which = [HAS_LEFT_OFFICE if left else IS_OF_OFFICE]
    if class_id is not None:
        which.append(in_class(Person.id, class_id, today))
    lasts = sa.true() if left else sa.or_(RoleAssignment.ends.is_(None), RoleAssignment.ends >= today)
    if role is Role.GUARDIAN:
        pupils = _pupils_ever(office)
        which.append(
            Person.id.in_(sa.select(Guardianship.guardian_id).where(Guardianship.child_id.in_(pupils)))
        )
    elif role is not None:
        which.append(
            sa.exists().where(
                RoleAssignment.person_id == Person.id,
                RoleAssignment.org_id == office.school.id,
                RoleAssignment.role == role,
                lasts,
            )
        )
    if linked is not None:
        which.append(is_linked(Person.id) if linked else sa.not_(is_linked(Person.id)))
    columns: list[Any] = [Person.id, Person.family, Person.given, Person.middle, Person.nickname]
    statement = sa.select(*columns).where(*which)
    parameters = asked_by(office, uow.now)
    if search:
        rows = await uow.rows(statement.execution_options(**LONG), parameters)
        names = [Named(row.id, PersonName(row.family, row.given, row.middle, row.nickname)) for row in rows]
        places = {one.id: place for place, one in enumerate(search_names(search, names, most))}
        found = sorted((row for row in rows if row.id in places), key=lambda row: places[row.id])
        return PeoplePage(await _lines(uow, office, found, today), None)
    order = ordered(_orders(office, today), sort)
    shown, following = await page_of(
        uow, statement, Person.id, order, parameters=parameters, after=after, most=most
    )
    return PeoplePage(await _lines(uow, office, shown, today), following)


def _pupils_ever(office: Office) -> sa.Select[int]:
    """Who is, or was, a pupil of this school: whose guardian somebody is elsewhere is not its affair."""
    return sa.select(RoleAssignment.person_id).where(
        RoleAssignment.org_id == office.school.id, RoleAssignment.role == Role.STUDENT
    )


async def _lines(
    uow: UnitOfWork, office: Office, rows: Sequence[sa.Row[Any]], today: date
) -> tuple[PersonLine, ...]:
    """Three statements."""
    ids = [row.id for row in rows]
    if not ids:
        return ()
    held = await uow.rows(
        sa.select(RoleAssignment.person_id, RoleAssignment.role, SchoolClass.name.label("class_name"))
        .outerjoin(
            Enrollment,
            (Enrollment.student_id == RoleAssignment.person_id)
            & (RoleAssignment.role == Role.STUDENT)
            & holds_on(Enrollment, today),
        )
        .outerjoin(
            SchoolClass, (SchoolClass.id == Enrollment.class_id) & (SchoolClass.school_id == office.school.id)
        )
        .where(
            RoleAssignment.person_id.in_(ids),
            RoleAssignment.org_id == office.school.id,
            sa.or_(RoleAssignment.ends.is_(None), RoleAssignment.ends >= today),
        )
        .order_by(RoleAssignment.role)
    )
    children = await uow.rows(
        sa.select(Guardianship.guardian_id, Person.family, Person.given, Person.middle)
        .join(Person, Person.id == Guardianship.child_id)
        .where(
            Guardianship.guardian_id.in_(ids),
            # Of some few guardians: each child is looked up, not all pupils gathered.
            _pupils_ever(office).where(RoleAssignment.person_id == Guardianship.child_id).exists(),
            sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= today),
        )
        .order_by(Person.given)
    )
    linked = await uow.rows(sa.select(Person.id).where(Person.id.in_(ids), is_linked(Person.id)))
    roles: defaultdict[int, set[Role]] = defaultdict(set)
    places: dict[int, str] = {}
    about: defaultdict[int, list[str]] = defaultdict(list)
    for row in held:
        roles[row.person_id].add(row.role)
        if row.class_name:
            places[row.person_id] = row.class_name
    for row in children:
        roles[row.guardian_id].add(Role.GUARDIAN)
        about[row.guardian_id].append(PersonName(row.family, row.given, row.middle).short_name)
    reached = {row.id for row in linked}
    return tuple(
        PersonLine(
            PersonId(row.id),
            PersonName(row.family, row.given, row.middle, row.nickname),
            tuple(sorted(roles[row.id])),
            places.get(row.id, ""),
            tuple(about[row.id]),
            row.id in reached,
        )
        for row in rows
    )
