"""How fast people are told: fan-out, sending at the messenger's limits, overtaking, and what waiting costs.

The Bot API double and the notifier are processes of their own, except where a row says otherwise; PostgreSQL comes as a
wheel. Rates are taken from the double's log, from the first message to the last. Beside it the same audience is told by
aiogram's documented loop and by aiogram-broadcaster (``bench/broadcasters.py``), and all three are killed half way.
``--quick`` does a tenth of each; names of rows may follow, to do only those.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
import uvloop
from sqlalchemy.ext.asyncio import create_async_engine

import core.actions.marks
from bench.measure import MOMENT
from core.actions.marks import NewEntry, save_marks
from core.actions.postings import start_posting
from core.clock import ShiftedClock
from core.db.deliveries import LEASE
from core.db.engine import Database
from core.db.migrate import migrate
from core.db.uow import UnitOfWork
from core.domain.drafts import MarkingDraft
from core.domain.grading import SCALES
from core.domain.ids import CourseId, PersonId
from core.domain.kinds import PostingKind
from core.domain.lessons import LessonKey
from core.domain.marking import GivenMark
from notifier.fanout import fan_out_due
from notifier.limits import Limits
from notifier.notices.notice import discover
from tests.cast import NOW, TODAY, actor_of, chat_key, make_cast
from tests.support.bulk_school import (
    account_of,
    announce,
    raise_emergency,
    states_of,
    write_backlog,
    write_school,
)
from tests.support.databases import start_postgres
from tests.support.notifier_process import NotifierProcess, Work, running_notifier
from tests.support.telegram.process import BotApiProcess, bot_api_process

_WORDS = "The library is open on Saturday."
_LONGEST = 600.0
"""Seconds after which a row gives up waiting."""


@dataclass
class Bench:
    """The database server and the size of the run."""

    folder: Path
    server: str
    tenth: int
    told: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    def of(self, full: int) -> int:
        """The full count, or a tenth of it."""
        return max(1, full // self.tenth)

    @asynccontextmanager
    async def database(self, kind: str) -> AsyncIterator[Database]:
        """A new, empty database."""
        self._count += 1
        if kind == "sqlite":
            url = f"sqlite+aiosqlite:///{self.folder / f'bench{self._count}.db'}"
        else:
            engine = create_async_engine(self.server, isolation_level="AUTOCOMMIT")
            async with engine.connect() as connection:
                await connection.execute(sa.text(f"CREATE DATABASE bench{self._count}"))
            await engine.dispose()
            url = self.server.replace("/postgres?", f"/bench{self._count}?")
        database = Database(url)
        try:
            await migrate(database)
            yield database
        finally:
            await database.close()


@contextmanager
def _notifier(
    database: Database, api: BotApiProcess, clock: ShiftedClock, **more: Any
) -> Iterator[NotifierProcess]:
    url = database.url.render_as_string(hide_password=False)
    process = NotifierProcess(Work(url, api.url, clock.now(), **more))
    try:
        process.wait_until_ready()
        yield process
    finally:
        process.kill()


async def _until_accepted(api: BotApiProcess, count: int) -> None:
    """Wait until the double has taken so many, or no more come for long."""
    until = time.monotonic() + _LONGEST
    while time.monotonic() < until:
        if (await asyncio.to_thread(api.state))["accepted"] >= count:
            return
        await asyncio.sleep(0.2)
    raise TimeoutError(f"{api.state()} of {count}")


def _rate(api: BotApiProcess) -> float:
    log = api.log(text=False)
    return (len(log) - 1) / (log[-1].at - log[0].at)


def _p99(spent: list[float]) -> float:
    return sorted(spent)[min(len(spent) - 1, int(len(spent) * 0.99))]


async def _fan_out(bench: Bench, kind: str) -> float:
    clock = ShiftedClock(MOMENT)
    async with bench.database(kind) as database, UnitOfWork(database, clock, via="bench") as uow:
        chats = bench.of(100_000)
        await announce(uow, await write_school(uow, chats), _WORDS)
        start = time.perf_counter()
        await fan_out_due(uow, discover())
        spent = time.perf_counter() - start
        assert (await states_of(uow)) == {"pending": chats}
        return round(spent, 3)


async def fanout(bench: Bench) -> None:
    """One announcement to 100,000 chats; in this process."""
    bench.told["fanout_postgres_s"] = await _fan_out(bench, "postgres")
    bench.told["fanout_sqlite_s"] = await _fan_out(bench, "sqlite")


async def _send(
    bench: Bench, count: int, *, rate: float, bots: int = 1
) -> tuple[float, float, BotApiProcess]:
    """Messages a second, the share of 429 among the answers, and the double (ended) that counted them."""
    clock = ShiftedClock(MOMENT)
    ids = tuple(4242 + number for number in range(bots))
    async with bench.database("postgres") as database:
        with bot_api_process(rate=rate) as api:
            async with UnitOfWork(database, clock, via="bench") as uow:
                school = await write_school(uow, count, bots=ids)
                await write_backlog(uow, await announce(uow, school, _WORDS), count)
            with _notifier(database, api, clock, bots=ids, rate=rate):
                await _until_accepted(api, count)
            return _rate(api), api.answers(429) / (count + api.answers(429)), api


async def limit30(bench: Bench) -> None:
    """3,000 deliveries of one bot at 30 a second."""
    rate, share, _ = await _send(bench, bench.of(3_000), rate=30.0)
    bench.told |= {"limit30_share": round(rate / 30, 4), "limit30_429_share": round(share, 5)}


async def rate1000(bench: Bench) -> None:
    """30,000 deliveries of one bot at 1,000 a second."""
    rate, share, _ = await _send(bench, bench.of(30_000), rate=1_000.0)
    bench.told["rate1000_per_s"] = round(rate, 1)
    bench.notes["rate1000_per_s"] = f"429: {share:.3%}"


async def bots34(bench: Bench) -> None:
    """34 bots in one process, each with 900 deliveries at 30 a second."""
    rate, share, _ = await _send(bench, 34 * bench.of(900), rate=30.0, bots=34)
    bench.told["bots34_share"] = round(rate / (34 * 30), 4)
    bench.notes["bots34_share"] = f"429: {share:.3%}"


async def emergency(bench: Bench) -> None:
    """50 emergencies while 100,000 deliveries wait at 30 a second; this process raises them, as a web process that
    stands by would, the other sends."""
    clock, many, urgent = ShiftedClock(MOMENT), bench.of(100_000), bench.of(50)
    async with bench.database("postgres") as database:
        with bot_api_process(rate=30.0) as api:
            async with UnitOfWork(database, clock, via="bench") as uow:
                # The last chats have nothing else to be told, so that no chat's own pace speaks.
                school = await write_school(uow, many + urgent)
                await write_backlog(uow, await announce(uow, school, _WORDS), many)
                with _notifier(database, api, clock):
                    await _until_accepted(api, 30)
                    raised = {}
                    async with running_notifier(database, clock, api.url, [4242], Limits()):
                        for number in range(many + 1, many + urgent + 1):
                            await raise_emergency(uow, number, f"e{number}")
                            raised[account_of(number)] = time.monotonic()
                            await asyncio.sleep(0.25)
                        await asyncio.sleep(3)
            heard = {one.chat_id: one.at for one in api.log(text=False) if one.chat_id in raised}
    spent = [heard[chat] - at if chat in heard else _LONGEST for chat, at in raised.items()]
    bench.told["emergency_p99_s"] = round(_p99(spent), 3)
    bench.notes["emergency_p99_s"] = f"median {sorted(spent)[len(spent) // 2]:.3f}"


async def _mark(bench: Bench, kind: str) -> float:
    clock, marks, spent = ShiftedClock(NOW), bench.of(200), []
    fast = Limits(chat_rate=100.0, chat_burst=100.0)
    async with bench.database(kind) as database:
        cast = await make_cast(database, clock)
        lesson = LessonKey(TODAY, 1, CourseId(cast.courses["algebra_7a"]))
        mark = NewEntry(PersonId(cast["ivan"].person_id), (GivenMark(SCALES["five"].parse("2")),))
        with bot_api_process(rate=1_000.0, chat_rate=100.0) as api:

            async def one_by_one() -> None:
                async with UnitOfWork(database, clock, via="bench") as uow:
                    actor = await actor_of(uow, cast, "teacher")
                    for number in range(marks + 1):
                        before = (await asyncio.to_thread(api.state))["accepted"]
                        posting = await start_posting(
                            uow, actor, PostingKind.MARKS, MarkingDraft("").as_json()
                        )
                        await save_marks(uow, chat_key(cast, "teacher"), posting, lesson, [mark])
                        saved = time.monotonic()
                        await _until_accepted(api, before + 2)  # both parents
                        log = await asyncio.to_thread(api.log, since=before, text=False)
                        if number:  # the first warms all up
                            spent.append(
                                min(o.at for o in log if o.chat_id == cast["mother"].user_id) - saved
                            )

            if kind == "sqlite":
                async with running_notifier(database, clock, api.url, [4242], fast):
                    await one_by_one()
            else:
                with _notifier(database, api, clock, chat_rate=100.0):
                    async with running_notifier(database, clock, api.url, [4242], fast):
                        await one_by_one()
    return round(_p99(spent) * 1_000, 1)


async def mark(bench: Bench) -> None:
    """A poor mark saved until its mother's phone has it: SQLite within this process, PostgreSQL from another."""
    core.actions.marks.UNDO_TIME = timedelta(0)
    found = {kind: await _mark(bench, kind) for kind in ("sqlite", "postgres")}
    bench.told["mark_to_phone_p99_ms"] = max(found.values())
    bench.notes["mark_to_phone_p99_ms"] = f"{found}"


