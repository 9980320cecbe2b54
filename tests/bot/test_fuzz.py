"""Whatever comes in: no unhandled fault, nobody else's data, a civil answer or a considered silence."""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy.ext.asyncio import create_async_engine

from bot.capability import Capability, OnTap, Table, Turn
from bot.channels.incoming import read_update
from core.access import load_actor
from core.cards import Card, Reply
from core.cards.html import render_buttons_html, render_html
from core.cards.plain import render_plain
from core.clock import FrozenClock
from core.db.conversation import ChatKey
from core.db.engine import Database
from core.db.migrate import migrate
from core.db.models import ChatLink
from core.db.uow import UnitOfWork
from core.domain.kinds import Messenger
from notifier.channels.telegram.html import MESSAGE_LIMIT, render_keyboard, render_telegram_html, utf16_length
from notifier.channels.telegram.rich import render_rich
from tests.cast import BOT_ID, NOW, Cast, make_cast
from tests.support.conversation import Heard, RecordingChannel, Stage
from tests.support.markup import Markup
from tests.support.updates import FILES, TABLE, Drawn, raw_update, updates

_APOLOGIES = ("Something went wrong", "у нас что-то сломалось", "ระบบของเราขัดข้อง")
_STRANGER = 31_337
# Not shrunk: the school goes on living from example to example, so a smaller one need not fail again.
_UNTIMED = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=True,
    phases=[Phase.generate],
)
# Who writes most: conversations of several steps want the same person again.
_BUSY = (*["teacher"] * 8, *["homeroom"] * 4, *["mother"] * 3, "head")
# What is said at first, so that there is something to tap, to post and to withdraw.
_FIRST = {
    "mother": ("/grades", "/homework", "/schedule", "/attendance", "/meals", "/links", "/language", "/news"),
    "teacher": (
        *("/register", "/lessons", "/hw", "/topic", "/announce", "Petrov 5, Smirnov late 10"),
        *("/hw 7A algebra: §1", "/announce 7A algebra: x"),
    ),
    "homeroom": ("/joined", "/invite", "/absent", "/class", "/announcements"),
}


@dataclass
class Arena:
    """A stage that outlives the examples, driven from plain functions, and what happened on it."""

    loop: asyncio.AbstractEventLoop
    stage: Stage
    cast: Cast
    clock: FrozenClock
    offered: dict[str, list[str]] = field(default_factory=dict)
    known: list[str] = field(default_factory=list)
    fed: int = 0
    reached: Counter[str] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)

    def feed(self, raw: dict[str, Any]) -> list[Heard]:
        self.clock.move(timedelta(seconds=1))
        self.fed += 1
        return self.loop.run_until_complete(self.stage.feed(raw))

    def sender(self, drawn: Drawn) -> str:
        """The name of who sends it; empty for a stranger."""
        names = [*self.cast.members, "", *_BUSY]
        if drawn.asked is not None:
            names = self.offered[drawn.asked.name]
        return names[drawn.who % len(names)]

    def relink(self) -> None:
        """Nobody stays unlinked by a forged tap: the others have to be reached, too."""

        async def work() -> None:
            async with UnitOfWork(self.stage.database, self.clock) as uow, uow.writing():
                await uow.write(sa.update(ChatLink).values(revoked_at=None))

        self.loop.run_until_complete(work())


def _counting(capability: Capability, reached: Counter[str]) -> Capability:
    on_tap = capability.on_tap
    if on_tap is None:
        return capability

    async def counted(turn: Turn, tap: Any, on_tap: OnTap = on_tap) -> Reply:
        reached[capability.name] += 1
        return await on_tap(turn, tap)

    return dataclasses.replace(capability, on_tap=counted)


