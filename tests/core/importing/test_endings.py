"""What ends with what, what comes back with it, and what is never ended by mistake."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import (
    Course,
    CourseEnrollment,
    CourseTeacher,
    Enrollment,
    Guardianship,
    Mark,
    Org,
    Person,
    RoleAssignment,
    SchoolClass,
)
from core.db.uow import UnitOfWork
from core.domain.rights import Role
from core.errors import UnreadableFile
from core.importing.compare import make_plan
from tests.support.registers import (
    SMALL,
    figures,
    header,
    parsed,
    rows,
    swapped,
    take_in,
    without,
    write_folder,
)

YESTERDAY = date(2026, 11, 23)
LEADER = (
    sa.select(Person.given)
    .select_from(SchoolClass)
    .outerjoin(Person, Person.id == SchoolClass.homeroom_teacher_id)
)
OLGAS_ROLES = sa.select(RoleAssignment.ends).where(RoleAssignment.role == Role.TEACHER).distinct()
DELTA = {"manifest": SMALL["manifest"].replace("bulk", "delta")}
NEW_LEADER = {
    "users": SMALL["users"] + "t2,active,true,s1,teacher,Boris,Orlov,,\n",
    "enrollments": SMALL["enrollments"].replace("e4,active,7a,s1,t1", "e4,active,7a,s1,t2"),
}


# --- who leads a homeroom ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "end_missing"),
    [
        (swapped("enrollments", "e4,active", "e4,tobedeleted"), False),
        (
            swapped(
                "enrollments",
                "e4,active,7a,s1,t1,teacher,true,,",
                "e4,active,7a,s1,t1,teacher,true,,2026-11-01",
            ),
            False,
        ),
        (without("enrollments", "e4"), True),
        (swapped("users", "t1,active", "t1,tobedeleted"), False),
        (swapped("users", "t1,active,true", "t1,active,false"), False),
    ],
)
async def test_a_homeroom_teacher_who_left_leads_no_class_and_comes_back(
    database: Database, clock: FrozenClock, tmp_path: Path, changed: dict[str, str], end_missing: bool
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    assert await rows(database, clock, LEADER) == [("Olga",)]
    plan = await take_in(database, clock, write_folder(tmp_path, **changed), end_missing=end_missing)
    assert figures(plan)["homeroom_teacher"][2] == 1
    assert await rows(database, clock, LEADER) == [(None,)]
    assert (await take_in(database, clock, tmp_path, end_missing=end_missing)).is_empty
    await take_in(database, clock, write_folder(tmp_path))
    assert await rows(database, clock, LEADER) == [("Olga",)]
    assert (await take_in(database, clock, tmp_path)).is_empty


async def test_a_missing_homeroom_teacher_leads_on_until_that_is_to_count(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    plan = await take_in(database, clock, write_folder(tmp_path, **without("enrollments", "e4")))
    assert figures(plan)["homeroom_teacher"] == (0, 0, 0, 1, 0)
    assert plan.is_empty
    assert await rows(database, clock, LEADER) == [("Olga",)]


async def test_a_class_that_is_handed_over_has_its_new_teacher(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    plan = await take_in(database, clock, write_folder(tmp_path, **NEW_LEADER))
    assert figures(plan)["homeroom_teacher"] == (0, 1, 0, 0, 0)
    assert await rows(database, clock, LEADER) == [("Boris",)]
    # The old teacher's row may still be there, as one that is over.
    both = {**NEW_LEADER, "enrollments": NEW_LEADER["enrollments"] + "e5,tobedeleted,7a,s1,t1,teacher,,,\n"}
    assert (await take_in(database, clock, write_folder(tmp_path, **both))).is_empty


async def test_the_homeroom_teacher_whom_the_school_named_is_left(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    users = NEW_LEADER["users"]
    await take_in(database, clock, write_folder(tmp_path, users=users))
    async with UnitOfWork(database, clock) as uow, uow.writing():
        boris = await uow.value(sa.select(Person.id).where(Person.given == "Boris"))
        await uow.write(sa.update(SchoolClass).values(homeroom_teacher_id=boris))
    gone = without("enrollments", "e4")
    await take_in(database, clock, write_folder(tmp_path, users=users, **gone), end_missing=True)
    assert await rows(database, clock, LEADER) == [("Boris",)]
    ended = users.replace("t2,active", "t2,tobedeleted")
    await take_in(database, clock, write_folder(tmp_path, users=ended, **gone), end_missing=True)
    assert await rows(database, clock, LEADER) == [(None,)]


# --- people -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [True, False])
async def test_whoever_comes_back_has_again_what_ended_with_them(
    database: Database, clock: FrozenClock, tmp_path: Path, told: bool
) -> None:
    """Told with an empty row, or by absence from a whole file; the enrolments say nothing."""
    delta = SMALL["manifest"].replace("enrollments,bulk", "enrollments,delta")
    enrollments = header("enrollments")
    ended = (
        swapped(
            "users", 'p1,active,true,s1,student,Ivan,Petrov,,"g1,g2"', "p1,tobedeleted,true,,,Ivan,Petrov,,"
        )
        if told
        else without("users", "p1")
    )
    ended["users"] = ended["users"].replace("Pavel,Petrov,,p1", "Pavel,Petrov,,")
    results = {"results": None}
    await take_in(database, clock, write_folder(tmp_path, manifest=delta))
    gone = write_folder(tmp_path, manifest=delta, **ended, **enrollments, **results)
    async with UnitOfWork(database, clock) as uow:
        dry = await make_plan(uow, await parsed(database, clock, gone), end_missing=True)
    plan = await take_in(database, clock, gone, end_missing=True)
    assert figures(dry) == figures(plan)
    said = figures(plan)
    assert said["guardianship"][2] == 2
    assert said["person"][2] == said["role"][2] == said["enrollment"][2] == said["course_enrollment"][2] == 1
    for ends in (
        sa.select(Enrollment.ends),
        sa.select(CourseEnrollment.ends),
        sa.select(Guardianship.ends)
        .join(Person, Person.id == Guardianship.child_id)
        .where(Person.given == "Ivan"),
    ):
        assert set(await rows(database, clock, ends)) == {(YESTERDAY,)}
    assert (await take_in(database, clock, gone, end_missing=True)).is_empty
    await take_in(database, clock, write_folder(tmp_path, manifest=delta))
    for table in (Enrollment, CourseEnrollment, Guardianship, RoleAssignment):
        assert set(await rows(database, clock, sa.select(table.ends))) == {(None,)}
    assert (await take_in(database, clock, tmp_path)).is_empty


async def test_what_the_school_ended_before_a_person_left_stays_ended_when_they_return(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await uow.write(sa.update(Guardianship).values(ends=date(2026, 11, 1)))
    for gone in (swapped("users", "p1,active", "p1,tobedeleted"), without("users", "p1")):
        await take_in(database, clock, write_folder(tmp_path, **gone, results=None), end_missing=True)
        await take_in(database, clock, write_folder(tmp_path))
        assert set(await rows(database, clock, sa.select(Guardianship.ends))) == {(date(2026, 11, 1),)}


async def test_what_the_school_gave_a_person_ends_with_the_person(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    async with UnitOfWork(database, clock) as uow, uow.writing():
        olga = await uow.value(sa.select(Person.id).where(Person.given == "Olga"))
        hill = await uow.value(sa.select(Org.id).where(Org.name == "Hill School"))
        await uow.insert(RoleAssignment, person_id=olga, org_id=hill, role=Role.HEAD)
    plan = await take_in(
        database, clock, write_folder(tmp_path, **swapped("users", "t1,active", "t1,tobedeleted"))
    )
    assert figures(plan)["role"][2] == 3
    head = sa.select(RoleAssignment.ends).where(RoleAssignment.role == Role.HEAD)
    assert await rows(database, clock, head) == [(YESTERDAY,)]


async def test_marks_come_back_with_their_assessment(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    gone = {**without("lineItems", "l1"), "results": None}
    plan = await take_in(database, clock, write_folder(tmp_path, **gone), end_missing=True)
    assert figures(plan)["mark"][2] == 1
    withdrawn = sa.select(Mark.withdrawn_at.is_not(None)).order_by(Mark.id)
    assert await rows(database, clock, withdrawn) == [(True,), (False,)]
    await take_in(database, clock, write_folder(tmp_path))
    assert await rows(database, clock, withdrawn) == [(False,), (False,)]


# --- schools ----------------------------------------------------------------------------------------------


async def test_what_belongs_to_a_school_ends_with_it_and_comes_back(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    gone = write_folder(tmp_path, **swapped("orgs", "s1,active", "s1,tobedeleted"))
    plan = await take_in(database, clock, gone)
    said = figures(plan)
    assert {kind: count[2] for kind, count in said.items() if count[2]} == {
        "org": 1,
        "role": 2,
        "class": 1,
        "course": 1,
        "enrollment": 1,
        "course_teacher": 1,
        "course_enrollment": 1,
    }
    there = sa.select(Org.name).join(RoleAssignment).where(RoleAssignment.ends.is_(None)).distinct()
    assert sorted(await rows(database, clock, there)) == [("Coast District",), ("Hill School",)]
    assert set(await rows(database, clock, sa.select(CourseTeacher.ends))) == {(YESTERDAY,)}
    assert set(await rows(database, clock, sa.select(Course.ended_on))) == {(date(2026, 11, 24),)}
    assert (await take_in(database, clock, gone)).is_empty
    await take_in(database, clock, write_folder(tmp_path))
    assert set(await rows(database, clock, sa.select(RoleAssignment.ends))) == {(None,)}
    assert set(await rows(database, clock, sa.select(Course.ended_on))) == {(None,)}
    assert (await take_in(database, clock, tmp_path)).is_empty


# --- access that is off -----------------------------------------------------------------------------------


async def test_who_has_no_access_is_given_none(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    off = {
        "users": SMALL["users"]
        .replace("t1,active,true", "t1,active,false")
        .replace("g1,active,true", "g1,active,FALSE")
    }
    plan = await take_in(database, clock, write_folder(tmp_path, **off))
    said = figures(plan)
    assert said["person"][0] == 5
    assert said["role"][0] == said["guardianship"][0] + 1 == 2
    assert said["course_teacher"][0] == said["homeroom_teacher"][0] == 0
    assert not plan.register.rejected
    assert "enabledUser is false" in str(plan.register.problems[0])


async def test_access_that_is_turned_off_and_on_again_is_taken_and_given(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    off = swapped("users", "t1,active,true", "t1,active,0")
    await take_in(database, clock, write_folder(tmp_path, **off))
    assert await rows(database, clock, OLGAS_ROLES) == [(YESTERDAY,)]
    assert await rows(database, clock, sa.select(CourseTeacher.ends)) == [(YESTERDAY,)]
    await take_in(database, clock, write_folder(tmp_path))
    assert await rows(database, clock, OLGAS_ROLES) == [(None,)]
    assert await rows(database, clock, sa.select(CourseTeacher.ends)) == [(None,)]


async def test_a_pupil_without_access_of_their_own_is_still_a_pupil(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    off = swapped("users", "p1,active,true", "p1,active,false")
    plan = await take_in(database, clock, write_folder(tmp_path, **off))
    assert figures(plan)["role"][0] == 4
    assert figures(plan)["guardianship"][0] == 3
    assert not plan.register.problems


async def test_a_word_of_access_that_is_none_is_told(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    odd = swapped("users", "g1,active,true", "g1,active,perhaps")
    plan = await take_in(database, clock, write_folder(tmp_path, **odd))
    assert "neither true nor false" in str(plan.register.problems[0])
    assert figures(plan)["person"][0] == 4


# --- too much at once -------------------------------------------------------------------------------------


async def test_a_whole_file_without_rows_ends_nobody(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    empty = write_folder(tmp_path, **header("users"), enrollments=None, results=None)
    plan = await take_in(database, clock, empty)
    assert [str(one) for one in plan.register.problems] == [
        "users.csv, row 1: has no rows, though the manifest calls it bulk"
    ]
    assert figures(plan)["person"][2:4] == (0, 5)
    with pytest.raises(UnreadableFile, match="5 of 5 people"):
        await take_in(database, clock, empty, end_missing=True)
    assert set(await rows(database, clock, sa.select(RoleAssignment.ends))) == {(None,)}
    await take_in(database, clock, empty, end_missing=True, end_most=True)
    assert set(await rows(database, clock, sa.select(RoleAssignment.ends))) == {(YESTERDAY,)}


async def test_an_export_that_was_cut_in_half_ends_nobody(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    pupils = [f"x{number},active,true,s1,student,Ann,Lee,,\n" for number in range(40)]
    await take_in(database, clock, write_folder(tmp_path, users=SMALL["users"] + "".join(pupils)))
    half = write_folder(tmp_path, users=SMALL["users"] + "".join(pupils[:10]))
    assert not (await take_in(database, clock, half)).alarming, "only told, nothing would end"
    with pytest.raises(UnreadableFile, match=r"30 of 45 people would|30 of 45 people, 30 of 44 roles would"):
        await take_in(database, clock, half, end_missing=True)
    most = write_folder(tmp_path, users=SMALL["users"] + "".join(pupils[:20]))
    plan = await take_in(database, clock, most, end_missing=True)
    assert figures(plan)["person"][2] == 20
