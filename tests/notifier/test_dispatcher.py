"""Telling: nothing is lost, nothing goes to who may not know, every refusal has its row."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.actions.invitations import issue_invitations
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import ChatLink, Delivery
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState
from core.queries.invitable import list_invitable
from notifier.channels.channel import ChannelError
from notifier.dispatcher import NotificationDispatcher
from notifier.notices.notice import discover
from tests.cast import Cast
from tests.support.conversation import CODE_KEY, RecordingChannel, Stage


class Refusing(RecordingChannel):
    """A channel that fails as told, then works."""

    errors: list[ChannelError]

    async def send(self, chat_id: int, what: object) -> int:  # type: ignore[override]
        if self.errors:
            raise self.errors.pop(0)
        return await super().send(chat_id, what)  # type: ignore[arg-type]


async def told(database: Database, clock: FrozenClock, cast: Cast) -> Refusing:
    """The mother links a second phone: her first one is to be told."""
    stage = Stage(database, clock)
    async with UnitOfWork(database, clock, via="test") as uow:
        invitees = await list_invitable(uow, person_id=cast["mother"].person_id)
        report = await issue_invitations(uow, invitees, code_key=CODE_KEY, reissue=True)
    phone = stage.user(77_001)
    await phone.send(report.issued[0].code)
    await phone.tap("Yes")
    channel = Refusing()
    channel.errors = []
    return channel


def dispatcher(database: Database, clock: FrozenClock, channel: RecordingChannel) -> NotificationDispatcher:
    channels = {(channel.messenger, channel.bot_id): channel}
    return NotificationDispatcher(database, clock, channels, discover())


async def states(database: Database, clock: FrozenClock) -> list[tuple[DeliveryState, str]]:
    async with UnitOfWork(database, clock) as uow:
        return [tuple(row) for row in await uow.rows(sa.select(Delivery.state, Delivery.why))]


async def test_the_older_phone_is_told_once(database: Database, clock: FrozenClock, cast: Cast) -> None:
    channel = await told(database, clock, cast)
    sender = dispatcher(database, clock, channel)
    await sender.run_once()
    assert [one.chat_id for one in channel.heard] == [cast["mother"].user_id]
    assert "Not me" in str(channel.heard[0].buttons)
    assert [state for state, _ in await states(database, clock)] == [DeliveryState.SENT]
    await sender.run_once()
    assert len(channel.heard) == 1


@pytest.mark.parametrize("wait", [None, 30.0])
async def test_a_refused_message_is_sent_later(
    database: Database, clock: FrozenClock, cast: Cast, wait: float | None
) -> None:
    channel = await told(database, clock, cast)
    channel.errors = [ChannelError("network", retry_after=wait)]
    sender = dispatcher(database, clock, channel)
    await sender.run_once()
    ((state, why),) = await states(database, clock)
    assert state == DeliveryState.PENDING
    assert why
    await sender.run_once()
    assert not channel.heard, "not before its time"
    clock.move(timedelta(seconds=60))
    await sender.run_once()
    assert len(channel.heard) == 1


async def test_who_blocked_the_bot_is_not_written_to_again(
    database: Database, clock: FrozenClock, cast: Cast
) -> None:
    channel = await told(database, clock, cast)
    channel.errors = [ChannelError("bot was blocked by the user", gone=True)]
    await dispatcher(database, clock, channel).run_once()
    assert await states(database, clock) == [(DeliveryState.SUPPRESSED, "blocked")]


async def test_after_a_day_of_trying_the_row_says_why_it_failed(
    database: Database, clock: FrozenClock, cast: Cast
) -> None:
    channel = await told(database, clock, cast)
    sender = dispatcher(database, clock, channel)
    for _ in range(40):
        channel.errors = [ChannelError("network is down")]
        await sender.run_once()
        clock.move(timedelta(hours=1, minutes=15))
    assert await states(database, clock) == [(DeliveryState.FAILED, "network is down")]


async def test_what_is_no_longer_theirs_is_not_told(
    database: Database, clock: FrozenClock, cast: Cast
) -> None:
    channel = await told(database, clock, cast)
    sender = dispatcher(database, clock, channel)
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await uow.write(sa.update(ChatLink).values(revoked_at=uow.now))
    await sender.run_once()
    assert not channel.heard


async def test_a_crash_between_claim_and_answer_loses_nothing(
    database: Database, clock: FrozenClock, cast: Cast
) -> None:
    class Crash(BaseException):
        pass

    channel = await told(database, clock, cast)
    sender = dispatcher(database, clock, channel)
    channel.errors = [Crash()]  # type: ignore[list-item]
    with pytest.raises(Crash):
        await sender.run_once()
    assert [state for state, _ in await states(database, clock)] == [DeliveryState.SENDING]
    clock.move(timedelta(minutes=3))
    await sender.run_once()
    assert len(channel.heard) == 1