def _resident(pid: int) -> float:
    """MB of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def memory(bench: Bench) -> None:
    """What a notifier on SQLite holds more, at most, while it writes 100,000 deliveries and sends the first of them."""
    clock, chats, most = ShiftedClock(MOMENT), bench.of(100_000), 0.0
    async with bench.database("sqlite") as database, UnitOfWork(database, clock, via="bench") as uow:
        school = await write_school(uow, chats)
        with bot_api_process() as api, _notifier(database, api, clock) as process:
            await raise_emergency(uow, 1, "it is warm")
            await _until_accepted(api, 1)
            await asyncio.sleep(2)
            idle = _resident(process.pid)
            await announce(uow, school, _WORDS)
            until = time.monotonic() + 20
            while time.monotonic() < until:
                most = max(most, _resident(process.pid))
                await asyncio.sleep(0.05)
            states = await states_of(uow)
            assert sum(states.values()) == chats + 1, states
    bench.told["pending_memory_mb"] = round(most - idle, 1)
    bench.notes["pending_memory_mb"] = f"idle {idle:.0f} MB"


async def _told_by(
    bench: Bench, start: Callable[[BotApiProcess], Any], again: Callable[[BotApiProcess], Any]
) -> Any:
    """Rate and 429s of a whole run; then what a run that is killed half way and started again has delivered."""
    count = bench.of(600)
    with bot_api_process() as api:
        process = start(api)
        if isinstance(process, subprocess.Popen):
            await asyncio.to_thread(process.wait, _LONGEST)
        else:
            await _until_accepted(api, count)
            process.kill()
        log = api.log(text=False)
        told = {
            "per_s": round(_rate(api), 1),
            "answers_429": api.answers(429),
            "lost": count - len({one.chat_id for one in log}),
        }
    with bot_api_process() as api:
        process = again(api)
        await _until_accepted(api, count // 2)
        process.kill()
        at_kill = len(api.log(text=False))
        process = again(api)
        if isinstance(process, subprocess.Popen):
            await asyncio.to_thread(process.wait, _LONGEST)
        else:
            await _until_accepted(api, count)
            await asyncio.sleep(2)
            process.kill()
        chats = [one.chat_id for one in api.log(text=False)]
        delivered = len(set(chats))
        told["after_kill"] = {
            "at_kill": at_kill,
            "delivered": delivered,
            "lost": count - delivered,
            "repeats": len(chats) - delivered,
        }
    return told


async def broadcasters(bench: Bench) -> None:
    """600 people told by others' means and by ours."""
    count = bench.of(600)
    for key, way in (("naive_loop", "naive"), ("aiogram_broadcaster", "library")):

        def start(state: str, way: str = way) -> Callable[[BotApiProcess], Any]:
            def run(api: BotApiProcess) -> subprocess.Popen[bytes]:
                command = [sys.executable, "-m", "bench.broadcasters", way, "--api", api.url]
                command += ["--first", str(account_of(1)), "--count", str(count)]
                return subprocess.Popen([*command, "--state", str(bench.folder / f"{way}{state}.json")])

            return run

        bench.told[key] = await _told_by(bench, start("1"), start("2"))
    bench.told["schoolbell"] = await _ours(bench, count)


