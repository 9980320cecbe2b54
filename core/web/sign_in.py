"""The panel's door: a link from the chat is looked at by GET and spent by POST, so that a messenger's preview of it
spends nothing."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import aiohttp_jinja2
from aiohttp import web

from core.actions.panel_sessions import open_session
from core.http import browser_words, check_csrf, check_origin, client_address, secret_of

if TYPE_CHECKING:
    from core.web.panel import Panel

_FORM_COOKIE = "before"


class SignIn:
    """The routes before a session."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel

    async def door(self, request: web.Request) -> web.StreamResponse:
        """How one comes in."""
        return self._page(request)

    async def ask(self, request: web.Request) -> web.StreamResponse:
        """The button behind a link; nothing is spent, whether the link is good or not."""
        return self._page(request, ticket=request.query.get("ticket", "")[:100])

    def _page(
        self, request: web.Request, *, ticket: str = "", refused: bool = False, status: int = 200
    ) -> web.StreamResponse:
        before = secret_of(request, _FORM_COOKIE) or secrets.token_urlsafe(24)
        response = aiohttp_jinja2.render_template(
            "sign_in.html",
            request,
            {
                "t": self._panel.translator_for(request),
                "csrf": self._panel.csrf(before),
                "ticket": ticket,
                "refused": refused,
            },
            status=status,
        )
        self._panel.set_cookie(response, _FORM_COOKIE, before)
        return response

    async def enter(self, request: web.Request) -> web.StreamResponse:
        """Spend the link. A new session's token is always new: none that was there before is taken up."""
        panel = self._panel
        check_origin(request, panel.own_address)
        try:
            form = await request.post()
        except (ValueError, LookupError):
            raise web.HTTPBadRequest(text="not a form") from None
        check_csrf(form.get("csrf"), panel.key, secret_of(request, _FORM_COOKIE))
        ticket = form.get("ticket", "")
        address = client_address(request, panel.trusted_proxies)
        async with panel.uow() as uow:
            token = await open_session(
                uow,
                ticket if isinstance(ticket, str) else "",
                browser=browser_words(request),
                address_hash=panel.services.address_hash(address),
            )
        if token is None:
            return self._page(request, refused=True, status=403)
        response = web.Response(status=303, headers={"Location": "/admin"})
        panel.set_cookie(response, panel.cookie, token)
        return response
