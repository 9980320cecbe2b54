"""The panel's door: a link from the chat is looked at by GET and spent by POST, so that a messenger's preview of it
spends nothing."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

import aiohttp_jinja2
from aiohttp import web

from core.actions.panel_accounts import account_by_email, account_chat, note_try, settle_try
from core.actions.panel_sessions import begin_session, open_session
from core.errors import TooManyTries
from core.http import browser_words, check_csrf, check_origin, client_address, secret_of, words_of
from core.passwords import is_password

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
        self,
        request: web.Request,
        *,
        ticket: str = "",
        refused: bool = False,
        email: str = "",
        refusal: str = "",
        status: int = 200,
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
                "email": email,
                "refusal": refusal,
            },
            status=status,
        )
        self._panel.set_cookie(response, _FORM_COOKIE, before)
        return response

    async def enter(self, request: web.Request) -> web.StreamResponse:
        """Spend the link. A new session's token is always new: none that was there before is taken up."""
        panel = self._panel
        form = await self._form(request)
        async with panel.uow() as uow:
            token = await open_session(
                uow,
                form.get("ticket", ""),
                browser=browser_words(request),
                address_hash=self._address_hash(request),
            )
        if token is None:
            return self._page(request, refused=True, status=403)
        return self._enter_with(token)

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        """A password. An unknown address takes as long as a wrong password, and is answered alike."""
        panel, t = self._panel, self._panel.translator_for(request)
        form = await self._form(request)
        email, password = form.get("email", "")[:200], form.get("password", "")
        address_hash = self._address_hash(request)
        account_hash = panel.services.address_hash(f"account:{email.strip().casefold()}")
        async with panel.uow() as uow:
            try:
                number = await note_try(uow, account_hash, address_hash)
            except TooManyTries as error:
                minutes = max(1, round((error.until - uow.now).total_seconds() / 60))
                words = t.plural(
                    "Too many tries: wait {n} minute.", "Too many tries: wait {n} minutes.", minutes
                )
                return self._page(request, email=email, refusal=words, status=429)
            account = await account_by_email(uow, email)
            is_right = await asyncio.to_thread(
                is_password, account.password_hash if account else "", password
            )
            await settle_try(uow, number, address_hash, is_right=is_right)
            if account is None or not is_right:
                words = t("This address and password do not go together.")
                return self._page(request, email=email, refusal=words, status=403)
            token = await begin_session(
                uow,
                await account_chat(uow, account.person_id),
                account.person_id,
                browser=browser_words(request),
                address_hash=address_hash,
            )
        return self._enter_with(token)

    def _address_hash(self, request: web.Request) -> str:
        panel = self._panel
        return panel.services.address_hash(client_address(request, panel.trusted_proxies))

    async def _form(self, request: web.Request) -> Mapping[str, str]:
        """The words of a form that our own page sent. Raises HTTPForbidden, HTTPBadRequest."""
        check_origin(request, self._panel.own_address)
        form = await words_of(request)
        check_csrf(form.get("csrf"), self._panel.key, secret_of(request, _FORM_COOKIE))
        return form

    def _enter_with(self, token: str) -> web.StreamResponse:
        panel = self._panel
        response = web.Response(status=303, headers={"Location": "/admin"})
        panel.set_cookie(response, panel.cookie, token)
        return response
