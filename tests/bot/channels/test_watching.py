"""What those who run the bot may ask over HTTP."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.outbox import publish
from core.db.uow import UnitOfWork
from core.settings import Settings
from tests.cast import Cast
from tests.support.browser import Site, open_site


async def test_readyz_names_what_does_not_run(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    session = site.browser().session
    answer = await session.get("/readyz")
    assert answer.status == 503
    assert set((await answer.json())["ailments"]) >= {"fan-out"}
    notifier = asyncio.create_task(site.app.notifier.run())
    try:
        async with asyncio.timeout(20):
            while (await session.get("/readyz")).status != 200:
                await asyncio.sleep(0.05)
        lane = next(iter(site.app.notifier.lanes.values()))
        lane.dead = "the token is refused"
        assert (await (await session.get("/readyz")).json())["ailments"] == {
            lane.name: "the token is refused"
        }
        lane.dead = ""
        monkeypatch.setattr("bot.channels.watching.newest_revision", lambda: "9999")
        assert "migrations" in (await (await session.get("/readyz")).json())["ailments"]
    finally:
        site.app.notifier.stop()
        with suppress(asyncio.CancelledError):
            await notifier


async def test_metrics_show_the_queue_to_this_machine_but_not_through_a_proxy(site: Site, cast: Cast) -> None:
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        await publish(uow, "announcement_published", "broken", payload={})
    await site.app.notifier.run_once()
    session = site.browser().session
    text = await (await session.get("/metrics")).text()
    assert "schoolbell_stuck_events 1.0" in text
    assert "schoolbell_fan_out_seconds_count" in text
    for header in ("X-Forwarded-For", "Forwarded", "Via"):
        assert (await session.get("/metrics", headers={header: "203.0.113.9"})).status == 404


async def test_with_a_token_metrics_are_for_who_has_it(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    settings = Settings(
        _env_file=None,
        database_url=database.url.render_as_string(hide_password=False),
        var_dir=tmp_path,
        metrics_token=SecretStr("a-token-of-some-length"),
    )
    async with open_site(settings, clock) as site:
        session = site.browser().session
        assert (await session.get("/metrics")).status == 404
        for token, status in (("a-token-of-some-length", 200), ("another", 404)):
            answer = await session.get("/metrics", headers={"Authorization": f"Bearer {token}"})
            assert answer.status == status
