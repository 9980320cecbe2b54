"""The web chat as a browser uses it: cookies, the page's token, words, taps and the live connection."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientResponse, ClientSession, CookieJar
from aiohttp.test_utils import TestServer

from bot.app import App, open_app
from bot.channels.site import build_site
from core.clock import Clock
from core.settings import Settings


class Browser:
    """One browser with its own cookies."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.csrf = ""
        self.session = ClientSession(
            url, cookie_jar=CookieJar(unsafe=True), headers={"Origin": url, "User-Agent": "Firefox on Linux"}
        )

    async def sign_in(self, code: str) -> ClientResponse:
        """Type the code into the door's form and follow to the chat."""
        door = await (await self.session.get("/")).text()
        form = {"csrf": _hidden(door), "code": code}
        response = await self.session.post("/sign-in", data=form)
        await self.look()
        return response

    async def enter(self, name: str) -> None:
        """The demo's picker."""
        door = await (await self.session.get("/")).text()
        person = re.search(rf'value="(\d+)">(?:(?!</button>).)*{name}', door, re.DOTALL)
        assert person, f"nobody called {name}"
        await self.session.post("/demo/enter", data={"csrf": _hidden(door), "person": person[1]})
        await self.look()

    async def look(self) -> str:
        """Open the page and take its token."""
        page = await (await self.session.get("/chat")).text()
        found = re.search(r'<meta name="csrf" content="([^"]+)"', page)
        self.csrf = found[1] if found else ""
        return page

    async def post(self, path: str, body: Any, **headers: str) -> ClientResponse:
        """A write with the page's token."""
        return await self.session.post(path, json=body, headers={"X-CSRF-Token": self.csrf, **headers})

    async def say(self, text: str) -> dict[str, Any]:
        """Say it; the newest message of the school's side afterwards."""
        response = await self.post("/chat/messages", {"text": text})
        assert response.status == 200, await response.text()
        return await self.newest()

    async def tap(self, label: str) -> dict[str, Any]:
        """Tap a button of the newest message by its label's beginning."""
        message = await self.newest()
        data = re.search(rf'data-tap="([^"]+)">[•✓ ]*{label}', message["html"])
        assert data, message["html"]
        response = await self.post("/chat/taps", {"message": message["id"], "data": data[1]})
        assert response.status == 200
        return {**await self.newest(), **await response.json()}

    async def history(self, query: str = "") -> list[dict[str, Any]]:
        """The newest page of messages."""
        found = await (await self.session.get(f"/chat/history{query}")).json()
        return list(found["messages"])

    async def newest(self) -> dict[str, Any]:
        """The school's newest message."""
        return [one for one in await self.history() if one["outgoing"]][-1]


def _hidden(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


class Site:
    """A running application and its browsers."""

    def __init__(self, app: App, url: str) -> None:
        self.app = app
        self.url = url
        self._browsers: list[Browser] = []

    def browser(self) -> Browser:
        """A new browser, closed with the site."""
        self._browsers.append(Browser(self.url))
        return self._browsers[-1]

    async def close(self) -> None:
        """Close all browsers."""
        for browser in self._browsers:
            await browser.session.close()


@asynccontextmanager
async def open_site(settings: Settings, clock: Clock, *, demo: bool = False) -> AsyncIterator[Site]:
    """The web application on a free port of loopback."""
    async with open_app(settings, clock=clock) as app:
        server = TestServer(build_site(app, demo=demo))
        await server.start_server()
        site = Site(app, str(server.make_url("")).rstrip("/"))
        try:
            yield site
        finally:
            await site.close()
            await server.close()
