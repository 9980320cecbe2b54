"""People written down by a school's office: a new one with what they are there, and what is known of one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from core.access import Actor, fresh_actor
from core.actions.guardians import tie_guardian
from core.actions.person_roles import OFFICE, enter_class, put_role
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import Person
from core.db.uow import UnitOfWork
from core.domain.ids import PersonId
from core.domain.personal import PersonalDetails
from core.domain.rights import Role
from core.errors import Invalid
from core.queries.office_people import changeable_person
from core.queries.offices import Office, access_office


@dataclass(frozen=True, slots=True)
class Place:
    """What somebody is to be at the school: a role with its dates and, of a pupil, the class; or (GUARDIAN) the guardian
    of ``child_id``."""

    role: Role
    starts: date | None = None
    ends: date | None = None
    class_id: int | None = None
    child_id: int | None = None
    relation: str = ""


async def add_person(
    uow: UnitOfWork, key: ChatKey, school_id: int, details: PersonalDetails, place: Place
) -> PersonId:
    """Write down somebody new. At most sixteen statements.

    Raises NotFound, Invalid("role_not_yours"), ("dates_wrong"), ("child_missing").
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        office = await access_office(uow, actor, school_id, OFFICE)
        person_id = PersonId(await uow.insert(Person, **_columns(details)))
        after = await _settle_in(uow, actor, office, person_id, place)
        await record(
            uow,
            "person.add",
            actor_id=office.officer_id,
            subject=("person", person_id),
            after={"school": school_id, **after},
        )
    return person_id


async def _settle_in(
    uow: UnitOfWork, actor: Actor, office: Office, person_id: PersonId, place: Place
) -> dict[str, Any]:
    if place.role is Role.GUARDIAN:
        if place.child_id is None:
            raise Invalid("child_missing")
        rights = await tie_guardian(uow, actor, office, person_id, place.child_id, place.relation)
        return {"role": Role.GUARDIAN, "child": place.child_id, "rights": rights}
    await put_role(uow, office, person_id, place.role, place.starts, place.ends)
    after: dict[str, Any] = {"role": place.role}
    if place.role is Role.STUDENT and place.class_id is not None:
        first_day = place.starts or office.school.today(uow.now)
        await enter_class(uow, office, person_id, place.class_id, first_day)
        after["class"] = place.class_id
    return after


async def edit_person(
    uow: UnitOfWork, key: ChatKey, school_id: int, person_id: int, details: PersonalDetails
) -> bool:
    """Change what is written down of somebody; whether anything changed. Audited without the details themselves.

    Raises NotFound, also for whoever holds a role that the office could not grant. At most six statements.
    """
    async with uow.writing():
        office = await access_office(uow, await fresh_actor(uow, key), school_id, OFFICE)
        await changeable_person(uow, office, person_id)
        columns = _columns(details)
        before = await uow.row(
            sa.select(*(getattr(Person, name) for name in columns)).where(Person.id == person_id)
        )
        assert before is not None
        changed = {name: value for name, value in columns.items() if getattr(before, name) != value}
        if not changed:
            return False
        await uow.write(sa.update(Person).where(Person.id == person_id).values(**changed))
        await record(
            uow,
            "person.edit",
            actor_id=office.officer_id,
            subject=("person", person_id),
            after=dict.fromkeys(sorted(changed.keys() - {"name_key"}), "changed"),
        )
    return True


def _columns(details: PersonalDetails) -> dict[str, Any]:
    return {
        **asdict(details.name),
        "name_key": details.name_key,
        "birth_date": details.birth_date,
        "email": details.email,
        "phone": details.phone,
        "locale": details.locale,
    }
