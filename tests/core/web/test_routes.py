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
_LEADERS = _ADMINS | {"head", "deputy"}
_OPERATORS = frozenset({"operator"})
_CANTEEN = _ADMINS | {"canteen"}
_SPEAKERS = _ADMINS | {"head", "deputy"}
_LEADERS = _ADMINS | {"head", "deputy"}
# Each page: who opens it. One that is missing here fails the test.
_EXPECTED = {
    ("GET", ""): _PANEL,
    ("GET", "/operator"): _OPERATORS,
    ("POST", "/operator/export"): _OPERATORS,
    ("GET", "/operator/new"): _OPERATORS,
    ("POST", "/operator/new"): _OPERATORS,
    ("GET", "/operator/health"): _OPERATORS,
    ("GET", r"/operator/schools/{id:\d{1,18}}"): _OPERATORS,
    ("POST", r"/operator/schools/{id:\d{1,18}}/bot"): _OPERATORS,
    ("POST", r"/operator/schools/{id:\d{1,18}}/bot/remove"): _OPERATORS,
    ("GET", "/people"): _OFFICE,
    ("POST", "/people/export"): _OFFICE,
    ("GET", r"/people/{id:\d{1,18}}"): _OFFICE,
    ("POST", r"/people/{id:\d{1,18}}/invite"): _OFFICE,
    ("GET", r"/people/{id:\d{1,18}}/unlink"): _OFFICE,
    ("POST", r"/people/{id:\d{1,18}}/unlink"): _OFFICE,
    ("POST", r"/people/{id:\d{1,18}}/rights"): _OFFICE,
    ("GET", "/people/new"): _OFFICE,
    ("POST", "/people/new"): _OFFICE,
    ("GET", "/people/duplicates"): _OFFICE,
    ("GET", r"/people/{id:\d{1,18}}/edit"): _OFFICE,
    ("POST", r"/people/{id:\d{1,18}}/edit"): _OFFICE,
    ("POST", r"/people/{id:\d{1,18}}/roles"): _OFFICE,
    ("POST", r"/people/{id:\d{1,18}}/roles/end"): _OFFICE,
    ("POST", r"/people/{id:\d{1,18}}/class"): _OFFICE,
    ("GET", r"/people/{id:\d{1,18}}/family"): _OFFICE,
    ("POST", r"/people/{id:\d{1,18}}/family"): _OFFICE,
    ("POST", r"/people/{id:\d{1,18}}/family/end"): _OFFICE,
    ("GET", r"/people/{id:\d{1,18}}/merge"): _OFFICE,
    ("POST", r"/people/{id:\d{1,18}}/merge"): _OFFICE,
    ("GET", r"/people/{id:\d{1,18}}/diary"): _LEADERS,
    ("GET", "/journal"): _LEADERS,
    ("POST", "/journal/export"): _LEADERS,
    ("GET", "/attendance"): _LEADERS,
    ("POST", "/attendance/export"): _LEADERS,
    ("GET", r"/attendance/{id:\d{1,18}}"): _LEADERS,
    ("GET", "/invitations"): _OFFICE,
    ("POST", "/invitations/export"): _OFFICE,
    ("POST", "/invitations/revoke"): _OFFICE,
    ("POST", "/links/export"): _OFFICE,
    ("POST", "/invitations"): _OFFICE,
    ("POST", r"/invitations/{id:\d{1,18}}/revoke"): _OFFICE,
    ("GET", "/links"): _OFFICE,
    ("GET", "/timetable"): _LEADERS,
    ("GET", r"/timetable/lesson/{id:\d{1,18}}"): _LEADERS,
    ("POST", r"/timetable/lesson/{id:\d{1,18}}"): _LEADERS,
    ("POST", r"/timetable/lesson/{id:\d{1,18}}/withdraw"): _LEADERS,
    ("GET", r"/calendar"): _LEADERS,
    ("GET", r"/calendar/years/{id:\d{1,18}}"): _ADMINS,
    ("POST", r"/calendar/years/{id:\d{1,18}}"): _ADMINS,
    ("POST", r"/calendar/years/{id:\d{1,18}}/end"): _ADMINS,
    ("GET", r"/calendar/terms/{id:\d{1,18}}"): _ADMINS,
    ("POST", r"/calendar/terms/{id:\d{1,18}}"): _ADMINS,
    ("POST", r"/calendar/terms/{id:\d{1,18}}/end"): _ADMINS,
    ("GET", r"/calendar/days-off/{id:\d{1,18}}"): _ADMINS,
    ("POST", r"/calendar/days-off/{id:\d{1,18}}"): _ADMINS,
    ("POST", r"/calendar/days-off/{id:\d{1,18}}/remove"): _ADMINS,
    ("GET", r"/calendar/bells"): _LEADERS,
    ("GET", r"/calendar/bells/{id:\d{1,18}}"): _ADMINS,
    ("POST", r"/calendar/bells/{id:\d{1,18}}"): _ADMINS,
    ("POST", r"/calendar/bells/{id:\d{1,18}}/remove"): _ADMINS,
    ("GET", r"/calendar/classes"): _LEADERS,
    ("POST", r"/calendar/classes/export"): _LEADERS,
    ("GET", r"/calendar/classes/{id:\d{1,18}}"): _ADMINS,
    ("POST", r"/calendar/classes/{id:\d{1,18}}"): _ADMINS,
    ("POST", r"/calendar/classes/{id:\d{1,18}}/end"): _ADMINS,
    ("GET", r"/calendar/subjects"): _LEADERS,
    ("GET", r"/calendar/subjects/{id:\d{1,18}}"): _ADMINS,
    ("POST", r"/calendar/subjects/{id:\d{1,18}}"): _ADMINS,
    ("POST", r"/calendar/subjects/{id:\d{1,18}}/remove"): _ADMINS,
    ("GET", r"/calendar/courses"): _LEADERS,
    ("POST", r"/calendar/courses/export"): _LEADERS,
    ("GET", r"/calendar/courses/new"): _ADMINS,
    ("POST", r"/calendar/courses/new"): _ADMINS,
    ("GET", r"/calendar/courses/{id:\d{1,18}}"): _LEADERS,
    ("POST", r"/calendar/courses/{id:\d{1,18}}"): _ADMINS,
    ("POST", r"/calendar/courses/{id:\d{1,18}}/pupils"): _ADMINS,
    ("POST", r"/calendar/courses/{id:\d{1,18}}/end"): _ADMINS,
    ("POST", r"/calendar/courses/{id:\d{1,18}}/slots"): _ADMINS,
    ("POST", r"/calendar/courses/{id:\d{1,18}}/slots/until"): _ADMINS,
    ("GET", "/announcements"): _SPEAKERS,
    ("POST", "/announcements/export"): _SPEAKERS,
    ("GET", "/announcements/new"): _SPEAKERS,
    ("POST", "/announcements/new"): _SPEAKERS,
    ("GET", r"/announcements/drafts/{id:\d{1,18}}"): _SPEAKERS,
    ("POST", r"/announcements/drafts/{id:\d{1,18}}/send"): _SPEAKERS,
    ("POST", r"/announcements/drafts/{id:\d{1,18}}/drop"): _SPEAKERS,
    ("GET", r"/announcements/{id:\d{1,18}}"): _SPEAKERS,
    ("GET", r"/announcements/{id:\d{1,18}}/edit"): _SPEAKERS,
    ("POST", r"/announcements/{id:\d{1,18}}/edit"): _SPEAKERS,
    ("GET", r"/announcements/{id:\d{1,18}}/names"): _SPEAKERS,
    ("POST", r"/announcements/{id:\d{1,18}}/names/export"): _SPEAKERS,
    ("POST", r"/announcements/{id:\d{1,18}}/nudge"): _SPEAKERS,
    ("POST", r"/announcements/{id:\d{1,18}}/now"): _SPEAKERS,
    ("POST", r"/announcements/{id:\d{1,18}}/move"): _SPEAKERS,
    ("POST", r"/announcements/{id:\d{1,18}}/withdraw"): _SPEAKERS,
    ("GET", "/canteen"): _CANTEEN,
    ("GET", r"/canteen/{id:\d{1,18}}"): _CANTEEN,
    ("POST", r"/canteen/{id:\d{1,18}}"): _CANTEEN,
    ("POST", r"/canteen/{id:\d{1,18}}/export"): _CANTEEN,
    ("POST", "/canteen/export"): _CANTEEN,
    ("POST", "/canteen/menu/copy"): _CANTEEN,
    ("GET", "/canteen/menu"): _CANTEEN,
    ("POST", "/canteen/menu"): _CANTEEN,
    ("POST", r"/canteen/menu/{id:\d{1,18}}/remove"): _CANTEEN,
    ("GET", "/settings"): _ADMINS,
    ("POST", "/settings"): _ADMINS,
    ("POST", "/settings/bot"): _ADMINS,
    ("POST", "/settings/bot/remove"): _ADMINS,
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
    assert sorted((page.method, page.path) for page in PAGES) == sorted(_EXPECTED)


def test_no_page_is_mounted_or_shown_in_the_navigation_twice() -> None:
    assert len(PAGES) == len(_EXPECTED)


_ODD = (
    "path=x&self=y&name=z&status=500&visit=v",
    "sort=-&after=7~&page=%00&lang=xx&done=zz&search=%00%F0%9F%90%8E&of=room&who=%25",
    "on=0001-01-01&week=0001-01-01&period=0&starts=0001-01-01&all=1",
    "on=9999-12-31&week=9999-12-31&period=0&starts=9999-12-31&ended=1",
    "class=999999999999999999999&role=x&person=-1&term=9&by=x&days=0&child=99&with=99&undo=1&draft=9&year=99",
)


@pytest.mark.parametrize("name", ["admin", "operator"])
async def test_odd_words_in_an_address_break_no_page(site: Site, cast: Cast, name: str) -> None:
    panel = await in_panel(site, cast, name, with_app=True)
    ids = {"people": cast["ivan"].person_id, "canteen": cast["ivan"].person_id, "lesson": 1}
    for page in PAGES:
        if page.method == "POST" or page.path.endswith("/progress"):
            continue
        place = page.path.split("/{")[0].rpartition("/")[2]
        path = page.path.replace(r"{id:\d{1,18}}", str(ids.get(place, 1)))
        for words in _ODD:
            status = (await panel.get(f"{path}?{words}")).status
            assert status < 500, (path, words)


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
    assert (await panel.post("/invitations", **{"for": "all"})).status == 403
    panel.token = token
    foreign = await panel.browser.session.post(
        "/admin/invitations",
        data={"csrf": token, "for": "all"},
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
