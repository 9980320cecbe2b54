"""Which schools children go to, where a family has several."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from core.db.models import Org, RoleAssignment
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.rights import Role


async def schools_of(uow: UnitOfWork, children: Collection[int]) -> dict[int, str]:
    """The name of each child's school, by child; of several the one that came last. One statement, or none for fewer
    than two children."""
    if len(children) < 2:
        return {}
    rows = await uow.rows(
        sa.select(RoleAssignment.person_id, Org.name)
        .join(Org, Org.id == RoleAssignment.org_id)
        .where(
            RoleAssignment.person_id.in_(children),
            RoleAssignment.role == Role.STUDENT,
            holds_on(RoleAssignment, uow.now.date()),
        )
        .order_by(RoleAssignment.id)
    )
    return {row.person_id: row.name for row in rows}
