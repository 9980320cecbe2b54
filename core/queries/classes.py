"""Classes that somebody may look into as a whole. Loading one is the check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.access import NOT_AT_THIS_SCHOOL, Actor, School
from core.db.models import Enrollment, Org, Person, SchoolClass
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID, ClassId, OrgId, PersonId
from core.domain.names import PersonName, list_names
from core.domain.rights import Role
from core.domain.school_settings import read_settings
from core.errors import Forbidden, NotFound

READERS = (Role.HEAD, Role.DEPUTY, Role.ADMIN)
"""Who beside the homeroom teacher looks into a class's diary."""
OFFICE = (Role.SECRETARY, Role.ADMIN)
"""Who beside the homeroom teacher sees the links of a class and issues codes."""


@dataclass(frozen=True, slots=True)
class ClassRoom:
    """A class of a school, and who of the asker's persons looks; ``leads`` is true for its homeroom teacher."""

    id: ClassId
    name: str
    school: School
    asker_id: PersonId
    leads: bool
    by_office: bool
    """Whether one of the roles asked for opens it, leading it or not."""


@dataclass(frozen=True, slots=True)
class ClassPupil:
    """A pupil of the class today."""

    id: PersonId
    name: PersonName
    list_name: str
    """Family name first, told apart from others of the same name in the class."""


def _classes() -> sa.Select[Any]:
    columns: list[Any] = [
        SchoolClass.id,
        SchoolClass.name,
        SchoolClass.homeroom_teacher_id,
        Org.id.label("org_id"),
        *(Org.name.label("org_name"), Org.path, Org.timezone, Org.locale, Org.currency, Org.scale),
        sa.cast(Org.settings, sa.Text()).label("settings"),
    ]
    return (
        sa.select(*columns)
        .join(Org, Org.id == SchoolClass.school_id)
        .where(SchoolClass.ended_on.is_(None))
        .order_by(SchoolClass.grade, SchoolClass.name, SchoolClass.id)
    )


def _allowed(actor: Actor, roles: tuple[Role, ...]) -> sa.ColumnElement[bool]:
    paths = {held.school.path for held in actor.roles if held.role in roles}
    return sa.or_(SchoolClass.id.in_(actor.homerooms), *(Org.path.startswith(path) for path in paths))


def _room(row: sa.Row[Any], actor: Actor, roles: tuple[Role, ...]) -> ClassRoom:
    place = row.org_name, row.path, row.timezone, row.locale, row.currency, row.scale
    school = School(OrgId(row.org_id), *place, read_settings(row.settings))
    leads = row.id in actor.homerooms
    officers = [
        held.person_id
        for held in actor.roles
        if held.role in roles and school.path.startswith(held.school.path)
    ]
    asker = (row.homeroom_teacher_id if leads else None) or officers[0]
    return ClassRoom(ClassId(row.id), row.name, school, PersonId(asker), leads, bool(officers))


async def list_classes(uow: UnitOfWork, actor: Actor, roles: tuple[Role, ...]) -> tuple[ClassRoom, ...]:
    """The classes that the asker leads, and all of the schools where the asker holds one of the roles. One
    statement."""
    rows = await uow.rows(_classes().where(_allowed(actor, roles)))
    return tuple(_room(row, actor, roles) for row in rows)


async def access_class(uow: UnitOfWork, actor: Actor, class_id: int, roles: tuple[Role, ...]) -> ClassRoom:
    """A class that the asker leads, or of a school where the asker holds one of the roles. One statement.

    Raises NotFound.
    """
    row = None
    if 0 < class_id <= LARGEST_ID:
        row = await uow.row(_classes().where(SchoolClass.id == class_id, _allowed(actor, roles)))
    if row is None:
        raise NotFound("class_not_found")
    return _room(row, actor, roles)


async def access_issuing(uow: UnitOfWork, actor: Actor, class_id: int) -> ClassRoom:
    """A class that the asker may issue codes for. One statement. Raises NotFound, or Forbidden to its homeroom teacher
    where the school leaves codes to its office."""
    room = await access_class(uow, actor, class_id, OFFICE)
    if not (room.by_office or room.school.settings.homeroom_codes):
        raise Forbidden(NOT_AT_THIS_SCHOOL)
    return room


async def pupils_of(uow: UnitOfWork, room: ClassRoom) -> tuple[ClassPupil, ...]:
    """The class's pupils today, by family name. One statement."""
    today = room.school.today(uow.now)
    rows = await uow.rows(
        sa.select(
            *(Person.id, Person.family, Person.given, Person.middle, Person.nickname),
            Enrollment.roll_number,
        )
        .join(Enrollment, Enrollment.student_id == Person.id)
        .where(
            Enrollment.class_id == room.id,
            sa.or_(Enrollment.starts.is_(None), Enrollment.starts <= today),
            sa.or_(Enrollment.ends.is_(None), Enrollment.ends >= today),
        )
    )
    names = [PersonName(row.family, row.given, row.middle, row.nickname) for row in rows]
    on_list = list_names([(name, row.roll_number) for name, row in zip(names, rows, strict=True)])
    pupils = [
        ClassPupil(PersonId(row.id), name, listed)
        for row, name, listed in zip(rows, names, on_list, strict=True)
    ]
    return tuple(sorted(pupils, key=lambda pupil: (pupil.name.sort_key, pupil.id)))
