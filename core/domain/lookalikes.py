"""Who is perhaps written down twice: by name with birth date, telephone or e-mail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations, islice

from core.domain.ids import PersonId
from core.domain.matching import Named, match_name
from core.domain.names import PersonName, fold
from core.domain.personal import PersonalDetails, phone_key

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


# Not frozen: a frozen one is made in twice the time, and a school has thousands.
@dataclass(slots=True, eq=False)
class Described:
    """A person made ready to be compared with thousands: names folded, telephone and e-mail as keys. ``id`` is 0 for
    somebody who is not written down yet."""

    id: int
    details: PersonalDetails
    words: str = field(init=False)
    middle: str = field(init=False)
    phone: str = field(init=False)
    email: str = field(init=False)

    def __post_init__(self) -> None:
        details, name = self.details, self.details.name
        self.words = " ".join(sorted(fold(f"{name.family} {name.given}").split()))
        self.middle = name.middle and fold(name.middle)
        self.phone = details.phone and phone_key(details.phone)
        self.email = details.email and details.email.casefold()

    def because_of(self, because: tuple[str, ...]) -> Lookalike:
        """This person as one who may be meant."""
        return Lookalike(PersonId(self.id), self.details.name, self.details.birth_date, because)


def lookalikes(described: Described, people: Iterable[Described], *, most: int) -> list[Lookalike]:
    """Those who may be the one described, the surest first."""
    found = [one.because_of(because) for one in people if (because := alike(described, one))]
    found.sort(key=lambda one: (-len(one.because), one.name.sort_key, one.id))
    return found[:most]


def duplicate_pairs(
    people: Iterable[Described], children: Mapping[int, Set[int]], *, most: int
) -> list[DuplicatePair]:
    """Pairs of people who may be one, the surest first; ``children`` are those that a guardian's id looks after, and
    nobody is a child's double by being its guardian."""
    groups: defaultdict[tuple[str, str], list[Described]] = defaultdict(list)
    for one in people:
        groups["name", one.words].append(one)
        if one.phone:
            groups["phone", one.phone].append(one)
        if one.email:
            groups["email", one.email].append(one)
        if one.details.birth_date is not None:
            initial = fold(one.details.name.family)[:1]
            groups["birth_date", f"{one.details.birth_date} {initial}"].append(one)
    pairs: dict[frozenset[int], DuplicatePair] = {}
    for group in groups.values():
        for one, other in _pairs(group):
            both = frozenset((one.id, other.id))
            ones, others = children.get(one.id, frozenset()), children.get(other.id, frozenset())
            if both in pairs or other.id in ones or one.id in others:
                continue
            because = alike(one, other)
            if because and ones & others:
                because += ("child",)
            # Namesakes are many; something more must agree.
            if len(because) > 1 or (because and one.middle and other.middle):
                pairs[both] = DuplicatePair(one.because_of(because), other.because_of(because))
    found = sorted(
        pairs.values(), key=lambda pair: (-len(pair.one.because), pair.one.name.sort_key, pair.one.id)
    )
    return found[:most]


def _pairs(group: Sequence[Described]) -> Iterable[tuple[Described, Described]]:
    return combinations(islice(group, _LARGEST_GROUP), 2)


def alike(one: Described, other: Described) -> tuple[str, ...]:
    """What agrees of two descriptions of perhaps one person; () where they are two.

    The names must be alike, and birth dates that are known must be the same, unless telephone or e-mail is.
    """
    same = one.words == other.words
    if not same and not _similar(one.details.name, other.details.name):
        return ()
    born, other_born = one.details.birth_date, other.details.birth_date
    because = ["name"]
    if born is not None and born == other_born:
        because.append("birth_date")
    if one.phone and one.phone == other.phone:
        because.append("phone")
    if one.email and one.email == other.email:
        because.append("email")
    apart = None not in (born, other_born) and born != other_born
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
