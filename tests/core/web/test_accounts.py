"""A password for those without a chat, and the code of an authenticator app on every way in."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa
from aiohttp import ClientResponse

from core.actions.panel_accounts import TRIES_PER_ACCOUNT, WINDOW, create_account
from core.clock import FrozenClock
from core.db.models import AuditEntry, PanelAccount, SignInTry
from core.db.uow import UnitOfWork
from core.domain.ids import PersonId
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
