"""Class lists as a format: pupils and parents of one school; whoever may be somebody who is there already is asked about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.db.uow import UnitOfWork
from core.domain.rights import GuardianRights, Role
from core.errors import UnreadableFile
from core.importing.importer import Asked, Importer, Option
from core.importing.people.columns import by_headings
from core.importing.people.lists import Lists
from core.importing.people.matching import Matching
from core.importing.people.pupils import Parent, Pupil
from core.importing.people.school import School, class_key, digits_of, load_school
from core.importing.register import Ref, Register
from core.importing.register_import import RegisterImport
from core.importing.said import Said
from core.importing.tables.headings import find_heading
from core.importing.tables.reader import open_table

_SCHOOL = Ref("org", "school")
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
    matching: Matching = field(init=False)
    siblings: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        self.matching = Matching(self.lists, self.school)

    def take(self) -> None:
        """Everybody, with what has to be asked."""
        self.register.bind("org", _SCHOOL.id, self.school.id)
        for problem in self.lists.problems:
            self.register.tell(problem)
        pupils = self.matching.without_doubles()
        parents = [(key, pupil, parent) for key, pupil in pupils.items() for parent in pupil.parents]
        self.matching.match_pupils(pupils)
        self.matching.match_parents(parents)
        for key, row in self.matching.bound.items():
            self.register.bind("person", key, row)
        for key, pupil in pupils.items():
            self._add_pupil(key, pupil)
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
        row = self.matching.rows.get(key)
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
            digits = "".join(letter for letter in pupil.class_name[:3] if letter.isdecimal())
            if digits and pupil.class_name[0].isdecimal():
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
        key = self.matching.parent_key(child, parent)
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
