"""What `run` and `demo` serve: which channels are opened, on which clock, with which pages."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import structlog
from aiohttp import web

from bot.app import App, open_app, serve
from bot.channels.site import build_site
from bot.channels.telegram import run_telegram
from core.clock import Clock, ShiftedClock, SystemClock
from core.db.migrate import migrate, open_database
from core.files import FileStore
from core.importing.demo import is_demo, make_demo_school
from core.importing.demo.plan import TIMEZONE
from core.settings import Settings, demo_moment

log = structlog.get_logger(__name__)


class DemoRefused(Exception):
    """The demo will not touch this database; the text says why and what to do."""


def demo_clock(settings: Settings) -> Clock:
    """The demo's clock: SCHOOLBELL_DEMO_NOW in the demo school's time, running on, or the real one."""
    moment = demo_moment(settings, TIMEZONE)
    return ShiftedClock(moment) if moment is not None else SystemClock()


async def prepare_demo(settings: Settings, *, reset: bool) -> str:
    """Make the demo school where it is not there yet; one line on what is there.

    Raises DemoRefused for a database that the demo did not make.
    """
    clock = demo_clock(settings)
    async with open_database(settings) as database:
        made = await is_demo(database)
        if made is False:
            raise DemoRefused(
                "this database holds a real school, and the demo only touches what it made itself. "
                "Unset SCHOOLBELL_DATABASE_URL to use a demo database of its own."
            )
        if reset and made:
            await migrate(database, "base")
            await migrate(database)
            made = None
        if made:
            return "The demo school is there already (--reset makes it anew around today)."
        files = FileStore(settings.var_dir / "files")
        school = await make_demo_school(database, around=clock.now(), files=files)
        return f"Made the demo school: {school.summary}."


async def serve_school(settings: Settings) -> None:
    """`schoolbell run`: until SIGINT or SIGTERM."""
    loops = (run_telegram,) if settings.bot_token is not None else ()
    async with open_app(settings) as app:
        await _serve_until_stopped(app, build_site(app), loops=loops)


async def serve_demo(settings: Settings) -> None:
    """`schoolbell demo`: the web chat with the persona picker, loopback only, no Telegram."""
    async with open_app(settings, clock=demo_clock(settings)) as app:
        await _serve_until_stopped(app, build_site(app, demo=True))


async def _serve_until_stopped(
    app: App, site: web.Application, loops: Sequence[Callable[[App], Coroutine[Any, Any, None]]] = ()
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    await serve(app, site, stop=stop, loops=loops)
