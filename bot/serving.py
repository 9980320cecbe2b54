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
from bot.channels.telegram_bots import run_telegram_bots
from core.access import load_actor
from core.actions.panel_sessions import issue_ticket
from core.actions.web_sessions import WEB_BOT, enter_as
from core.clock import Clock, FrozenClock, ShiftedClock, SystemClock
from core.db.conversation import ChatKey
from core.db.engine import Database
from core.db.migrate import migrate, migrate_within
from core.db.uow import UnitOfWork
from core.domain.announcing import SHORT_RESENDS, USUAL_RESENDS, Resends
from core.domain.kinds import Messenger
from core.files import FileStore
from core.importing.demo import is_demo, write_demo_school
from core.importing.demo.plan import TIMEZONE
from core.queries.invitable import person_by_external_id
from core.settings import Settings, demo_moment

log = structlog.get_logger(__name__)


_NOT_OURS = (
    "the demo did not make this database: a real school or another program keeps its own there. "
    "Unset SCHOOLBELL_DATABASE_URL to use a demo database of its own."
)


class DemoRefused(Exception):
    """The demo will not touch this database; the text says why and what to do."""


def demo_clock(settings: Settings) -> Clock:
    """The demo's clock: SCHOOLBELL_DEMO_NOW in the demo school's time, running on, or the real one."""
    moment = demo_moment(settings, TIMEZONE)
    return ShiftedClock(moment) if moment is not None else SystemClock()


async def prepare_demo(settings: Settings, *, reset: bool) -> str:
    """Make the demo school where it is not there yet; one line on what is there.

    It is made, and with ``reset`` made anew, whole or not at all. Raises DemoRefused for a database that the demo did
    not make, before anything is changed there.
    """
    clock = FrozenClock(demo_clock(settings).now())
    database = Database(settings.database_url)
    try:
        made = await is_demo(database)
        if made is False:
            raise DemoRefused(_NOT_OURS)
        if made and not reset:
            await migrate(database)
            return "The demo school is there already (--reset makes it anew around today)."
        async with UnitOfWork(database, clock, via="demo") as uow, uow.writing():
            if made:
                await migrate_within(uow, "base")
            await migrate_within(uow)
            school = await write_demo_school(uow, files=FileStore(settings.var_dir / "files"))
        return f"Made the demo school: {school.summary}."
    finally:
        await database.close()


async def demo_panel_link(settings: Settings) -> str:
    """A link that opens the panel once, as the demo's administrator."""
    database = Database(settings.database_url)
    try:
        async with UnitOfWork(database, demo_clock(settings), via="demo") as uow:
            admin = await person_by_external_id(uow, "admin", source="demo")
            session, _ = await enter_as(uow, admin, "demo")
            _, actor = await load_actor(uow, ChatKey(Messenger.WEB, WEB_BOT, session.user_id))
            return f"{settings.public_address}/admin/enter?ticket={await issue_ticket(uow, actor)}"
    finally:
        await database.close()


async def find_demo(settings: Settings) -> None:
    """Look whether the demo school is there; nothing is made. Raises DemoRefused where it is not."""
    database = Database(settings.database_url)
    try:
        made = await is_demo(database)
    finally:
        await database.close()
    if not made:
        raise DemoRefused(
            _NOT_OURS if made is False else "there is no demo school here yet. Run `make demo` first."
        )


async def serve_school(settings: Settings) -> None:
    """`schoolbell run`: until SIGINT or SIGTERM."""
    async with open_app(settings) as app:
        await _serve_until_stopped(app, build_site(app), loops=(run_telegram_bots,))


async def serve_demo(settings: Settings) -> None:
    """`schoolbell demo`: the web chat with the persona picker, loopback only, no Telegram; who does not read what asks
    for it is told again within minutes."""
    async with open_app(settings, clock=demo_clock(settings)) as app:
        await _serve_until_stopped(app, build_site(app, demo=True), resends=SHORT_RESENDS)


async def _serve_until_stopped(
    app: App,
    site: web.Application,
    loops: Sequence[Callable[[App], Coroutine[Any, Any, None]]] = (),
    resends: Resends = USUAL_RESENDS,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    await serve(app, site, stop=stop, loops=loops, resends=resends)