async def _ours(bench: Bench, count: int) -> Any:
    clock = ShiftedClock(MOMENT)
    starts = 0

    async with bench.database("sqlite") as first, bench.database("sqlite") as second:
        for database in (first, second):
            async with UnitOfWork(database, clock, via="bench") as uow:
                school = await write_school(uow, count)
                await announce(uow, school, _WORDS)

        def on(database: Database) -> Callable[[BotApiProcess], Any]:
            def run(api: BotApiProcess) -> NotifierProcess:
                nonlocal starts
                starts += 1
                # Each start is later than the leases of the one before.
                moment = clock.now() + starts * 2 * LEASE
                return NotifierProcess(Work(str(database.url), api.url, moment))

            return run

        return await _told_by(bench, on(first), on(second))


_ROWS: dict[str, Callable[[Bench], Awaitable[None]]] = {
    one.__name__: one
    for one in (fanout, limit30, rate1000, bots34, emergency, mark, memory, broadcasters)  # type: ignore[attr-defined]
}
_BARS: dict[str, tuple[str, Callable[[float], bool]]] = {
    "fanout_postgres_s": ("≤ 4", lambda x: x <= 4),
    "fanout_sqlite_s": ("≤ 3", lambda x: x <= 3),
    "limit30_share": ("≥ 0.97", lambda x: x >= 0.97),
    "limit30_429_share": ("≤ 0.001", lambda x: x <= 0.001),
    "rate1000_per_s": ("≥ 800", lambda x: x >= 800),
    "bots34_share": ("≥ 0.95", lambda x: x >= 0.95),
    "emergency_p99_s": ("≤ 1", lambda x: x <= 1),
    "mark_to_phone_p99_ms": ("≤ 300", lambda x: x <= 300),
    "pending_memory_mb": ("≤ 60", lambda x: x <= 60),
}
_KEYS = (*_BARS, "naive_loop", "aiogram_broadcaster")


