"""A register taken in: what arrives, what a second run does, what ends, and what is never touched."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import (
    AcademicYear,
    Assessment,
    AuditEntry,
    Course,
    CourseEnrollment,
    Enrollment,
    ExternalId,
    Guardianship,
    Mark,
    MarkCorrection,
    Org,
    Person,
    RoleAssignment,
    SchoolClass,
    Term,
)
from core.db.uow import UnitOfWork
from core.domain.rights import GuardianRights, Role
from core.errors import UnreadableFile
from core.importing.apply import apply_register
from core.importing.compare import make_plan
from core.importing.oneroster import parse_oneroster
from core.importing.package import open_package
from tests.support.registers import (
    DEFAULTS,
    SMALL,
    figures,
    parsed,
    rows,
    swapped,
    take_in,
    write_folder,
    write_zip,
)

DATA = Path(__file__).parents[4] / "shared" / "data"


async def test_everything_that_the_register_says_arrives(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    plan = await take_in(database, clock, write_folder(tmp_path))
    assert not plan.register.problems
    orgs = await rows(
        database, clock, sa.select(Org.name, Org.path, Org.scale, Org.timezone).order_by(Org.id)
    )
    district = orgs[0][1]
    assert [name for name, *_ in orgs] == ["Coast District", "Harbour School", "Hill School"]
    assert all(path.startswith(district) for _, path, *_ in orgs)
    assert {tuple(one[2:]) for one in orgs} == {("hundred", "Europe/Moscow")}
    assert await rows(database, clock, sa.select(AcademicYear.name)) == [("2026/27",)]
    terms = await rows(database, clock, sa.select(Term.name).order_by(Term.starts))
    assert terms == [("Quarter 1",), ("Quarter 2",)]
    guardian = Person.__table__.alias("guardian")
    links = await rows(
        database,
        clock,
        sa.select(guardian.c.given, Person.given, Guardianship.rights)
        .select_from(Guardianship)
        .join(guardian, guardian.c.id == Guardianship.guardian_id)
        .join(Person, Person.id == Guardianship.child_id)
        .order_by(guardian.c.given),
    )
    assert links == [
        ("Anna", "Ivan", GuardianRights.FULL),
        ("Olga", "Mali", GuardianRights.FULL),
        ("Pavel", "Ivan", GuardianRights.FULL),
    ]
    roles = await rows(
        database,
        clock,
        sa.select(Person.given, RoleAssignment.role, Org.name)
        .join(Person, Person.id == RoleAssignment.person_id)
        .join(Org, Org.id == RoleAssignment.org_id)
        .order_by(Person.given, Org.name),
    )
    assert roles == [
        ("Ivan", Role.STUDENT, "Harbour School"),
        ("Mali", Role.STUDENT, "Coast District"),
        ("Olga", Role.TEACHER, "Harbour School"),
        ("Olga", Role.TEACHER, "Hill School"),
    ]
    homeroom = sa.select(SchoolClass.name, SchoolClass.grade, Person.given).join(
        Person, Person.id == SchoolClass.homeroom_teacher_id
    )
    assert await rows(database, clock, homeroom) == [("7A", 7, "Olga")]
    assert len(await rows(database, clock, sa.select(Enrollment.id))) == 1
    assert len(await rows(database, clock, sa.select(CourseEnrollment.id))) == 1
    marks = await rows(
        database,
        clock,
        sa.select(Mark.value, Mark.number, Mark.comment, Assessment.kind, Assessment.weight, Assessment.date)
        .join(Assessment, Assessment.id == Mark.assessment_id)
        .order_by(Assessment.date),
    )
    assert marks == [
        ("75", Decimal(75), "clean work", "test", Decimal(1), date(2026, 11, 10)),
        ("81", Decimal(81), "", "test", Decimal(1), date(2026, 11, 17)),
    ]


async def test_a_second_run_changes_nothing(database: Database, clock: FrozenClock, tmp_path: Path) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    audits = sa.select(sa.func.count()).select_from(AuditEntry)
    before = await rows(database, clock, audits)
    plan = await take_in(database, clock, tmp_path)
    assert plan.is_empty
    assert all(
        new == changed == ended == missing == 0 for new, changed, ended, missing, _ in figures(plan).values()
    )
    assert await rows(database, clock, audits) == before == [(1,)]


async def test_a_dry_run_writes_nothing_and_says_the_same(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    register = await parsed(database, clock, write_folder(tmp_path))
    async with UnitOfWork(database, clock) as uow:
        dry = await make_plan(uow, register, end_missing=False)
        assert await uow.value(sa.select(sa.func.count()).select_from(Person)) == 0
    assert figures(dry) == figures(await take_in(database, clock, tmp_path))


async def test_what_changed_is_changed_and_the_rest_is_kept(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await uow.write(sa.update(Person).where(Person.given == "Ivan").values(nickname="Vanya"))
        await uow.write(sa.update(Org).values(timezone="Asia/Bangkok"))
    plan = await take_in(
        database, clock, write_folder(tmp_path, **swapped("users", "Ivan,Petrov", "Ivan,Petrov-Lee"))
    )
    assert figures(plan)["person"] == (0, 1, 0, 0, 4)
    found = await rows(
        database, clock, sa.select(Person.family, Person.nickname).where(Person.given == "Ivan")
    )
    assert found == [("Petrov-Lee", "Vanya")]
    assert (await rows(database, clock, sa.select(Org.timezone).distinct())) == [("Asia/Bangkok",)]


async def test_a_changed_mark_keeps_what_it_was(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    await take_in(
        database, clock, write_folder(tmp_path, **swapped("results", "fully graded,15", "fully graded,20"))
    )
    found = await rows(database, clock, sa.select(Mark.value, MarkCorrection.value).join(MarkCorrection))
    assert found == [("100", "75")]


async def test_restrictions_survive_every_import(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await uow.write(sa.update(Guardianship).values(rights=GuardianRights.NONE))
    gone = {
        "users": SMALL["users"].replace("g1,active", "g1,tobedeleted").replace("g2,active", "g2,tobedeleted")
    }
    for register in ({}, gone, {}):
        await take_in(database, clock, write_folder(tmp_path, **register))
    found = await rows(database, clock, sa.select(Guardianship.rights, Guardianship.ends))
    assert found == [(GuardianRights.NONE, None)] * 3


async def test_what_the_school_ended_the_register_does_not_bring_back(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await uow.write(sa.update(Guardianship).values(ends=date(2026, 11, 1)))
        await uow.write(sa.update(RoleAssignment).values(ends=date(2026, 11, 1)))
    await take_in(database, clock, tmp_path)
    assert set(await rows(database, clock, sa.select(Guardianship.ends))) == {(date(2026, 11, 1),)}
    assert set(await rows(database, clock, sa.select(RoleAssignment.ends))) == {(date(2026, 11, 1),)}


async def test_what_is_to_be_deleted_ends_and_comes_back(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    ended = {
        **swapped("users", "p1,active", "p1,tobedeleted"),
        **swapped("results", "r1,active", "r1,tobedeleted"),
        **swapped("enrollments", "e3,active", "e3,inactive"),
    }
    plan = await take_in(database, clock, write_folder(tmp_path, **ended))
    said = figures(plan)
    assert said["person"][2] == said["role"][2] == said["mark"][2] == said["course_teacher"][2] == 1
    assert said["guardianship"][2] == 2
    yesterday = date(2026, 11, 23)
    student = (
        sa.select(RoleAssignment.ends).where(RoleAssignment.role == Role.STUDENT).order_by(RoleAssignment.id)
    )
    assert await rows(database, clock, student) == [(yesterday,), (None,)]
    assert await rows(database, clock, sa.select(CourseEnrollment.ends)) == [(yesterday,)]
    assert [
        mark is None
        for (mark,) in await rows(database, clock, sa.select(Mark.withdrawn_at).order_by(Mark.id))
    ] == [False, True]
    assert (await take_in(database, clock, tmp_path)).is_empty
    await take_in(database, clock, write_folder(tmp_path))
    assert await rows(database, clock, student) == [(None,), (None,)]
    assert await rows(database, clock, sa.select(CourseEnrollment.ends)) == [(None,)]
    assert await rows(database, clock, sa.select(Mark.withdrawn_at).distinct()) == [(None,)]


async def test_who_leaves_before_the_first_day_leaves_no_span_that_runs_backwards(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    begins = swapped(
        "enrollments", "e2,active,alg7,s1,p1,student,,2026-09-01", "e2,active,alg7,s1,p1,student,,2027-01-11"
    )
    await take_in(database, clock, write_folder(tmp_path, **begins))
    over = {"enrollments": begins["enrollments"].replace("e2,active", "e2,tobedeleted")}
    await take_in(database, clock, write_folder(tmp_path, **over))
    yesterday = clock.now().date() - timedelta(days=1)
    span = sa.select(CourseEnrollment.starts, CourseEnrollment.ends)
    assert await rows(database, clock, span) == [(yesterday, yesterday)]
    await take_in(database, clock, write_folder(tmp_path, **begins))
    assert await rows(database, clock, span) == [(date(2027, 1, 11), None)]


async def test_a_result_that_comes_back_under_another_id_takes_the_older_ones_place(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    renamed = write_folder(
        tmp_path, **swapped("results", "r1,active,l1,p1,fully graded,15", "r9,active,l1,p1,fully graded,16")
    )
    plan = await take_in(database, clock, renamed)
    assert not plan.register.problems
    marks = sa.select(Mark.value, Mark.withdrawn_why).join(Assessment).where(Assessment.title == "Fractions")
    assert await rows(database, clock, marks.order_by(Mark.id)) == [
        ("75", "replaced in the register"),
        ("80", ""),
    ]
    assert (await take_in(database, clock, renamed)).is_empty
    # Which of the two is open is the register's to say.
    swap = "r1,tobedeleted,l1,p1,fully graded,15,2026-11-11,clean work\nr9,active"
    both = write_folder(tmp_path, **swapped("results", "r1,active", swap))
    await take_in(database, clock, both)
    back = "r9,tobedeleted,l1,p1,fully graded,16,2026-11-11,clean work\nr1,active"
    await take_in(database, clock, write_folder(tmp_path, **swapped("results", "r1,active", back)))
    assert [
        value for value, _why in await rows(database, clock, marks.where(Mark.withdrawn_at.is_(None)))
    ] == ["75"]


async def test_absent_rows_of_a_bulk_file_are_reported_and_ended_only_when_asked(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    without = {
        "users": "".join(line for line in SMALL["users"].splitlines(True) if not line.startswith("p2")),
        **swapped("enrollments", "e2,active,alg7,s1,p1,student,,2026-09-01,\n", ""),
    }
    plan = await take_in(database, clock, write_folder(tmp_path, **without))
    said = figures(plan)
    assert said["person"][3] == said["role"][3] == said["course_enrollment"][3] == 1
    assert plan.is_empty
    plan = await take_in(database, clock, tmp_path, end_missing=True)
    assert figures(plan)["person"][2] == 1
    assert (await rows(database, clock, sa.select(CourseEnrollment.ends))) == [(date(2026, 11, 23),)]
    assert (await take_in(database, clock, tmp_path, end_missing=True)).is_empty


async def test_a_delta_says_nothing_of_what_it_leaves_out(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    delta = {
        "manifest": SMALL["manifest"].replace("bulk", "delta"),
        "users": "".join(SMALL["users"].splitlines(True)[:2]).replace('"g1,g2"', ""),
        "enrollments": SMALL["enrollments"].splitlines(True)[0],
    }
    plan = await take_in(database, clock, write_folder(tmp_path, **delta), end_missing=True)
    assert all(missing == 0 for _, _, _, missing, _ in figures(plan).values())


async def test_rejected_rows_keep_what_seems_missing_from_ending(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    broken = swapped("enrollments", "e2,active,alg7,s1,p1", "e2,active,alg7,s1,nobody")
    plan = await take_in(database, clock, write_folder(tmp_path, **broken), end_missing=True)
    assert plan.register.rejected == 1
    assert figures(plan)["course_enrollment"][2:4] == (0, 1)


@pytest.mark.parametrize(
    ("table", "old", "new", "column", "words"),
    [
        ("enrollments", "alg7,s1,p1", "alg7,s1,zz", "userSourcedId", "not in users.csv"),
        ("enrollments", "alg7,s1,p1", "zz,s1,p1", "classSourcedId", "not in classes.csv"),
        (
            "results",
            "r2,active,l2",
            "r2,active,l1",
            "sourcedId",
            "has a result for this line item already, 'r1'",
        ),
        ("enrollments", "2026-09-01", "soon", "beginDate", "no date"),
        ("enrollments", "p1,student,,,", "p1,wizard,,,", "role", "no role"),
        ("users", "s1,student", "s9,student", "orgSourcedIds", "not in orgs.csv"),
        ("users", "student,Ivan", "captain,Ivan", "role", "no role we know"),
        ("users", "Ivan,Petrov", ",", "familyName", "no name"),
        ("users", '"g1,g2"', "g9", "agentSourcedIds", "not in users.csv"),
        ("academicSessions", "2026-10-25", "2020-10-25", "endDate", "before it starts"),
        ("academicSessions", "Quarter 1,gradingPeriod", "Quarter 1,moon", "type", "no type of session"),
        ("orgs", "Hill School,school", "Hill School,castle", "type", "no type of org"),
        ("orgs", "District,district,", "District,district,s1", "parentSourcedId", "above itself"),
        ("lineItems", "0,20", "20,20", "resultValueMax", "not above"),
        ("results", "fully graded,15", "fully graded,-3", "score", "outside"),
        ("results", "fully graded,15", "fully graded,many", "score", "no mark"),
        ("results", "fully graded,15", "guessed,15", "scoreStatus", "no status"),
        ("results", "l1,p1", "l9,p1", "lineItemSourcedId", "not in lineItems.csv"),
    ],
)
async def test_a_wrong_row_is_told_with_file_row_and_column_and_the_others_go_on(
    database: Database,
    clock: FrozenClock,
    tmp_path: Path,
    table: str,
    old: str,
    new: str,
    column: str,
    words: str,
) -> None:
    plan = await take_in(database, clock, write_folder(tmp_path, **swapped(table, old, new)))
    found = [one for one in plan.register.problems if one.file == f"{table}.csv" and one.rejected]
    assert found
    assert found[0].column == column
    assert words in found[0].words
    assert found[0].row >= 2
    assert figures(plan)["person"][0] >= 4


@pytest.mark.parametrize("status", ["exempt", "not submitted", "submitted"])
async def test_only_graded_scores_are_marks(
    database: Database, clock: FrozenClock, tmp_path: Path, status: str
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    plan = await take_in(
        database, clock, write_folder(tmp_path, **swapped("results", "fully graded,15", f"{status},15"))
    )
    assert figures(plan)["mark"] == (0, 0, 1, 0, 1)
    assert not plan.register.problems


async def test_a_teacher_who_names_a_pupil_is_not_made_a_guardian(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    claims = {"users": SMALL["users"].replace("Sokolova,,", "Sokolova,,p1")}
    plan = await take_in(database, clock, write_folder(tmp_path, **claims))
    assert figures(plan)["guardianship"][0] == 3
    assert [one.rejected for one in plan.register.problems] == [False]


async def test_extra_credit_is_kept_with_a_remark(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    plan = await take_in(
        database, clock, write_folder(tmp_path, **swapped("results", "fully graded,15", "fully graded,21"))
    )
    assert [one.rejected for one in plan.register.problems] == [False]
    assert ("105",) in await rows(database, clock, sa.select(Mark.value))


async def test_on_another_scale_scores_stay_points(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path, results=None, lineItems=None))
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await uow.write(sa.update(Org).values(scale="five"))
    await take_in(database, clock, write_folder(tmp_path))
    found = await rows(
        database, clock, sa.select(Mark.value, Assessment.maximum).join(Assessment).order_by(Assessment.id)
    )
    assert found == [("15", Decimal(20)), ("40.5", Decimal(50))]


async def test_a_weight_counts_where_the_register_states_one(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    weighty = {"categories": "sourcedId,status,title,weight\ntest,active,Test,2.5\n"}
    await take_in(database, clock, write_folder(tmp_path, **weighty))
    assert await rows(database, clock, sa.select(Assessment.weight).distinct()) == [(Decimal("2.5"),)]


async def test_version_1_2_takes_roles_from_their_own_file(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    newer = {
        "manifest": SMALL["manifest"].replace("version,1.1", "version,1.2") + "file.roles,bulk\n",
        "users": """sourcedId,status,enabledUser,givenName,familyName,preferredGivenName,agentSourcedIds
