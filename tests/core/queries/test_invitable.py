"""Whom codes can be issued for: which class is meant, of which school and year."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.models import AcademicYear, Enrollment, ExternalId, Org, RoleAssignment, SchoolClass
from core.db.uow import UnitOfWork
from core.domain.rights import Role
from core.errors import Ambiguous, NotFound
from core.queries.invitable import list_invitable, person_by_external_id
from tests.cast import Cast


async def names_in(uow: UnitOfWork, class_name: str, school_id: int | None = None) -> list[str]:
    return [one.name.given for one in await list_invitable(uow, class_name=class_name, school_id=school_id)]


async def add_class(
    uow: UnitOfWork, cast: Cast, *, pupil: str, starts: date, ends: date, ended_on: date | None = None
) -> None:
    """Another 7A of Riverside School, of another year, with one pupil."""
    async with uow.writing():
        year = await uow.insert(
            AcademicYear, org_id=cast.school_id, name=str(starts.year), starts=starts, ends=ends
        )
        room = await uow.insert(
            SchoolClass, school_id=cast.school_id, year_id=year, name="7A", ended_on=ended_on
        )
        await uow.insert(Enrollment, student_id=cast[pupil].person_id, class_id=room)


@pytest.mark.parametrize("written", ["7A", "7a", "7 А", "7-а"])
async def test_a_class_is_found_in_whatever_alphabet_its_letter_is_typed(
    uow: UnitOfWork, cast: Cast, written: str
) -> None:
    assert sorted(await names_in(uow, written)) == ["Alexei", "Anna", "Elena", "Ivan", "Pavel"]
    with pytest.raises(NotFound):
        await names_in(uow, "9Z")


async def test_a_class_that_several_schools_have_is_asked_about(uow: UnitOfWork, cast: Cast) -> None:
    async with uow.writing():
        room = await uow.insert(SchoolClass, school_id=cast.other_school_id, name="7A")
        await uow.insert(
            RoleAssignment,
            person_id=cast["nurse"].person_id,
            org_id=cast.other_school_id,
            role=Role.STUDENT,
        )
        await uow.insert(Enrollment, student_id=cast["nurse"].person_id, class_id=room)
    with pytest.raises(Ambiguous) as caught:
        await names_in(uow, "7A")
    assert caught.value.params["candidates"] == (
        f"{cast.other_school_id}: Other School",
        f"{cast.school_id}: Riverside School",
    )
    assert await names_in(uow, "7A", cast.other_school_id) == ["Nina"]


async def test_a_class_of_a_past_year_is_not_meant(uow: UnitOfWork, cast: Cast) -> None:
    await add_class(uow, cast, pupil="katya", starts=date(2025, 9, 1), ends=date(2026, 5, 31))
    assert "Katya" not in await names_in(uow, "7A")
    (katya,) = await list_invitable(uow, person_id=cast["katya"].person_id)
    assert katya.class_name == "5A"


async def test_in_august_the_class_of_the_coming_year_is_meant(
    uow: UnitOfWork, cast: Cast, clock: FrozenClock
) -> None:
    await add_class(uow, cast, pupil="katya", starts=date(2027, 9, 1), ends=date(2028, 5, 31))
    assert "Katya" not in await names_in(uow, "7A")
    clock.at = clock.at.replace(year=2027, month=8)
    assert sorted(await names_in(uow, "7A")) == ["Katya", "Olga"]


async def test_long_after_the_last_year_its_class_is_still_meant_but_not_one_that_has_ended(
    uow: UnitOfWork, cast: Cast, clock: FrozenClock
) -> None:
    await add_class(
        uow,
        cast,
        pupil="katya",
        starts=date(2027, 9, 1),
        ends=date(2028, 5, 31),
        ended_on=date(2027, 9, 2),
    )
    clock.at = clock.at.replace(year=2030)
    assert sorted(await names_in(uow, "7A")) == ["Alexei", "Anna", "Elena", "Ivan", "Pavel"]


async def test_of_people_with_one_id_a_guardian_is_shown_with_the_childrens_school(
    uow: UnitOfWork, cast: Cast
) -> None:
    async with uow.writing():
        for source, name in (("north", "mother"), ("south", "other_admin")):
            await uow.insert(
                ExternalId, source=source, kind="person", external_id="g1", target_id=cast[name].person_id
            )
    with pytest.raises(Ambiguous) as caught:
        await person_by_external_id(uow, "g1")
    assert caught.value.params["candidates"] == (
        "north: Anna Petrova, Riverside School",
        "south: Foma Other, Other School",
    )
    found = await person_by_external_id(uow, "g1", school_id=cast.school_id)
    assert found == cast["mother"].person_id
    assert await uow.value(sa.select(sa.func.count()).select_from(Org)) == 2
