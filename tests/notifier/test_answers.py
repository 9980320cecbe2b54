"""What each answer of the messenger means for the rows: the table of the design, on real databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.cards import Card, File
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import Announcement, Chat, Delivery, OutboxEvent
from core.db.outbox import publish
from core.db.uow import UnitOfWork
from core.domain.kinds import AudienceKind, DeliveryState, Urgency
from notifier.channels.channel import ChannelError
from notifier.dispatcher import NotificationDispatcher
from notifier.notices.notice import discover
from tests.cast import Cast
from tests.support.conversation import RecordingChannel


class Moody(RecordingChannel):
    """Fails for a chat as told, in order, then works."""

    def __init__(self) -> None:
        super().__init__()
        self.moods: dict[int, list[ChannelError]] = {}
        self.tried: list[int] = []

    async def send(self, chat_id: int, what: Card | File) -> int:
        self.tried.append(chat_id)
        if self.moods.get(chat_id):
            raise self.moods[chat_id].pop(0)
        return await super().send(chat_id, what)


class Office:
    """Tells the school one thing after the other."""

    def __init__(self, database: Database, clock: FrozenClock, cast: Cast) -> None:
        self.database, self.clock, self.cast = database, clock, cast
        self.phones = Moody()
        self.dispatcher = NotificationDispatcher(
            database, clock, {(self.phones.messenger, self.phones.bot_id): self.phones}, discover()
        )

    async def announce(self, text: str) -> None:
        async with UnitOfWork(self.database, self.clock) as uow, uow.writing():
            number = await uow.insert(
                Announcement,
                school_id=self.cast.school_id,
                audience=AudienceKind.SCHOOL,
                text=text,
                urgency=Urgency.AT_ONCE,
                published_at=uow.now,
            )
            await publish(uow, "announcement_published", f"told:{number}", payload={"announcement": number})

    async def send(self, **later: float) -> None:
        self.clock.move(timedelta(**later))
        await self.dispatcher.run_once()

    def heard(self, who: str) -> list[str]:
        user_id = self.cast[who].user_id
        return [one.text for one in self.phones.heard if one.chat_id == user_id]

    def fail(self, who: str, *errors: ChannelError) -> None:
        self.phones.moods[self.cast[who].user_id] = list(errors)

    async def rows(self, who: str) -> Sequence[tuple[DeliveryState, str, int]]:
        async with UnitOfWork(self.database, self.clock) as uow:
            found = await uow.rows(
                sa.select(Delivery.state, Delivery.why, Delivery.attempts)
                .join(Chat, Chat.id == Delivery.chat_id)
                .where(Chat.user_id == self.cast[who].user_id)
                .order_by(Delivery.id)
            )
        return [tuple(row) for row in found]


@pytest.fixture
def office(database: Database, clock: FrozenClock, cast: Cast) -> Office:
    return Office(database, clock, cast)


async def test_what_is_tried_again_keeps_its_place_before_later_news_of_the_chat(office: Office) -> None:
    office.fail("mother", ChannelError("reset"), ChannelError("reset"))
    await office.announce("First")
    await office.send()
    await office.announce("Second")
    await office.send(seconds=1)
    assert not office.heard("mother"), "the second waits behind the first"
    assert len(office.heard("father")) == 2, "nobody else does"
    await office.send(minutes=1)
    await office.send(minutes=1)
    assert ["First" in text for text in office.heard("mother")] == [True, False]


async def test_the_order_is_kept_by_another_process_that_takes_over(
    office: Office, database: Database, clock: FrozenClock, cast: Cast
) -> None:
    office.fail("mother", ChannelError("reset"))
    await office.announce("First")
    await office.send()
    await office.announce("Second")
    standby = Office(database, clock, cast)
    await standby.send()
    assert not standby.heard("mother")
    await standby.send(minutes=1)
    assert ["First" in text for text in standby.heard("mother")] == [True, False]


async def test_a_wait_is_no_attempt_and_holds_that_chat_alone(office: Office) -> None:
    office.fail("mother", ChannelError("told to wait", retry_after=30))
    await office.announce("First")
    await office.send()
    assert await office.rows("mother") == [(DeliveryState.PENDING, "retry_after", 0)]
    assert office.heard("father")
    await office.announce("Second")
    await office.send(seconds=20)
    assert office.phones.tried.count(office.cast["mother"].user_id) == 1, "the chat is left in peace"
    await office.send(seconds=11)
    assert len(office.heard("mother")) == 2
    assert (await office.rows("mother"))[0] == (DeliveryState.SENT, "", 1)


async def test_who_cannot_be_reached_loses_what_waits_and_is_marked(office: Office) -> None:
    office.fail("mother", ChannelError("Forbidden: bot was blocked by the user", gone=True))
    await office.announce("First")
    await office.announce("Second")
    await office.send()
    assert {state for state, _, _ in await office.rows("mother")} == {DeliveryState.SUPPRESSED}
    assert {why for _, why, _ in await office.rows("mother")} == {"blocked"}
    assert len(office.heard("father")) == 2


async def test_a_chat_that_moved_is_written_to_under_its_new_id(office: Office) -> None:
    office.fail("mother", ChannelError("the group has another id now", moved_to=-100_777))
    await office.announce("First")
    await office.send()
    await office.send(seconds=1)
    assert [one.text for one in office.phones.heard if one.chat_id == -100_777]
    async with UnitOfWork(office.database, office.clock) as uow:
        assert await uow.value(sa.select(sa.func.count()).where(Chat.user_id == -100_777)) == 1


async def test_a_message_refused_as_such_fails_after_a_few_tries_and_lets_the_next_pass(
    office: Office,
) -> None:
    office.fail("mother", *[ChannelError("Bad Request", refused=True)] * 5)
    await office.announce("First")
    await office.announce("Second")
    for _ in range(6):
        await office.send(minutes=2)
    states = [(state, why) for state, why, _ in await office.rows("mother")]
    assert states == [(DeliveryState.FAILED, "Bad Request"), (DeliveryState.SENT, "")]


async def test_a_refused_token_stops_the_bot_and_its_rows_stay(office: Office) -> None:
    office.fail("mother", ChannelError("the token is refused", stops_bot=True))
    await office.announce("First")
    await office.send()
    (lane,) = office.dispatcher.lanes.values()
    assert lane.dead == "the token is refused"
    assert await office.rows("mother") == [(DeliveryState.PENDING, "", 0)]


async def test_an_event_that_cannot_be_told_is_put_off_and_keeps_no_other_waiting(office: Office) -> None:
    async with UnitOfWork(office.database, office.clock) as uow, uow.writing():
        await publish(uow, "announcement_published", "broken", payload={})
    await office.announce("First")
    await office.send()
    assert office.heard("mother")
    async with UnitOfWork(office.database, office.clock) as uow:
        broken = await uow.row(
            sa.select(
                OutboxEvent.attempts, OutboxEvent.why, OutboxEvent.not_before, OutboxEvent.fanned_out_at
            ).where(OutboxEvent.key == "broken")
        )
        assert broken is not None
        assert (broken.attempts, broken.why, broken.fanned_out_at) == (1, "KeyError", None)
        assert broken.not_before > uow.now
    await office.send(minutes=1)
    async with UnitOfWork(office.database, office.clock) as uow:
        assert await uow.value(sa.select(OutboxEvent.attempts).where(OutboxEvent.key == "broken")) == 2
