"""The schools that somebody works for in the panel. Loading one is the check."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.access import Actor, School
from core.db.models import CAN_BE_TOLD, Chat, ChatLink, Guardianship, Org, RoleAssignment
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID, OrgId, PersonId
from core.domain.kinds import OrgKind
from core.domain.rights import Role
from core.domain.school_settings import quiet_of, read_settings
from core.errors import NotFound


def is_linked(person_id: Any) -> sa.Exists:
    """Whether a person has an open chat that things can be told in."""
    return sa.exists().where(
        ChatLink.person_id == person_id,
        ChatLink.revoked_at.is_(None),
        Chat.id == ChatLink.chat_id,
        CAN_BE_TOLD,
    )


def people_ever(school_id: Any) -> sa.CompoundSelect[int]:
    """The ids (``person_id``) of all who are, or ever were, a school's people, each once: by a role there, or as a pupil's
    guardian."""
    own = sa.select(RoleAssignment.person_id).where(RoleAssignment.org_id == school_id)
    return sa.union(own, sa.select(Guardianship.guardian_id).where(Guardianship.child_id.in_(own)))


def ever_of_school(person_id: Any, school_id: Any) -> sa.ColumnElement[bool]:
    """Whether a person is, or ever was, one of a school's people."""
    of_school: sa.ColumnElement[bool] = person_id.in_(people_ever(school_id))
    return of_school


@dataclass(frozen=True, slots=True)
class Office:
    """A school and what the asker is there, by a role at the school or above it; ``officer_id`` is whose role it is."""

    school: School
    roles: frozenset[Role]
    officer_id: PersonId

    def may(self, roles: Collection[Role]) -> bool:
        """Whether one of the roles is held here."""
        return bool(self.roles & set(roles))


async def list_offices(uow: UnitOfWork, actor: Actor, roles: Collection[Role]) -> tuple[Office, ...]:
    """The schools where the asker holds one of the roles, by name. One statement, or none."""
    held = [one for one in actor.roles if one.role in roles]
    if not held:
        return ()
    rows = await uow.rows(
        sa.select(
            *(Org.id, Org.name, Org.path, Org.timezone, Org.locale, Org.currency, Org.scale),
            *(Org.quiet_from, Org.quiet_to),
            sa.cast(Org.settings, sa.Text()).label("settings"),
        )
        .where(
            Org.kind == OrgKind.SCHOOL,
            Org.ended_on.is_(None),
            sa.or_(*(Org.path.startswith(path) for path in {one.school.path for one in held})),
        )
        .order_by(Org.name, Org.id)
    )
    found = []
    for row in rows:
        here = [one for one in held if row.path.startswith(one.school.path)]
        place = row.name, row.path, row.timezone, row.locale, row.currency, row.scale
        quiet = quiet_of(row.quiet_from, row.quiet_to)
        school = School(OrgId(row.id), *place, read_settings(row.settings), quiet)
        found.append(Office(school, frozenset(one.role for one in here), here[0].person_id))
    return tuple(found)


def org_offices(actor: Actor, roles: Collection[Role]) -> tuple[Office, ...]:
    """The org of the asker's first role among these, with all that the asker is anywhere; none without such a role. No
    statement."""
    held = next((one for one in actor.roles if one.role in roles), None)
    if held is None:
        return ()
    return (Office(held.school, frozenset(one.role for one in actor.roles), held.person_id),)


async def access_office(uow: UnitOfWork, actor: Actor, school_id: int, roles: Collection[Role]) -> Office:
    """A school where the asker holds one of the roles. Raises NotFound. One statement, or none."""
    if 0 < school_id <= LARGEST_ID:
        for office in await list_offices(uow, actor, roles):
            if office.school.id == school_id:
                return office
    raise NotFound("school_not_found")
