"""The web chat over real HTTP: signing in, talking, what is kept, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from aiohttp import WSMsgType, WSServerHandshakeError

from core.clock import FrozenClock
from core.db.conversation import ChatKey
from core.db.engine import Database
from core.db.models import Chat, ChatMessage, WebSession
from core.db.transcript import KeptFile, chat_of, note
from core.db.uow import UnitOfWork
from core.domain.kinds import Messenger
from core.settings import Settings
from tests.cast import Cast
from tests.support.browser import Site, code_for, open_site, signed_in


async def test_a_mother_signs_in_with_her_code_and_sees_a_table_of_marks(site: Site, cast: Cast) -> None:
    browser = site.browser()
    await browser.sign_in(await code_for(site, cast, "mother"))
    offer = await browser.newest()
    assert "Anna Petrova" in offer["plain"]
    welcome = await browser.tap("Yes")
    assert "Welcome, Anna" in welcome["plain"]
    grades = await browser.say("/grades")
    assert "<table>" in grades["html"]
    assert "Algebra" in grades["html"]
    subject = await browser.tap("Algebra")
    assert subject["id"] == grades["id"], "browsing edits in place"
    assert "secret-ivan" in subject["plain"]


async def test_the_code_is_kept_nowhere(site: Site, cast: Cast) -> None:
    code = await code_for(site, cast, "mother")
    browser = site.browser()
    await browser.sign_in(code)
    await browser.say(code)
    await browser.say(f"/link {code.lower()}")
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        said = [
            row.plain for row in await uow.rows(sa.select(ChatMessage.plain).where(~ChatMessage.outgoing))
        ]
    assert said
    assert all("••••" in one for one in said), said


async def test_a_session_is_kept_as_a_hash_and_its_cookie_cannot_be_read_by_a_script(
    site: Site, cast: Cast
) -> None:
    browser = site.browser()
    response = await browser.sign_in(await code_for(site, cast, "mother"))
    (first,) = response.history
    header = next(one for one in first.headers.getall("Set-Cookie") if one.startswith("schoolbell="))
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    token = header.split("=", 1)[1].split(";")[0]
    assert len(token) >= 43, "256 bits"
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        hashes = [row[0] for row in await uow.rows(sa.select(WebSession.token_hash))]
    assert token not in hashes
    assert all(len(one) == 64 for one in hashes)


async def test_behind_tls_the_cookie_is_secure(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    url = database.url.render_as_string(hide_password=False)
    settings = Settings(
        _env_file=None, database_url=url, var_dir=tmp_path, public_url="https://school.example"
    )
    async with open_site(settings, clock) as site:
        response = await site.browser().session.get("/")
        assert "Secure" in response.headers["Set-Cookie"]
        assert response.headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/readyz", "/metrics", "/static/chat.js", "/chat/history", "/nothing"]
)
async def test_every_answer_carries_a_strict_policy(site: Site, path: str) -> None:
    response = await site.browser().session.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_pages_hold_no_inline_script_or_style(site: Site, cast: Cast) -> None:
    browser = await signed_in(site, cast, "mother")
    door = await (await site.browser().session.get("/")).text()
    for page in (door, await browser.look()):
        assert "<script>" not in page
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick" not in page


WRITES = [
    ("/chat/messages", {"text": "/grades"}),
    ("/chat/taps", {"message": 1, "data": "x"}),
    ("/sign-out", {}),
]


@pytest.mark.parametrize(("path", "body"), WRITES)
async def test_every_write_wants_origin_token_and_session(
    site: Site, cast: Cast, path: str, body: dict[str, object]
) -> None:
    browser = await signed_in(site, cast, "mother")
    before = len(await browser.history())
    token = {"X-CSRF-Token": browser.csrf}
    refused = [
        await browser.post(path, body, Origin="https://evil.example"),
        await browser.session.post(path, json=body),
        await browser.session.post(path, json=body, headers={"X-CSRF-Token": "0" * 64}),
        await site.browser().session.post(path, json=body, headers=token),
    ]
    assert [response.status for response in refused] == [403, 403, 403, 401]
    assert len(await browser.history()) == before


async def test_the_live_connection_brings_what_another_tab_asked(site: Site, cast: Cast) -> None:
    browser = await signed_in(site, cast, "mother")
    since = max(one["revision"] for one in await browser.history())
    async with browser.session.ws_connect("/chat/live") as socket:
        await socket.send_json({"csrf": browser.csrf, "since": since})
        await browser.say("/meals")
        arrived: list[str] = []
        while not any("Balance" in one for one in arrived):
            arrived += [one["plain"] for one in (await socket.receive_json(timeout=5))["messages"]]
        assert arrived[0] == "/meals"


async def test_the_live_connection_refuses_another_sites_page_and_a_wrong_token(
    site: Site, cast: Cast
) -> None:
    browser = await signed_in(site, cast, "mother")
    with pytest.raises(WSServerHandshakeError) as caught:
        await browser.session.ws_connect("/chat/live", headers={"Origin": "https://evil.example"})
    assert caught.value.status == 403
    async with browser.session.ws_connect("/chat/live") as socket:
        await socket.send_json({"csrf": "0" * 64, "since": 0})
        assert (await socket.receive(timeout=5)).type in (
            WSMsgType.CLOSE,
            WSMsgType.CLOSING,
            WSMsgType.CLOSED,
        )


async def test_an_open_page_hears_that_it_is_stale_when_the_language_changes(site: Site, cast: Cast) -> None:
    browser = await signed_in(site, cast, "mother")
    page = await browser.look()
    assert '<html lang="en">' in page
    async with browser.session.ws_connect("/chat/live") as socket:
        await socket.send_json({"csrf": browser.csrf, "since": 10**9, "stamp": stamp_of(page)})
        await browser.say("/language")
        await browser.tap("Русский")
        assert (await socket.receive_json(timeout=6)) == {"stale": True}
    fresh = await browser.look()
    assert '<html lang="ru">' in fresh
    async with browser.session.ws_connect("/chat/live") as socket:
        await socket.send_json({"csrf": browser.csrf, "since": 0, "stamp": stamp_of(fresh)})
        assert "messages" in await socket.receive_json(timeout=6), "what was drawn anew is not stale"


async def test_the_page_says_who_one_is_and_is_stale_once_somebody_is_linked(site: Site, cast: Cast) -> None:
    browser = site.browser()
    await browser.sign_in(await code_for(site, cast, "teacher"))
    stranger = await browser.look()
    assert "Olga Sokolova" not in stranger.split("<main")[0]
    async with browser.session.ws_connect("/chat/live") as socket:
        await socket.send_json({"csrf": browser.csrf, "since": 10**9, "stamp": stamp_of(stranger)})
        await browser.tap("Yes")
        assert (await socket.receive_json(timeout=6)) == {"stale": True}
    head = (await browser.look()).split("<main")[0]
    assert "Olga Sokolova" in head
    assert "parent or guardian and teacher" in head


def stamp_of(page: str) -> str:
    return page.split('name="stamp" content="')[1].split('"')[0]


async def test_signing_out_ends_the_session_and_the_open_connection(site: Site, cast: Cast) -> None:
    browser = await signed_in(site, cast, "mother")
    async with browser.session.ws_connect("/chat/live") as socket:
        await socket.send_json({"csrf": browser.csrf, "since": 10**9})
        assert (await browser.post("/sign-out", {})).status == 200
        site.app.channels[Messenger.WEB, 1].ring(await user_of(site))  # type: ignore[attr-defined]
        while (await socket.receive(timeout=6)).type is WSMsgType.TEXT:
            pass
    assert (await browser.session.get("/chat/history")).status == 401
    assert str((await browser.session.get("/chat")).url).endswith("/")


async def user_of(site: Site) -> int:
    """The account of the browser that came first."""
    statement = sa.select(Chat.user_id).where(Chat.messenger == Messenger.WEB).order_by(Chat.id)
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        return int(await uow.value(statement))


async def test_one_family_never_sees_the_others_chat(site: Site, cast: Cast) -> None:
    mother = await signed_in(site, cast, "mother")
    data = (await mother.say("/grades"))["html"].split('data-tap="')[1].split('"')[0]
    stranger = await signed_in(site, cast, "stranger_mother")
    assert "secret-ivan" not in str(await stranger.history())
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        chat = await chat_of(uow, ChatKey(Messenger.WEB, 1, await user_of(site)))
        mine = await note(
            uow, chat, outgoing=True, plain="a file", file=KeptFile("a.html", "text/html", b"<script>")
        )
    own = await mother.session.get(f"/chat/files/{mine}")
    foreign = await stranger.session.get(f"/chat/files/{mine}")
    assert (own.status, foreign.status) == (200, 404)
    assert own.headers["Content-Type"] == "application/octet-stream"
    assert own.headers["Content-Disposition"].startswith("attachment")
    await stranger.post("/chat/taps", {"message": mine, "data": data})
    assert "secret-ivan" not in str(await stranger.history())


async def test_history_comes_in_pages(site: Site, cast: Cast) -> None:
    browser = await signed_in(site, cast, "mother")
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        chat = await chat_of(uow, ChatKey(Messenger.WEB, 1, await user_of(site)))
        for number in range(60):
            await note(uow, chat, outgoing=False, plain=f"line {number}")
    page = await browser.history()
    assert [one["plain"] for one in page[-2:]] == ["line 58", "line 59"]
    older = await browser.history(f"?before={page[0]['id']}")
    assert older[-1]["id"] < page[0]["id"]
    assert "Welcome" in str(older)


async def test_healthz_says_whether_the_database_answers(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = site.browser()
    assert (await browser.session.get("/healthz")).status == 200

    async def broken(_self: Database) -> None:
        raise OSError

    monkeypatch.setattr(Database, "ping", broken)
    assert (await browser.session.get("/healthz")).status == 503


async def test_the_menu_is_the_persons_own(site: Site, cast: Cast) -> None:
    stranger = site.browser()
    await stranger.sign_in(await code_for(site, cast, "father"))
    theirs = [one["command"] for one in await (await stranger.session.get("/chat/menu")).json()]
    browser = await signed_in(site, cast, "mother")
    hers = [one["command"] for one in await (await browser.session.get("/chat/menu")).json()]
    assert "grades" in hers
    assert "grades" not in theirs
