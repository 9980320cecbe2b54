"""The routes of the web chat: sign-in, the page, words and taps, history, files, and the live connection."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import WSMsgType, web

from bot.channels.webchat.files import ChatFiles
from bot.channels.webchat.security import (
    Networks,
    check_csrf,
    check_origin,
    client_address,
    csrf_token,
    headers_middleware,
)
from core.actions.web_sessions import BrowserSession, end_session, enter_as, open_session, read_session
from core.clock import Clock
from core.db.engine import Database
from core.db.transcript import KeptMessage, messages_before, messages_since, note
from core.db.uow import UnitOfWork
from core.domain.codes import looks_like_code, read_code
from core.domain.ids import LARGEST_ID, PersonId
from core.i18n import LANGUAGE_NAMES, LOCALES, Translator, match_locale, translator
from notifier.channels.channel import MenuEntry
from notifier.channels.webchat import WebChannel

_FOLDER = Path(__file__).parent
_PAGE = 40
_LONGEST = 4_096
_LOOK_EVERY = 3.0
_HEARTBEAT = 25.0


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody the demo lets one speak as."""

    person_id: PersonId
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whom the chat is linked to, as the page's head shows it; ``words`` are the roles."""

    name: str
    words: str


def initials(name: str) -> str:
    """``AP`` of Anna Petrova."""
    return "".join(word[0] for word in name.split()[:2])


@dataclass(frozen=True, slots=True)
class Door:
    """What the page needs of the application: feeding an update, the menu of a chat, and who is linked to it."""

    feed: Callable[[dict[str, Any], str], Awaitable[None]]
    menu: Callable[[int, str], Awaitable[list[MenuEntry]]]
    visitor: Callable[[int, Translator], Awaitable[Visitor | None]]
    personas: Callable[[Translator], Awaitable[Sequence[Persona]]] | None = None


