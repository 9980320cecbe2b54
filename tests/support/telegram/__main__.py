"""The double as a process of its own: ``python -m tests.support.telegram --port 8081 --rate 30``.

Prints its address, then serves until it is ended. ``--rate 0`` enforces no pace.
"""

from __future__ import annotations

import argparse
import asyncio
import signal

import uvloop

from tests.support.telegram.api import BotApi
from tests.support.telegram.limits import Limits
from tests.support.telegram.misbehaviour import Mood
from tests.support.telegram.server import served


async def _serve(options: argparse.Namespace) -> None:
    limits = Limits(bot_rate=options.rate, chat_rate=options.chat_rate) if options.rate else None
    api = BotApi(limits=limits, any_token=True, keep_calls=False, longest_poll=50.0)
    api.mood = Mood(options.seed)
    over = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, over.set)
    async with served(api, port=options.port):
        print(api.url, flush=True)  # noqa: T201
        await over.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.telegram", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--rate", type=float, default=30.0, help="messages a second for each token")
    parser.add_argument("--chat-rate", type=float, default=1.0, help="messages a second in one chat")
    parser.add_argument("--seed", type=int, default=7, help="of the faults that come by chance")
    uvloop.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
