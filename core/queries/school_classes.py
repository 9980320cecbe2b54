"""The classes of a school, as its office keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from core.db.models import AcademicYear, Enrollment, Person, SchoolClass
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID
from core.domain.names import PersonName
from core.errors import NotFound
from core.queries.offices import Office
from core.queries.pages import ON_A_PAGE, Cursor, Order, ordered, page_of


@dataclass(frozen=True, slots=True)
class ClassLine:
    """A class; ``pupils`` are those of today, ``grade`` is None where it has none."""

    id: int
    name: str
    grade: int | None
    year_id: int | None
    year: str
    homeroom_id: int | None
    homeroom: str
    pupils: int
    ended: bool


@dataclass(frozen=True, slots=True)
class ClassPage:
    """``after`` is where the next page begins, None on the last."""

    lines: tuple[ClassLine, ...]
    after: Cursor | None


_GRADE = sa.func.coalesce(SchoolClass.grade, 0)
_HOMEROOM = sa.func.coalesce(Person.name_key, "")
CLASS_ORDERS = {
    "grade": Order(_GRADE, int),
    "name": Order(SchoolClass.name),
    "homeroom": Order(_HOMEROOM),
}


async def class_page(
    uow: UnitOfWork,
    office: Office,
    *,
    ended: bool = False,
    sort: str = "",
    after: Cursor | None = None,
    most: int = ON_A_PAGE,
) -> ClassPage:
    """The classes in use, or those that ended, by grade. One statement."""
    today = office.school.today(uow.now)
    order = ordered(CLASS_ORDERS, sort)
    shown = SchoolClass.ended_on.is_not(None) if ended else SchoolClass.ended_on.is_(None)
    rows, following = await page_of(
        uow, _classes(office, today).where(shown), SchoolClass.id, order, after=after, most=most
    )
    return ClassPage(tuple(_class(row) for row in rows), following)


def _classes(office: Office, today: date) -> sa.Select[Any]:
    pupils = (
        sa.select(sa.func.count())
        .where(Enrollment.class_id == SchoolClass.id, holds_on(Enrollment, today))
        .scalar_subquery()
    )
    return (
        sa.select(
            *(SchoolClass.id, SchoolClass.name, SchoolClass.grade, SchoolClass.year_id),
            *(SchoolClass.homeroom_teacher_id, SchoolClass.ended_on, pupils.label("pupils")),
            *(AcademicYear.name.label("year"), Person.family, Person.given, Person.middle),
        )
        .outerjoin(Person, Person.id == SchoolClass.homeroom_teacher_id)
        .outerjoin(AcademicYear, AcademicYear.id == SchoolClass.year_id)
        .where(SchoolClass.school_id == office.school.id)
    )


def _class(row: sa.Row[Any]) -> ClassLine:
    teacher = PersonName(row.family, row.given, row.middle).full_name if row.family is not None else ""
    return ClassLine(
        *(row.id, row.name, row.grade, row.year_id, row.year or ""),
        *(row.homeroom_teacher_id, teacher, row.pupils, row.ended_on is not None),
    )


async def class_card(uow: UnitOfWork, office: Office, class_id: int) -> ClassLine:
    """One class of the school. One statement. Raises NotFound."""
    row = None
    if 0 < class_id <= LARGEST_ID:
        today = office.school.today(uow.now)
        row = await uow.row(_classes(office, today).where(SchoolClass.id == class_id))
    if row is None:
        raise NotFound("class_not_found")
    return _class(row)
