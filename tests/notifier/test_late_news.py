"""News that is late does not ring at night."""

from __future__ import annotations

from datetime import UTC, datetime, time

import sqlalchemy as sa

from core.actions.preferences import choose_hours
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import ChatLink, NoticePreference
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState
from core.domain.telling import Choice
from notifier.channels.channel import ChannelError
from tests.cast import Cast, chat_key
from tests.notifier.test_answers import Office


async def test_what_is_tried_again_at_night_waits_for_the_morning(
    database: Database, clock: FrozenClock, cast: Cast
) -> None:
    office = Office(database, clock, cast)
    clock.at = datetime(2026, 11, 24, 17, 59, tzinfo=UTC)  # 20:59 at school
    office.fail("mother", ChannelError("network: reset"))
    await office.announce("No school tomorrow")
    await office.send()
    await office.send(minutes=5)
    assert not office.heard("mother")
    assert [(state, why) for state, why, _ in await office.rows("mother")] == [
        (DeliveryState.PENDING, "quiet_hours")
    ]
    clock.at = datetime(2026, 11, 25, 4, 1, tzinfo=UTC)
    await office.send()
    assert len(office.heard("mother")) == 1


async def test_a_digest_comes_at_the_hour_that_was_chosen_even_in_quiet_hours(
    database: Database, clock: FrozenClock, cast: Cast
) -> None:
    office = Office(database, clock, cast)
    async with UnitOfWork(database, clock) as uow:
        await choose_hours(uow, chat_key(cast, "mother"), digest_at=time(22))
        async with uow.writing():
            link = await uow.value(
                sa.select(ChatLink.id).where(ChatLink.person_id == cast["mother"].person_id)
            )
            await uow.insert(NoticePreference, link_id=link, kind="news", choice=Choice.DAILY)
    await office.announce("No school tomorrow")
    await office.send()
    clock.at = datetime(2026, 11, 24, 19, 1, tzinfo=UTC)  # 22:01 at school
    await office.send()
    assert len(office.heard("mother")) == 1