def _print(bench: Bench) -> None:
    print(f"{'what':<22}{'found':>12}  {'bar':<9}")
    for key, (bar, holds) in _BARS.items():
        if key in bench.told:
            found = bench.told[key]
            print(
                f"{key:<22}{found:>12}  {bar:<9}{'' if holds(found) else 'MISSED'}  {bench.notes.get(key, '')}"
            )
    for key in ("naive_loop", "aiogram_broadcaster", "schoolbell"):
        if key in bench.told:
            print(f"{key:<22}{bench.told[key]}")


async def _run(options: argparse.Namespace, folder: Path, server: str) -> Bench:
    bench = Bench(folder, server, 10 if options.quick else 1)
    for name in options.rows or _ROWS:
        start = time.perf_counter()
        await _ROWS[name](bench)
        spent, load = time.perf_counter() - start, os.getloadavg()[0]
        print(f"{name}: {spent:.0f} s, load {load:.1f}, {bench.told}", file=sys.stderr, flush=True)
    return bench


def main() -> None:
    """Run and print; bounded by the counts above, and each wait by ``_LONGEST``."""
    parser = argparse.ArgumentParser(prog="python -m bench.notifier", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of each")
    parser.add_argument("rows", nargs="*", choices=[[], *_ROWS], help="only these")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as name:
        server = start_postgres()
        try:
            address = server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
            bench = uvloop.run(_run(options, Path(name), address))
        finally:
            server.cleanup()
    _print(bench)
    print(json.dumps({key: bench.told.get(key) for key in _KEYS}))


if __name__ == "__main__":
    main()