async def _set_up(database: Database, clock: FrozenClock, folder: Path) -> Arena:
    await migrate(database)
    cast = await make_cast(database, clock)
    reached: Counter[str] = Counter()
    table = Table(_counting(one, reached) for one in TABLE.capabilities)
    stage = Stage(database, clock, channel=RecordingChannel(files=dict(FILES)), files=folder, table=table)
    arena = Arena(asyncio.get_running_loop(), stage, cast, clock, reached=reached)
    for name, lines in _FIRST.items():
        user = stage.user(cast[name].user_id)
        for words in lines:
            arena.known += (await user.send(words)).buttons.values()
    for name, member in cast.members.items():
        async with UnitOfWork(database, clock) as uow:
            _, actor = await load_actor(uow, ChatKey(Messenger.TELEGRAM, BOT_ID, member.user_id))
        for capability in table.offered_to(actor):
            arena.offered.setdefault(capability.name, []).append(name)
    return arena


@contextmanager
def _arena(url: str) -> Iterator[Arena]:
    loop = asyncio.new_event_loop()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(url.replace("FOLDER", folder))
        try:
            yield loop.run_until_complete(_set_up(database, FrozenClock(NOW), Path(folder)))
        finally:
            loop.run_until_complete(database.close())
            loop.close()


@pytest.fixture(scope="module")
def on_sqlite() -> Iterator[Arena]:
    with _arena("sqlite+aiosqlite:///FOLDER/school.db") as arena:
        yield arena
        assert arena.fed == 4_500
        assert arena.reached.total() >= 1_000, arena.reached
        assert set(arena.reached) == {one.name for one in TABLE.capabilities if one.on_tap}, (
            "each at least once"
        )
        assert arena.shown["Card"] >= 1_000, arena.shown


@pytest.fixture(scope="module")
def on_postgres(postgres: str) -> Iterator[Arena]:
    async def make() -> None:
        engine = create_async_engine(postgres, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(sa.text("CREATE DATABASE fuzzed"))
        await engine.dispose()

    asyncio.run(make())
    with _arena(postgres.replace("/postgres?", "/fuzzed?")) as arena:
        yield arena
        assert arena.fed == 500
        assert arena.reached.total() >= 100, arena.reached


@settings(_UNTIMED, max_examples=4_500)
@given(drawn=updates())
def test_updates_of_any_shape(on_sqlite: Arena, drawn: Drawn) -> None:
    _check(on_sqlite, drawn)


@settings(_UNTIMED, max_examples=500)
@given(drawn=updates())
def test_updates_of_any_shape_on_postgres(on_postgres: Arena, drawn: Drawn) -> None:
    _check(on_postgres, drawn)


def _check(arena: Arena, drawn: Drawn) -> None:
    name = arena.sender(drawn)
    data = drawn.data if drawn.known is None else arena.known[drawn.known % len(arena.known)]
    raw = raw_update(drawn, arena.cast[name].user_id if name else _STRANGER, data)
    read_update({"update_id": 1, **raw}, arena.stage.bot)
    acknowledged = len(arena.stage.channel.acknowledged)
    heard = arena.feed(raw)
    what = (name, raw, [one.text for one in heard])
    for one in heard:
        arena.shown[type(one.what).__name__] += 1
        said = one.text
        assert said.strip(), what
        assert not any(words in said for words in _APOLOGIES), what
        leaks = arena.cast[name].leaks(said) if name else [said] if "secret-" in said else []
        assert not leaks, (leaks, what)
        if isinstance(one.what, Card):
            _render(one.what)
    tapped = drawn.shape == "callback_query"
    assert len(arena.stage.channel.acknowledged) == acknowledged + tapped, what
    if tapped:
        assert heard, what
    if drawn.chat != "private" and drawn.where == "message":
        assert all("secret" not in one.text for one in heard), what
    if drawn.shape == "message" and drawn.chat == "private" and not drawn.more:
        assert heard or "media_group_id" in drawn.message, what
    if drawn.shape not in ("message", "callback_query"):
        assert not heard, what
    if tapped and data.startswith(("lk", "iv")):
        arena.relink()


def _render(card: Card) -> None:
    """Every channel can show it, within its limits."""
    render_rich(card)
    render_keyboard(card)
    assert utf16_length(Markup(render_telegram_html(card)).text) <= MESSAGE_LIMIT
    Markup(render_html(card) + render_buttons_html(card))
    assert render_plain(card, limit=1_000)
