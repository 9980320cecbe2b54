"""A guardian whom the register gives a new id is the same guardian: a cut in rights goes along."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.db.models import Guardianship, Person
from core.db.uow import UnitOfWork
from core.domain.rights import GuardianRights
from core.importing.ours import rows_of_school
from core.importing.plan import KindPlan, Made, RowId
from core.importing.progress import Progress
from core.importing.said import Said

_STRICTEST_FIRST = (GuardianRights.NONE, GuardianRights.READ)


async def keep_cuts(uow: UnitOfWork, plan: KindPlan, progress: Progress) -> None:
    """Give new links the cut rights that a guardian of the same name has, or had, to the same child; to a new child
    of the same name likewise. One statement where there are new links."""
    if not plan.new:
        return
    guardian, child = aliased(Person), aliased(Person)
    cuts: dict[tuple[str, int | str], GuardianRights] = {}
    scope = progress.register.scope
    ours = sa.true() if scope is None else Guardianship.id.in_(rows_of_school(Guardianship.__table__, scope))
    for row in await uow.rows(
        sa.select(
            Guardianship.rights,
            Guardianship.child_id,
            guardian.name_key.label("guardian_name"),
            child.name_key.label("child_name"),
        )
        .join(guardian, guardian.id == Guardianship.guardian_id)
        .join(child, child.id == Guardianship.child_id)
        .where(Guardianship.rights != GuardianRights.FULL, ours)
    ):
        for whose in (row.child_id, row.child_name):
            known = cuts.setdefault((row.guardian_name, whose), row.rights)
            cuts[row.guardian_name, whose] = min(known, row.rights, key=_STRICTEST_FIRST.index)
    for external, link in (plan.tied | plan.retied).items():
        if not isinstance(link, Made) or link not in plan.new:
            continue
        values = plan.new[link]
        name = progress.names.get(values["guardian_id"])
        child_id: RowId = values["child_id"]
        whose = progress.names.get(child_id, "") if isinstance(child_id, Made) else child_id
        rights = cuts.get((name, whose)) if name and whose else None
        if rights is not None:
            values["rights"] = rights
            plan.remarks.append(
                Said(
                    "{kind}: '{id}' is given '{rights}', as a guardian of the same name has",
                    kind=plan.kind.plural,
                    id=external,
                    rights=rights.value,
                )
            )
