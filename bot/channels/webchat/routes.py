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
import structlog
from aiohttp import WSMessage, WSMsgType, web

from bot.channels.webchat.files import ChatFiles
from bot.channels.webchat.sign_in import SignIn
from bot.views.errors import fault_words
from core.actions.web_sessions import IDLE, BrowserSession, read_session
from core.cards.plain import clean
from core.clock import Clock
from core.db.engine import Database
from core.db.transcript import KeptMessage, messages_before, messages_since, note
from core.db.uow import UnitOfWork
from core.domain.codes import looks_like_code, read_code
from core.domain.ids import LARGEST_ID, PersonId
from core.http import (
    Handler,
    Networks,
    OwnAddress,
    browser_words,
    check_csrf,
    check_origin,
    client_address,
    csrf_token,
    headers_middleware,
    offered_languages,
    secret_of,
)
from core.i18n import Translator, match_locale, translator
from notifier.channels.channel import MenuEntry
from notifier.channels.webchat import WebChannel

log = structlog.get_logger(__name__)

_FOLDER = Path(__file__).parent
_PAGE = 40
_LONGEST = 4_096
_LOOK_EVERY = 3.0
_HEARTBEAT = 25.0
_RENEWED = web.RequestKey("renewed_session", str)


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
    try_code: Callable[[str, str], Awaitable[None]]
    """Read a code that is tried from a network address. Raises CodeRefused, TooManyTries."""
    personas: Callable[[Translator], Awaitable[Sequence[Persona]]] | None = None


