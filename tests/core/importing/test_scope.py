"""An import for one school: what is another's stays as it is, whatever ids the file names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import (
    Base,
    Enrollment,
    ExternalId,
    Guardianship,
    Org,
    Person,
    RoleAssignment,
    SchoolClass,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import OrgKind
from core.domain.rights import GuardianRights, Role
from core.errors import UnreadableFile
from core.importing.importer import Asked, Outcome
from core.importing.oneroster import IMPORTER
from core.importing.ours import rows_of_school
from core.importing.register import KINDS, Scope
from tests.support.registers import SMALL, swapped, take_in, write_folder

HILL = {
    "users": SMALL["users"]
    + "p9,active,true,s2,student,Hilda,Hill,hilda@mail.example,g9\n"
    + "g9,active,true,s2,parent,Gerd,Hill,,\n",
    "classes": SMALL["classes"] + "9b,active,9B,9,,9B,homeroom,s2,q1\n",
    "enrollments": SMALL["enrollments"] + "e9,active,9b,s2,p9,student,,,\n",
}


async def import_for(
    database: Database,
    clock: FrozenClock,
    path: Path,
    school_id: int,
    *options: str,
    look: bool = False,
    school: str = "",
) -> Outcome:
    answers = {"school": school} if school else {}
    async with UnitOfWork(database, clock, via="panel") as uow:
        prepared = await IMPORTER.read(
            uow, path, Asked(school_id, options=dict.fromkeys(options, "1"), answers=answers)
        )
        if look:
            return await prepared.look(uow)
        return await prepared.apply(uow, lambda *_: None)


async def dump(database: Database, clock: FrozenClock, *tables: type[Base]) -> dict[str, list[Any]]:
    async with UnitOfWork(database, clock) as uow:
        return {
            table.__tablename__: [
                tuple(row)
                for row in await uow.rows(sa.select(table.__table__).order_by(table.__table__.c.id))
            ]
            for table in tables
        }


async def one(database: Database, clock: FrozenClock, statement: Any) -> Any:
    async with UnitOfWork(database, clock) as uow:
        return await uow.value(statement)


async def school_called(database: Database, clock: FrozenClock, name: str) -> int:
    return int(await one(database, clock, sa.select(Org.id).where(Org.name == name)))


async def test_only_the_schools_own_rows_come_in_and_the_others_are_listed(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    async with UnitOfWork(database, clock) as uow, uow.writing():
        school = await uow.insert(Org, kind=OrgKind.SCHOOL, name="Harbour School", path="/1/")
    path = write_folder(tmp_path / "a", **HILL)
    looked = await import_for(database, clock, path, school, look=True)
    done = await import_for(database, clock, path, school)
    assert looked.lines == done.lines
    assert {one.plural: one.names for one in done.left_out}["homeroom classes"] == ("9B",)
    assert done.skipped == sum(one.count for one in done.left_out) > 0
    found = await dump(database, clock, Org, Person, SchoolClass)
    assert [row[2] for row in found["org"]] == ["Harbour School"]
    assert {row[2] for row in found["person"]} == {"Ivan", "Anna", "Pavel", "Olga"}
    assert len(found["school_class"]) == 1
    assert (await import_for(database, clock, path, school)).is_empty


async def test_a_file_with_the_ids_of_another_schools_people_changes_nothing_of_theirs(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path / "all", **HILL))
    harbour = await school_called(database, clock, "Harbour School")
    before = await dump(
        database, clock, Org, Person, RoleAssignment, Guardianship, SchoolClass, Enrollment, ExternalId
    )
    attack = {
        "orgs": SMALL["orgs"].replace("s2,active,Hill School,school,d", "s2,active,Mine,school,s1"),
        # Hilda as our own pupil under another name, a guardian for her, her class as ours, her enrolment ended.
        "users": SMALL["users"]
        + "p9,active,true,s1,student,Stolen,Name,evil@mail.example,g8\n"
        + "g9,tobedeleted,true,s2,parent,Gerd,Hill,,\n"
        + "g8,active,true,s1,parent,Evil,Guardian,,p9\n",
        "classes": SMALL["classes"] + "9b,active,Taken,9,,9B,homeroom,s1,q1\n",
        "enrollments": SMALL["enrollments"] + "e9,tobedeleted,9b,s2,p9,student,,,\n",
    }
    done = await import_for(
        database,
        clock,
        write_folder(tmp_path / "x", **attack),
        harbour,
        "end-missing",
        "end-most",
    )
    after = await dump(
        database, clock, Org, Person, RoleAssignment, Guardianship, SchoolClass, Enrollment, ExternalId
    )
    for table, rows in before.items():
        assert set(map(repr, rows)) <= set(map(repr, after[table])), table
    hilda = sa.select(Person.id).where(Person.given == "Hilda")
    hilda_id = await one(database, clock, hilda)
    assert not [
        row for row in after["guardianship"] if row[2] == hilda_id and row not in before["guardianship"]
    ]
    assert done.skipped


async def test_who_is_at_two_schools_keeps_the_name_and_the_other_school(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path / "all", **HILL))
    harbour = await school_called(database, clock, "Harbour School")
    gone = swapped(
        "users",
        't1,active,true,"s1,s2",teacher,Olga,Sokolova,,',
        't1,tobedeleted,true,"s1,s2",teacher,Renamed,Sokolova,,',
    )
    done = await import_for(database, clock, write_folder(tmp_path / "x", **gone), harbour)
    assert await one(database, clock, sa.select(Person.family).where(Person.given == "Olga")) == "Sokolova"
    assert any("at another school, too" in note for note in done.notes)
    roles = sa.select(sa.func.count()).where(
        RoleAssignment.role == Role.TEACHER, RoleAssignment.ends.is_(None)
    )
    assert await one(database, clock, roles) == 1, "only the role at the school itself ends"


async def test_what_the_authority_brought_is_recognised_and_a_cut_in_rights_stays(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path / "all", **HILL))
    harbour = await school_called(database, clock, "Harbour School")
    pavel = sa.select(Person.id).where(Person.given == "Pavel").scalar_subquery()
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await uow.write(
            sa.update(Guardianship)
            .where(Guardianship.guardian_id == pavel)
            .values(rights=GuardianRights.NONE)
        )
    renamed = swapped("users", "student,Ivan,Petrov", "student,Ivan,Smirnov")
    done = await import_for(database, clock, write_folder(tmp_path / "x", **renamed), harbour)
    assert {line.plural: (line.new, line.changed) for line in done.lines}["people"] == (0, 1)
    assert await one(database, clock, sa.select(Person.family).where(Person.given == "Ivan")) == "Smirnov"
    rights = sa.select(Guardianship.rights).where(Guardianship.guardian_id == pavel)
    assert await one(database, clock, rights) == GuardianRights.NONE


async def test_which_school_of_the_file_is_meant_is_asked_where_no_name_says_so(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    async with UnitOfWork(database, clock) as uow, uow.writing():
        school = await uow.insert(Org, kind=OrgKind.SCHOOL, name="School 5", path="/1/")
    path = write_folder(tmp_path / "a", **HILL)
    looked = await import_for(database, clock, path, school, look=True)
    (question,) = looked.questions
    assert question.must
    assert {key for key, _ in question.candidates} == {"s1", "s2"}
    with pytest.raises(UnreadableFile):
        await import_for(database, clock, path, school)
    done = await import_for(database, clock, path, school, school="s2")
    assert {line.plural: line.new for line in done.lines}["homeroom classes"] == 1
    assert (await import_for(database, clock, path, school)).is_empty, "from now on the tie says it"


async def test_a_missing_pupil_ends_at_the_own_school_only(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    async with UnitOfWork(database, clock) as uow, uow.writing():
        school = await uow.insert(Org, kind=OrgKind.SCHOOL, name="Hill School", path="/1/")
    await take_in(database, clock, write_folder(tmp_path / "all", **HILL), source="elsewhere")
    await import_for(database, clock, write_folder(tmp_path / "own", **HILL), school)
    before = await dump(database, clock, Enrollment)
    done = await import_for(
        database, clock, write_folder(tmp_path / "less"), school, "end-missing", "end-most"
    )
    ended = [line for line in done.lines if line.plural == "pupils of classes"]
    assert [line.ended for line in ended] == [1]
    after = await dump(database, clock, Enrollment)
    assert len([row for row in after["enrollment"] if row not in before["enrollment"]]) == 1


def test_every_kind_of_record_is_known_to_hang_on_a_school() -> None:
    for kind in KINDS:
        assert rows_of_school(kind.table.__table__, Scope(1)) is not None
