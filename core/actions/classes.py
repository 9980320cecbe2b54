"""Classes: added, changed, ended with their courses, and brought back."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.actions.calendar_keeping import keeping
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import Course, SchoolClass
from core.db.uow import UnitOfWork
from core.domain.school_calendar import checked_name
from core.errors import Invalid
from core.queries.school_calendar import list_years
from core.queries.school_classes import class_card
from core.queries.timetable import list_teachers

LAST_GRADE = 13
_LONGEST_NAME = 20


async def save_class(
    uow: UnitOfWork,
    key: ChatKey,
    school_id: int,
    class_id: int,
    *,
    name: str,
    grade: int | None,
    homeroom_id: int | None,
    year_id: int | None,
) -> int:
    """Add a class (``class_id`` 0) to a year or change one, whose year stays; its id. At most nine statements.

    Raises NotFound, Invalid("name_missing"), ("name_too_long"), ("name_taken"), ("grade_odd"), ("teacher_unknown") and
    ("year_unknown"), each with its ``field``.
    """
    words = checked_name(name, most=_LONGEST_NAME)
    if grade is not None and not 0 <= grade <= LAST_GRADE:
        raise Invalid("grade_odd", field="grade", most=LAST_GRADE)
    async with uow.writing():
        office = await keeping(uow, key, school_id)
        known = await class_card(uow, office, class_id) if class_id else None
        if known is not None:
            year_id = known.year_id
        elif year_id is not None and year_id not in {
            one.id for one in await list_years(uow, office) if not one.ended
        }:
            raise Invalid("year_unknown", field="year")
        if homeroom_id is not None and homeroom_id not in {
            one.id for one in await list_teachers(uow, office.school)
        }:
            raise Invalid("teacher_unknown", field="homeroom")
        same_year = SchoolClass.year_id == year_id if year_id is not None else SchoolClass.year_id.is_(None)
        taken = await uow.value(
            sa.select(SchoolClass.id).where(
                SchoolClass.school_id == school_id,
                same_year,
                SchoolClass.name == words,
                SchoolClass.id != class_id,
            )
        )
        if taken is not None:
            raise Invalid("name_taken", field="name")
        values: dict[str, Any] = {"name": words, "grade": grade, "homeroom_teacher_id": homeroom_id}
        if known is None:
            class_id = await uow.insert(SchoolClass, school_id=school_id, year_id=year_id, **values)
        else:
            await uow.write(sa.update(SchoolClass).where(SchoolClass.id == class_id).values(**values))
        before = {"name": known.name, "grade": known.grade, "homeroom": known.homeroom_id} if known else None
        await record(
            uow,
            "class.saved",
            actor_id=office.officer_id,
            subject=("class", class_id),
            before=before,
            after={"name": words, "grade": grade, "homeroom": homeroom_id},
        )
    return class_id


async def end_class(uow: UnitOfWork, key: ChatKey, school_id: int, class_id: int, *, ends: bool) -> None:
    """A class and its courses are no more, marks and lessons stay; or they are again: the courses that ended on the same
    day. Eight statements. Raises NotFound."""
    async with uow.writing():
        office = await keeping(uow, key, school_id)
        known = await class_card(uow, office, class_id)
        if known.ended is ends:
            return
        today = office.school.today(uow.now)
        ended_on = await uow.value(sa.select(SchoolClass.ended_on).where(SchoolClass.id == class_id))
        await uow.write(
            sa.update(SchoolClass).where(SchoolClass.id == class_id).values(ended_on=today if ends else None)
        )
        with_it = Course.ended_on.is_(None) if ends else Course.ended_on == ended_on
        result = await uow.write(
            sa.update(Course)
            .where(Course.class_id == class_id, with_it)
            .values(ended_on=today if ends else None)
            .returning(Course.id)
        )
        await record(
            uow,
            "class.ended" if ends else "class.again",
            actor_id=office.officer_id,
            subject=("class", class_id),
            after={"courses": sorted(row.id for row in result)},
        )
