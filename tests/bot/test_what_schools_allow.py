"""What a school has settled shows in the chat: a door that it closed is not offered, and an old button says so."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from core.actions.lesson_nudges import nudge_teachers
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import Org
from core.db.uow import UnitOfWork
from tests.cast import Cast
from tests.support.conversation import Stage, User


@pytest.fixture
def stage(database: Database, clock: FrozenClock, cast: Cast) -> Stage:
    return Stage(database, clock)


async def settle(stage: Stage, cast: Cast, **settings: Any) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(sa.update(Org).where(Org.id == cast.school_id).values(settings=settings))


def phone(stage: Stage, cast: Cast, name: str) -> User:
    return stage.user(cast[name].user_id)


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_what_families_are_not_shown_is_not_offered_and_old_buttons_say_so(
    stage: Stage, cast: Cast
) -> None:
    mother = phone(stage, cast, "mother")
    assert "Average" in (await mother.send("/grades")).text
    meals = await mother.send("/meals")
    assert meals.buttons
    await settle(stage, cast, averages=False, meals=False, own_devices=False, languages=["en", "ru"])
    assert "Average" not in (await mother.send("/grades")).text
    assert "no command /meals" in (await mother.send("/meals")).text
    assert "/meals" not in (await mother.send("/help")).text
    assert "Canteen balance" not in (await mother.send("/settings")).text
    assert not [label for label in (await mother.send("/links")).buttons if "another device" in label]
    assert list((await mother.send("/language")).buttons) == ["• English", "Русский"]
    assert "ไทย" not in (await mother.send("/language th")).text
    assert "русски" in (await mother.send("/language ru")).text


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_codes_are_left_to_the_office_where_the_school_wants_it_so(stage: Stage, cast: Cast) -> None:
    homeroom = phone(stage, cast, "homeroom")
    offered = await homeroom.send("/invite")
    assert offered.buttons
    await settle(stage, cast, homeroom_codes=False)
    refused = await homeroom.tap(next(iter(offered.buttons)))
    assert "does not lead anywhere any more" in refused.text
    assert "no command /invite" in (await homeroom.send("/invite")).text
    assert (await phone(stage, cast, "secretary").send("/invite")).buttons


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_no_teacher_is_reminded_where_the_school_wants_it_so(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    clock.at = clock.at.replace(hour=13)
    await settle(stage, cast, nudges=False)
    async with UnitOfWork(stage.database, clock) as uow:
        assert await nudge_teachers(uow) == 0
    await settle(stage, cast)
    async with UnitOfWork(stage.database, clock) as uow:
        assert await nudge_teachers(uow) > 0
