"""The door of the web chat: a code from a slip, in the demo the people to speak as, and the way out."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING

import aiohttp_jinja2
from aiohttp import web

from bot.views.errors import refusal_words
from core.actions.web_sessions import end_session, enter_as, open_session
from core.cards.plain import clean
from core.db.transcript import messages_before, note
from core.errors import CodeRefused, TooManyTries
from core.http import browser_words, check_csrf, check_origin, client_address, csrf_token, secret_of
from core.i18n import LANGUAGE_NAMES, LOCALES, match_locale

if TYPE_CHECKING:
    from bot.channels.webchat.routes import WebChat

_FORM_COOKIE = "before"
_LONGEST_CODE = 200


class SignIn:
    """The routes before and after a session."""

    def __init__(self, chat: WebChat) -> None:
        self._chat = chat

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The code, or in the demo the people to speak as; a signed-in browser goes on to its chat."""
        if self._chat.door.personas is None and await self._chat.find_session(request) is not None:
            raise web.HTTPFound("/chat")
        return await self._door(request)

    async def _door(
        self, request: web.Request, *, status: int = 200, refusal: str = "", code: str = ""
    ) -> web.StreamResponse:
        before = secret_of(request, _FORM_COOKIE) or secrets.token_urlsafe(24)
        t = self._chat.translator_for(request)
        personas = self._chat.door.personas
        response = aiohttp_jinja2.render_template(
            "sign_in.html",
            request,
            {
                "t": t,
                "csrf": csrf_token(self._chat.key, before),
                "personas": await personas(t) if personas else (),
                "languages": [(locale, LANGUAGE_NAMES[locale]) for locale in LOCALES],
                "refusal": refusal,
                "code": code,
            },
            status=status,
        )
        self._chat.set_cookie(response, _FORM_COOKIE, before, days=1)
        if match_locale(request.query.get("lang")):
            self._chat.set_cookie(response, "lang", t.locale, days=365)
        return response

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        """A code that is right opens a stranger's chat and is said there: the conversation is the same as everywhere.

        One that is not, or comes in a pause, is answered at the door, and opens nothing. A browser that is signed in
        already says the code in the chat it has.
        """
        code = clean(await self._form(request, "code"))[:_LONGEST_CODE].strip()
        if not code:
            raise web.HTTPSeeOther("/")
        try:
            await self._chat.door.try_code(code, client_address(request, self._chat.trusted_proxies))
        except (CodeRefused, TooManyTries) as refused:
            return await self._refuse(request, code, refused)
        in_demo = self._chat.door.personas is not None
        found = None if in_demo else await self._chat.find_session(request)
        async with self._chat.uow() as uow:
            session, token = found or await open_session(uow, browser_words(request))
            message_id = await note(uow, session.chat_id, outgoing=False, plain="/start ••••")
        await self._chat.feed_message(request, session, {"text": f"/start {code}"}, message_id=message_id)
        return self._into_chat(token)

    async def _refuse(
        self, request: web.Request, code: str, refused: CodeRefused | TooManyTries
    ) -> web.StreamResponse:
        now: datetime = self._chat.clock.now()
        words = refusal_words(self._chat.translator_for(request), refused, now)
        if isinstance(refused, CodeRefused):
            return await self._door(request, status=403, refusal=words, code=code)
        response = await self._door(request, status=429, refusal=words, code=code)
        response.headers["Retry-After"] = str(max(1, round((refused.until - now).total_seconds())))
        return response

    async def enter(self, request: web.Request) -> web.StreamResponse:
        """The demo's persona picker."""
        wanted = await self._form(request, "person")
        assert self._chat.door.personas is not None
        personas = await self._chat.door.personas(self._chat.translator_for(request))
        persona = {str(one.person_id): one for one in personas}.get(wanted)
        if persona is None:
            raise web.HTTPNotFound(text="nobody")
        async with self._chat.uow() as uow:
            session, token = await enter_as(uow, persona.person_id, browser_words(request))
            is_new = not await messages_before(uow, session.chat_id, None, 1)
            if is_new:
                message_id = await note(uow, session.chat_id, outgoing=False, plain="/start")
        if is_new:
            await self._chat.feed_message(request, session, {"text": "/start"}, message_id=message_id)
        return self._into_chat(token)

    async def sign_out(self, request: web.Request) -> web.StreamResponse:
        """End the session; the page goes back to the code."""
        session, _ = await self._chat.writing_session(request)
        async with self._chat.uow() as uow:
            await end_session(uow, session)
        response = web.json_response({})
        response.del_cookie(self._chat.cookie, path="/")
        return response

    async def _form(self, request: web.Request, field: str) -> str:
        """A field of a form that our own page sent. Raises HTTPForbidden, HTTPBadRequest."""
        check_origin(request, self._chat.own_address)
        try:
            form = await request.post()
        except (ValueError, LookupError):
            raise web.HTTPBadRequest(text="not a form") from None
        check_csrf(form.get("csrf"), self._chat.key, secret_of(request, _FORM_COOKIE))
        given = form.get(field, "")
        if not isinstance(given, str):
            raise web.HTTPBadRequest(text="not words")
        return given

    def _into_chat(self, token: str) -> web.StreamResponse:
        response = web.Response(status=303, headers={"Location": "/chat"})
        self._chat.set_session(response, token)
        return response
