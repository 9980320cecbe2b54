"""Who is perhaps written down twice: by name with birth date, telephone or e-mail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, islice
from typing import Any

import sqlalchemy as sa

from core.db.models import Guardianship, Person
from core.db.uow import UnitOfWork
from core.domain.ids import PersonId
from core.domain.matching import Named, match_name
from core.domain.names import PersonName, fold
from core.domain.personal import PersonalDetails, phone_key
from core.queries.office_people import known_to
from core.queries.offices import Office

MOST = 100
_LARGEST_GROUP = 12
"""More people with one telephone or name are no family's slip."""


@dataclass(frozen=True, slots=True)
class Lookalike:
    """Somebody who may be meant. ``because`` are what agrees: name, birth_date, phone, email; and child, where both
    are guardians of one."""

    id: PersonId
    name: PersonName
    birth_date: date | None
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DuplicatePair:
    """Two who may be one."""

    one: Lookalike
    other: Lookalike


async def lookalikes_of(
    uow: UnitOfWork, office: Office, details: PersonalDetails, *, but: int = 0
) -> Sequence[Lookalike]:
    """The office's people who may be the one described, ten at most. One statement."""
    found, described = [], _Described(details)
    for row in await uow.rows(_people(office, office.school.today(uow.now))):
        if row.id == but:
            continue
        because = _alike(described, _Described(_details(row)))
        if because:
            found.append(Lookalike(PersonId(row.id), _name(row), row.birth_date, because))
    found.sort(key=lambda one: (-len(one.because), one.name.sort_key, one.id))
    return found[:10]


async def likely_duplicates(uow: UnitOfWork, office: Office) -> Sequence[DuplicatePair]:
    """Pairs of the office's people who may be one, the surest first, a hundred at most. Two statements."""
    rows = await uow.rows(_people(office, office.school.today(uow.now)))
    described = {row.id: _Described(_details(row)) for row in rows}
    groups: defaultdict[tuple[str, str], list[sa.Row[Any]]] = defaultdict(list)
    for row in rows:
        known = described[row.id]
        groups["name", known.words].append(row)
        if known.phone:
            groups["phone", known.phone].append(row)
        if known.email:
            groups["email", known.email].append(row)
        if row.birth_date is not None:
            groups["birth_date", f"{row.birth_date} {fold(row.family)[:1]}"].append(row)
    office_people = sa.select(Person.id).where(known_to(office, office.school.today(uow.now)))
    children: defaultdict[int, set[int]] = defaultdict(set)
    for tie in await uow.rows(
        sa.select(Guardianship.guardian_id, Guardianship.child_id).where(
            Guardianship.guardian_id.in_(office_people)
        )
    ):
        children[tie.guardian_id].add(tie.child_id)
    pairs: dict[frozenset[int], DuplicatePair] = {}
    for group in groups.values():
        for one, other in _pairs(group):
            both = frozenset((one.id, other.id))
            if both in pairs or other.id in children[one.id] or one.id in children[other.id]:
                continue
            because = _alike(described[one.id], described[other.id])
            if because and children[one.id] & children[other.id]:
                because += ("child",)
            # Namesakes are many; something more must agree.
            if len(because) > 1 or (because and one.middle and other.middle):
                pairs[both] = DuplicatePair(
                    Lookalike(PersonId(one.id), _name(one), one.birth_date, because),
                    Lookalike(PersonId(other.id), _name(other), other.birth_date, because),
                )
    found = sorted(
        pairs.values(), key=lambda pair: (-len(pair.one.because), pair.one.name.sort_key, pair.one.id)
    )
    return found[:MOST]


def _pairs(group: Sequence[sa.Row[Any]]) -> Iterable[tuple[sa.Row[Any], sa.Row[Any]]]:
    return combinations(islice(group, _LARGEST_GROUP), 2)


def _people(office: Office, today: date) -> sa.Select[Any]:
    columns: list[Any] = [
        *(Person.id, Person.family, Person.given, Person.middle, Person.nickname),
        *(Person.birth_date, Person.email, Person.phone),
    ]
    return sa.select(*columns).where(known_to(office, today)).order_by(Person.id)


def _name(row: sa.Row[Any]) -> PersonName:
    return PersonName(row.family, row.given, row.middle, row.nickname)


def _details(row: sa.Row[Any]) -> PersonalDetails:
    return PersonalDetails(_name(row), row.birth_date, row.email, row.phone)


class _Described:
    """A description made ready to be compared with thousands: names folded, telephone and e-mail as keys."""

    __slots__ = ("birth_date", "email", "middle", "name", "phone", "words")

    def __init__(self, details: PersonalDetails) -> None:
        self.name = details.name
        self.words = " ".join(sorted(fold(f"{details.name.family} {details.name.given}").split()))
        self.middle = fold(details.name.middle)
        self.birth_date = details.birth_date
        self.phone = phone_key(details.phone)
        self.email = details.email.casefold()


def _alike(one: _Described, other: _Described) -> tuple[str, ...]:
    """What agrees of two descriptions of perhaps one person; () where they are two.

    The names must be alike, and birth dates that are known must be the same, unless telephone or e-mail is.
    """
    same = one.words == other.words
    if not same and not _similar(one.name, other.name):
        return ()
    because = ["name"]
    if one.birth_date is not None and one.birth_date == other.birth_date:
        because.append("birth_date")
    if one.phone and one.phone == other.phone:
        because.append("phone")
    if one.email and one.email == other.email:
        because.append("email")
    apart = None not in (one.birth_date, other.birth_date) and one.birth_date != other.birth_date
    middles = {one.middle, other.middle} - {""}
    if (apart or len(middles) > 1) and not {"phone", "email"} & set(because):
        return ()
    # A name that is only similar needs something else that agrees.
    return tuple(because) if same or len(because) > 1 else ()


def _similar(one: PersonName, other: PersonName) -> bool:
    if not one.given or not other.given:
        return False
    said = f"{one.family} {one.given}"
    return bool(match_name(said, [Named(1, PersonName(other.family, other.given))]))
