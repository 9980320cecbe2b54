"""The door of the web chat: what a code opens, what a wrong one costs, how long a browser stays in, and the way out."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.actions.linking import TRIES_PER_ADDRESS, WINDOW
from core.actions.web_sessions import IDLE, end_session, enter_as, read_session
from core.clock import FrozenClock
from core.db.models import AuditEntry, Chat, ChatLink, CodeTry, WebSession
from core.db.uow import UnitOfWork
from core.http import OwnAddress
from tests.cast import Cast
from tests.support.browser import Site, code_for, signed_in

WRONG = "AAAA-1111-22"


async def count(site: Site, table: type) -> int:
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        return int(await uow.value(sa.select(sa.func.count()).select_from(table)))


async def test_a_wrong_code_is_answered_at_the_door_and_opens_nothing(site: Site) -> None:
    before = await count(site, Chat)
    response = await site.browser().sign_in(WRONG)
    page = await response.text()
    assert response.status == 403
    assert "wrong, expired or already used" in page
    assert f'value="{WRONG}"' in page, "what was typed is kept"
    assert "schoolbell" not in response.cookies
    assert (await count(site, Chat), await count(site, WebSession)) == (before, 0)


async def test_a_hundred_wrong_codes_from_one_address_leave_no_chats_and_end_in_a_pause(
    site: Site, cast: Cast, clock: FrozenClock
) -> None:
    before = await count(site, Chat)
    code = await code_for(site, cast, "mother")
    browser = site.browser()
    statuses = [(await browser.sign_in(f"AAAA-{number:04}-22")).status for number in range(40)]
    assert statuses == [403] * TRIES_PER_ADDRESS + [429] * (40 - TRIES_PER_ADDRESS)
    paused = await site.browser().sign_in(code)
    assert paused.status == 429, "a new browser does not help, nor does the right code"
    assert 0 < int(paused.headers["Retry-After"]) <= WINDOW.total_seconds()
    assert "too many" in (await paused.text()).casefold()
    assert (await count(site, Chat), await count(site, WebSession)) == (before, 0)
    assert await count(site, CodeTry) == TRIES_PER_ADDRESS, "what comes in the pause is not even counted"
    clock.move(WINDOW)
    assert (await site.browser().sign_in(code)).status == 200


async def test_a_signed_in_browser_says_a_second_code_in_the_chat_it_has(site: Site, cast: Cast) -> None:
    browser = site.browser()
    other_tab = await browser.form_token()
    await browser.sign_in(await code_for(site, cast, "mother"))
    await browser.tap("Yes")
    before = await count(site, Chat)
    form = {"csrf": other_tab, "code": await code_for(site, cast, "ivan")}
    response = await browser.session.post("/sign-in", data=form, allow_redirects=False)
    assert response.status == 303
    assert "Ivan Petrov" in (await browser.newest())["plain"]
    assert await count(site, Chat) == before
    assert await count(site, WebSession) == 1


async def test_the_sign_in_form_wants_its_own_token(site: Site, cast: Cast) -> None:
    code = await code_for(site, cast, "mother")
    browser = site.browser()
    await browser.session.get("/")
    for token in ("0" * 64, "", "токен"):
        response = await browser.session.post("/sign-in", data={"code": code, "csrf": token})
        assert response.status == 403


# --- how long it lasts ------------------------------------------------------------------------------------


async def test_a_session_ends_after_thirty_idle_days(site: Site, cast: Cast, clock: FrozenClock) -> None:
    browser = await signed_in(site, cast, "mother")
    clock.move(timedelta(days=29))
    assert (await browser.session.get("/chat/history")).status == 200
    clock.move(timedelta(days=29))
    assert (await browser.session.get("/chat/history")).status == 200, "being used keeps it alive"
    clock.move(timedelta(days=31))
    assert (await browser.session.get("/chat/history")).status == 401


async def test_a_mother_who_reads_daily_is_not_signed_out_on_the_thirtieth_day(
    site: Site, cast: Cast, clock: FrozenClock
) -> None:
    browser = await signed_in(site, cast, "mother")
    clock.move(timedelta(days=1))
    for path in ("/chat", "/chat/history", "/chat/menu"):
        renewed = (await browser.session.get(path)).cookies["schoolbell"]
        assert int(renewed["max-age"]) == IDLE.total_seconds(), path
        assert renewed.value == browser.cookies()["schoolbell"]
        assert renewed["httponly"]
        assert renewed["samesite"] == "Lax"
    said = await browser.post("/chat/messages", {"text": "/grades"})
    assert "schoolbell" in said.cookies
    assert "schoolbell" not in (await browser.session.get("/static/chat.js")).cookies


# --- the way out ------------------------------------------------------------------------------------------


async def test_after_signing_out_no_list_of_links_names_the_browser(site: Site, cast: Cast) -> None:
    browser = await signed_in(site, cast, "mother")
    assert (await browser.post("/sign-out", {})).cookies["schoolbell"].value == ""
    again = await signed_in(site, cast, "mother")
    links = (await again.say("/links"))["plain"]
    assert links.count("Browser") == 1, links
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        audited = await uow.rows(sa.select(AuditEntry).where(AuditEntry.action == "link.sign_out"))
        assert [row.subject_id for row in audited] == [cast["mother"].person_id]
        ended = await uow.rows(sa.select(ChatLink.revoked_why).where(ChatLink.revoked_at.is_not(None)))
        assert [row.revoked_why for row in ended] == ["signed out"]


async def test_on_a_shared_computer_the_next_person_sees_nothing_of_the_former(
    site: Site, cast: Cast
) -> None:
    browser = await signed_in(site, cast, "mother")
    await browser.say("/grades")
    await browser.post("/sign-out", {})
    await browser.sign_in(await code_for(site, cast, "stranger_mother"))
    await browser.tap("Yes")
    said = str(await browser.history())
    assert "Elena" in said
    assert "Anna" not in said
    assert "secret-ivan" not in said


async def test_signing_out_in_one_window_leaves_the_other_one_in(
    uow: UnitOfWork, cast: Cast, clock: FrozenClock
) -> None:
    first, _ = await enter_as(uow, cast["mother"].person_id, "one")
    second, token = await enter_as(uow, cast["mother"].person_id, "two")
    open_links = sa.select(sa.func.count()).where(
        ChatLink.chat_id == second.chat_id, ChatLink.revoked_at.is_(None)
    )
    await end_session(uow, first)
    assert await read_session(uow, token) is not None
    assert await uow.value(open_links) == 1
    await end_session(uow, second)
    assert await read_session(uow, token) is None
    assert await uow.value(open_links) == 0


# --- whose page it is -------------------------------------------------------------------------------------

AT_HOME = OwnAddress("http://127.0.0.1:8080", is_set=False, bound="127.0.0.1")
BEHIND_TLS = OwnAddress("https://school.example", is_set=True, bound="127.0.0.1")
IN_THE_OPEN = OwnAddress("https://school.example", is_set=True, bound="0.0.0.0")
UNNAMED = OwnAddress("http://0.0.0.0:8080", is_set=False, bound="0.0.0.0")


@pytest.mark.parametrize(
    ("own", "origin", "host", "is_own"),
    [
        (AT_HOME, "http://127.0.0.1:8080", "127.0.0.1:8080", True),
        (AT_HOME, "http://localhost:8080", "localhost:8080", True),
        (AT_HOME, "http://[::1]:8080", "[::1]:8080", True),
        (AT_HOME, "http://localhost:9000", "localhost:9000", True),  # through a tunnel
        (AT_HOME, "https://127.0.0.1:8080", "127.0.0.1:8080", False),
        (AT_HOME, "http://localhost:9000", "localhost:8080", False),
        (AT_HOME, "http://evil.example:8080", "evil.example:8080", False),
        (AT_HOME, "http://192.168.1.5:8080", "192.168.1.5:8080", False),
        (BEHIND_TLS, "https://school.example", "school.example", True),
        (BEHIND_TLS, "https://SCHOOL.example:443", "127.0.0.1:8080", True),
        (BEHIND_TLS, "http://school.example", "school.example", False),
        (BEHIND_TLS, "https://school.example:8443", "school.example", False),
        (BEHIND_TLS, "https://school.example.evil.example", "school.example", False),
        (BEHIND_TLS, "http://localhost:8080", "localhost:8080", True),
        (IN_THE_OPEN, "https://school.example", "school.example", True),
        (IN_THE_OPEN, "http://localhost:8080", "localhost:8080", False),
        (IN_THE_OPEN, "http://192.168.1.5:8080", "192.168.1.5:8080", False),
        (UNNAMED, "http://192.168.1.5:8080", "192.168.1.5:8080", True),
        (UNNAMED, "http://localhost:9000", "localhost:9000", True),  # a container's port, published elsewhere
        (UNNAMED, "http://evil.example:8080", "evil.example:8080", False),
        *((own, "null", "127.0.0.1:8080", False) for own in (AT_HOME, UNNAMED)),
        *(
            (AT_HOME, origin, origin, False)
            for origin in ("", "http://[", "http://x:99999", "file://", "127.0.0.1")
        ),
        (AT_HOME, "http://evil@127.0.0.1:8080", "evil@127.0.0.1:8080", False),
    ],
)
def test_a_page_is_ours_only_at_our_own_address(
    own: OwnAddress, origin: str, host: str, is_own: bool
) -> None:
    assert own.is_own(origin, host) is is_own


async def test_a_name_that_was_rebound_to_this_machine_gets_nothing_done(site: Site, cast: Cast) -> None:
    browser = site.browser()
    form = {"csrf": await browser.form_token(), "code": await code_for(site, cast, "mother")}
    rebound = {"Host": "evil.example", "Origin": "http://evil.example"}
    assert (await browser.session.post("/sign-in", data=form, headers=rebound)).status == 403
    mother = await signed_in(site, cast, "mother")
    assert (await mother.post("/chat/messages", {"text": "/grades"}, **rebound)).status == 403
