"""What is to be seen before two people become one, and who somebody that vanished is now."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.db.models import ExternalId, Guardianship, Mark, MealAccount, Person
from core.db.person_rows import MERGED
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID
from core.errors import Invalid, NotFound
from core.queries.office_people import asked_by, is_known, known_person
from core.queries.offices import Office
from core.queries.person_card import PersonCard, person_card


@dataclass(frozen=True, slots=True)
class MergeSide:
    """One of the two: the person, how many marks there are, and the canteen balance in minor units."""

    card: PersonCard
    marks: int
    balance: int | None


async def check_mergeable(uow: UnitOfWork, office: Office, kept_id: int, gone_id: int) -> None:
    """Whether two of the office's people may become one. Three statements.

    Raises NotFound, Invalid("merge_self"), Invalid("merge_family") for a guardian and the own child, and
    Invalid("merge_refused") where somebody holds a role that the office could not grant, or is another school's, too:
    it does not say which.
    """
    if kept_id == gone_id:
        raise Invalid("merge_self")
    for one in (kept_id, gone_id):
        known = await known_person(uow, office, one)
        if not known.in_charge or known.elsewhere:
            raise Invalid("merge_refused")
    both = (kept_id, gone_id)
    family = await uow.value(
        sa.select(Guardianship.id)
        .where(Guardianship.guardian_id.in_(both), Guardianship.child_id.in_(both))
        .limit(1)
    )
    if family is not None:
        raise Invalid("merge_family")


async def merge_preview(
    uow: UnitOfWork, office: Office, kept_id: int, gone_id: int
) -> tuple[MergeSide, MergeSide]:
    """Both sides, the one that stays first. Raises as ``check_mergeable``. Twenty-seven statements."""
    await check_mergeable(uow, office, kept_id, gone_id)
    first, second = [await _side(uow, office, one) for one in (kept_id, gone_id)]
    return first, second


async def _side(uow: UnitOfWork, office: Office, person_id: int) -> MergeSide:
    marks = await uow.value(
        sa.select(sa.func.count()).where(Mark.student_id == person_id, Mark.withdrawn_at.is_(None))
    )
    balance = await uow.value(
        sa.select(MealAccount.balance).where(
            MealAccount.student_id == person_id, MealAccount.school_id == office.school.id
        )
    )
    return MergeSide(await person_card(uow, office, person_id), int(marks), balance)


async def merged_into(uow: UnitOfWork, office: Office, gone_id: int) -> int | None:
    """Who a person that vanished in a merge is now, as far as the office may see that one. One statement."""
    if not 0 < gone_id <= LARGEST_ID:
        raise NotFound("person_not_found")
    found = await uow.value(
        sa.select(Person.id)
        .join(ExternalId, ExternalId.target_id == Person.id)
        .where(
            ExternalId.kind == MERGED,
            ExternalId.external_id == str(gone_id),
            is_known(Person.id),
        ),
        asked_by(office, uow.now),
    )
    return int(found) if found is not None else None
