"""Gives every update a unit of work of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiogram import BaseMiddleware
from aiogram.types import TelegramObject

from core.clock import Clock
from core.db.engine import Database
from core.db.uow import UnitOfWork


class UnitOfWorkMiddleware(BaseMiddleware):
    """Audit entries say the update came through the channel's messenger, or as the channel itself says (``via``)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        channel = data["channel"]
        async with UnitOfWork(self.database, self.clock, via=data.get("via", channel.messenger.value)) as uow:
            data["uow"] = uow
            return await handler(event, data)
