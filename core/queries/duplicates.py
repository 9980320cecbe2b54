"""The office's people who are perhaps written down twice.

Thousands are compared, which takes a tenth of a second: in a thread, so that nobody else waits for it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.db.engine import LONG
from core.db.models import Guardianship, Person
from core.db.uow import UnitOfWork
from core.domain.lookalikes import Described, DuplicatePair, Lookalike, duplicate_pairs, lookalikes
from core.domain.names import PersonName
from core.domain.personal import PersonalDetails
from core.queries.office_people import asked_by, is_known
from core.queries.offices import Office

MOST_PAIRS = 100
_MOST_LOOKALIKES = 10


async def lookalikes_of(
    uow: UnitOfWork, office: Office, details: PersonalDetails, *, but: int = 0
) -> Sequence[Lookalike]:
    """The office's people who may be the one described, ten at most. One statement."""
    rows = await uow.rows(_PEOPLE, asked_by(office, uow.now))

    def found() -> list[Lookalike]:
        people = (_described(row) for row in rows if row.id != but)
        return lookalikes(Described(0, details), people, most=_MOST_LOOKALIKES)

    return await asyncio.to_thread(found)


async def likely_duplicates(uow: UnitOfWork, office: Office) -> Sequence[DuplicatePair]:
    """Pairs of the office's people who may be one, the surest first, a hundred at most. Two statements."""
    rows = await uow.rows(_COMPARABLE, asked_by(office, uow.now))
    ties = await uow.rows(_TIES, asked_by(office, uow.now))

    def found() -> list[DuplicatePair]:
        children: defaultdict[int, set[int]] = defaultdict(set)
        for tie in ties:
            children[tie.guardian_id].add(tie.child_id)
        return duplicate_pairs(map(_described, rows), children, most=MOST_PAIRS)

    return await asyncio.to_thread(found)


_PEOPLE = (
    sa.select(
        *(Person.id, Person.family, Person.given, Person.middle, Person.nickname),
        *(Person.birth_date, Person.email, Person.phone),
    )
    .where(is_known(Person.id))
    .order_by(Person.id)
    .execution_options(**LONG)
)
# Two who agree in nothing but the name are no pair: whoever has nothing else to compare is in none.
_COMPARABLE = _PEOPLE.where(
    sa.or_(
        Person.birth_date.is_not(None),
        *(column != "" for column in (Person.middle, Person.email, Person.phone)),
        sa.exists().where(Guardianship.guardian_id == Person.id),
    )
)
_TIES = (
    sa.select(Guardianship.guardian_id, Guardianship.child_id)
    .where(is_known(Guardianship.guardian_id))
    .execution_options(**LONG)
)


def _described(row: sa.Row[Any]) -> Described:
    number, family, given, middle, nickname, *others = tuple(row)
    return Described(number, PersonalDetails(PersonName(family, given, middle, nickname), *others))
