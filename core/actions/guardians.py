"""What a guardian may do for a child: decided by the school's office, and lifted by no import."""

from __future__ import annotations

import sqlalchemy as sa

from core.access import Actor, access_student
from core.actions.invitations import take_back_codes
from core.db.audit import record
from core.db.models import Guardianship
from core.db.uow import UnitOfWork
from core.domain.rights import GuardianRights, Right, Role
from core.errors import NotFound


async def restrict_guardian(
    uow: UnitOfWork, actor: Actor, *, guardian_id: int, child_id: int, rights: GuardianRights
) -> bool:
    """Change a guardian's rights for a child, down or up again; whether anything changed.

    Takes effect with this transaction, old buttons included. A cut to none also takes the guardian's role from every
    open code of that person. Raises NotFound to whoever may not see the child's guardians, and where there is no such
    guardian.
    """
    async with uow.writing():
        seen = await access_student(uow, actor, child_id, Right.CONTACTS)
        which = (Guardianship.guardian_id == guardian_id) & (Guardianship.child_id == child_id)
        before = await uow.value(sa.select(Guardianship.rights).where(which))
        if before is None:
            raise NotFound("guardian_not_found")
        if before is rights:
            return False
        await uow.write(sa.update(Guardianship).where(which).values(rights=rights))
        revoked = 0
        if rights is GuardianRights.NONE:
            revoked = await take_back_codes(uow, [guardian_id], frozenset({Role.GUARDIAN}))
        await record(
            uow,
            "guardian.restrict",
            actor_id=seen.officer_id,
            subject=("person", guardian_id),
            before={"child": child_id, "rights": before},
            after={"child": child_id, "rights": rights, "codes": revoked},
        )
    return True
