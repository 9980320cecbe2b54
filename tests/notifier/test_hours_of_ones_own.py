"""Whoever chose hours of their own is told in them, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from core.actions.preferences import choose_hours
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState
from core.domain.telling import Hours
from tests.cast import Cast, chat_key
from tests.notifier.test_answers import Office


@pytest.mark.parametrize("digest_at", [None, time(19, 30)])
async def test_who_chose_quiet_hours_hears_after_them(
    database: Database, clock: FrozenClock, cast: Cast, digest_at: time | None
) -> None:
    office = Office(database, clock, cast)
    async with UnitOfWork(database, clock) as uow:
        await choose_hours(
            uow, chat_key(cast, "mother"), quiet=Hours(time(8, 30), time(12, 15)), digest_at=digest_at
        )
    await office.announce("No school tomorrow")
    await office.send()
    assert office.heard("father")
    assert not office.heard("mother")
    assert await office.rows("mother") == [(DeliveryState.PENDING, "quiet_hours", 0)]
    clock.at = datetime(2026, 11, 24, 9, 16, tzinfo=UTC)  # 12:16 at school
    await office.send()
    assert len(office.heard("mother")) == 1
