"""What came in goes out again: an export that is taken in changes nothing, here, and is the same school elsewhere."""

from __future__ import annotations

import asyncio
import csv
import io
import random
import zipfile
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import (
    AcademicYear,
    Assessment,
    AuditEntry,
    Base,
    Course,
    CourseEnrollment,
    CourseTeacher,
    Enrollment,
    ExternalId,
    Guardianship,
    Mark,
    MarkCorrection,
    Org,
    Person,
    RoleAssignment,
    SchoolClass,
    Subject,
    Term,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import OrgKind, TermKind
from core.domain.names import fold
from core.domain.rights import GuardianRights, Role
from core.errors import UnreadableFile
from core.importing.demo.school import write_demo_school
from core.importing.oneroster.export import export_oneroster
from core.importing.plan import Plan
from tests.cast import NOW, Cast
from tests.support.databases import SqliteDatabases
from tests.support.registers import rows, swapped, take_in, write_folder

DATA = Path(__file__).parents[4] / "shared" / "data"
KEPT = (
    *(
        Org,
        AcademicYear,
        Term,
        Person,
        RoleAssignment,
        Guardianship,
        SchoolClass,
        Subject,
        Course,
        Enrollment,
    ),
    *(CourseTeacher, CourseEnrollment, Assessment, Mark, MarkCorrection),
)


async def export(database: Database, clock: FrozenClock, path: Path, **how: Any) -> Path:
    """The package, written."""
    async with UnitOfWork(database, clock, via="test") as uow:
        await export_oneroster(uow, path, **how)
    return path


def opened(path: Path) -> dict[str, list[dict[str, str]]]:
    """Its files, by name."""
    with zipfile.ZipFile(path) as archive:
        return {
            name.removesuffix(".csv"): list(
                csv.DictReader(io.StringIO(archive.read(name).decode(), newline=""))
            )
            for name in archive.namelist()
        }


async def state(database: Database, clock: FrozenClock) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that an import could touch."""
    found = {}
    for model in (*KEPT, ExternalId):
        statement = sa.select(model.__table__).order_by(sa.column("id"))
        found[model.__tablename__] = await rows(database, clock, statement)
    return found


def changes_nothing(plan: Plan) -> bool:
    """Nothing is written, left out or called missing."""
    return (
        plan.is_empty
        and not plan.register.rejected
        and not plan.remarks
        and not any(kind.missing for kind in plan.kinds)
    )


async def test_what_came_in_goes_out_again_and_changes_nothing(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path / "in"))
    path = await export(database, clock, tmp_path / "out.zip")
    before = await state(database, clock)
    assert changes_nothing(await take_in(database, clock, path))
    assert await state(database, clock) == before
    files = opened(path)
    assert {row["sourcedId"] for row in files["users"]} == {"p1", "p2", "g1", "g2", "t1"}
    assert {row["sourcedId"] for row in files["classes"]} == {"7a", "alg7"}
    assert [row["score"] for row in files["results"]] == ["75", "81"]
    manifest = {row["propertyName"]: row["value"] for row in files["manifest"]}
    assert manifest["oneroster.version"] == "1.2"
    assert manifest["file.users"] == "bulk"
    assert path.stat().st_mode & 0o077 == 0


async def test_an_export_is_audited(database: Database, clock: FrozenClock, tmp_path: Path) -> None:
    await take_in(database, clock, write_folder(tmp_path / "in"))
    await export(database, clock, tmp_path / "out.zip")
    audits = sa.select(AuditEntry.action, AuditEntry.after).where(AuditEntry.action == "register.exported")
    ((_, after),) = await rows(database, clock, audits)
    assert after["counts"]["users"] == 5


async def test_what_the_school_made_itself_goes_out_and_comes_back_as_it_is(
    database: Database, clock: FrozenClock, tmp_path: Path, cast: Cast
) -> None:
    path = await export(database, clock, tmp_path / "out.zip")
    before = await state(database, clock)
    assert changes_nothing(await take_in(database, clock, path))
    assert await state(database, clock) == before
    assert opened(await export(database, clock, tmp_path / "again.zip")) == opened(path)


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_the_demo_school_survives_the_round_trip(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await write_demo_school(uow, pupils_in_class=3)
    path = await export(database, clock, tmp_path / "out.zip")
    assert changes_nothing(await take_in(database, clock, path))


async def test_a_cut_in_rights_goes_along_to_another_place(
    database: Database, clock: FrozenClock, tmp_path: Path, sqlite_databases: SqliteDatabases
) -> None:
    await take_in(database, clock, write_folder(tmp_path / "in"))
    async with UnitOfWork(database, clock) as uow, uow.writing():
        cut = sa.update(Guardianship).where(
            Guardianship.guardian_id == sa.select(Person.id).where(Person.given == "Pavel").scalar_subquery()
        )
        await uow.write(cut.values(rights=GuardianRights.NONE, relation="father; a|b"))
    path = await export(database, clock, tmp_path / "out.zip")
    users = {row["sourcedId"]: row for row in opened(path)["users"]}
    # Another program is not to take him for a guardian.
    assert "g2" not in users["p1"]["agentSourcedIds"].split(",")
    assert users["g2"]["agentSourcedIds"] == ""
    assert changes_nothing(await take_in(database, clock, path))
    elsewhere = await sqlite_databases.copy_to(tmp_path / "elsewhere.db", with_cast=False)
    await take_in(elsewhere, clock, path)
    links = sa.select(Person.given, Guardianship.rights, Guardianship.relation).join(
        Guardianship, Guardianship.guardian_id == Person.id
    )
    assert await rows(elsewhere, clock, links.order_by(Person.given)) == [
        ("Anna", GuardianRights.FULL, ""),
        ("Olga", GuardianRights.FULL, ""),
        ("Pavel", GuardianRights.NONE, "father; a|b"),
    ]
    await elsewhere.close()


async def test_what_was_over_is_over_and_what_came_since_stays(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path / "in"))
    gone = {
        **swapped("results", "r1,active", "r1,tobedeleted"),
        **swapped("classes", "7a,active", "7a,tobedeleted"),
        **swapped("users", "g1,active", "g1,tobedeleted"),
    }
    await take_in(database, clock, write_folder(tmp_path / "in", **gone))
    path = await export(database, clock, tmp_path / "out.zip")
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await uow.insert(Person, family="Newcomer", given="New", name_key="newcomer new")
    before = await state(database, clock)
    plan = await take_in(database, clock, path, end_missing=True)
    assert plan.is_empty
    assert await state(database, clock) == before


async def test_what_changed_since_is_put_back_as_it_was_exported(
    database: Database, clock: FrozenClock, tmp_path: Path, cast: Cast
) -> None:
    path = await export(database, clock, tmp_path / "out.zip")
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await uow.write(sa.update(Person).where(Person.given == "Ivan").values(family="Wrong"))
    plan = await take_in(database, clock, path)
    changed = {one.kind.name: len(one.changed) for one in plan.kinds if one.changed}
    assert changed == {"person": 1}


async def test_the_export_of_one_school_is_of_that_school(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path / "in"))
    ((hill,),) = await rows(database, clock, sa.select(Org.id).where(Org.name == "Hill School"))
    path = await export(database, clock, tmp_path / "out.zip", school_id=hill)
    files = opened(path)
    assert [row["name"] for row in files["orgs"]] == ["Coast District", "Hill School"]
    # Olga teaches there too; her child is a pupil of the district.
    assert {row["givenName"] for row in files["users"]} == {"Olga"}
    assert not files["classes"]
    assert changes_nothing(await take_in(database, clock, path))


async def test_a_file_that_cannot_be_written_is_said_and_nothing_is_left(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    with pytest.raises(UnreadableFile, match="cannot be written"):
        await export(database, clock, tmp_path / "nowhere" / "out.zip")
    assert list(tmp_path.glob("*.part")) == []


@pytest.mark.skipif(not DATA.exists(), reason="the sample data are not here")
@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_grand_bend_survives_the_round_trip(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, DATA / "grand-bend-oneroster.zip")
    path = await export(database, clock, tmp_path / "out.zip")
    assert changes_nothing(await take_in(database, clock, path))


_texts = st.text(
    st.one_of(st.sampled_from("Aяก,;\"'|=-7@ e\u0301"), st.characters(exclude_categories=("C", "Z"))),
    min_size=1,
    max_size=12,
).map(lambda text: text.strip() or "x")
_notes = st.lists(_texts, max_size=2).map("\n".join)


class Made:
    """A school of random rows, as a register, a secretary and teachers may have left them."""

    def __init__(self, draw: st.DataObject) -> None:
        self.draw = draw
        self.chance = random.Random(draw.draw(st.integers(0, 2**32)))
        self.rows: dict[type[Base], list[dict[str, Any]]] = {}
        self.number = 0

    def text(self) -> str:
        return str(self.draw.draw(_texts))

    def add(self, model: type[Base], **values: Any) -> int:
        self.number += 1
        self.rows.setdefault(model, []).append({"id": self.number, **values})
        return self.number

    def tie(self, kind: str, target: int) -> None:
        """Some are a register's, with ids as registers have them, some of them over."""
        if self.chance.random() < 0.5:
            return
        over = date(2026, 1, 1) if self.chance.random() < 0.2 else None
        external = self.chance.choice((str(target), f"{target}|x", f"id {target},{kind}", f"ü-{target}"))
        self.add(
            ExternalId, source="oneroster", kind=kind, external_id=external, target_id=target, ended_on=over
        )

    def day(self) -> date:
        return date(2026, 9, 1) + timedelta(days=self.chance.randrange(-400, 200))

    def span(self, first: str = "starts", last: str = "ends") -> dict[str, date | None]:
        one, other = sorted((self.day(), self.day()))
        return {first: self.chance.choice((None, one)), last: self.chance.choice((None, None, other))}

    def over(self) -> date | None:
        return self.day() if self.chance.random() < 0.2 else None


def make(draw: st.DataObject) -> Mapping[type[Base], list[dict[str, Any]]]:
    """All rows of a small school authority."""
    made = Made(draw)
    chance = made.chance
    district = made.add(Org, kind=OrgKind.DISTRICT, name=made.text(), scale="five")
    schools = [
        made.add(
            *(Org,),
            kind=OrgKind.SCHOOL,
            name=made.text(),
            parent_id=chance.choice((None, district)),
            scale=chance.choice(("five", "hundred", "thai", "words")),
            timezone="Asia/Bangkok",
            ended_on=made.over(),
        )
        for _ in range(chance.randrange(1, 3))
    ]
    orgs = [district, *schools]
    for row in made.rows[Org]:
        above = row.get("parent_id")
        row["path"] = f"/{above}/{row['id']}/" if above else f"/{row['id']}/"
    years = []
    for _ in range(chance.randrange(3)):
        starts = made.day()
        years.append(
            made.add(
                *(AcademicYear,),
                org_id=chance.choice(orgs),
                name=made.text(),
                starts=starts,
                ended_on=made.over(),
                ends=starts + timedelta(days=300),
            )
        )
        for kind in chance.sample(list(TermKind), 2):
            made.add(
                *(Term,),
                year_id=years[-1],
                kind=kind,
                name=made.text(),
                starts=starts,
                ends=starts + timedelta(days=90),
            )
    people = []
    for _ in range(chance.randrange(1, 7)):
        family, given_name = made.text(), chance.choice(("", made.text()))
        people.append(
            made.add(
                *(Person,),
                family=family,
                given=given_name,
                name_key=fold(f"{family} {given_name}"),
                middle=chance.choice(("", made.text())),
                nickname=chance.choice(("", made.text())),
                birth_date=chance.choice((None, date(2012, 2, 29))),
                phone="+7 900 000-00-00",
            )
        )
    staff = [role for role in Role if role not in (Role.GUARDIAN, Role.OPERATOR)]
    for person in people:
        for role in chance.sample(staff, chance.randrange(3)):
            made.add(RoleAssignment, person_id=person, org_id=chance.choice(orgs), role=role, **made.span())
        for other in people:
            if other != person and chance.random() < 0.2:
                made.add(
                    *(Guardianship,),
                    guardian_id=person,
                    child_id=other,
                    relation=chance.choice(("", made.text())),
                    rights=chance.choice(list(GuardianRights)),
                    ends=made.over(),
                )
    classes = [
        made.add(
            *(SchoolClass,),
            school_id=chance.choice(schools),
            year_id=chance.choice((None, *years)),
            name=f"{made.text()} {number}",
            grade=chance.choice((None, 7)),
            ended_on=made.over(),
            homeroom_teacher_id=chance.choice((None, *people)),
        )
        for number in range(chance.randrange(3))
    ]
    subjects = [
        made.add(Subject, org_id=chance.choice(orgs), name=f"{made.text()} {number}") for number in range(2)
    ]
    courses = [
        made.add(
            *(Course,),
            school_id=chance.choice(schools),
            year_id=chance.choice((None, *years)),
            subject_id=chance.choice(subjects),
            class_id=chance.choice((None, *classes)),
            name=chance.choice(("", made.text())),
            ended_on=made.over(),
        )
        for _ in range(chance.randrange(3))
    ]
    for person in people:
        for place in classes:
            if chance.random() < 0.4:
                roll = chance.choice((None, 3))
                made.add(Enrollment, student_id=person, class_id=place, roll_number=roll, **made.span())
        for course in courses:
            if chance.random() < 0.4:
                made.add(CourseEnrollment, student_id=person, course_id=course, **made.span())
            if chance.random() < 0.2:
                made.add(CourseTeacher, teacher_id=person, course_id=course, **made.span())
    for course in courses:
        for _ in range(chance.randrange(3)):
            assessment = made.add(
                *(Assessment,),
                course_id=course,
                title=chance.choice(("", made.text())),
                date=made.day(),
                kind=chance.choice(("", "Test", made.text())),
                weight=Decimal(chance.choice("0123")) / 2,
                maximum=chance.choice((None, Decimal(20))),
            )
            for person in people:
                if chance.random() < 0.5:
                    value, number = chance.choice(
                        (("5-", Decimal("4.75")), ("ร", None), ("105", Decimal(105)))
                    )
                    made.add(
                        *(Mark,),
                        student_id=person,
                        assessment_id=assessment,
                        value=value,
                        number=number,
                        comment=made.draw.draw(_notes),
                        recorded_at=NOW - timedelta(seconds=7.25),
                        withdrawn_at=chance.choice((None, None, NOW)),
                    )
    kinds = {
        "org": Org,
        "year": AcademicYear,
        "term": Term,
        "person": Person,
        "class": SchoolClass,
        "course": Course,
        "assessment": Assessment,
        "mark": Mark,
    }
    for kind, model in kinds.items():
        for row in list(made.rows.get(model, ())):
            made.tie(kind, row["id"])
    return made.rows


async def write(
    database: Database, clock: FrozenClock, made: Mapping[type[Base], list[dict[str, Any]]]
) -> None:
    async with UnitOfWork(database, clock) as uow, uow.writing():
        for model in (*KEPT, ExternalId):
            for row in made.get(model, ()):
                await uow.write(sa.insert(model).values(**row))


@given(st.data())
@settings(max_examples=6, phases=[Phase.generate], suppress_health_check=[*HealthCheck])
def test_whatever_a_school_is_like_its_export_changes_nothing_here_and_makes_the_same_elsewhere(
    sqlite_databases: SqliteDatabases, tmp_path: Path, data: st.DataObject
) -> None:
    made = make(data)
    clock = FrozenClock(NOW)

    async def there_and_back() -> None:
        here = await sqlite_databases.copy_to(tmp_path / "here.db", with_cast=False)
        elsewhere = await sqlite_databases.copy_to(tmp_path / "elsewhere.db", with_cast=False)
        try:
            await write(here, clock, made)
            path = await export(here, clock, tmp_path / "out.zip")
            before = await state(here, clock)
            plan = await take_in(here, clock, path)
            assert changes_nothing(plan), [*map(str, plan.register.problems), *plan.remarks]
            assert await state(here, clock) == before
            plan = await take_in(elsewhere, clock, path)
            assert not plan.register.rejected, [*map(str, plan.register.problems)]
            again = await export(elsewhere, clock, tmp_path / "again.zip")
            assert alike(opened(again)) == alike(opened(path))
            assert changes_nothing(await take_in(elsewhere, clock, again))
        finally:
            await here.close()
            await elsewhere.close()

    asyncio.run(there_and_back())


def alike(files: dict[str, list[dict[str, str]]]) -> dict[str, list[list[str]]]:
    """The files without the ids that differ from place to place, in any order."""
    tables = [name for name in files if name != "manifest"]
    return {
        name: sorted(
            [
                cell
                for column, cell in row.items()
                if "ourcedId" not in column and column != "username" and not column.endswith("children")
            ]
            for row in files[name]
        )
        for name in tables
    }
