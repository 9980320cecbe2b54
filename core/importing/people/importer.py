"""Class lists as a format: pupils and parents of one school; whoever may be somebody who is there already is asked about."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.db.uow import UnitOfWork
from core.domain.names import fold
from core.domain.rights import GuardianRights, Role
from core.errors import UnreadableFile
from core.importing.importer import Asked, Importer, Option, Question
from core.importing.people.alike import Alike
from core.importing.people.columns import by_headings
from core.importing.people.lists import Lists, Parent, Pupil
from core.importing.people.school import Human, School, class_key, digits_of, load_school
from core.importing.register import Ref, Register
from core.importing.register_import import RegisterImport
from core.importing.said import Said
from core.importing.tables.headings import find_heading
from core.importing.tables.reader import open_table

_NEW = "new"
_SCHOOL = Ref("org", "school")
_FEW = 3
_MOST_NAMED = 20


async def read_people(uow: UnitOfWork, path: Path, asked: Asked) -> RegisterImport:
    """Read a list against what the school has. Eight statements. Raises UnreadableFile."""
    if asked.school_id is None:
        raise UnreadableFile(Said("A class list is one school's: say which."))
    today = uow.now.date()
    lists = Lists(open_table(path), asked.answers, today, asked.option("class"))
    lists.read()
    school = await load_school(uow, asked.school_id, today)
    taking = _Taking(lists, school, Register("people", path.name))
    taking.take()
    return RegisterImport(
        taking.register, asked, questions=tuple(lists.questions.values()), notes=tuple(lists.notes)
    )


@dataclass(slots=True)
class _Taking:
    """The register that grows out of a list."""

    lists: Lists
    school: School
    register: Register
    rows: dict[str, int] = field(default_factory=dict)
    """Who is somebody of the school, by the record's id."""
    siblings: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    alike: Alike = field(init=False)
    joined: dict[str, str] = field(default_factory=dict)
    """Parents who were said to be one, by the record's id."""
    records: dict[int, str] = field(default_factory=dict)
    """The record of each parent who is somebody of the school."""

    def __post_init__(self) -> None:
        self.alike = Alike(self.school)

    def take(self) -> None:
        """Everybody, with what has to be asked."""
        self.register.bind("org", _SCHOOL.id, self.school.id)
        for problem in self.lists.problems:
            self.register.tell(problem)
        pupils = self._without_doubles()
        self._match_pupils(pupils)
        for key, pupil in pupils.items():
            self._add_pupil(key, pupil)
        parents = [(key, pupil, parent) for key, pupil in pupils.items() for parent in pupil.parents]
        self._join_parents(parents)
        self._match_parents(parents)
        for key, pupil, parent in parents:
            self._add_parent(key, pupil, parent)
        new = [str(record.values["name"]) for record in self.register.of("class") if "name" in record.values]
        if new and self.school.classes:
            self.lists.notes.append(
                Said("Classes that are not here yet: {names}.", names=", ".join(new[:_MOST_NAMED]))
            )
        shared = sum(count - 1 for count in self.siblings.values() if count > 1)
        if shared:
            self.lists.notes.append(
                Said(
                    "{count} parents stand in several rows: each is one person.",
                    count=shared,
                )
            )

    def _without_doubles(self) -> dict[str, Pupil]:
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

    def _match_pupils(self, pupils: dict[str, Pupil]) -> None:
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

    def _parent_key(self, child: str, parent: Parent) -> str:
        """The record's id: one where rows were said, or known, to be of one parent."""
        key = _parent_key(child, parent)
        key = self.joined.get(key, key)
        row = self.rows.get(key, self.school.ties.get(key))
        return key if row is None else self.records.setdefault(row, key)

    def _match_parents(self, parents: Sequence[tuple[str, Pupil, Parent]]) -> None:
        sure: dict[str, Human] = {}
        unsure: dict[str, list[Human]] = {}
        shown: dict[str, tuple[str, int]] = {}
        for child, pupil, parent in parents:
            key = self._parent_key(child, parent)
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
            key = self._parent_key(child, parent)
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
        self.rows[key] = row
        self.register.bind("person", key, row)

    def _add_pupil(self, key: str, pupil: Pupil) -> None:
        values = {
            "family": pupil.name.family,
            "given": pupil.name.given,
            "name_key": pupil.name_key,
            "middle": pupil.name.middle,
            "nickname": pupil.said.get("nickname"),
            "birth_date": pupil.birth_date,
            "phone": pupil.said.get("phone"),
            "email": pupil.said.get("email"),
        }
        person = self._add_person(key, values)
        row = self.rows.get(key)
        role: dict[str, object] = {"person_id": person, "org_id": _SCHOOL, "role": Role.STUDENT}
        if row in self.school.left:
            role["ends"] = None
        self.register.add("role", key, role)
        if pupil.class_name:
            self._enroll(key, person, pupil, row)

    def _add_person(self, key: str, values: Mapping[str, object]) -> Ref:
        """What a row says, added to what the rows above say of the same person."""
        before = self.register.records["person"].get(key)
        said = {name: value for name, value in values.items() if value}
        return self.register.add(
            "person",
            key,
            {**(before.values if before else {}), **said},
            # Some have one name only.
            once={name: "" for name in ("family", "given") if name not in said},
        )

    def _enroll(self, key: str, person: Ref, pupil: Pupil, row: int | None) -> None:
        """Into the class, and out of the one before: a pupil has one."""
        name = class_key(pupil.class_name)
        known = self.school.classes.get(name)
        place = Ref("class", name)
        if known is not None:
            self.register.bind("class", name, known)
        elif not self.register.has("class", name):
            values: dict[str, object] = {"school_id": _SCHOOL, "name": pupil.class_name}
            digits = "".join(letter for letter in pupil.class_name[:3] if letter.isdigit())
            if digits and pupil.class_name[0].isdigit():
                values["grade"] = int(digits)
            self.register.add("class", name, values, once={"year_id": self.school.year_id})
        enrollment: dict[str, object] = {"student_id": person, "class_id": place}
        roll = pupil.said.get("roll", "").rstrip(".")
        if roll.isascii() and roll.isdigit() and len(roll) < 5:
            enrollment["roll_number"] = int(roll)
        before = self.school.enrollments.get(row, {}) if row is not None else {}
        if known in before and not before[known][1]:
            enrollment["ends"] = None
        self.register.add("enrollment", f"{key} in {name}", enrollment, once={"starts": self.lists.today})
        for other, (enrollment_row, holds) in before.items():
            if holds and other != known:
                old = f"#{other}"
                self.register.bind("class", old, other)
                self.register.bind("enrollment", f"{key} in {old}", enrollment_row)
                values = {"student_id": person, "class_id": Ref("class", old)}
                self.register.add("enrollment", f"{key} in {old}", values, ended=True)

    def _add_parent(self, child: str, pupil: Pupil, parent: Parent) -> None:
        key = self._parent_key(child, parent)
        self.siblings[key] += 1
        above = self.register.records["person"].get(key)
        phone = str(above.values.get("phone", "")) if above else ""
        if phone and parent.phone and digits_of(phone) != digits_of(parent.phone):
            words = f"another phone of {parent.name.full} than above, {phone[:40]}; this one is taken"
            self.register.tell(pupil.sheet.problem(pupil.row, None, words, rejected=False))
        values = {
            "family": parent.name.family,
            "given": parent.name.given,
            "name_key": parent.name_key,
            "middle": parent.name.middle,
            "phone": parent.phone,
            "email": parent.email,
        }
        guardian = self._add_person(key, values)
        self.register.add(
            "guardianship",
            f"{key} of {child}",
            {"guardian_id": guardian, "child_id": Ref("person", child), "relation": parent.relation},
            once={"rights": GuardianRights.FULL},
        )


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


def opens_people(path: Path) -> bool:
    """Whether it is a table with headings of pupils: names, and a class, birth date, number or parent."""
    try:
        for sheet in open_table(path).seen:
            heading = find_heading(sheet, lambda names: by_headings(names).known)
            if heading is None:
                continue
            found = {one.name for one in by_headings(heading.names).by_column.values()}
            names = {"full", "family", "given"} & found
            others = {"class", "birth", "middle", "mother.full", "father.full", "parent1.full"} & found
            if names and others:
                return True
    except UnreadableFile:
        return False
    return False


IMPORTER = Importer(
    name="people",
    title=Said("Class lists"),
    help=Said(
        "Class lists (.xlsx or .csv) as a secretary keeps them: pupils, parents, classes, birth dates."
    ),
    suffixes=(".xlsx", ".xlsm", ".csv"),
    opens=opens_people,
    read=read_people,
    options=(Option("class", "text", Said("The class of all pupils, where the list does not say it.")),),
    asks=True,
    needs_school=True,
)
