"""The panel as a browser uses it: come in by a link from the chat, read pages, send their forms."""

from __future__ import annotations

import re
from html import unescape

import pyotp
from aiohttp import ClientResponse

from core.actions.panel_sessions import issue_ticket
from core.db.uow import UnitOfWork
from tests.cast import Cast, actor_of
from tests.support.browser import Browser, Site


class PanelBrowser:
    """One browser in the panel; ``token`` is that of the pages' forms, ``secret`` the authenticator app's."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.token = ""
        self.secret = ""

    async def ticket(self, site: Site, cast: Cast, name: str) -> str:
        """A fresh link's ticket for one of the cast."""
        async with UnitOfWork(site.app.database, site.app.clock, via="test") as uow:
            return await issue_ticket(uow, await actor_of(uow, cast, name))

    async def spend(self, ticket: str) -> ClientResponse:
        """Open the link and tap its button."""
        page = await (await self.browser.session.get("/admin/enter", params={"ticket": ticket})).text()
        form = {"csrf": hidden(page, "csrf"), "ticket": ticket}
        return await self.browser.session.post("/admin/enter", data=form, allow_redirects=False)

    async def come_in(self, site: Site, cast: Cast, name: str) -> PanelBrowser:
        """Signed in as one of the cast."""
        response = await self.spend(await self.ticket(site, cast, name))
        assert response.status == 303
        page = await (await self.browser.session.get("/admin")).text()
        self.token = hidden(page, "csrf")
        return self

    async def get(self, path: str) -> ClientResponse:
        """A page below ``/admin``."""
        return await self.browser.session.get(f"/admin{path}", allow_redirects=False)

    async def read(self, path: str) -> str:
        """The words of a page that must be there."""
        response = await self.get(path)
        assert response.status == 200, (path, response.status)
        return unescape(re.sub(r"<[^>]+>|\s+", " ", await response.text()))

    async def post(self, path: str, **form: object) -> ClientResponse:
        """Send a form of the panel."""
        return await self.browser.session.post(
            f"/admin{path}",
            data={"csrf": self.token, **{name: str(value) for name, value in form.items()}},
            allow_redirects=False,
        )


def hidden(page: str, name: str) -> str:
    """A hidden field of a page's first form that has it."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name}"
    return unescape(found[1])


async def in_panel(site: Site, cast: Cast, name: str, *, with_app: bool = False) -> PanelBrowser:
    """A new browser in which one of the cast is in the panel; ``with_app`` with an authenticator app set in it."""
    panel = await PanelBrowser(site.browser()).come_in(site, cast, name)
    if with_app:
        page = await (await panel.get("/account")).text()
        secret = hidden(page, "secret")
        code = pyotp.TOTP(secret).at(site.app.clock.now())
        assert (await panel.post("/account", secret=secret, code=code)).status == 303
        panel.secret = secret
    return panel
