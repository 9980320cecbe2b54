"""`schoolbell queue` as administrators type it: what waits, what failed, and mending it by hand."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from bot.__main__ import app
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.migrate import migrate
from core.db.models import Delivery
from core.db.outbox import publish
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState
from notifier.channels.channel import ChannelError
from tests.cast import make_cast
from tests.notifier.test_answers import Office

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def school(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An announcement went to everybody yesterday; the mother's failed, the father's waits; one event is stuck."""
    monkeypatch.chdir(tmp_path)
    for name in list(__import__("os").environ):
        if name.startswith("SCHOOLBELL_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")
    asyncio.run(_tell())


async def _tell() -> None:
    database = Database("sqlite+aiosqlite:///var/schoolbell.db")
    await migrate(database)
    clock = FrozenClock((datetime.now(UTC) - timedelta(days=1)).replace(hour=9))
    office = Office(database, clock, await make_cast(database, clock))
    office.fail("father", ChannelError("network: reset"))
    await office.announce("No school tomorrow")
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await publish(uow, "announcement_published", "broken", payload={})
    await office.send()
    mother = sa.select(sa.func.min(Delivery.id)).where(Delivery.state == DeliveryState.SENT)
    async with UnitOfWork(database, clock) as uow, uow.writing():
        number = await uow.value(mother)
        await uow.write(
            sa.update(Delivery)
            .where(Delivery.id == number)
            .values(state=DeliveryState.FAILED, why="Bad Request: nonsense", settled_at=uow.now)
        )
    await database.close()


def run(*arguments: str, code: int = 0, answer: str | None = None) -> Result:
    result = RUNNER.invoke(app, ["queue", *arguments], input=answer)
    assert result.exit_code == code, (result.output, result.exception)
    return result


def count(state: str) -> int:
    with sqlite3.connect("var/schoolbell.db") as connection:
        return int(
            connection.execute("SELECT count(*) FROM delivery WHERE state = ?", (state,)).fetchone()[0]
        )


def audited() -> list[str]:
    with sqlite3.connect("var/schoolbell.db") as connection:
        return [row[0] for row in connection.execute("SELECT action FROM audit_entry ORDER BY id")]


def test_it_shows_states_reasons_and_stuck_events_and_changes_nothing() -> None:
    said = run().output
    for words in ("telegram 4242", "news", "pending", "failed", "sent"):
        assert words in said
    assert "Bad Request: nonsense" in said
    assert "network: reset" in said
    assert "KeyError" in said
    assert "No school tomorrow" not in said, "what was written is nobody's here"
    assert "queue.retried" not in audited()


def test_a_change_is_asked_for_with_its_number() -> None:
    said = run("--retry", "--state", "failed", code=1, answer="n\n").output
    assert "1 deliveries will be tried again" in said
    assert count("failed") == 1
    run("--retry", "--state", "failed", answer="y\n")
    assert (count("failed"), count("pending")) == (0, 2)
    assert "queue.retried" in audited()
    assert "queue.events_retried" in audited()


def test_dropping_says_so_in_the_rows_and_the_audit() -> None:
    assert "0 deliveries dropped" in run("--drop", "--older-than", "3d").output
    assert "0 deliveries dropped" in run("--drop", "--kind", "mark").output
    assert "1 deliveries dropped" in run("--drop", "--older-than", "12h", "--yes").output
    assert (count("pending"), count("suppressed")) == (0, 1)
    assert audited()[-1] == "queue.dropped"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--retry",),
        ("--retry", "--drop", "--state", "failed"),
        ("--state", "failed"),
        ("--drop", "--state", "sent"),
        ("--drop", "--older-than", "soon"),
    ],
)
def test_what_is_unclear_is_refused(arguments: tuple[str, ...]) -> None:
    run(*arguments, code=2)
    assert count("failed") == 1
