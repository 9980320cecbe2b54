"""Adding a school to a district or region."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.access import fresh_actor
from core.actions.school_settings import wrong_fields
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import Org
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID, OrgId
from core.domain.kinds import OrgKind
from core.domain.school_settings import USUAL
from core.errors import Invalid, NotFound
from core.queries.school_settings import SettledSchool
from core.queries.schools import below, run_by


@dataclass(frozen=True, slots=True)
class NewSchool:
    """A school to be; ``parent_id`` is the district or region that it belongs to."""

    parent_id: int
    name: str
    timezone: str
    locale: str
    currency: str
    scale: str


async def add_school(uow: UnitOfWork, key: ChatKey, wanted: NewSchool) -> OrgId:
    """Make the school. Raises NotFound for a place that the asker does not run, Invalid("settings_wrong") with the names
    of the ``fields``, ``name`` also where the place has a school of that name."""
    place = wanted.timezone, wanted.locale, wanted.currency, wanted.scale
    if fields := wrong_fields(SettledSchool(wanted.name, *place, None, None, USUAL)):
        raise Invalid("settings_wrong", fields=fields)
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        operators = run_by(actor)
        parent = None
        if 0 < wanted.parent_id <= LARGEST_ID:
            parent = await uow.row(
                sa.select(Org.id, Org.path).where(
                    Org.id == wanted.parent_id,
                    Org.kind != OrgKind.SCHOOL,
                    Org.ended_on.is_(None),
                    below(operators),
                )
            )
        if parent is None:
            raise NotFound("place_not_found")
        namesake = await uow.value(
            sa.select(Org.id).where(
                Org.parent_id == parent.id, Org.ended_on.is_(None), Org.name == wanted.name
            )
        )
        if namesake is not None:
            raise Invalid("settings_wrong", fields=("name",))
        school_id = await uow.insert(
            Org,
            kind=OrgKind.SCHOOL,
            name=wanted.name,
            parent_id=parent.id,
            timezone=wanted.timezone,
            locale=wanted.locale,
            currency=wanted.currency,
            scale=wanted.scale,
        )
        await uow.write(sa.update(Org).where(Org.id == school_id).values(path=f"{parent.path}{school_id}/"))
        officer = next(
            one.person_id
            for one in actor.roles
            if one.school in operators and parent.path.startswith(one.school.path)
        )
        await record(
            uow,
            "school.add",
            actor_id=officer,
            subject=("org", school_id),
            after={"name": wanted.name, "below": parent.id, "timezone": wanted.timezone},
        )
    return OrgId(school_id)
