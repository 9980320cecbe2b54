"""Every page of the panel for everybody of the cast: who may open it, and that nobody else learns it is there."""

from __future__ import annotations

import pytest

from core.web.page import Page
from core.web.routes import PAGES
from tests.cast import Cast
from tests.support.browser import Site
from tests.support.panel import PanelBrowser, in_panel

_OFFICE = frozenset({"secretary", "admin", "other_admin"})
_PANEL = _OFFICE | {"head", "deputy", "canteen", "operator"}
_ADMINS = frozenset({"admin", "other_admin"})
_CANTEEN = _ADMINS | {"canteen"}
# Each page: who opens it. One that is missing here fails the test.
_EXPECTED = {
    ("GET", ""): _PANEL,
    ("GET", "/people"): _OFFICE,
    ("POST", "/people/export"): _OFFICE,
    ("GET", r"/people/{id:\d{1,18}}"): _OFFICE,
    ("POST", r"/people/{id:\d{1,18}}/invite"): _OFFICE,
    ("POST", r"/people/{id:\d{1,18}}/unlink"): _OFFICE,
    ("POST", r"/people/{id:\d{1,18}}/rights"): _OFFICE,
    ("GET", "/invitations"): _OFFICE,
    ("POST", "/invitations"): _OFFICE,
    ("POST", r"/invitations/{id:\d{1,18}}/revoke"): _OFFICE,
    ("GET", "/links"): _OFFICE,
    ("GET", "/canteen"): _CANTEEN,
    ("GET", r"/canteen/{id:\d{1,18}}"): _CANTEEN,
    ("POST", r"/canteen/{id:\d{1,18}}"): _CANTEEN,
    ("GET", "/canteen/menu"): _CANTEEN,
    ("POST", "/canteen/menu"): _CANTEEN,
    ("POST", r"/canteen/menu/{id:\d{1,18}}/remove"): _CANTEEN,
    ("GET", "/import"): _ADMINS,
    ("POST", "/import"): _ADMINS,
    ("POST", "/import/export"): _ADMINS,
    ("GET", r"/import/{id:\d{1,18}}"): _ADMINS,
    ("POST", r"/import/{id:\d{1,18}}/look"): _ADMINS,
    ("POST", r"/import/{id:\d{1,18}}/apply"): _ADMINS,
    ("GET", r"/import/{id:\d{1,18}}/progress"): _ADMINS,
    ("GET", "/audit"): _ADMINS,
    ("POST", "/audit/export"): _ADMINS,
    ("GET", "/sessions"): _PANEL,
    ("POST", r"/sessions/{id:\d{1,18}}/end"): _PANEL,
    ("POST", "/sign-out"): _PANEL,
    ("GET", "/code"): _PANEL,
    ("POST", "/code"): _PANEL,
    ("GET", "/account"): _PANEL,
    ("POST", "/account"): _PANEL,
}
_OUTSIDERS = ("mother", "ivan", "teacher", "homeroom", "nurse")


def _path(page: Page) -> str:
    # A number that nobody has: who may open the page is told that it is not there, others that it is not theirs.
    return page.path.replace(r"{id:\d{1,18}}", "999999")


def test_every_page_says_who_may_open_it() -> None:
    assert {(page.method, page.path) for page in PAGES} == set(_EXPECTED)


# On one database: the guard asks nothing that they answer differently, and the walk is long.
@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("name", sorted(_PANEL))
async def test_each_opens_the_own_pages_and_no_others(site: Site, cast: Cast, name: str) -> None:
    panel = await in_panel(site, cast, name)
    for page in sorted(PAGES, key=lambda one: one.path == "/sign-out"):
        asked = panel.post if page.method == "POST" else panel.get
        status = (await asked(_path(page))).status
        if name in _EXPECTED[page.method, page.path]:
            assert status in (200, 303, 400, 404) or page.path == "/code", (page.path, status)
        else:
            assert status == 403, (page.path, status)


async def test_without_a_session_pages_lead_to_the_door_and_writes_are_refused(site: Site) -> None:
    stranger = PanelBrowser(site.browser())
    for page in PAGES:
        if page.method == "GET":
            response = await stranger.get(_path(page))
            assert response.status == 303
            assert response.headers["Location"] == "/admin/sign-in"
        else:
            assert (await stranger.post(_path(page))).status == 403


async def test_whoever_has_no_work_there_gets_no_link(site: Site, cast: Cast) -> None:
    from core.errors import NotFound

    for name in _OUTSIDERS:
        with pytest.raises(NotFound):
            await PanelBrowser(site.browser()).ticket(site, cast, name)


async def test_a_write_needs_the_pages_token_and_our_own_address(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "admin")
    token, panel.token = panel.token, "0" * 64
    assert (await panel.post("/invitations", **{"class": "all"})).status == 403
    panel.token = token
    foreign = await panel.browser.session.post(
        "/admin/invitations",
        data={"csrf": token, "class": "all"},
        headers={"Origin": "https://evil.example"},
    )
    assert foreign.status == 403
    page = await panel.read("/invitations")
    assert "Not used yet 0" in page


async def test_pages_carry_strict_headers_and_no_script_in_their_text(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "admin")
    response = await panel.get("/people")
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store"
    text = await response.text()
    assert "<script>" not in text
    assert "style=" not in text
    assert len(text.encode()) < 60_000
