"""Two notifiers for one bot on PostgreSQL: one works, the other takes over."""

from __future__ import annotations

import itertools
import time
from contextlib import suppress

import pytest

from core.db.engine import Database
from tests.reliability.audience import Audience, RunningClock
from tests.support.notifier_process import NotifierProcess, Work
from tests.support.telegram.process import BotApiProcess

_TAKEOVER = 10.0


# SQLite is for one process.
@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_one_works_and_the_other_takes_over(database: Database, api: BotApiProcess) -> None:
    clock = RunningClock()
    audience = Audience(database, api, clock, 200)
    await audience.gather()
    url = database.url.render_as_string(hide_password=False)
    both = {
        name: NotifierProcess(Work(url, f"{api.url}/{name}", clock.now(), rate=60.0, chat_rate=50.0))
        for name in ("one", "two")
    }
    try:
        for one in both.values():
            one.wait_until_ready()
        await audience.publish(2)
        await audience.until(lambda ends: ends["sent"] > 60)
        (leader,) = {one.sender for one in api.log(text=False)}
        killed = time.monotonic()
        both[leader].kill()
        await audience.note_kill()
        await audience.until_all_told(90)
    finally:
        for one in both.values():
            with suppress(ValueError, OSError):
                one.kill()
    log = api.log(text=False)
    turns = [name for name, _ in itertools.groupby(one.sender for one in log)]
    assert len(turns) == 2, "never two at work"
    takeover = next(one.at for one in log if one.sender != leader) - killed
    told = await audience.compare()
    print(f"\n{audience.line(told, kills=1)} takeover={takeover:.1f} s")
    assert takeover <= _TAKEOVER
    assert told.ends == {"sent": 400}
    assert (told.lost, told.unheard) == (0, 0)
    assert told.repeats <= audience.in_flight[0] <= 64
