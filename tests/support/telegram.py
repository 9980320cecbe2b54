"""The Bot API double: a real HTTP server on loopback that answers as Telegram's does, or as little as one may.

It keeps updates until they are confirmed, records every call in order, and can be told to fail a method.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

TOKEN = "4242:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
MINIMAL = frozenset({"getMe", "getUpdates", "sendMessage", "editMessageText", "answerCallbackQuery"})


@dataclass
class Failure:
    """What a method answers instead of its result."""

    status: int
    description: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass
class Call:
    """One request, its JSON parameters read."""

    method: str
    params: dict[str, Any]


class BotApi:
    """The double's state; ``minimal`` answers everything but five methods with an error, as the issue allows."""

    def __init__(self, *, minimal: bool = False) -> None:
        self.minimal = minimal
        self.calls: list[Call] = []
        self.failures: defaultdict[str, deque[Failure]] = defaultdict(deque)
        self.always: dict[str, Failure] = {}
        self.url = ""
        self._updates: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)
        self._message_ids = itertools.count(100)
        self._news = asyncio.Event()
        self.confirmed = 0

    def push(self, **update: Any) -> int:
        """Put an update into the queue."""
        number = next(self._numbers)
        self._updates.append({"update_id": number, **update})
        self._news.set()
        return number

    def say(self, user_id: int, text: str) -> int:
        """A private message of somebody."""
        return self.push(
            message={
                "message_id": next(self._message_ids),
                "date": 1,
                "chat": {"id": user_id, "type": "private"},
                "from": {"id": user_id, "is_bot": False, "first_name": "U", "language_code": "en"},
                "text": text,
            }
        )

    def tap(self, user_id: int, data: str, message_id: int = 7) -> int:
        """A tap of somebody."""
        return self.push(
            callback_query={
                "id": f"tap{next(self._message_ids)}",
                "from": {"id": user_id, "is_bot": False, "first_name": "U", "language_code": "en"},
                "chat_instance": "1",
                "data": data,
                "message": {
                    "message_id": message_id,
                    "date": 1,
                    "chat": {"id": user_id, "type": "private"},
                    "text": "older",
                },
            }
        )

    def of(self, method: str) -> list[Call]:
        """The calls of a method, oldest first."""
        return [call for call in self.calls if call.method == method]

    async def until(self, method: str, count: int = 1) -> list[Call]:
        """Wait until a method was called so often."""
        async with asyncio.timeout(10):
            while len(self.of(method)) < count:
                await asyncio.sleep(0.01)
        return self.of(method)

    async def handle(self, request: web.Request) -> web.Response:
        """One request to ``/botTOKEN/METHOD``."""
        if request.match_info["token"] != TOKEN:
            return _error(Failure(401, "Unauthorized"))
        method = request.match_info["method"]
        form = await request.post()
        params = {key: _read(value) for key, value in form.items()}
        self.calls.append(Call(method, params))
        if self.failures[method]:
            return _error(self.failures[method].popleft())
        if method in self.always:
            return _error(self.always[method])
        if self.minimal and method not in MINIMAL:
            return _error(Failure(404, "Not Found: method not found"))
        return web.json_response({"ok": True, "result": await self._result(method, params)})

    async def _result(self, method: str, params: dict[str, Any]) -> Any:
        if method == "getMe":
            return {"id": 4242, "is_bot": True, "first_name": "Schoolbell", "username": "school_bot"}
        if method == "getUpdates":
            return await self._get_updates(params)
        if method in ("sendMessage", "sendRichMessage", "sendDocument", "editMessageText"):
            return {
                "message_id": int(params.get("message_id", 0)) or next(self._message_ids),
                "date": 1,
                "chat": {"id": int(params["chat_id"]), "type": "private"},
                "text": "sent",
            }
        return True

    async def _get_updates(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        offset = int(params.get("offset", 0) or 0)
        self.confirmed = max(self.confirmed, offset - 1)
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        if not self._updates:
            self._news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), min(float(params.get("timeout", 0) or 0), 1.0))
        return list(self._updates)


def _read(value: Any) -> Any:
    if isinstance(value, web.FileField):
        return value.file.read()
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def _error(failure: Failure) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": failure.status, "description": failure.description}
    if failure.parameters:
        body["parameters"] = failure.parameters
    return web.json_response(body, status=failure.status)


@asynccontextmanager
async def bot_api(*, minimal: bool = False) -> AsyncIterator[BotApi]:
    """The double, listening on loopback."""
    api = BotApi(minimal=minimal)
    application = web.Application()
    application.router.add_post("/bot{token}/{method}", api.handle)
    server = TestServer(application)
    await server.start_server()
    api.url = str(server.make_url("")).rstrip("/")
    try:
        yield api
    finally:
        await server.close()


@contextmanager
def bot_api_in_a_thread() -> Iterator[str]:
    """The double's address, for a command that runs a loop of its own."""
    ready, over = threading.Event(), asyncio.Event()
    address: list[str] = []
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with bot_api() as api:
            address.append(api.url)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield address[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()
