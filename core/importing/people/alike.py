"""Who of the school a row may be: nobody is taken for another without being asked about, nor doubled by a correction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from datetime import date

from core.domain.names import fold
from core.importing.people.pupils import Parent, Pupil
from core.importing.people.school import Human, School, class_key, digits_of


@dataclass(slots=True)
class Alike:
    """The school's people, to be found by what a corrected row still has in common with them."""

    school: School
    _born: dict[date, list[Human]] = field(default_factory=lambda: defaultdict(list))
    _humans: dict[int, Human] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for humans in self.school.pupils.values():
            for one in humans:
                if one.birth_date:
                    self._born[one.birth_date].append(one)
        self._humans = {one.id: one for humans in self.school.adults.values() for one in humans}

    def pupils(self, pupil: Pupil) -> list[Human]:
        """Of the very name, with nothing that speaks against it."""
        return [one for one in self.school.pupils.get(pupil.name_key, ()) if _may_be(one, pupil)]

    def corrected_pupils(self, pupil: Pupil, taken: Container[int]) -> list[Human]:
        """Pupils of the class who are in no other row, and of this name with another birth date or middle name, or of
        this birth date with the family or the given name."""
        found = {one.id: one for one in self._nearly(pupil) if one.id not in taken}
        return [one for one in found.values() if self._is_of_class(one.id, pupil.class_name)]

    def corrected_parents(self, parent: Parent, child: int | None, taken: Container[int]) -> list[Human]:
        """Guardians of the child who are in no other cell, and have the parent's phone or given name."""
        digits = digits_of(parent.phone)
        return [
            one
            for number in sorted(self.school.guardians.get(child or 0, ()))
            if number not in taken
            and (one := self._humans[number])
            and (
                (len(digits) >= 7 and digits_of(one.phone) == digits)
                or _is_same(one.given, parent.name.given)
            )
        ]

    def _nearly(self, pupil: Pupil) -> Iterator[Human]:
        yield from self.school.pupils.get(pupil.name_key, ())
        for one in self._born.get(pupil.birth_date, ()) if pupil.birth_date else ():
            if _is_same(one.family, pupil.name.family) or _is_same(one.given, pupil.name.given):
                yield one

    def _is_of_class(self, row: int, class_name: str) -> bool:
        names = {
            class_key(self.school.class_names[number])
            for number, (_, holds) in self.school.enrollments.get(row, {}).items()
            if holds
        }
        return not names or not class_name or class_key(class_name) in names


def _is_same(one: str, other: str) -> bool:
    return bool(one) and fold(one) == fold(other)


def _may_be(human: Human, pupil: Pupil) -> bool:
    """Whether nothing speaks against it: of one name, no two birth dates, no two middle names."""
    if human.birth_date and pupil.birth_date and human.birth_date != pupil.birth_date:
        return False
    middles = {one.casefold() for one in (human.middle, pupil.name.middle) if one}
    return len(middles) < 2
