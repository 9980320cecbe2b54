"""What the office waits for: every page of the panel on a region of 100 schools of 1,000 pupils, for ten at once.

The panel runs in a process of its own and is asked over HTTP on loopback, as browsers ask it. First one administrator
walks it alone, following its links: that counts statements and bytes. Then ten at once, each at a school of their own,
open the same pages again and again, in an order of their own, one a second each. The bars:
p95 below 150 ms, and the first page below 60 kB. ``--pause 0`` has each ask again at once, which shows what the process
can do at most; ``--quick`` takes ten schools; ``--postgres`` the PostgreSQL that comes as a wheel.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import multiprocessing
import random
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import uvloop
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bench.measure import MOMENT, percentiles
from bot.app import open_app
from bot.channels.site import build_site
from core.actions.panel_sessions import begin_session
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.migrate import migrate
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId, PersonId
from core.settings import Settings
from tests.support.databases import start_postgres
from tests.support.region import write_region
from tests.support.statements import Statements
from tests.support.walk import page_at, walk

_ADMINS = 10
_SEARCHES = ("/admin/people?search=iva", "/admin/people?role=guardian", "/admin/people?linked=no")
_LARGEST_FIRST_PAGE, _SLOWEST_P95 = 60_000, 150.0


@dataclass
class Figures:
    """One page: what it weighs and asks, and how long each of its answers took, in seconds."""

    bytes: int = 0
    statements: int = 0
    spent: list[float] = field(default_factory=list)

    def shown(self) -> dict[str, float]:
        """In milliseconds."""
        ordered = sorted(self.spent)
        p95 = round(ordered[int(len(ordered) * 0.95)] * 1000, 1)
        return {
            "p50_ms": percentiles(ordered)["p50_ms"],
            "p95_ms": p95,
            "bytes": self.bytes,
            "statements": self.statements,
        }


def _serve(address: str, folder: str, ready: Connection) -> None:
    """The panel's own process; ends with its parent's pipe."""

    async def serve() -> None:
        settings = Settings(_env_file=None, database_url=address, var_dir=Path(folder))
        async with open_app(settings, clock=FrozenClock(MOMENT)) as app:
            site = build_site(app)
            with Statements(app.database) as statements:

                async def count(_request: web.Request, response: web.StreamResponse) -> None:
                    # Only true while one asks alone: then it is what that page asked.
                    response.headers["X-Statements"] = str(len(statements.take()))

                site.on_response_prepare.append(count)
                server = TestServer(site)
                await server.start_server()
                # As ``bot.app.serve`` does.
                gc.collect()
                gc.freeze()
                ready.send(str(server.make_url("")).rstrip("/"))
                await asyncio.to_thread(ready.poll, None)
                await server.close()

    uvloop.run(serve())


async def _prepare(address: str, schools: int, pupils: int) -> list[str]:
    """The region, and a session's token for the administrator of each of ten schools."""
    database = Database(address)
    await migrate(database)
    async with UnitOfWork(database, FrozenClock(MOMENT), via="bench") as uow:
        started = time.perf_counter()
        region = await write_region(uow, schools=schools, pupils=pupils)
        print(f"{region.everybody} people of {schools} schools in {time.perf_counter() - started:.0f} s")
        tokens = []
        for number in range(_ADMINS):
            person = region.staff_of(number % schools, 0)
            tokens.append(
                await begin_session(uow, ChatId(person), PersonId(person), browser="bench", address_hash="")
            )
        if not database.is_sqlite:
            # PostgreSQL does so by itself, some minutes after so many rows have come.
            async with uow.writing():
                await uow.write(sa.text("ANALYZE"))
    await database.close()
    return tokens


def _client(url: str, token: str) -> ClientSession:
    return ClientSession(url, cookies={"schoolbell-panel": token})


async def _addresses(url: str, token: str, figures: dict[str, Figures]) -> dict[str, str]:
    """An address of every page, by its path; counts statements and bytes on the way."""
    found: dict[str, str] = {}
    async with _client(url, token) as client:

        async def fetch(address: str) -> tuple[int, str]:
            async with client.get(address, allow_redirects=False) as response:
                text = await response.text()
                page = page_at("GET", address)
                if response.content_type != "text/html":
                    return response.status, ""
                name = address if page is None or address in _SEARCHES else page.path
                is_usual = "?" not in address or address in _SEARCHES or (page and page.path not in found)
                if response.status == 200 and is_usual:
                    found.setdefault(name, address)
                    one = figures[name]
                    one.bytes = max(one.bytes, len(text.encode()))
                    one.statements = max(one.statements, int(response.headers.get("X-Statements", 0)))
                return response.status, text

        await walk(fetch, each=1, parameters=1)
        for address in _SEARCHES:
            await fetch(address)
    return found


async def _ask(
    url: str,
    token: str,
    own: dict[str, str],
    rounds: int,
    pause: float,
    seed: int,
    figures: dict[str, Figures],
) -> None:
    """One administrator: every page so many times."""
    chance = random.Random(seed)
    async with _client(url, token) as client:
        for _ in range(rounds):
            for name in chance.sample(sorted(own), len(own)):
                await asyncio.sleep(pause * chance.uniform(0.5, 1.5))
                started = time.perf_counter()
                async with client.get(own[name], allow_redirects=False) as response:
                    await response.read()
                    assert response.status == 200, (own[name], response.status)
                figures[name].spent.append(time.perf_counter() - started)


async def _run(url: str, tokens: list[str], rounds: int, pause: float) -> dict[str, Any]:
    figures: dict[str, Figures] = defaultdict(Figures)
    # What is about a row is found anew by each: rows belong to a school. And before anybody's time is taken.
    own = [
        await _addresses(url, token, figures if not n else defaultdict(Figures))
        for n, token in enumerate(tokens)
    ]
    started = time.perf_counter()
    await asyncio.gather(
        *(
            _ask(url, token, addresses, rounds, pause, seed, figures)
            for seed, (token, addresses) in enumerate(zip(tokens, own, strict=True))
        )
    )
    asked = sum(len(one.spent) for one in figures.values())
    print(f"{asked / (time.perf_counter() - started):.0f} pages a second")
    result: dict[str, Any] = {name or "/": one.shown() for name, one in figures.items() if one.spent}
    for name, shown in sorted(result.items(), key=lambda item: -item[1]["p95_ms"]):
        print(f"{name:<44}{shown}")
    slow = sorted(name for name, shown in result.items() if shown["p95_ms"] >= _SLOWEST_P95)
    result["over_the_bars"] = slow + ["first page"] * (result["/"]["bytes"] >= _LARGEST_FIRST_PAGE)
    return result


def main() -> None:
    """Run and print; the last line is one JSON object by page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ten schools instead of a hundred, fewer rounds")
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL instead of SQLite")
    parser.add_argument(
        "--pause", type=float, default=1.0, help="seconds between the pages of one, 1 unless told"
    )
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        address = f"sqlite+aiosqlite:///{folder}/panel.db"
        if given.postgres:
            server = start_postgres()
            stack.callback(server.cleanup)
            address = server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
        tokens = uvloop.run(_prepare(address, 10 if given.quick else 100, 1000))
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        process = multiprocessing.get_context("spawn").Process(target=_serve, args=(address, folder, theirs))
        process.start()
        try:
            assert ours.poll(120), "the panel did not start"
            result = uvloop.run(_run(ours.recv(), tokens, 3 if given.quick else 6, given.pause))
        finally:
            ours.close()
            process.join(20)
            process.kill()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