@dataclass(slots=True)
class WebChat:
    """The web chat on an aiohttp application."""

    database: Database
    clock: Clock
    channel: WebChannel
    door: Door
    key: bytes
    own_address: OwnAddress
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
        files, sign_in = ChatFiles(self), SignIn(self)
        app.middlewares.append(headers_middleware(is_tls=self.is_tls, apology=self._apology))
        app.middlewares.append(self._renew_cookie)
        app.add_routes(
            [
                web.get("/", sign_in.page),
                web.post("/sign-in", sign_in.sign_in),
                web.post("/sign-out", sign_in.sign_out),
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
            app.add_routes([web.post("/demo/enter", sign_in.enter)])
        app.on_shutdown.append(self._close_live)

    def _apology(self, request: web.Request, reference: str) -> str:
        return fault_words(self.translator_for(request), reference)

    # --- sessions -----------------------------------------------------------------------------------------

    @property
    def cookie(self) -> str:
        """The name of the session's cookie."""
        return "__Host-schoolbell" if self.is_tls else "schoolbell"

    def set_cookie(self, response: web.StreamResponse, name: str, value: str, *, days: int) -> None:
        """Set a cookie that no script reads and no other site's form sends."""
        response.set_cookie(
            name, value, max_age=days * 86_400, httponly=True, samesite="Lax", secure=self.is_tls, path="/"
        )

    def set_session(self, response: web.StreamResponse, token: str) -> None:
        """Give the browser its session's cookie."""
        self.set_cookie(response, self.cookie, token, days=IDLE.days)

    async def find_session(self, request: web.Request) -> tuple[BrowserSession, str] | None:
        """The browser's open session with its token; the answer to this request will carry its cookie anew."""
        token = secret_of(request, self.cookie)
        if not token:
            return None
        async with self.uow() as uow:
            session = await read_session(uow, token)
        if session is None:
            return None
        request[_RENEWED] = token
        return session, token

    @web.middleware
    async def _renew_cookie(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """A browser that is used keeps its cookie, as the server keeps its session: both end with idleness only."""
        response = await handler(request)
        token = request.get(_RENEWED)
        if token is not None and not response.prepared and self.cookie not in response.cookies:
            self.set_session(response, token)
        return response

    async def session_of(self, request: web.Request) -> tuple[BrowserSession, str]:
        """The open session. Raises HTTPUnauthorized, or for the page itself HTTPFound to the door."""
        found = await self.find_session(request)
        if found is not None:
            return found
        if request.method == "GET" and request.path == "/chat":
            raise web.HTTPFound("/")
        raise web.HTTPUnauthorized(text="signed out")

    async def writing_session(self, request: web.Request) -> tuple[BrowserSession, str]:
        """The open session of a write that our own page asks for. Raises HTTPForbidden, HTTPUnauthorized."""
        check_origin(request, self.own_address)
        session, token = await self.session_of(request)
        check_csrf(request.headers.get("X-CSRF-Token"), self.key, token)
        return session, token

    def uow(self) -> UnitOfWork:
        return UnitOfWork(self.database, self.clock, via="web")

    def translator_for(self, request: web.Request, session: BrowserSession | None = None) -> Translator:
        if session is not None and session.locale:
            return translator(session.locale)
        wanted = next((one for one in map(match_locale, offered_languages(request)) if one), "en")
        return translator(wanted)

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
        given = (await _json(request)).get("text")
        if not isinstance(given, str):
            raise web.HTTPBadRequest(text="not words")
        text = clean(given).strip()
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
        if not _is_id(message_id) or not message_id or not isinstance(data, str):
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
            "first_name": browser_words(request),
            "language_code": self.translator_for(request, session).locale,
        }

    # --- live ---------------------------------------------------------------------------------------------

    async def live(self, request: web.Request) -> web.StreamResponse:
        """Pushes what is new or changed since the revision that the page names in its first message; and says when
        the page itself is stale, because another language was chosen or somebody was linked or unlinked."""
        check_origin(request, self.own_address)
        session, token = await self.session_of(request)
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=4_096)
        await socket.prepare(request)
        self._live.add(socket)
        try:
            since, stamp = self._read_hello(await asyncio.wait_for(socket.receive(), 10), token)
            await self._push(socket, session, since, token, stamp)
        except (TimeoutError, ConnectionError, web.HTTPException):
            pass
        except Exception:
            # The connection is upgraded: no answer can say so any more, the page asks anew when it is closed.
            log.exception("web.live_failed", reference=secrets.token_hex(4))
        finally:
            self._live.discard(socket)
            await socket.close()
        return socket

    def _read_hello(self, message: WSMessage, token: str) -> tuple[int, object]:
        """The revision that the page has seen, and its stamp. Raises HTTPBadRequest, HTTPForbidden."""
        if message.type is not WSMsgType.TEXT:
            raise web.HTTPBadRequest
        given = read_object(message.data)
        check_csrf(given.get("csrf"), self.key, token)
        since = given.get("since", 0)
        if not _is_id(since):
            raise web.HTTPBadRequest
        return int(since), given.get("stamp")

    async def _push(
        self,
        socket: web.WebSocketResponse,
        session: BrowserSession,
        since: int,
        token: str,
        stamp: object,
    ) -> None:
        with self.channel.bell(session.user_id) as bell:
            listening = asyncio.create_task(_until_closed(socket, bell))
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
                    # The timeout is the safety net for messages that another process wrote.
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(bell.wait(), _LOOK_EVERY)
            finally:
                listening.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await listening

    async def _close_live(self, _app: web.Application) -> None:
        for socket in list(self._live):
            await socket.close()


async def _until_closed(socket: web.WebSocketResponse, bell: asyncio.Event) -> None:
    try:
        async for _ in socket:
            pass
    finally:
        bell.set()


def _stamp(locale: str, session: BrowserSession) -> str:
    """What a page was drawn for: it is stale as soon as this differs."""
    return f"{locale}.{session.links}"


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        text = await request.text()
    except (ValueError, LookupError):
        raise web.HTTPBadRequest(text="not a text") from None
    return read_object(text)


def read_object(text: str) -> dict[str, Any]:
    """A JSON object. Raises HTTPBadRequest."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest(text="not JSON") from None
    if not isinstance(given, dict):
        raise web.HTTPBadRequest(text="not an object")
    return given


def _is_id(given: object) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= LARGEST_ID


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
