"""The Bot of a channel that is not a messenger's server: aiogram wants one, and it may ask nothing of the network."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.methods import GetMe, TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import User


class RefusingSession(BaseSession):
    """Answers getMe and refuses everything else: answers go out through the channel only."""

    async def close(self) -> None:
        """Nothing is open."""

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ASYNC109
    ) -> TelegramType:
        if isinstance(method, GetMe):
            return User(id=bot.id, is_bot=True, first_name="Schoolbell")  # type: ignore[return-value]
        raise RuntimeError(f"{type(method).__name__} is not for a local channel")

    async def stream_content(self, *_args: Any, **_kwargs: Any) -> AsyncGenerator[bytes, None]:
        raise RuntimeError("a local channel has no files to stream")
        yield b""


def local_bot(bot_id: int, name: str) -> Bot:
    """A Bot with a reserved number, for channels of our own."""
    return Bot(f"{bot_id}:{name}", session=RefusingSession())