@dataclass(slots=True)
class WebChat:
    """The web chat on an aiohttp application."""

    database: Database
    clock: Clock
    channel: WebChannel
    door: Door
    key: bytes
    public_address: str
    is_tls: bool
    trusted_proxies: Networks = ()
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _live: set[web.WebSocketResponse] = field(default_factory=set)

    def mount(self, app: web.Application) -> None:
        """Add the routes, templates and middlewares."""
        aiohttp_jinja2.setup(
            app,
            loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            filters={"initials": initials},
        )
        files = ChatFiles(self)
        app.middlewares.append(headers_middleware(is_tls=self.is_tls))
        app.add_routes(
            [
                web.get("/", self.sign_in_page),
                web.post("/sign-in", self.sign_in),
                web.post("/sign-out", self.sign_out),
                web.get("/chat", self.page),
                web.get("/chat/history", self.history),
                web.get("/chat/menu", self.menu),
                web.get("/chat/live", self.live),
                web.get(r"/chat/files/{id:\d{1,18}}", files.download),
                web.post("/chat/files", files.upload),
                web.post("/chat/messages", self.say),
                web.post("/chat/taps", self.tap),
                web.static("/static", _FOLDER / "static"),
            ]
        )
        if self.door.personas is not None:
            app.add_routes([web.post("/demo/enter", self.enter)])
        app.on_shutdown.append(self._close_live)

    # --- sessions -----------------------------------------------------------------------------------------

    @property
    def _cookie(self) -> str:
        return "__Host-schoolbell" if self.is_tls else "schoolbell"

    def _set_cookie(self, response: web.StreamResponse, name: str, value: str, *, days: int) -> None:
        response.set_cookie(
            name, value, max_age=days * 86_400, httponly=True, samesite="Lax", secure=self.is_tls, path="/"
        )

    async def session_of(self, request: web.Request) -> tuple[BrowserSession, str]:
        token = request.cookies.get(self._cookie, "")
        if token:
            async with self.uow() as uow:
                session = await read_session(uow, token)
            if session is not None:
                return session, token
        if request.method == "GET" and request.path == "/chat":
            raise web.HTTPFound("/")
        raise web.HTTPUnauthorized(text="signed out")

    async def writing_session(self, request: web.Request) -> tuple[BrowserSession, str]:
        check_origin(request, self.public_address)
        session, token = await self.session_of(request)
        check_csrf(request.headers.get("X-CSRF-Token"), self.key, token)
        return session, token

    def uow(self) -> UnitOfWork:
        return UnitOfWork(self.database, self.clock, via="web")

    def translator_for(self, request: web.Request, session: BrowserSession | None = None) -> Translator:
        wanted = match_locale(request.query.get("lang")) or match_locale(request.cookies.get("lang"))
        if session is not None and session.locale:
            wanted = session.locale
        if wanted is None:
            header = request.headers.get("Accept-Language", "")[:200]
            offers = (match_locale(part.split(";")[0].strip()) for part in header.split(","))
            wanted = next((offer for offer in offers if offer), "en")
        return translator(wanted)

    # --- sign-in ------------------------------------------------------------------------------------------

    async def sign_in_page(self, request: web.Request) -> web.StreamResponse:
        """The code, or in the demo the people to speak as; a signed-in browser goes on to its chat."""
        token = request.cookies.get(self._cookie, "")
        if token and self.door.personas is None:
            async with self.uow() as uow:
                if await read_session(uow, token) is not None:
                    raise web.HTTPFound("/chat")
        before = request.cookies.get("before", "") or secrets.token_urlsafe(24)
        t = self.translator_for(request)
        personas = await self.door.personas(t) if self.door.personas else ()
        response = aiohttp_jinja2.render_template(
            "sign_in.html",
            request,
            {
                "t": t,
                "csrf": csrf_token(self.key, before),
                "personas": personas,
                "languages": [(locale, LANGUAGE_NAMES[locale]) for locale in LOCALES],
            },
        )
        self._set_cookie(response, "before", before, days=1)
        if match_locale(request.query.get("lang")):
            self._set_cookie(response, "lang", t.locale, days=365)
        return response

    async def _checked_form(self, request: web.Request) -> Any:
        check_origin(request, self.public_address)
        form = await request.post()
        check_csrf(str(form.get("csrf", "")), self.key, request.cookies.get("before", "-"))
        return form

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        """A code opens a stranger's chat and is said there: the conversation is the same as everywhere."""
        form = await self._checked_form(request)
        code = str(form.get("code", ""))[:200].strip()
        if not code:
            raise web.HTTPSeeOther("/")
        async with self.uow() as uow:
            token, session = await open_session(uow, _browser(request))
            await note(uow, session.chat_id, outgoing=False, plain="/start ••••")
        await self.feed_message(request, session, {"text": f"/start {code}"}, message_id=1)
        return self._into_chat(token)

    async def enter(self, request: web.Request) -> web.StreamResponse:
        """The demo's persona picker."""
        form = await self._checked_form(request)
        assert self.door.personas is not None
        allowed = {str(one.person_id): one for one in await self.door.personas(self.translator_for(request))}
        persona = allowed.get(str(form.get("person", "")))
        if persona is None:
            raise web.HTTPNotFound(text="nobody")
        async with self.uow() as uow:
            token, session = await enter_as(uow, persona.person_id, _browser(request))
            is_new = not await messages_before(uow, session.chat_id, None, 1)
            if is_new:
                message_id = await note(uow, session.chat_id, outgoing=False, plain="/start")
        if is_new:
            await self.feed_message(request, session, {"text": "/start"}, message_id=message_id)
        return self._into_chat(token)

    def _into_chat(self, token: str) -> web.StreamResponse:
        response = web.Response(status=303, headers={"Location": "/chat"})
        self._set_cookie(response, self._cookie, token, days=30)
        return response

    async def sign_out(self, request: web.Request) -> web.StreamResponse:
        """End the session; the page goes back to the code."""
        session, _ = await self.writing_session(request)
        async with self.uow() as uow:
            await end_session(uow, session)
        response = web.json_response({})
        response.del_cookie(self._cookie, path="/")
        return response

    # --- the page -----------------------------------------------------------------------------------------

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The chat itself; its script fetches the rest."""
        session, token = await self.session_of(request)
        t = self.translator_for(request, session)
        return aiohttp_jinja2.render_template(
            "chat.html",
            request,
            {
                "t": t,
                "csrf": csrf_token(self.key, token),
                "stamp": _stamp(t.locale, session),
                "visitor": await self.door.visitor(session.user_id, t),
                "is_demo": self.door.personas is not None,
            },
        )

    async def history(self, request: web.Request) -> web.StreamResponse:
        """A page of messages before ``before``, or the newest."""
        session, _ = await self.session_of(request)
        before = request.query.get("before", "")
        number = int(before) if before.isdecimal() and len(before) < 19 else None
        async with self.uow() as uow:
            found = await messages_before(uow, session.chat_id, number, _PAGE)
        return web.json_response({"messages": [_as_json(one) for one in found], "more": len(found) == _PAGE})

    async def menu(self, request: web.Request) -> web.StreamResponse:
        """The commands this person has now."""
        session, _ = await self.session_of(request)
        locale = self.translator_for(request, session).locale
        entries = await self.door.menu(session.user_id, locale)
        return web.json_response([{"command": one.command, "words": one.words} for one in entries])

    # --- words and taps -----------------------------------------------------------------------------------

    async def say(self, request: web.Request) -> web.StreamResponse:
        """Words of the person; answers arrive through history and the live connection."""
        session, _ = await self.writing_session(request)
        text = str((await _json(request)).get("text", "")).strip()
        t = self.translator_for(request, session)
        if not text:
            return web.json_response({"error": t("There is nothing to send.")}, status=400)
        if len(text) > _LONGEST:
            return web.json_response(
                {"error": t("That is too long: at most {n} characters, please.", n=_LONGEST)}, status=400
            )
        shown = "••••" if _may_hold_code(text) else text
        async with self.uow() as uow:
            message_id = await note(uow, session.chat_id, outgoing=False, plain=shown)
        self.channel.ring(session.user_id)
        await self.feed_message(request, session, {"text": text}, message_id=message_id)
        return web.json_response({"id": message_id})

    async def tap(self, request: web.Request) -> web.StreamResponse:
        """A tap on a button; a toast comes back in the answer."""
        session, _ = await self.writing_session(request)
        given = await _json(request)
        message_id, data = given.get("message"), given.get("data")
        if not isinstance(message_id, int) or not 0 < message_id <= LARGEST_ID or not isinstance(data, str):
            raise web.HTTPBadRequest(text="not a tap")
        tap_id = secrets.token_hex(8)
        await self.door.feed(
            {
                "update_id": next(self._numbers),
                "callback_query": {
                    "id": tap_id,
                    "from": self.person_of(request, session),
                    "chat_instance": "web",
                    "data": data[:64],
                    "message": {
                        "message_id": message_id,
                        "date": 1,
                        "chat": {"id": session.user_id, "type": "private"},
                        "text": "…",
                    },
                },
            },
            client_address(request, self.trusted_proxies),
        )
        toast = self.channel.take_toast(tap_id)
        return web.json_response({"toast": toast.text if toast else ""})

    async def feed_message(
        self, request: web.Request, session: BrowserSession, what: dict[str, Any], *, message_id: int
    ) -> None:
        """Hand a message of the person to the conversation; ``what`` is its text, or its document and caption."""
        await self.door.feed(
            {
                "update_id": next(self._numbers),
                "message": {
                    "message_id": message_id,
                    "date": int(self.clock.now().timestamp()),
                    "chat": {"id": session.user_id, "type": "private"},
                    "from": self.person_of(request, session),
                    **what,
                },
            },
            client_address(request, self.trusted_proxies),
        )

    def person_of(self, request: web.Request, session: BrowserSession) -> dict[str, Any]:
        return {
            "id": session.user_id,
            "is_bot": False,
            "first_name": _browser(request),
            "language_code": self.translator_for(request, session).locale,
        }

    # --- live ---------------------------------------------------------------------------------------------

    async def live(self, request: web.Request) -> web.StreamResponse:
        """Pushes what is new or changed since the revision that the page names in its first message; and says when
        the page itself is stale, because another language was chosen or somebody was linked or unlinked."""
        check_origin(request, self.public_address)
        session, token = await self.session_of(request)
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=4_096)
        await socket.prepare(request)
        self._live.add(socket)
        try:
            hello = await asyncio.wait_for(socket.receive(), 10)
            if hello.type is not WSMsgType.TEXT:
                return socket
            given = json.loads(hello.data)
            check_csrf(str(given.get("csrf")), self.key, token)
            await self._push(socket, session, int(given.get("since", 0)), token, given.get("stamp"))
        except (TimeoutError, ValueError, AttributeError, TypeError, web.HTTPForbidden, ConnectionError):
            pass
        finally:
            self._live.discard(socket)
            await socket.close()
        return socket

    async def _push(
        self,
        socket: web.WebSocketResponse,
        session: BrowserSession,
        since: int,
        token: str,
        stamp: object,
    ) -> None:
        with self.channel.bell(session.user_id) as bell:
            listening = asyncio.create_task(_until_closed(socket))
            try:
                while not socket.closed and not listening.done():
                    bell.clear()
                    async with self.uow() as uow:
                        now = await read_session(uow, token)
                        if now is None:
                            return
                        fresh = await messages_since(uow, session.chat_id, since)
                    if fresh:
                        since = fresh[-1].revision
                        await socket.send_json({"messages": [_as_json(one) for one in fresh]})
                        continue
                    if isinstance(stamp, str) and stamp != _stamp(now.locale or stamp.split(".")[0], now):
                        await socket.send_json({"stale": True})
                        return
                    ringing = asyncio.create_task(bell.wait())
                    # The timeout is the safety net for messages that another process wrote.
                    await asyncio.wait(
                        {ringing, listening}, timeout=_LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED
                    )
                    ringing.cancel()
            finally:
                listening.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await listening

    async def _close_live(self, _app: web.Application) -> None:
        for socket in list(self._live):
            await socket.close()


async def _until_closed(socket: web.WebSocketResponse) -> None:
    async for _ in socket:
        pass


def _stamp(locale: str, session: BrowserSession) -> str:
    """What a page was drawn for: it is stale as soon as this differs."""
    return f"{locale}.{session.links}"


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        given = await request.json()
    except (ValueError, UnicodeDecodeError):
        raise web.HTTPBadRequest(text="not JSON") from None
    if not isinstance(given, dict):
        raise web.HTTPBadRequest(text="not an object")
    return given


def _as_json(message: KeptMessage) -> dict[str, Any]:
    return {
        "id": message.id,
        "revision": message.revision,
        "outgoing": message.outgoing,
        "plain": message.plain,
        "html": message.html,
        "file": message.file_name,
        "at": message.sent_at.isoformat(),
    }


def _may_hold_code(text: str) -> bool:
    word, _, rest = text.partition(" ")
    return looks_like_code(text) or (word.casefold() in ("/start", "/link") and read_code(rest) is not None)


def _browser(request: web.Request) -> str:
    """A word or two on the browser, for the list of linked chats."""
    agent = request.headers.get("User-Agent", "")
    systems = ("Android", "iPhone", "iPad", "Windows", "Macintosh", "Linux")
    browsers = ("Edg", "Firefox", "Chrome", "Safari")
    system = next((one for one in systems if one in agent), "")
    browser = next((one for one in browsers if one in agent), "")
    return (
        " · ".join(
            part for part in (browser.replace("Edg", "Edge"), system.replace("Macintosh", "Mac")) if part
        )
        or "Browser"
    )