p1,active,true,Ivan,Petrov,Vanya,g1
g1,active,true,Anna,Petrova,,
t1,active,true,Olga,Sokolova,,
""",
        "roles": """sourcedId,status,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId
1,active,p1,primary,student,2026-09-01,,s1
2,active,g1,primary,guardian,,,s1
3,active,t1,primary,teacher,,,s1
4,active,t1,secondary,principal,,2027-05-31,s2
5,active,zz,primary,student,,,s1
6,active,t1,secondary,principal,2027-05-31,2026-09-01,s1
""",
    }
    plan = await take_in(database, clock, write_folder(tmp_path, **newer))
    assert [(one.file, one.row) for one in plan.register.problems] == [
        ("roles.csv", 6),
        ("roles.csv", 7),
    ]
    found = await rows(
        database,
        clock,
        sa.select(Person.given, RoleAssignment.role, RoleAssignment.ends)
        .join(Person, Person.id == RoleAssignment.person_id)
        .order_by(RoleAssignment.id),
    )
    assert found == [
        ("Ivan", Role.STUDENT, None),
        ("Olga", Role.TEACHER, None),
        ("Olga", Role.HEAD, date(2027, 5, 31)),
    ]
    assert await rows(database, clock, sa.select(Person.nickname).where(Person.given == "Ivan")) == [
        ("Vanya",)
    ]


async def test_two_registers_may_use_the_same_ids(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path), source="north")
    await take_in(database, clock, tmp_path, source="south")
    statement = sa.select(ExternalId.source).where(
        ExternalId.kind == "person", ExternalId.external_id == "p1"
    )
    assert sorted(await rows(database, clock, statement)) == [("north",), ("south",)]
    assert len(await rows(database, clock, sa.select(Person.id))) == 10


async def test_schools_with_terms_of_their_own_each_get_their_year(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    different = {
        "academicSessions": SMALL["academicSessions"]
        + "h1,active,Autumn,gradingPeriod,2026-09-15,2026-12-20,y,2027\n",
        "classes": SMALL["classes"] + "art,active,Art,8,,ART,scheduled,s2,h1\n",
    }
    await take_in(database, clock, write_folder(tmp_path, **different))
    found = await rows(
        database,
        clock,
        sa.select(Org.name, Term.name)
        .select_from(Term)
        .join(AcademicYear, AcademicYear.id == Term.year_id)
        .join(Org, Org.id == AcademicYear.org_id)
        .order_by(Org.name, Term.starts),
    )
    assert found == [
        ("Harbour School", "Quarter 1"),
        ("Harbour School", "Quarter 2"),
        ("Hill School", "Autumn"),
    ]


async def test_an_import_that_fails_half_way_leaves_nothing(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    register = await parsed(database, clock, write_folder(tmp_path))

    def stop(_what: str, done: int, _total: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    async with UnitOfWork(database, clock) as uow:
        with pytest.raises(KeyboardInterrupt):
            await apply_register(uow, register, on_step=stop)
        assert await uow.value(sa.select(sa.func.count()).select_from(Person)) == 0


def test_what_is_no_oneroster_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UnreadableFile, match=r"neither users\.csv nor orgs\.csv"):
        parse_oneroster(open_package(tmp_path), source="x", defaults=DEFAULTS, scales={})
    write_folder(tmp_path, manifest="propertyName,value\noneroster.version,9.9\n")
    with pytest.raises(UnreadableFile, match=r"9\.9"):
        parse_oneroster(open_package(tmp_path), source="x", defaults=DEFAULTS, scales={})


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")
async def test_the_grand_bend_register(database: Database, clock: FrozenClock) -> None:
    plan = await take_in(database, clock, DATA / "grand-bend-oneroster.zip")
    said = figures(plan)
    assert not plan.register.rejected
    assert said["person"][0] == 2_901
    assert said["guardianship"][0] == 1_872
    assert said["mark"][0] == 250
    assert said["term"][0] == 2, "three schools with the same semesters share them"
    assert len(await rows(database, clock, sa.select(Course.id))) == said["course"][0] == 520
    assert (await take_in(database, clock, DATA / "grand-bend-oneroster.zip")).is_empty


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")
@pytest.mark.parametrize("name", ["oneroster-v1p1-full.zip", "oneroster-v1p2-small.zip"])
async def test_the_other_oneroster_packages(database: Database, clock: FrozenClock, name: str) -> None:
    plan = await take_in(database, clock, DATA / name)
    assert not plan.register.rejected
    assert (await take_in(database, clock, DATA / name)).is_empty


async def test_a_zip_is_taken_in_like_a_folder(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    plan = await take_in(database, clock, write_zip(tmp_path / "r.zip", prefix="export/"))
    assert figures(plan)["person"][0] == 5
