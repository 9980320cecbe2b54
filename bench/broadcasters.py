"""What others use to tell many people, as a process that the bench starts, times and kills.

``naive`` is the loop with a sleep of aiogram's documentation
(https://docs.aiogram.dev/en/v2.25.1/examples/broadcast_example.html), with aiogram 3's names; ``library`` is
aiogram-broadcaster with its file storage. Both tell the accounts ``--first`` to ``--first + --count``.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramAPIError, TelegramRetryAfter

_TEXT = "The library is open on Saturday."


async def _send_message(bot: Bot, user_id: int, text: str) -> bool:
    try:
        await bot.send_message(user_id, text)
    except TelegramRetryAfter as error:
        await asyncio.sleep(error.retry_after)
        return await _send_message(bot, user_id, text)  # Recursive call
    except TelegramAPIError:
        return False
    return True


async def _naive(bot: Bot, users: Sequence[int], _state: Path) -> None:
    count = 0
    for user_id in users:
        if await _send_message(bot, user_id, _TEXT):
            count += 1
        await asyncio.sleep(0.05)  # 20 messages per second (Limit: 30 messages per second)


async def _library(bot: Bot, users: Sequence[int], state: Path) -> None:
    from aiogram_broadcaster import Broadcaster
    from aiogram_broadcaster.contents import TextContent
    from aiogram_broadcaster.intervals import SimpleInterval
    from aiogram_broadcaster.storages.file import FileStorage

    is_new = not state.exists()
    storage = FileStorage(state)
    await storage.startup()
    broadcaster = Broadcaster(bot, storage=storage)
    if is_new:
        interval = SimpleInterval(interval=1 / 30)
        await broadcaster.create_mailer(chats=users, content=TextContent(text=_TEXT), interval=interval)
    else:
        await broadcaster.restore_mailers()
    for mailer in list(broadcaster):
        await mailer.start()


async def _run(options: argparse.Namespace) -> None:
    session = AiohttpSession(api=TelegramAPIServer.from_base(options.api))
    bot = Bot(f"4242:{'A' * 35}", session=session)
    users = range(options.first, options.first + options.count)
    try:
        await {"naive": _naive, "library": _library}[options.way](bot, users, options.state)
    finally:
        await session.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.broadcasters", description=__doc__)
    parser.add_argument("way", choices=["naive", "library"])
    parser.add_argument("--api", required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="where the library remembers")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
