"""Whatever is sent to the web address: no fault of ours, every header in place, nobody else's data."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import ClientResponse, FormData
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import create_async_engine
from structlog.testing import capture_logs

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.migrate import migrate
from core.domain.ids import LARGEST_ID
from core.settings import Settings
from tests.cast import NOW, Cast, make_cast
from tests.support.browser import Browser, Site, open_site, signed_in
from tests.support.updates import FILES, texts, unicode_texts

_CALM = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=True,
    phases=[Phase.generate],
)
_READ = (
    *(
        "/",
        "/chat",
        "/chat/history",
        "/chat/history",
        "/chat/menu",
        "/chat/live",
        "/chat/files/1",
        "/healthz",
        "/readyz",
        "/metrics",
    ),
    *("/static/chat.js", "/static/../routes.py", "/static/%00", "/chat/files/999999999999999999", "/nowhere"),
)
_WRITTEN = ("/sign-in", "/sign-out", "/chat/files", *["/chat/messages"] * 4, *["/chat/taps"] * 2)
_KINDS = (
    *(
        "application/json",
        "application/json; charset=nonsense",
        "application/x-www-form-urlencoded",
        "text/plain",
    ),
    *(
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "multipart/mixed; boundary=x",
        ";;",
        "a/b; charset=ы",
    ),
)
_HEADERS: dict[str, tuple[str, ...]] = {
    "Origin": ("http://evil.example", "null", "http://[", "http://127.0.0.1:99999", "ы", ""),
    "Host": ("evil.example", "[::", "127.0.0.1:0", "@"),
    "Cookie": ("schoolbell=ы; before=ы", 'before="\\012"', "lang=xx; =; ;", "schoolbell=" + "a" * 43),
    "Accept-Language": ("ru-RU;q=0.9", "ы" * 300, ";;;,,,", "*"),
    "X-CSRF-Token": ("0" * 64, "ы", ""),
    "X-Forwarded-For": ("1.2.3.4", "ы, ы", ",,,"),
    "User-Agent": ("", "Edg Android", "ы" * 500),
    "Range": ("bytes=0-1", "bytes=9-1", "bytes=-", "ы"),
    "If-Modified-Since": ("yesterday", "Tue, 99 Nov 2026 99:99:99 GMT"),
    "Content-Type": _KINDS,
}
_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), unicode_texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(unicode_texts, inner, max_size=3)),
    max_leaves=6,
)


@dataclass
class WebArena:
    """A site that outlives the examples, and two people who are signed in there."""

    loop: asyncio.AbstractEventLoop
    site: Site
    cast: Cast
    clock: FrozenClock
    browsers: dict[str, Browser] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)

    async def browser(self, name: str) -> Browser:
        if name not in self.browsers:
            self.clock.move(timedelta(hours=1))
            self.browsers[name] = await signed_in(self.site, self.cast, name) if name else self.site.browser()
        return self.browsers[name]


@contextmanager
def _arena(url: str) -> Iterator[WebArena]:
    loop = asyncio.new_event_loop()
    stack = AsyncExitStack()

    async def set_up(folder: Path) -> WebArena:
        clock = FrozenClock(NOW)
        database = Database(url.replace("FOLDER", str(folder)))
        stack.push_async_callback(database.close)
        await migrate(database)
        cast = await make_cast(database, clock)
        address = database.url.render_as_string(hide_password=False)
        opened = Settings(_env_file=None, database_url=address, var_dir=folder)
        return WebArena(loop, await stack.enter_async_context(open_site(opened, clock)), cast, clock)

    with tempfile.TemporaryDirectory() as folder:
        try:
            yield loop.run_until_complete(set_up(Path(folder)))
        finally:
            loop.run_until_complete(stack.aclose())
            loop.close()


@pytest.fixture(scope="module")
def on_sqlite() -> Iterator[WebArena]:
    with _arena("sqlite+aiosqlite:///FOLDER/school.db") as arena:
        yield arena
        assert {200, 400, 401, 403, 404, 405} <= set(arena.statuses), arena.statuses
        assert arena.statuses[200] >= 50, arena.statuses


@pytest.fixture(scope="module")
def on_postgres(postgres: str) -> Iterator[WebArena]:
    async def make() -> None:
        engine = create_async_engine(postgres, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(sa.text("CREATE DATABASE web_fuzzed"))
        await engine.dispose()

    asyncio.run(make())
    with _arena(postgres.replace("/postgres?", "/web_fuzzed?")) as arena:
        yield arena
        assert arena.statuses[200] >= 20, arena.statuses


@dataclass(frozen=True)
class Asked:
    """One request; ``own`` are the headers that our page would send along."""

    who: str
    method: str
    path: str
    headers: dict[str, str]
    own: bool
    body: bytes | FormData | None


def _body(draw: st.DrawFn, chance: Random, path: str) -> tuple[bytes | FormData | None, str]:
    """A body, of the kind that the path expects more often than not, and its Content-Type."""
    how = chance.random()
    if how < 0.15:
        return draw(st.binary(max_size=300)), chance.choice(_KINDS)
    if how < 0.3:
        return json.dumps(draw(_json)).encode(errors="surrogatepass"), "application/json"
    if path == "/chat/files":
        form = FormData(quote_fields=False)
        name = "".join(one for one in draw(unicode_texts) if one.isprintable() and one not in '"\\\\') or "a"
        form.add_field("caption", draw(texts).encode(errors="replace").decode())
        form.add_field("file", FILES[chance.choice([*FILES])], filename=name[:40], content_type="x/y")
        return form, ""
    if path == "/sign-in":
        return b"csrf=" + chance.choice([b"", b"%00", b"%ff"]) + b"&code=AAAA-1111-22", _KINDS[2]
    if path == "/chat/taps":
        number = chance.choice([1, 5, 20, LARGEST_ID, LARGEST_ID + 1, -1, "1", None, True, 1.5])
        return json.dumps({"message": number, "data": draw(texts)[:80]}).encode(), "application/json"
    return json.dumps({"text": draw(texts)}).encode(), "application/json"


@st.composite
def _requests(draw: st.DrawFn) -> Asked:
    chance = draw(st.randoms(use_true_random=True))
    method = chance.choice(["GET", "POST", "POST"])
    path = chance.choice(_READ if method == "GET" else _WRITTEN)
    if chance.random() < 0.1:
        method = chance.choice(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS"])
    body, kind = _body(draw, chance, path) if method in ("POST", "PUT") else (None, "")
    headers = {"Content-Type": kind} if kind else {}
    for name in chance.sample([*_HEADERS], chance.choice([0, 0, 0, 1, 2])):
        headers[name] = chance.choice(_HEADERS[name])
    if path == "/chat/history" and chance.random() < 0.7:
        path += f"?before={chance.choice(['1', '-1', '٣', '9' * 18, '9' * 40, 'x', '%00'])}"
    if path == "/":
        path += chance.choice(["", "?lang=th", "?lang=%ff", "?lang=ru-RU"])
    who = chance.choice(["mother", "teacher", "teacher", ""])
    return Asked(who, method, path, headers, chance.random() < 0.85, body)


@settings(_CALM, max_examples=350)
@given(asked=_requests())
def test_requests_of_any_shape(on_sqlite: WebArena, asked: Asked) -> None:
    on_sqlite.loop.run_until_complete(_check(on_sqlite, asked))


@settings(_CALM, max_examples=150)
@given(asked=_requests())
def test_requests_of_any_shape_on_postgres(on_postgres: WebArena, asked: Asked) -> None:
    on_postgres.loop.run_until_complete(_check(on_postgres, asked))


async def _check(arena: WebArena, asked: Asked) -> None:
    browser = await arena.browser(asked.who)
    arena.clock.move(timedelta(minutes=1))
    own = {"X-CSRF-Token": browser.csrf} if asked.own else {"Origin": "http://evil.example"}
    with capture_logs() as logs:
        response: ClientResponse = await browser.session.request(
            asked.method, asked.path, data=asked.body, headers={**own, **asked.headers}, allow_redirects=False
        )
        said = await response.text(errors="replace")
    arena.statuses[response.status] += 1
    what = (asked, response.status, said[:500], logs)
    # Nothing is sent in this test: that the notifier does not run is the true answer.
    assert response.status < 500 or (asked.path == "/readyz" and response.status == 503), what
    assert "default-src 'none'" in response.headers.get("Content-Security-Policy", ""), what
    assert not [entry for entry in logs if entry["log_level"] in ("error", "critical")], what
    leaks = arena.cast[asked.who].leaks(said) if asked.who else ["secret"] if "secret-" in said else []
    assert not leaks, what
    if asked.path == "/sign-out" and asked.who and response.status == 200:
        del arena.browsers[asked.who]


_hellos = st.one_of(
    texts,
    _json.map(json.dumps),
    st.builds(lambda since: json.dumps({"csrf": "CSRF", "since": since}), _json),
    st.builds(
        lambda since, more: json.dumps({"csrf": "CSRF", "since": since, "x": more}), st.integers(), _json
    ),
)


@settings(_CALM, max_examples=60)
@given(hello=_hellos, more=st.lists(st.one_of(texts, st.binary(max_size=50)), max_size=2))
def test_live_connections_of_any_words(on_sqlite: WebArena, hello: str, more: list[Any]) -> None:
    on_sqlite.loop.run_until_complete(_talk(on_sqlite, hello, more))


async def _talk(arena: WebArena, hello: str, more: list[Any]) -> None:
    browser = await arena.browser("mother")
    with capture_logs() as logs:
        try:
            async with browser.session.ws_connect("/chat/live") as socket:
                words = hello.replace("CSRF", browser.csrf).encode(errors="replace").decode()
                for one in (words, *more):
                    if socket.closed:
                        break
                    if isinstance(one, bytes):
                        await socket.send_bytes(one)
                    else:
                        await socket.send_str(one.encode(errors="replace").decode())
        except ConnectionError:
            pass  # closed while we were speaking
    assert not [entry for entry in logs if entry["log_level"] in ("error", "critical")], (hello, more, logs)
