"""What every bench shares: the demo school with somebody linked, a clock that steps, and figures of times."""

from __future__ import annotations

import statistics
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.actions.linking import open_support_chat
from core.clock import Clock
from core.db.conversation import ChatKey, open_chat
from core.db.engine import Database
from core.db.migrate import migrate
from core.db.uow import UnitOfWork
from core.importing.demo import make_demo_school
from core.queries.invitable import person_by_external_id

MOMENT = datetime(2026, 11, 24, 6, 10, tzinfo=UTC)
"""A Tuesday, 09:10 at the demo school; algebra in 7A is on."""


@dataclass
class SteppingClock(Clock):
    """Moves on by ``step`` at every look, so that the throttle never speaks."""

    at: datetime = MOMENT
    step: timedelta = timedelta(milliseconds=300)

    def now(self) -> datetime:
        self.at += self.step
        return self.at


@asynccontextmanager
async def demo_database(path: Path, *, copies: int) -> AsyncIterator[Database]:
    """A SQLite file with the demo school so many times over."""
    database = Database(f"sqlite+aiosqlite:///{path}")
    try:
        await migrate(database)
        await make_demo_school(database, around=MOMENT, copies=copies)
        yield database
    finally:
        await database.close()


async def link(database: Database, clock: Clock, key: ChatKey, external_id: str) -> None:
    """Open a chat for one of the fixed cast, with all roles."""
    async with UnitOfWork(database, clock, via="bench") as uow:
        person = await person_by_external_id(uow, external_id)
        await open_support_chat(uow, await open_chat(uow, key, "bench"), person, who="bench")


def percentiles(spent: Sequence[float]) -> dict[str, float]:
    """p50 and p99 in milliseconds, of seconds."""
    ordered = sorted(spent)
    return {
        "p50_ms": round(statistics.median(ordered) * 1000, 3),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 3),
    }
