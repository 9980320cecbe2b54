"""Which rows of a class list are one person, and who is somebody of the school already: what is not sure is asked."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.domain.names import fold
from core.importing.importer import Question
from core.importing.people.alike import Alike
from core.importing.people.lists import Lists
from core.importing.people.pupils import Parent, Pupil
from core.importing.people.school import Human, School, class_key, digits_of
from core.importing.said import Said

_NEW = "new"
_FEW = 3


@dataclass(slots=True)
class Matching:
    """``rows`` is who is somebody of the school, by the record's id; ``bound`` are those of them
    whom no earlier list brought."""

    lists: Lists
    school: School
    rows: dict[str, int] = field(default_factory=dict)
    bound: dict[str, int] = field(default_factory=dict)
    alike: Alike = field(init=False)
    joined: dict[str, str] = field(default_factory=dict)
    """Parents who were said to be one, by the record's id."""
    records: dict[int, str] = field(default_factory=dict)
    """The record of each parent who is somebody of the school."""

    def __post_init__(self) -> None:
        self.alike = Alike(self.school)

    def without_doubles(self) -> dict[str, Pupil]:
        """By the record's id; who stands there twice is asked about."""
        found: dict[str, Pupil] = {}
        for pupil in self.lists.pupils:
            key = _key(pupil)
            first = found.get(key)
            if first is None:
                found[key] = pupil
                continue
            question = f"twice {key}"
            answer = self.lists.ask(
                Question(
                    question,
                    Said(
                        "{name} stands in row {first} and in row {second}. Is that one pupil?",
                        name=pupil.shown,
                        first=first.row,
                        second=pupil.row,
                    ),
                    (
                        ("one", Said("one pupil; the later row counts")),
                        ("two", Said("two pupils of one name")),
                    ),
                    self.lists.answered(question, ("one", "two")),
                    must=True,
                )
            )
            if answer == "two":
                number = next(
                    number
                    for number in range(2, len(self.lists.pupils) + 2)
                    if f"{key} #{number}" not in found
                )
                found[f"{key} #{number}"] = pupil
            else:
                found[key] = pupil
        return found

    def match_pupils(self, pupils: Mapping[str, Pupil]) -> None:
        """By the register's number, by what was settled before, and where that says nothing by asking."""
        sure: dict[str, Human] = {}
        unsure: dict[str, list[Human]] = {}
        for key, pupil in pupils.items():
            if key in self.school.ties:
                self.rows[key] = self.school.ties[key]
                continue
            alike = self.alike.pupils(pupil)
            named = self.school.register_ids.get(pupil.said.get("id", ""))
            if named is not None and named in {one.id for one in alike}:
                self._bind(key, named)
            elif len(alike) == 1 and pupil.birth_date and alike[0].birth_date == pupil.birth_date:
                sure[key] = alike[0]
            elif alike:
                unsure[key] = alike
        self._ask_of_all("pupils", sure, unsure, {key: pupil.shown for key, pupil in pupils.items()})
        taken = {*self.rows.values(), *(one.id for one in sure.values())}
        known = {*self.rows, *sure, *unsure}
        for key, pupil in pupils.items():
            if key not in known and (near := self.alike.corrected_pupils(pupil, taken)):
                unsure[key] = near
        for key, alike in unsure.items():
            self._ask_of(key, pupils[key].shown, pupils[key].row, alike)

    def _join_parents(self, parents: Sequence[tuple[str, Pupil, Parent]]) -> None:
        """Parents of one name in several rows whose phones do not make them one: brothers' and sisters', or namesakes."""
        named: dict[str, dict[str, tuple[int, Parent]]] = defaultdict(dict)
        for child, pupil, parent in parents:
            key = _parent_key(child, parent)
            if key not in self.school.ties:
                named[f"{parent.name_key} {fold(parent.name.middle)}".strip()].setdefault(
                    key, (pupil.row, parent)
                )
        for name, found in named.items():
            if len(found) < 2:
                continue
            digest = hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest()[:8]
            question = f"one {name} {digest}"
            answer = self.lists.ask(
                Question(
                    question,
                    Said(
                        "{name} is a parent in rows {rows}. Is that one person?",
                        name=next(iter(found.values()))[1].shown,
                        rows=", ".join(str(row) for row, _ in found.values()),
                    ),
                    (("one", Said("yes, one person")), ("each", Said("no, one in each row"))),
                    self.lists.answered(question, ("one", "each")),
                    must=True,
                )
            )
            if answer == "one":
                self.joined.update(dict.fromkeys(found, next(iter(found))))

    def parent_key(self, child: str, parent: Parent) -> str:
        """The record's id: one where rows were said, or known, to be of one parent."""
        key = _parent_key(child, parent)
        key = self.joined.get(key, key)
        row = self.rows.get(key, self.school.ties.get(key))
        return key if row is None else self.records.setdefault(row, key)

    def match_parents(self, parents: Sequence[tuple[str, Pupil, Parent]]) -> None:
        """The same for parents, each with the record of the child and its row; after the pupils."""
        self._join_parents(parents)
        sure: dict[str, Human] = {}
        unsure: dict[str, list[Human]] = {}
        shown: dict[str, tuple[str, int]] = {}
        for child, pupil, parent in parents:
            key = self.parent_key(child, parent)
            if key in self.rows or key in shown:
                continue
            if key in self.school.ties:
                self.rows[key] = self.school.ties[key]
                continue
            alike = self.school.adults.get(parent.name_key, [])
            theirs = self.school.guardians.get(self.rows.get(child, 0), set())
            own = [one for one in alike if one.id in theirs]
            shown[key] = (parent.shown, pupil.row)
            digits = digits_of(parent.phone)
            if len(own) == 1:
                # A guardian of this very child, of this very name.
                self._bind(key, own[0].id)
            elif len(alike) == 1 and len(digits) >= 7 and digits_of(alike[0].phone) == digits:
                sure[key] = alike[0]
            elif alike:
                unsure[key] = alike
        self._ask_of_all("parents", sure, unsure, {key: words for key, (words, _) in shown.items()})
        taken = {*self.rows.values(), *(one.id for one in sure.values())}
        for child, _pupil, parent in parents:
            key = self.parent_key(child, parent)
            if key in self.rows or key in sure or key in unsure:
                continue
            if near := self.alike.corrected_parents(parent, self.rows.get(child), taken):
                unsure[key] = near
        for key, alike in unsure.items():
            self._ask_of(key, *shown[key], alike)

    def _ask_of_all(
        self, kind: str, sure: dict[str, Human], unsure: dict[str, list[Human]], shown: dict[str, str]
    ) -> None:
        """One question for all who are alike in everything; who says no is asked of each."""
        if not sure:
            return
        digest = hashlib.sha256("\n".join(sorted(sure)).encode()).hexdigest()[:8]
        key = f"same {kind} {digest}"
        words = Said(
            "{count} pupils of the list have the name and birth date of pupils of the school ({names}). Are they the same?",
            count=len(sure),
            names="; ".join(shown[one] for one in list(sure)[:_FEW]),
        )
        if kind == "parents":
            words = Said(
                "{count} parents of the list have the name and phone of people of the school ({names}). Are they the same?",
                count=len(sure),
                names="; ".join(shown[one] for one in list(sure)[:_FEW]),
            )
        candidates = (("yes", Said("yes, all of them")), ("no", Said("no; ask of each")))
        answer = self.lists.ask(
            Question(key, words, candidates, self.lists.answered(key, ("yes", "no")), must=True)
        )
        if answer == "yes":
            for one, human in sure.items():
                self._bind(one, human.id)
        elif answer == "no":
            unsure.update({one: [human] for one, human in sure.items()})

    def _ask_of(self, key: str, shown: str, row: int, alike: Sequence[Human]) -> None:
        question = f"who {key}"
        candidates = tuple((str(one.id), one.shown) for one in alike)
        answer = self.lists.ask(
            Question(
                question,
                Said("Row {row}: is {name} somebody of the school already?", row=row, name=shown),
                (*candidates, (_NEW, Said("no, somebody else"))),
                self.lists.answered(question, (*(one for one, _ in candidates), _NEW)),
                must=True,
            )
        )
        if answer and answer != _NEW:
            self._bind(key, int(answer))

    def _bind(self, key: str, row: int) -> None:
        self.rows[key] = self.bound[key] = row


def _key(pupil: Pupil) -> str:
    """By the register's number where the list has one, else by name with birth date or class."""
    if pupil.said.get("id"):
        return f"id {pupil.said['id']}"
    return f"{pupil.name_key}, {pupil.birth_date or class_key(pupil.class_name)}"


def _parent_key(child: str, parent: Parent) -> str:
    digits = digits_of(parent.phone)
    return (
        f"parent {parent.name_key}, {digits}" if len(digits) >= 7 else f"parent {parent.name_key} of {child}"
    )
