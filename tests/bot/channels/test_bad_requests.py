"""What no page of ours would send: refused civilly, kept fit for every database, and never a fault without a number."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import FormData, WSMsgType
from structlog.testing import capture_logs

from core.clock import FrozenClock
from core.db.engine import Database
from tests.cast import Cast
from tests.support.browser import Site, signed_in
from tests.support.conversation import Stage

AWKWARD = ["\ud800", "a\x00b", "/grades \udfff\x00", "\u202eevil", "\x1b[2J", "\U0010ffff", "ы\r\nы\tы"]


async def test_words_of_any_unicode_are_answered_and_kept(site: Site, cast: Cast, clock: FrozenClock) -> None:
    browser = await signed_in(site, cast, "mother")
    for text in AWKWARD:
        clock.move(timedelta(seconds=5))
        before = len(await browser.history())
        response = await browser.post("/chat/messages", {"text": text})
        assert response.status == 200, await response.text()
        mine, *answers = (await browser.history())[before:]
        assert not mine["outgoing"]
        assert answers
        assert "Sorry" not in answers[-1]["plain"]
        assert not re.search("[\x00-\x08\x0b-\x1f\ud800-\udfff\u202a-\u202e]", mine["plain"])


async def test_words_that_are_nothing_but_controls_are_nothing(site: Site, cast: Cast) -> None:
    browser = await signed_in(site, cast, "mother")
    assert (await browser.post("/chat/messages", {"text": "\x00\x01"})).status == 400


async def test_a_caption_and_a_name_of_any_unicode_are_kept(site: Site, cast: Cast) -> None:
    browser = await signed_in(site, cast, "teacher")
    form = FormData(quote_fields=False)
    form.add_field("caption", "/hw 7A algebra: \x00§1\u202e")
    form.add_field("file", b"plain words", filename="a\u202e.txt", content_type="text/plain")
    response = await browser.session.post("/chat/files", data=form, headers={"X-CSRF-Token": browser.csrf})
    assert response.status == 200, await response.text()
    said = next(one for one in reversed(await browser.history()) if not one["outgoing"])
    assert said["plain"] == "/hw 7A algebra: §1"
    assert said["file"] == "a.txt"


async def test_a_comment_with_a_null_is_saved_with_its_mark(
    database: Database, cast: Cast, clock: FrozenClock
) -> None:
    stage = Stage(database, clock)
    teacher = stage.user(cast["teacher"].user_id)
    assert "Petrov" in (await teacher.send('Petrov 5 "a\x00b\ud800"')).text
    saved = await teacher.tap("Save")
    assert "Something went wrong" not in saved.text
    grades = stage.user(cast["mother"].user_id)
    await grades.send("/grades")
    assert "ab\ufffd" in (await grades.tap("Algebra")).text


NONSENSE: list[tuple[str, object]] = [
    *(
        ("/chat/messages", body)
        for body in ([], {}, {"text": None}, {"text": ["x"]}, {"text": 5}, {"text": " "})
    ),
    ("/chat/messages", {"text": "x" * 5000}),
    *(("/chat/taps", {"message": number, "data": "x"}) for number in ("1", True, 0, -1, 2**70, 1e400, None)),
    ("/chat/taps", {"message": 1}),
    ("/chat/taps", {"message": 1, "data": 5}),
]


async def test_nonsense_is_refused_civilly(site: Site, cast: Cast) -> None:
    browser = await signed_in(site, cast, "mother")
    before = len(await browser.history())
    for path, body in NONSENSE:
        assert (await browser.post(path, body)).status == 400, body
    assert len(await browser.history()) == before


async def test_a_body_that_is_no_json_object_is_refused_civilly(site: Site, cast: Cast) -> None:
    browser = await signed_in(site, cast, "mother")
    bodies = (b"", b"[" * 60_000, b"nothing", b"\xff\xfe\x00", b'{"text":', b"1" * 50_000, b"NaN")
    for kind in ("application/json", "application/json; charset=nonsense", "text/plain; charset=utf-16"):
        for body in bodies:
            headers = {"X-CSRF-Token": browser.csrf, "Content-Type": kind}
            response = await browser.session.post("/chat/messages", data=body, headers=headers)
            assert response.status == 400, (kind, body[:20], await response.text())


async def test_a_live_connection_that_begins_with_nonsense_is_closed(site: Site, cast: Cast) -> None:
    browser = await signed_in(site, cast, "mother")
    known = f'{{"csrf": "{browser.csrf}", "since": '
    hellos = ["[" * 4_000, "null", "{}", '{"csrf": "\\ud800"}']
    hellos += [f"{known}{since}}}" for since in ("1e400", 10**30, "-1", "true", '"0"', "null")]
    for hello in hellos:
        with capture_logs() as logs:
            async with browser.session.ws_connect("/chat/live") as socket:
                await socket.send_str(hello)
                closed = (await socket.receive(timeout=5)).type
        assert closed in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED), hello
        assert logs == [], hello


async def test_a_fault_of_ours_is_an_apology_with_a_number_that_is_in_the_log(
    site: Site, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await signed_in(site, cast, "mother")

    async def broken(*_arguments: Any) -> Any:
        raise ValueError("her words")

    monkeypatch.setattr("bot.channels.webchat.routes.read_session", broken)
    for path in ("/chat/history", "/", "/chat"):
        with capture_logs() as logs:
            response = await browser.session.get(path)
        said = await response.text()
        assert response.status == 500
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["Cache-Control"] == "no-store"
        assert "her words" not in said
        (entry,) = logs
        assert entry["reference"] in said
        assert "sorry" in said


async def test_a_fault_on_the_live_connection_is_logged_with_a_number(
    site: Site, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await signed_in(site, cast, "mother")

    async def broken(*_arguments: Any) -> Any:
        raise ValueError

    monkeypatch.setattr("bot.channels.webchat.routes.messages_since", broken)
    with capture_logs() as logs:
        async with browser.session.ws_connect("/chat/live") as socket:
            await socket.send_json({"csrf": browser.csrf, "since": 0})
            await socket.receive(timeout=5)
        await asyncio.sleep(0)
    assert [one["event"] for one in logs] == ["web.live_failed"]
    assert logs[0]["reference"]


async def test_a_body_that_is_not_packed_as_it_says_is_refused(site: Site, cast: Cast) -> None:
    browser = await signed_in(site, cast, "mother")
    headers = {"X-CSRF-Token": browser.csrf, "Content-Encoding": "gzip", "Connection": "close"}
    response = await browser.session.post("/chat/messages", data=b"by no means gzip", headers=headers)
    assert response.status == 400


STRANGE: list[dict[str, str]] = [
    {"X-CSRF-Token": "токен"},
    {"Origin": "http://["},
    {"Origin": "http://x:99999"},
    {"Cookie": "schoolbell=токен; before=\udc80"},
    {"Content-Type": "multipart/form-data"},
    {"Content-Type": "multipart/form-data; boundary=x"},
    {"Content-Type": "multipart/mixed; boundary=x"},
    {"Accept-Language": "\udcff" * 300},
    {"X-Forwarded-For": "\udcff, 1"},
    {"Host": "[::"},
]


async def test_headers_that_no_browser_sends_are_refused_civilly(site: Site, cast: Cast) -> None:
    browser = await signed_in(site, cast, "teacher")
    for headers in STRANGE:
        for path in ("/chat/messages", "/chat/files", "/chat/taps", "/sign-in"):
            own = {"X-CSRF-Token": browser.csrf}
            response = await browser.session.post(path, data=b"some words", headers={**own, **headers})
            assert 400 <= response.status < 500, (path, headers, await response.text())
        for path in ("/", "/chat/history", "/chat/live"):
            response = await browser.session.get(path, headers=headers)
            assert response.status < 500, (path, headers, await response.text())
