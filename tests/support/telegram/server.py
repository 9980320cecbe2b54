"""The double over HTTP: ``/[SENDER/]botTOKEN/METHOD`` as Telegram's, and beside it a few addresses to steer it.

Steering, for a double in another process: ``GET /log?since=N&text=0`` (what was accepted, a JSON list a line),
``GET /state``, ``POST /misbehave`` (a JSON list), ``POST /chats`` (chat id to failure), ``POST /clear``.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import socket
import struct
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from tests.support.telegram.api import BotApi
from tests.support.telegram.failure import Failure
from tests.support.telegram.limits import Limits
from tests.support.telegram.misbehaviour import How, read_misbehaviour

_NO_LINGERING = struct.pack("ii", 1, 0)


class Door:
    """Reads requests, lets them go wrong where they are to, and writes answers."""

    def __init__(self, api: BotApi) -> None:
        self.api = api

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request of a bot, or of who steers."""
        path, _, query = request.raw_path.partition("?")
        before, is_bot, rest = path.partition("/bot")
        token, _, method = rest.partition("/")
        if not is_bot:
            return await self._steer(request, path)
        if before.startswith("/file"):
            return self._download(method)
        params = await _params_of(request, query)
        bot_id = int(head) if (head := token.partition(":")[0]).isdigit() else 0
        if not method.startswith(("send", "edit")):
            return await self._answered(request, token, method, params, before, bot_id)
        self.api.take_in_hand(bot_id, 1)
        try:
            return await self._answered(request, token, method, params, before, bot_id)
        finally:
            self.api.take_in_hand(bot_id, -1)

    async def _answered(
        self,
        request: web.BaseRequest,
        token: str,
        method: str,
        params: Mapping[str, Any],
        before: str,
        bot_id: int,
    ) -> web.StreamResponse:
        fault = self.api.fault_of(method, params, bot_id)
        how = fault.how if fault else None
        if fault and how is How.REFUSE:
            return self._written(method, fault.failure)
        if fault and how in (How.HANG, How.SLOW):
            await asyncio.sleep(fault.seconds)
        if how in (How.HANG, How.RESET):
            return self._reset(request, method)
        answer = await self.api.answer(token, method, params, before.strip("/"))
        if how is How.ACCEPT_AND_RESET:
            return self._reset(request, method)
        if how is How.CUT:
            return await self._cut(request, method, answer)
        return self._written(method, answer)

    def _written(self, method: str, answer: Any) -> web.Response:
        status, body = _body(answer)
        self.api.answers[f"{status} {method}"] += 1
        return web.Response(status=status, body=body, content_type="application/json")

    def _reset(self, request: web.BaseRequest, method: str) -> web.StreamResponse:
        self.api.answers[f"0 {method}"] += 1
        if request.transport is not None:
            connection: socket.socket = request.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
            request.transport.abort()
        return web.Response()

    async def _cut(self, request: web.BaseRequest, method: str, answer: Any) -> web.StreamResponse:
        self.api.answers[f"0 {method}"] += 1
        status, body = _body(answer)
        response = web.StreamResponse(status=status)
        response.content_type = "application/json"
        response.content_length = len(body)
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.close()
        return response

    def _download(self, file_id: str) -> web.Response:
        if file_id not in self.api.files:
            return web.Response(status=404)
        return web.Response(body=self.api.files[file_id])

    async def _steer(self, request: web.BaseRequest, path: str) -> web.Response:
        api = self.api
        match request.method, path:
            case "GET", "/log":
                since = int(request.query.get("since", 0))
                cut = int(request.query.get("text", 1_000_000))
                lines = (
                    json.dumps(dataclasses.astuple(dataclasses.replace(one, text=one.text[:cut])))
                    for one in api.accepted[since:]
                )
                return web.Response(text="\n".join(lines))
            case "GET", "/state":
                return web.json_response(
                    {"accepted": len(api.accepted), "answers": api.answers, "most_in_hand": api.most_in_hand}
                )
            case "POST", "/misbehave":
                api.misbehave(*map(read_misbehaviour, await request.json()))
            case "POST", "/chats":
                api.chats = {int(chat): Failure(**raw) for chat, raw in (await request.json()).items()}
            case "POST", "/clear":
                api.accepted.clear()
                api.answers.clear()
                api.most_in_hand.clear()
            case _:
                return web.Response(status=404)
        return web.json_response(True)


async def _params_of(request: web.BaseRequest, query: str) -> Mapping[str, Any]:
    """Parameters as strings, files as bytes; of the query, a form or JSON."""
    found: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
    kind = request.headers.get("Content-Type", "")
    if kind.startswith("multipart/"):
        for key, value in (await request.post()).items():
            found[key] = value.file.read() if isinstance(value, web.FileField) else value
        return found
    if not (body := (await request.read()).decode()):
        return found
    if kind.startswith("application/json"):
        values = json.loads(body)
        return found | {key: one if isinstance(one, str) else json.dumps(one) for key, one in values.items()}
    return found | dict(parse_qsl(body, keep_blank_values=True))


def _body(answer: Any) -> tuple[int, bytes]:
    if not isinstance(answer, Failure):
        return 200, json.dumps({"ok": True, "result": answer}).encode()
    body = {"ok": False, "error_code": answer.status, "description": answer.description}
    if answer.parameters:
        body["parameters"] = answer.parameters
    return answer.status, json.dumps(body).encode()


@asynccontextmanager
async def served(api: BotApi, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[BotApi]:
    """The double, listening; port 0 takes a free one. What still hangs at the end is dropped."""
    runner = web.ServerRunner(web.Server(Door(api).handle), shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=1_024).start()
        api.url = f"http://{host}:{runner.addresses[0][1]}"
        yield api
    finally:
        await runner.cleanup()


@asynccontextmanager
async def bot_api(
    *, minimal: bool = False, limits: Limits | None = None, **more: Any
) -> AsyncIterator[BotApi]:
    """The double, listening on loopback; ``more`` as BotApi takes it."""
    async with served(BotApi(minimal=minimal, limits=limits, **more)) as api:
        yield api


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
