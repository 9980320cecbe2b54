"""A password for those without a chat, and the code of an authenticator app on every way in."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa
from aiohttp import ClientResponse

from core.actions.panel_accounts import TRIES_PER_ACCOUNT, WINDOW, create_account, forget_totp
from core.clock import FrozenClock
from core.db.models import AuditEntry, ChatLink, ChatLinkRole, PanelAccount, PanelSession, SignInTry
from core.db.uow import UnitOfWork
from core.domain.ids import PersonId
from core.domain.rights import Role
from core.errors import Invalid, NotFound
from core.passwords import hash_password, is_password
from core.sealing import seal, unseal
from tests.cast import Cast
from tests.support.browser import Site
from tests.support.panel import PanelBrowser, hidden, in_panel

PASSWORD = "correct horse battery"
_HASH = hash_password(PASSWORD)


async def _account(site: Site, cast: Cast, name: str, email: str = "Admin@School.example") -> None:
    async with UnitOfWork(site.app.database, site.app.clock, via="test") as uow:
        await create_account(uow, PersonId(cast[name].person_id), email, _HASH)


async def _sign_in(panel: PanelBrowser, email: str, password: str) -> ClientResponse:
    page = await (await panel.get("/sign-in")).text()
    panel.token = hidden(page, "csrf")
    return await panel.post("/sign-in", email=email, password=password)


async def test_a_password_opens_the_panel_whatever_the_capitals_of_the_address(
    site: Site, cast: Cast
) -> None:
    await _account(site, cast, "admin")
    panel = PanelBrowser(site.browser())
    assert (await _sign_in(panel, " admin@school.EXAMPLE", PASSWORD)).status == 303
    assert "Arkady Admin" in await panel.read("/people?search=arkady")
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        kept = await uow.value(sa.select(PanelAccount.password_hash))
    assert PASSWORD not in kept


async def test_a_wrong_password_and_an_unknown_address_are_answered_alike(site: Site, cast: Cast) -> None:
    await _account(site, cast, "admin")
    answers = []
    for email, password in (("admin@school.example", "wrong password"), ("nobody@school.example", PASSWORD)):
        response = await _sign_in(PanelBrowser(site.browser()), email, password)
        text = await response.text()
        assert "do not go together" in text
        assert email in text, "what was typed stays"
        assert password not in text
        answers.append(response.status)
    assert answers == [403, 403]


async def test_too_many_tries_pause_an_account_also_for_the_right_password(
    site: Site, cast: Cast, clock: FrozenClock
) -> None:
    await _account(site, cast, "admin")
    for _ in range(TRIES_PER_ACCOUNT):
        assert (await _sign_in(PanelBrowser(site.browser()), "admin@school.example", "wrong")).status == 403
    panel = PanelBrowser(site.browser())
    assert (await _sign_in(panel, "admin@school.example", PASSWORD)).status == 429
    clock.move(WINDOW + timedelta(seconds=1))
    assert (await _sign_in(panel, "admin@school.example", PASSWORD)).status == 303
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        tries = await uow.rows(sa.select(SignInTry.account_hash, SignInTry.address_hash))
        actions = [row.action for row in await uow.rows(sa.select(AuditEntry.action))]
    assert "admin" not in str(tries)
    assert actions.count("panel.refused") == TRIES_PER_ACCOUNT


async def test_many_guesses_at_once_are_no_way_round_the_limit(site: Site, cast: Cast) -> None:
    await _account(site, cast, "admin")
    panel = PanelBrowser(site.browser())
    assert (await _sign_in(panel, "somebody@school.example", "wrong")).status == 403
    guesses = [panel.post("/sign-in", email="admin@school.example", password=f"guess {n}") for n in range(12)]
    statuses = [(await guess).status for guess in asyncio.as_completed(guesses)]
    assert set(statuses) <= {403, 429}
    assert statuses.count(403) <= TRIES_PER_ACCOUNT


async def test_many_codes_at_once_are_no_way_round_the_limit(site: Site, cast: Cast) -> None:
    await in_panel(site, cast, "admin", with_app=True)
    panel = PanelBrowser(site.browser())
    await panel.spend(await panel.ticket(site, cast, "admin"))
    panel.token = hidden(await (await panel.get("/code")).text(), "csrf")
    guesses = [panel.post("/code", code=f"{n:06}") for n in range(12)]
    statuses = [(await guess).status for guess in asyncio.as_completed(guesses)]
    assert statuses.count(429) >= 12 - TRIES_PER_ACCOUNT


async def test_a_new_password_signs_out_who_came_in_by_the_older_one(site: Site, cast: Cast) -> None:
    await _account(site, cast, "admin")
    by_password = PanelBrowser(site.browser())
    await _sign_in(by_password, "admin@school.example", PASSWORD)
    by_link = await in_panel(site, cast, "admin")
    await _account(site, cast, "admin")
    assert (await by_password.get("")).status == 303
    assert (await by_link.get("")).status == 200


async def test_a_browser_that_came_in_by_password_is_seen_and_signed_out_from_the_chats(
    site: Site, cast: Cast
) -> None:
    await _account(site, cast, "admin")
    thief = PanelBrowser(site.browser())
    await _sign_in(thief, "admin@school.example", PASSWORD)
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        number = await uow.value(sa.select(sa.func.max(PanelSession.id)))
    mine = await in_panel(site, cast, "admin")
    assert (await mine.read("/sessions")).count("Firefox · Linux") == 2
    assert (await mine.post(f"/sessions/{number}/end")).status == 303
    assert (await thief.get("")).status == 303


async def test_whoever_lost_the_office_gets_no_account_and_an_address_is_one_persons(
    site: Site, cast: Cast
) -> None:
    with pytest.raises(NotFound):
        await _account(site, cast, "mother")
    await _account(site, cast, "admin")
    with pytest.raises(Invalid, match="email_taken"):
        await _account(site, cast, "secretary", "admin@school.example")


async def test_an_app_is_needed_for_rights_and_exports_and_then_asked_for_on_both_ways(
    site: Site, cast: Cast, clock: FrozenClock
) -> None:
    await _account(site, cast, "admin")
    plain = await in_panel(site, cast, "admin")
    for path in ("/people/export", "/audit/export", f"/people/{cast['mother'].person_id}/rights"):
        refused = await plain.post(path, child=cast["ivan"].person_id, rights="none")
        assert refused.status == 303
        assert refused.headers["Location"] == "/admin/account?needed=1"
    panel = await in_panel(site, cast, "admin", with_app=True)
    assert (await panel.post("/people/export")).status == 200
    assert (await plain.get("/people")).headers["Location"] == "/admin/code", (
        "a session without the code waits"
    )
    by_link = PanelBrowser(site.browser())
    await by_link.spend(await by_link.ticket(site, cast, "admin"))
    by_password = PanelBrowser(site.browser())
    await _sign_in(by_password, "admin@school.example", PASSWORD)
    clock.move(timedelta(minutes=1))
    for one in (by_link, by_password):
        assert (await one.get("")).headers["Location"] == "/admin/code"
        assert (await one.get("/account")).headers["Location"] == "/admin/code"
        one.token = hidden(await (await one.get("/code")).text(), "csrf")
        assert (await one.post("/people/export")).status == 403
        assert (await one.post("/code", code="000000")).status == 403
    code = pyotp.TOTP(panel.secret).at(clock.now())
    assert (await by_link.post("/code", code=code)).status == 303
    assert (await by_link.get("/people")).status == 200
    assert (await by_password.post("/code", code=code)).status == 403, "no code works twice"
    clock.move(timedelta(seconds=30))
    later = pyotp.TOTP(panel.secret).at(clock.now())
    assert (await by_password.post("/code", code=f" {later[:3]} {later[3:]}")).status == 303
    assert (await by_password.get("/people")).status == 200


async def test_the_code_that_an_app_was_set_with_works_no_second_time(
    site: Site, cast: Cast, clock: FrozenClock
) -> None:
    first = await in_panel(site, cast, "admin", with_app=True)
    second = PanelBrowser(site.browser())
    await second.spend(await second.ticket(site, cast, "admin"))
    second.token = hidden(await (await second.get("/code")).text(), "csrf")
    code = pyotp.TOTP(first.secret).at(clock.now())
    assert (await second.post("/code", code=code)).status == 403


async def test_a_new_app_is_asked_for_in_the_other_browsers(
    site: Site, cast: Cast, clock: FrozenClock
) -> None:
    first = await in_panel(site, cast, "admin", with_app=True)
    secret = hidden(await (await first.get("/account")).text(), "secret")
    clock.move(timedelta(minutes=1))
    other = PanelBrowser(site.browser())
    await other.spend(await other.ticket(site, cast, "admin"))
    other.token = hidden(await (await other.get("/code")).text(), "csrf")
    assert (await other.post("/code", code=pyotp.TOTP(first.secret).at(clock.now()))).status == 303
    code = pyotp.TOTP(secret).at(clock.now())
    assert (await first.post("/account", secret=secret, code=code)).status == 303
    assert (await first.get("/people")).status == 200
    assert (await other.get("/people")).headers["Location"] == "/admin/code"


async def test_of_two_officers_behind_one_chat_the_one_with_an_app_is_asked_for_its_code(
    site: Site, cast: Cast
) -> None:
    await in_panel(site, cast, "admin", with_app=True)
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        chat = await uow.value(
            sa.select(ChatLink.chat_id).where(ChatLink.person_id == cast["secretary"].person_id)
        )
        link = await uow.insert(ChatLink, chat_id=chat, person_id=cast["admin"].person_id, linked_at=uow.now)
        await uow.write(sa.insert(ChatLinkRole), [{"link_id": link, "role": Role.ADMIN}])
    shared = PanelBrowser(site.browser())
    await shared.spend(await shared.ticket(site, cast, "secretary"))
    assert (await shared.get("/settings")).headers["Location"] == "/admin/code"


async def test_whoever_lost_the_phone_comes_in_again_once_the_app_is_forgotten(
    site: Site, cast: Cast
) -> None:
    panel = await in_panel(site, cast, "admin", with_app=True)
    async with UnitOfWork(site.app.database, site.app.clock, via="test") as uow:
        await forget_totp(uow, PersonId(cast["admin"].person_id))
        with pytest.raises(NotFound):
            await forget_totp(uow, PersonId(cast["admin"].person_id))
        assert "panel.totp_end" in [row.action for row in await uow.rows(sa.select(AuditEntry.action))]
    assert (await panel.get("/people")).headers["Location"] == "/admin/sign-in"
    again = await in_panel(site, cast, "admin")
    assert (await again.get("/people")).status == 200
    assert (await again.post("/people/export")).headers["Location"] == "/admin/account?needed=1"


async def test_a_secret_that_no_app_could_have_is_refused(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "secretary")
    for secret in ("1" * 32, "Ж" * 32, ""):
        assert (await panel.post("/account", secret=secret, code="000000")).status == 400


async def test_a_wrong_first_code_sets_no_app_and_keeps_the_secret_shown(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "secretary")
    secret = hidden(await (await panel.get("/account")).text(), "secret")
    response = await panel.post("/account", secret=secret, code="000000")
    assert response.status == 400
    assert secret in await response.text()
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        assert await uow.value(sa.select(PanelAccount.id)) is None


def test_what_is_sealed_opens_with_the_own_key_only() -> None:
    sealed = seal(b"k" * 32, "secret")
    assert "secret" not in sealed
    assert unseal(b"k" * 32, sealed) == "secret"
    assert unseal(b"x" * 32, sealed) is None


def test_no_password_is_right_where_none_is_kept() -> None:
    assert is_password(_HASH, PASSWORD)
    assert not is_password(_HASH, "nobody's password")
    assert not is_password("", "nobody's password")
