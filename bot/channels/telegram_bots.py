"""All Telegram bots of the installation: the settings' own and those that schools bring, which come and go while running.

The table of the schools' bots is looked at every few seconds, and at once where it was changed in this process. A token
that is refused is tried again ever more rarely; the others go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from bot.app import App
from bot.channels.telegram import TokenRefused, run_telegram
from core.actions.org_bots import note_refusal
from core.db.uow import UnitOfWork
from core.queries.org_bots import BotToken, open_bots
from core.sealing import unseal

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 3.0
_FIRST_WAIT = 30.0
_LONGEST_WAIT = 600.0


async def run_telegram_bots(app: App) -> None:
    """Serve every bot until cancelled. Raises TokenRefused for the settings' own token."""
    await TelegramBots(app).run()


@dataclass(slots=True)
class _Open:
    row: BotToken
    task: asyncio.Task[None]


class TelegramBots:
    """The bots of one process."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._open: dict[int, _Open] = {}

    async def run(self) -> None:
        """Until cancelled, or until the settings' own token is refused at the start."""
        app = self._app
        own = _task(run_telegram(app), "telegram") if app.settings.bot_token is not None else None
        try:
            while True:
                app.bots_changed.clear()
                try:
                    await self._tend()
                except Exception:
                    log.exception("telegram.bots_unread")
                changed = _task(app.bots_changed.wait(), "bots changed")
                try:
                    await asyncio.wait(
                        {changed, *([own] if own else [])},
                        timeout=_LOOK_SECONDS,
                        return_when=asyncio.FIRST_COMPLETED,
                    )
                finally:
                    changed.cancel()
                if own is not None and own.done():
                    own.result()
        finally:
            await _end([*([own] if own else []), *(one.task for one in self._open.values())])

    async def _tend(self) -> None:
        """Close what is gone or was replaced, open what is new."""
        app = self._app
        async with UnitOfWork(app.database, app.clock, via="telegram") as uow:
            # Two that polled one token would take each other's updates: the settings' own goes before.
            wanted = {row.bot: row for row in await open_bots(uow) if row.bot != app.services.own_bot}
        over = [
            bot
            for bot, one in self._open.items()
            if one.task.done() or bot not in wanted or wanted[bot].id != one.row.id
        ]
        await _end([self._open.pop(bot).task for bot in over])
        for bot, row in wanted.items():
            if bot not in self._open:
                self._open[bot] = _Open(row, _task(self._serve(row), f"telegram {bot}"))

    async def _serve(self, row: BotToken) -> None:
        """One school's bot, until cancelled."""
        wait, clock = _FIRST_WAIT, asyncio.get_running_loop()
        while True:
            began = clock.time()
            token = unseal(self._app.key, row.token)
            try:
                if token is None:
                    raise TokenRefused
                await run_telegram(self._app, token, opened=partial(self._note, row, refused=False))
            except TokenRefused:
                log.error("telegram.token_refused", bot=row.bot, readable=token is not None)
                with suppress(Exception):
                    await self._note(row, refused=True)
            except Exception:
                log.exception("telegram.bot_failed", bot=row.bot)
            if clock.time() - began > _LONGEST_WAIT:
                wait = _FIRST_WAIT
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _note(self, row: BotToken, *, refused: bool) -> None:
        async with UnitOfWork(self._app.database, self._app.clock, via="telegram") as uow:
            await note_refusal(uow, row.id, refused=refused)


def _task(work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
    return asyncio.create_task(work, name=name)


async def _end(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
