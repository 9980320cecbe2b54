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
from core.actions.invitations import issue_invitations
from core.clock import Clock
from core.db.uow import UnitOfWork
from core.domain.codes import show_code
from core.queries.invitable import list_invitable
from core.settings import Settings
from tests.cast import Cast


class Browser:
    """One browser with its own cookies."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.csrf = ""
        self.session = ClientSession(
            url, cookie_jar=CookieJar(unsafe=True), headers={"Origin": url, "User-Agent": "Firefox on Linux"}
        )

    async def form_token(self) -> str:
        """The token of the door's form."""
        return _hidden(await (await self.session.get("/")).text())

    def cookies(self) -> dict[str, str]:
        """What the browser would send."""
        return {one.key: one.value for one in self.session.cookie_jar}

    async def sign_in(self, code: str) -> ClientResponse:
        """Type the code into the door's form and follow to the chat, if it opens one."""
        form = {"csrf": await self.form_token(), "code": code}
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


async def code_for(site: Site, cast: Cast, name: str) -> str:
    """A fresh code for one of the cast, as on a slip."""
    async with UnitOfWork(site.app.database, site.app.clock, via="test") as uow:
        invitees = await list_invitable(uow, person_id=cast[name].person_id)
        report = await issue_invitations(
            uow, invitees, code_key=site.app.services.code_key, reissue=True, unlink=False
        )
    return show_code(report.issued[0].code)


async def signed_in(site: Site, cast: Cast, name: str) -> Browser:
    """A new browser in which one of the cast has come in with a code."""
    browser = site.browser()
    await browser.sign_in(await code_for(site, cast, name))
    await browser.tap("Yes")
    return browser


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
