"""Many people who are to be told, the double that hears for them, and the comparison of rows with what was heard."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from core.db.engine import Database
from core.db.models import Announcement, Chat, Delivery, OutboxEvent
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState
from tests.cast import NOW
from tests.support.bulk_school import announce, write_school
from tests.support.telegram import Accepted
from tests.support.telegram.process import BotApiProcess

_NEWS = re.compile(r"news (\d+)")


class RunningClock:
    """A clock that begins on a school morning and runs ``speed`` times as fast as the machine's; it may jump."""

    def __init__(self, *, speed: float = 1.0) -> None:
        self._speed = speed
        self._start = time.monotonic()
        self._jumped = timedelta(0)

    def now(self) -> datetime:
        gone = timedelta(seconds=(time.monotonic() - self._start) * self._speed)
        return (NOW + gone + self._jumped).astimezone(UTC)

    def jump(self, by: timedelta) -> None:
        """Forward, or back."""
        self._jumped += by


@dataclass(frozen=True, slots=True)
class Told:
    """What a run came to. ``unheard`` are rows called sent that nobody heard, ``disordered`` chats that heard later
    news first; ``ends`` counts the rows by state."""

    rows: int
    ends: dict[str, int]
    lost: int
    repeats: int
    unheard: int
    disordered: int


@dataclass
class Audience:
    """A school with so many chats, each to be told of so many pieces of news."""

    database: Database
    api: BotApiProcess
    clock: RunningClock
    chats: int
    school: int = 0
    news: int = 0
    in_flight: list[int] = field(default_factory=list)

    def uow(self) -> UnitOfWork:
        return UnitOfWork(self.database, self.clock, via="test")

    async def gather(self) -> None:
        """Write the school."""
        async with self.uow() as uow:
            self.school = await write_school(uow, self.chats)

    async def publish(self, count: int = 1) -> None:
        """Announce to the whole school, numbered."""
        async with self.uow() as uow:
            for _ in range(count):
                self.news += 1
                await announce(uow, self.school, f"news {self.news}")

    async def ends(self) -> Counter[str]:
        """How many rows are in each state."""
        async with self.uow() as uow:
            rows = await uow.rows(sa.select(Delivery.state, sa.func.count()).group_by(Delivery.state))
        return Counter({DeliveryState(state).value: count for state, count in rows})

    async def until_all_told(self, seconds: float = 60.0) -> None:
        """Wait until no row waits any more. Raises TimeoutError."""
        await self.until(
            lambda ends: sum(ends.values()) >= self.news * self.chats and not _open(ends), seconds
        )

    async def until(self, holds: Callable[[Counter[str]], bool], seconds: float = 60.0) -> None:
        """Wait until the rows are so. Raises TimeoutError, with how they are."""
        until = time.monotonic() + seconds
        while True:
            try:
                ends = await self.ends()
            except Exception:  # the database may be away
                ends = Counter()
            if ends and holds(ends):
                return
            if time.monotonic() > until:
                raise TimeoutError(f"{ends}, {self.api.state()}")
            await asyncio.sleep(0.1)

    async def note_kill(self) -> None:
        """Count what was accepted and is not settled: what the kill may cause to be repeated."""
        await asyncio.sleep(0.2)  # what the double has in hand still gets through
        async with self.uow() as uow:
            sent = await uow.value(sa.select(sa.func.count()).where(Delivery.state == DeliveryState.SENT))
        heard = len(self.api.log(text=False))
        self.in_flight.append(heard - sent - sum(self.in_flight))

    async def compare(self) -> Told:
        """Rows against the double's log, one to one."""
        async with self.uow() as uow:
            rows = await uow.rows(
                sa.select(Delivery.id, Delivery.state, Delivery.message_id, Chat.user_id, Announcement.text)
                .join(Chat, Chat.id == Delivery.chat_id)
                .join(OutboxEvent, OutboxEvent.id == Delivery.event_id)
                .join(
                    Announcement,
                    Announcement.id
                    == sa.cast(OutboxEvent.payload["announcement"].as_string(), sa.BigInteger()),
                )
            )
        log = self.api.log()
        heard = {(one.chat_id, one.message_id): one for one in log}
        assert len(heard) == len(log), "the double never gives an id twice"
        said = {(one.chat_id, _said(one.text)) for one in log}
        sent = [row for row in rows if row.state == DeliveryState.SENT]
        matched = {
            (row.user_id, row.message_id)
            for row in sent
            if (one := heard.get((row.user_id, row.message_id))) and _said(one.text) == _said(row.text)
        }
        lost = sum((row.user_id, _said(row.text)) not in said for row in rows)
        return Told(
            len(rows),
            dict(Counter(DeliveryState(row.state).value for row in rows)),
            lost + self.news * self.chats - len(rows),
            len(log) - len(said),
            len(sent) - len(matched),
            _disordered(log),
        )

    def line(self, told: Told, *, kills: int = 0) -> str:
        """The line that each test of faults ends with."""
        most = max(self.in_flight, default=0)
        return f"kills={kills} lost={told.lost} repeats={told.repeats} max_in_flight={most}"


def _open(ends: Counter[str]) -> int:
    return ends["pending"] + ends["sending"]


def _said(text: str) -> int:
    found = _NEWS.search(text)
    assert found, text
    return int(found[1])


def _disordered(log: Sequence[Accepted]) -> int:
    """Chats that first heard of some news after they had heard of later ones."""
    first: defaultdict[int, list[int]] = defaultdict(list)
    for one in log:
        if (number := _said(one.text)) not in first[one.chat_id]:
            first[one.chat_id].append(number)
    return sum(numbers != sorted(numbers) for numbers in first.values())
