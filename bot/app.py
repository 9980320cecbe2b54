"""The application: opens everything once, wires the roles asked for, closes in reverse order."""

from __future__ import annotations

import asyncio
import errno
import gc
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiogram import Bot, Dispatcher
from aiogram.types import Update
from aiohttp import web

from bot.capability import Services, Table, discover
from bot.channels.incoming import read_update
from bot.channels.local_bot import local_bot
from bot.dispatcher import build_dispatcher
from core.clock import Clock, SystemClock
from core.db.engine import Database
from core.db.migrate import open_database
from core.domain.announcing import USUAL_RESENDS, Resends
from core.domain.kinds import Messenger
from core.files import FileStore
from core.http import OwnAddress
from core.settings import Settings, SettingsError, code_key, secret_key
from core.web import Panel, PanelServices
from notifier.channels.channel import Channel
from notifier.dispatcher import NotificationDispatcher
from notifier.limits import Limits
from notifier.notices.notice import discover as discover_notices
from notifier.schedule import JOBS, Schedule, cleaning, resending

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class App:
    """What is open. ``channels`` are by messenger and bot id; more may be added while running."""

    settings: Settings
    database: Database
    clock: Clock
    services: Services
    table: Table
    dispatcher: Dispatcher
    notifier: NotificationDispatcher
    channels: dict[tuple[Messenger, int], Channel]
    usernames: dict[int, str]
    key: bytes
    bots: dict[int, Bot] = field(default_factory=dict)

    async def feed(self, channel: Channel, raw: Mapping[str, Any] | Update, **data: Any) -> Any:
        """Give one update of a channel to the conversation; what the handler returned comes back."""
        bot = self.bots[channel.bot_id]
        update = raw if isinstance(raw, Update) else read_update(raw, bot)
        return await self.dispatcher.feed_update(bot, update, channel=channel, **data)

    def address_hash(self, address: str) -> str:
        """A network address as it may be kept: enough to count tries, not to find anybody."""
        return hmac.new(self.key, b"address:" + address.encode(errors="replace"), hashlib.sha256).hexdigest()[
            :32
        ]

    @property
    def own_address(self) -> OwnAddress:
        """Where our own pages come from."""
        settings = self.settings
        return OwnAddress(
            settings.public_address, is_set=settings.public_url is not None, bound=settings.http_host
        )

    def panel(self) -> Panel:
        """The administrators' panel, to be mounted on the site."""
        services = PanelServices(
            self.services.code_key,
            self.services.public_url,
            self.usernames,
            self.address_hash,
            self.services.files,
        )
        return Panel(
            database=self.database,
            clock=self.clock,
            key=self.key,
            own_address=self.own_address,
            is_tls=self.settings.is_tls,
            trusted_proxies=self.settings.trusted_proxies,
            services=services,
        )

    def add_channel(self, channel: Channel, bot: Bot | None = None) -> None:
        """Open a channel; one of our own gets a Bot that refuses the network."""
        self.channels[channel.messenger, channel.bot_id] = channel
        self.bots[channel.bot_id] = bot or local_bot(channel.bot_id, channel.messenger.value)
        self.notifier.wake()


@asynccontextmanager
async def open_app(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[App]:
    """Everything but the channels' own loops; the database is brought to the newest shape first."""
    clock = clock or SystemClock()
    key = secret_key(settings)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings))
        table = discover()
        usernames: dict[int, str] = {}
        services = Services(
            code_key(settings), settings.public_address, FileStore(settings.var_dir / "files"), usernames
        )
        channels: dict[tuple[Messenger, int], Channel] = {}
        notifier = NotificationDispatcher(
            database, clock, channels, discover_notices(), telegram=Limits(bot_rate=settings.telegram_rate)
        )
        database.on_publish = notifier.wake
        dispatcher = build_dispatcher(table, database, clock, services)
        yield App(settings, database, clock, services, table, dispatcher, notifier, channels, usernames, key)


async def serve(
    app: App,
    site: web.Application,
    *,
    stop: asyncio.Event,
    loops: Sequence[Callable[[App], Coroutine[Any, Any, None]]] = (),
    resends: Resends = USUAL_RESENDS,
) -> None:
    """Run the web site, the notifier and the loops of other channels, until ``stop`` is set or one of them fails."""
    async with AsyncExitStack() as stack:
        runner = web.AppRunner(site, access_log=None, shutdown_timeout=3)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, app.settings.http_host, app.settings.http_port).start()
        except (OSError, UnicodeError) as error:
            raise _cannot_listen(app.settings, error) from None
        log.info("web.open", address=app.settings.public_address)
        # What is loaded by now stays: looking through it again and again would hold everybody up.
        gc.collect()
        gc.freeze()
        schedule = Schedule(
            app.database, app.clock, [*JOBS, resending(resends), cleaning(app.services.files)]
        )
        tasks = [
            asyncio.create_task(app.notifier.run(), name="notifier"),
            asyncio.create_task(schedule.run(), name="schedule"),
        ]
        tasks += [asyncio.create_task(loop(app)) for loop in loops]
        waiting = asyncio.create_task(stop.wait(), name="stop")
        try:
            done, _ = await asyncio.wait([*tasks, waiting], return_when=asyncio.FIRST_COMPLETED)
            for task in done - {waiting}:
                task.result()
        finally:
            app.notifier.stop()
            waiting.cancel()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _cannot_listen(settings: Settings, error: OSError | UnicodeError) -> SettingsError:
    """A port that is taken or not ours to open is the port's fault; all else (no such name, not our address) the host's."""
    is_port = isinstance(error, OSError) and error.errno in (errno.EADDRINUSE, errno.EACCES, errno.EPERM)
    name, mend = (
        ("SCHOOLBELL_HTTP_PORT", "Choose another port.")
        if is_port
        else ("SCHOOLBELL_HTTP_HOST", "Choose an address of this machine, like 127.0.0.1 or 0.0.0.0.")
    )
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return SettingsError(
        f"{name}: cannot listen on {settings.http_host}:{settings.http_port} ({said}). {mend}"
    )
