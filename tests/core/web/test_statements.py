"""What a page costs the database does not grow with the school: counted on a small one and on a large one."""

from __future__ import annotations

import pytest

from core.db.uow import UnitOfWork
from core.web.routes import PAGES
from tests.cast import Cast
from tests.support.browser import Site
from tests.support.panel import PanelBrowser, in_panel
from tests.support.region import write_region
from tests.support.statements import Statements
from tests.support.walk import page_at, walk

_MOST = 40
"""Statements of any page, those of the guard included."""


async def _counted(site: Site, panel: PanelBrowser) -> dict[str, int]:
    """By the page's path in the route table, the most that one of its addresses took."""
    found: dict[str, int] = {}
    with Statements(site.app.database) as statements:

        async def fetch(address: str) -> tuple[int, str]:
            statements.take()
            response = await panel.browser.session.get(address, allow_redirects=False)
            text = await response.text() if response.content_type == "text/html" else ""
            took, page = len(statements.take()), page_at("GET", address)
            if page is not None and response.status == 200 and "?" not in address:
                found[page.path] = max(found.get(page.path, 0), took)
            return response.status, text

        await walk(fetch, each=3)
    return found


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_no_page_asks_more_of_a_large_school_than_of_a_small_one(site: Site, cast: Cast) -> None:
    small = await _counted(site, await in_panel(site, cast, "admin", with_app=True))
    async with UnitOfWork(site.app.database, site.app.clock, via="test") as uow:
        region = await write_region(uow, schools=1, pupils=200)
    administrator = region.staff_of(0, 0)
    cast["other_admin"].person_id, cast["other_admin"].user_id = (
        administrator,
        region.account_of(administrator),
    )
    large = await _counted(site, await in_panel(site, cast, "other_admin", with_app=True))
    assert not {path: took for path, took in large.items() if took > _MOST}
    grown = {
        path: (small[path], took) for path, took in large.items() if path in small and took > small[path] + 1
    }
    assert grown == {}
    assert len(large) > len([page for page in PAGES if page.method == "GET"]) / 2
