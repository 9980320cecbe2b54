"""A second run says nothing new: numbers finer than the tables, classes of the same name, ids that change."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import Assessment, Enrollment, ExternalId, Guardianship, Mark, Org, Person, SchoolClass
from core.db.uow import UnitOfWork
from core.domain.rights import GuardianRights
from tests.support.registers import SMALL, figures, rows, take_in, without, write_folder

CLASSES = sa.select(SchoolClass.name).order_by(SchoolClass.name)
TWINS = {
    "classes": SMALL["classes"] + "7x,active,7A,7,,7A-evening,homeroom,s1,q1\n",
    "enrollments": SMALL["enrollments"] + "e5,active,7x,s1,p2,student,,,\n",
}


# --- numbers ----------------------------------------------------------------------------------------------


async def test_numbers_finer_than_the_tables_hold_are_not_new_on_every_run(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    fine = {
        "categories": "sourcedId,status,title,weight\ntest,active,Test,0.33335\n",
        "results": SMALL["results"]
        .replace("graded,15", "graded,3.33333")
        .replace("graded,40.5", "graded,0.0004"),
        "lineItems": SMALL["lineItems"].replace("q2,0,20", "q2,0,20.00049"),
    }
    await take_in(database, clock, write_folder(tmp_path, results=None, lineItems=None))
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await uow.write(sa.update(Org).values(scale="five"))
    await take_in(database, clock, write_folder(tmp_path, **fine))
    found = await rows(
        database,
        clock,
        sa.select(Mark.value, Mark.number, Assessment.maximum, Assessment.weight)
        .join(Assessment)
        .order_by(Assessment.id),
    )
    assert found == [
        ("3.333", Decimal("3.333"), Decimal(20), Decimal("0.333")),
        ("0", Decimal(0), Decimal(50), Decimal("0.333")),
    ]
    assert (await take_in(database, clock, tmp_path)).is_empty


async def test_a_share_is_counted_before_it_is_rounded(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    fine = {
        "lineItems": SMALL["lineItems"].replace("q2,0,20", "q2,0,1"),
        "results": SMALL["results"].replace("graded,15", "graded,0.66667"),
    }
    await take_in(database, clock, write_folder(tmp_path, **fine))
    assert ("66.67",) in await rows(database, clock, sa.select(Mark.value))
    assert (await take_in(database, clock, tmp_path)).is_empty


# --- classes of the same name -----------------------------------------------------------------------------


async def test_two_homerooms_of_one_name_stay_two_and_are_told_apart(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    plan = await take_in(database, clock, write_folder(tmp_path, **TWINS))
    assert await rows(database, clock, CLASSES) == [("7A",), ("7A (7A-evening)",)]
    assert plan.remarks == ["homeroom classes: there is another '7A', so '7x' is called '7A (7A-evening)'"]
    pupils = (
        sa.select(SchoolClass.name, Person.given)
        .join(Enrollment, Enrollment.class_id == SchoolClass.id)
        .join(Person, Person.id == Enrollment.student_id)
        .order_by(SchoolClass.name)
    )
    assert await rows(database, clock, pupils) == [("7A", "Ivan"), ("7A (7A-evening)", "Mali")]
    head, *lines = TWINS["classes"].splitlines(True)
    for classes in (TWINS["classes"], "".join([head, *reversed(lines)])):
        assert (
            await take_in(database, clock, write_folder(tmp_path, **{**TWINS, "classes": classes}))
        ).is_empty
    alone = {**TWINS, "classes": TWINS["classes"].replace("7a,active,7A", "7a,active,7B")}
    await take_in(database, clock, write_folder(tmp_path, **alone))
    assert await rows(database, clock, CLASSES) == [("7A",), ("7B",)]


async def test_classes_that_were_taken_for_one_become_two(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    async with UnitOfWork(database, clock) as uow, uow.writing():
        seven_a = await uow.value(sa.select(SchoolClass.id))
        await uow.insert(ExternalId, source="oneroster", kind="class", external_id="7x", target_id=seven_a)
    await take_in(database, clock, write_folder(tmp_path, **TWINS))
    assert await rows(database, clock, CLASSES) == [("7A",), ("7A (7A-evening)",)]
    assert (await take_in(database, clock, tmp_path)).is_empty


async def test_classes_may_swap_their_names(database: Database, clock: FrozenClock, tmp_path: Path) -> None:
    two = {"classes": SMALL["classes"] + "7b,active,7B,7,,7B,homeroom,s1,q1\n"}
    await take_in(database, clock, write_folder(tmp_path, **two))
    by_name = (
        sa.select(ExternalId.external_id, SchoolClass.name)
        .join(SchoolClass, SchoolClass.id == ExternalId.target_id)
        .where(ExternalId.kind == "class")
        .order_by(SchoolClass.name)
    )
    assert await rows(database, clock, by_name) == [("7a", "7A"), ("7b", "7B")]
    swapped_names = two["classes"].replace("active,7A", "active,7?").replace("active,7B", "active,7A")
    plan = await take_in(
        database, clock, write_folder(tmp_path, classes=swapped_names.replace("active,7?", "active,7B"))
    )
    assert figures(plan)["class"] == (0, 2, 0, 0, 0)
    assert await rows(database, clock, by_name) == [("7b", "7A"), ("7a", "7B")]


async def test_classes_of_one_name_may_swap_their_schools(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    two = {"classes": SMALL["classes"] + "7b,active,7A,7,,7B,homeroom,s2,q1\n"}
    await take_in(database, clock, write_folder(tmp_path, **two))
    moved = two["classes"].replace("homeroom,s1", "homeroom,s?").replace("homeroom,s2", "homeroom,s1")
    await take_in(
        database, clock, write_folder(tmp_path, classes=moved.replace("homeroom,s?", "homeroom,s2"))
    )
    where = (
        sa.select(ExternalId.external_id, Org.name, SchoolClass.name)
        .join(SchoolClass, SchoolClass.id == ExternalId.target_id)
        .join(Org, Org.id == SchoolClass.school_id)
        .where(ExternalId.kind == "class")
        .order_by(ExternalId.external_id)
    )
    assert await rows(database, clock, where) == [("7a", "Hill School", "7A"), ("7b", "Harbour School", "7A")]


async def test_a_new_class_may_take_a_name_that_another_gives_up(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    moved = {"classes": TWINS["classes"].replace("7a,active,7A", "7a,active,7B")}
    assert not (await take_in(database, clock, write_folder(tmp_path, **moved))).remarks
    assert await rows(database, clock, CLASSES) == [("7A",), ("7B",)]


@pytest.mark.parametrize("how", ["told", "absent", "absent first"])
async def test_a_class_that_gets_a_new_id_is_the_same_class(
    database: Database, clock: FrozenClock, tmp_path: Path, how: str
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    anew = {
        "classes": SMALL["classes"].replace("7a,active", "7new,active"),
        "enrollments": SMALL["enrollments"].replace(",7a,", ",7new,"),
    }
    if how == "told":
        anew["classes"] += "7a,tobedeleted,7A,7,,7A,homeroom,s1,q1\n"
    if how == "absent first":
        gone = {**without("classes", "7a"), **without("enrollments", "e1", "e4")}
        await take_in(database, clock, write_folder(tmp_path, **gone), end_missing=True)
        assert await rows(database, clock, sa.select(SchoolClass.ended_on)) == [(date(2026, 11, 24),)]
    await take_in(database, clock, write_folder(tmp_path, **anew), end_missing=True)
    now = sa.select(SchoolClass.name, SchoolClass.ended_on, Person.given).join(
        Person, Person.id == SchoolClass.homeroom_teacher_id
    )
    assert await rows(database, clock, now) == [("7A", None, "Olga")]
    assert await rows(database, clock, sa.select(Enrollment.ends)) == [(None,)]
    assert (await take_in(database, clock, tmp_path, end_missing=True)).is_empty


async def test_a_class_of_a_delta_never_takes_the_place_of_one_that_it_does_not_speak_of(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    delta = {
        "manifest": SMALL["manifest"].replace("bulk", "delta"),
        "classes": TWINS["classes"].replace("7a,active,7A,7,,7A,homeroom,s1,q1\n", ""),
        "enrollments": None,
        "lineItems": None,
        "results": None,
    }
    await take_in(database, clock, write_folder(tmp_path, **delta))
    assert await rows(database, clock, CLASSES) == [("7A",), ("7A (7A-evening)",)]
    assert (await take_in(database, clock, tmp_path)).is_empty


async def test_a_row_that_somebody_removed_is_made_again(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await uow.write(sa.delete(Person).where(Person.given == "Anna"))
    plan = await take_in(database, clock, tmp_path)
    assert figures(plan)["person"][0] == figures(plan)["guardianship"][0] == 1
    assert (await take_in(database, clock, tmp_path)).is_empty


# --- guardians with a new id ------------------------------------------------------------------------------


@pytest.mark.parametrize("rights", [GuardianRights.READ, GuardianRights.NONE])
@pytest.mark.parametrize("who", ["guardian", "child", "both"])
async def test_a_cut_guardian_with_a_new_id_stays_cut(
    database: Database, clock: FrozenClock, tmp_path: Path, rights: GuardianRights, who: str
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    async with UnitOfWork(database, clock) as uow, uow.writing():
        anna = sa.select(Person.id).where(Person.given == "Anna").scalar_subquery()
        await uow.write(sa.update(Guardianship).where(Guardianship.guardian_id == anna).values(rights=rights))
    users, enrollments = SMALL["users"], SMALL["enrollments"]
    if who != "child":
        users = users.replace("g1", "g1new").replace("Anna,Petrova", "ANNA,Petrova ")
    if who != "guardian":
        users = users.replace("p1", "p1new")
        enrollments = enrollments.replace("p1", "p1new")
    anew = write_folder(tmp_path, users=users, enrollments=enrollments, results=None)
    plan = await take_in(database, clock, anew, end_missing=True)
    assert [rights.value in remark for remark in plan.remarks] == [True]
    found = (
        sa.select(Guardianship.rights)
        .join(Person, Person.id == Guardianship.guardian_id)
        .where(sa.func.lower(Person.given) == "anna")
    )
    assert set(await rows(database, clock, found)) == {(rights,)}
    assert (await take_in(database, clock, tmp_path, end_missing=True)).is_empty


async def test_a_cut_is_not_carried_to_other_people(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write_folder(tmp_path))
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await uow.write(sa.update(Guardianship).values(rights=GuardianRights.NONE))
    more = SMALL["users"] + (
        "g3,active,true,s1,parent,Irina,Petrova,,p1\n"
        "g4,active,true,s1,parent,Anna,Petrova,,p3\n"
        "p3,active,true,s1,student,Kira,Petrova,,\n"
    )
    plan = await take_in(database, clock, write_folder(tmp_path, users=more))
    assert not plan.remarks
    new = sa.select(Guardianship.rights).order_by(Guardianship.id.desc()).limit(2)
    assert await rows(database, clock, new) == [(GuardianRights.FULL,)] * 2
