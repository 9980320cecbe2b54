"""The canteen's account: running out, topped up, and at which balance one is told."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import (
    Chat,
    MealAccount,
    MealOrder,
    MealThreshold,
    MealTransaction,
    MenuItem,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState, TransactionKind
from tests.cast import TODAY, Cast
from tests.notifier.test_schedule import Timetabled


@pytest.fixture
def school(database: Database, clock: FrozenClock, cast: Cast) -> Timetabled:
    return Timetabled(database, clock, cast)


async def pay(school: Timetabled, amount: int, *, at: datetime | None = None) -> None:
    """Money in or out of Ivan's account."""
    account = sa.select(MealAccount.id).where(MealAccount.student_id == school.cast["ivan"].person_id)
    async with UnitOfWork(school.database, school.clock) as uow, uow.writing():
        await uow.insert(
            MealTransaction,
            account_id=await uow.value(account),
            kind=TransactionKind.TOP_UP if amount > 0 else TransactionKind.DEBIT,
            amount=amount,
            at=at or uow.now,
        )
        await uow.write(
            sa.update(MealAccount)
            .where(MealAccount.id.in_(account))
            .values(balance=MealAccount.balance + amount)
        )


async def test_an_account_that_runs_out_is_told_at_once_then_daily_until_topped_up(
    school: Timetabled,
) -> None:
    await school.run()
    assert not school.heard("mother"), "150 roubles are enough, and old top-ups are no news to a new link"
    await pay(school, -15_500)
    await school.run()
    await school.run()
    (said,) = school.heard("mother")
    assert "Ivan: the canteen account is running out" in said
    assert "-₽5.00" in said
    assert len(school.heard("father")) == 1, "who may read may know"
    assert not school.heard("ivan")
    assert not school.heard("cut_father")
    school.at(9, day=TODAY + timedelta(days=1))
    await school.run()
    assert len(school.heard("mother")) == 1
    school.at(16, day=TODAY + timedelta(days=1))
    await school.run()
    assert len(school.heard("mother")) == 2
    await pay(school, 50_000)
    await school.run()
    assert "Ivan: the canteen account was topped up" in school.heard("mother")[-1]
    assert "Balance now: ₽495.00" in school.heard("mother")[-1]
    school.at(17, day=TODAY + timedelta(days=2))
    await school.run()
    assert len(school.heard("mother")) == 3


async def test_what_is_ordered_for_the_next_day_must_be_covered(school: Timetabled) -> None:
    dear = await school.add(
        MenuItem,
        school_id=school.cast.school_id,
        date=TODAY + timedelta(days=1),
        meal="lunch",
        name="Feast",
        price=20_000,
    )
    await school.add(
        MealOrder, student_id=school.cast["ivan"].person_id, menu_item_id=dear, ordered_at=school.clock.at
    )
    await school.run()
    (said,) = school.heard("mother")
    assert "Ordered for the next day: ₽200.00" in said


async def test_an_account_that_nobody_uses_is_not_warned_of(school: Timetabled) -> None:
    await pay(school, -15_500)
    school.at(17, day=TODAY + timedelta(days=30))
    await school.run()
    assert not school.heard("mother")


async def test_an_account_topped_up_while_it_was_quiet_is_not_warned_of(school: Timetabled) -> None:
    school.at(20, 58)
    await pay(school, -15_500)
    await school.change(sa.update(Chat).values(quiet_from=time(20), quiet_to=time(7)))
    await school.run()
    await pay(school, 50_000)
    school.at(7, 1, day=TODAY + timedelta(days=1))
    await school.run()
    assert not any("running out" in one for one in school.heard("mother"))
    assert (DeliveryState.SUPPRESSED, "nothing") in await school.rows("mother")


async def test_a_guardian_chooses_the_balance_to_be_told_at(school: Timetabled) -> None:
    mother = school.stage.user(school.cast["mother"].user_id)
    await mother.send("/settings")
    await mother.tap("Canteen balance")
    await mother.tap("Below which balance")
    await mother.tap("₽200")
    assert any(label.startswith("• ₽200") for label in (await mother.tap("Ivan")).buttons)
    await school.run()
    (said,) = school.heard("mother")
    assert "Ivan" in said
    assert not school.heard("father")
    forged = school.stage.user(school.cast["stranger_mother"].user_id)
    await forged.tap_data(f"st:below_at:::{school.cast['ivan'].person_id}:4")
    async with UnitOfWork(school.database, school.clock) as uow:
        assert await uow.value(sa.select(sa.func.count()).select_from(MealThreshold)) == 1
