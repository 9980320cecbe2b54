"""School Data Sync, both versions: what arrives, what a second run does, and how it is told from OneRoster."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import (
    AcademicYear,
    Course,
    CourseEnrollment,
    Guardianship,
    Person,
    RoleAssignment,
    Subject,
)
from core.db.uow import UnitOfWork
from core.domain.rights import Role
from core.errors import UnreadableFile
from core.importing.importer import Asked, Outcome, discover
from core.importing.sds import IMPORTER
from tests.support.registers import rows, write_folder

DATA = Path(__file__).parents[4] / "shared" / "data"

V1 = {
    "School": "SIS ID,Name,Principal SIS ID\nh,Harbour School,t1\n",
    "Section": "SIS ID,School SIS ID,Section Name,Term SIS ID,Term Name,Term StartDate,Term EndDate,Course Name\n"
    "alg,h,Algebra A,a,Autumn,9/1/2026,12/27/2026,Algebra\n",
    "Student": "SIS ID,School SIS ID,First Name,Last Name,Username,Password,Birthdate,Status\n"
    "p1,h,Ivan,Petrov,ivan@school.example,secret,4/2/2013,Active\n",
    "Teacher": "SIS ID,School SIS ID,First Name,Last Name,Username,Password\nt1,h,Olga,Sokolova,olga,secret\n",
    "StudentEnrollment": "Section SIS ID,SIS ID\nalg,p1\n",
    "TeacherRoster": "Section SIS ID,SIS ID\nalg,t1\n",
    "User": "Email,First Name,Last Name,Phone\nanna@mail.example,Anna,Petrova,+7 900\n",
    "GuardianRelationship": "SIS ID,Email,Role\np1,Anna@mail.example,Parent\n",
}
V2 = {
    "orgs": "sourcedId,name,type,parentSourcedId\nh,Harbour School,school,d\nd,Coast District,district,\n",
    "users": "sourcedId,username,givenName,familyName,email,phone\np1,ivan,Ivan,Petrov,,\nt1,olga,Olga,Sokolova,,\n"
    "g1,anna,Anna,Petrova,anna@mail.example,+7 900\n",
    "roles": "userSourcedId,orgSourcedId,role,roleStartDate\np1,h,student,\nt1,h,teacher,2026-09-01\n"
    "t1,h,principal,\ng1,h,guardian,\n",
    "academicSessions": "sourcedId,title,type,schoolYear,startDate,endDate\na,Autumn,term,2026,2026-09-01,2026-12-27\n",
    "courses": "sourcedId,orgSourcedId,title\nc,h,Algebra\n",
    "classes": "sourcedId,orgSourcedId,title,sessionSourcedIds,courseSourcedId\nalg,h,Algebra A,a,c\n",
    "enrollments": "classSourcedId,userSourcedId,role\nalg,p1,student\nalg,t1,teacher\n",
    "relationships": "userSourcedId,relationshipUserSourcedId,relationshipRole\np1,g1,parent\n",
    "demographics": "userSourcedId,birthDate\np1,2013-04-02\n",
}


def folder(path: Path, files: dict[str, str]) -> Path:
    """The package on the disk."""
    path.mkdir(exist_ok=True)
    for name, text in files.items():
        (path / f"{name}.csv").write_text(text, encoding="utf-8")
    return path


async def take(database: Database, clock: FrozenClock, path: Path) -> Outcome:
    async with UnitOfWork(database, clock, via="test") as uow:
        prepared = await IMPORTER.read(uow, path, Asked())
        return await prepared.apply(uow, lambda *_: None)


@pytest.mark.parametrize("files", [V1, V2], ids=["version 1", "version 2.1"])
async def test_a_school_arrives_with_its_parents_and_a_second_run_changes_nothing(
    database: Database, clock: FrozenClock, tmp_path: Path, files: dict[str, str]
) -> None:
    path = folder(tmp_path / "sds", files)
    outcome = await take(database, clock, path)
    assert not outcome.problems
    people = sa.select(Person.given, Person.birth_date, Person.phone).order_by(Person.given)
    assert [
        (given, str(born or ""), phone) for given, born, phone in await rows(database, clock, people)
    ] == [
        ("Anna", "", "+7 900"),
        ("Ivan", "2013-04-02", ""),
        ("Olga", "", ""),
    ]
    courses = sa.select(Subject.name, Course.name, AcademicYear.name).join(Subject).join(AcademicYear)
    assert await rows(database, clock, courses) == [("Algebra", "Algebra A", "2026/2027")]
    roles = await rows(database, clock, sa.select(RoleAssignment.role).order_by(RoleAssignment.role))
    assert {role for (role,) in roles} == {Role.STUDENT, Role.TEACHER, Role.HEAD}
    assert await rows(database, clock, sa.select(Guardianship.relation)) == [("parent",)]
    assert (await take(database, clock, path)).is_empty


async def test_what_names_nobody_is_told_and_the_rest_comes(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    broken = {**V1, "StudentEnrollment": "Section SIS ID,SIS ID\nalg,p1\nalg,nobody\nmoon,p1\n"}
    outcome = await take(database, clock, folder(tmp_path / "sds", broken))
    assert [str(one) for one in outcome.problems] == [
        "StudentEnrollment.csv, row 3, SISID: 'nobody' is not in Student.csv",
        "StudentEnrollment.csv, row 4, SectionSISID: 'moon' is not in Section.csv",
    ]
    assert len(await rows(database, clock, sa.select(CourseEnrollment.id))) == 1


def test_each_format_opens_its_own_and_no_other(tmp_path: Path) -> None:
    found = discover()
    for path, name in (
        (folder(tmp_path / "v1", V1), "sds"),
        (folder(tmp_path / "v2", V2), "sds"),
        (write_folder(tmp_path / "oneroster"), "oneroster"),
    ):
        assert [one for one in ("oneroster", "sds") if found[one].opens(path)] == [name]


async def test_another_folder_of_tables_is_refused_with_a_sentence(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    with pytest.raises(UnreadableFile, match=r"neither School\.csv"):
        await take(database, clock, folder(tmp_path / "other", {"things": "a,b\n1,2\n"}))


@pytest.mark.skipif(not DATA.exists(), reason="the sample data are not here")
@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_the_sample_of_a_hundred_people_arrives(database: Database, clock: FrozenClock) -> None:
    outcome = await take(database, clock, DATA / "sds-100")
    figures = {line.plural: line.new for line in outcome.lines}
    assert not outcome.rejected
    assert (figures["people"], figures["courses"], figures["pupils of courses"]) == (98, 28, 602)
    assert (await take(database, clock, DATA / "sds-100")).is_empty
