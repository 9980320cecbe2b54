"""A timetable taken in on the panel: what is not sure is asked there, and not asked again."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from aiohttp import FormData

from core.db.models import Course, Subject, TimetableSlot
from core.db.uow import UnitOfWork
from tests.cast import Cast
from tests.support.browser import Site
from tests.support.panel import PanelBrowser, hidden, in_panel
from tests.support.timetables import LESSONS, Lesson, fet

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


async def uploaded(panel: PanelBrowser, content: str, name: str = "school.fet") -> str:
    """The page of what it would do."""
    data = FormData()
    data.add_field("csrf", panel.token)
    data.add_field("file", content.encode(), filename=name, content_type="application/octet-stream")
    response = await panel.browser.session.post("/admin/import", data=data, allow_redirects=False)
    assert response.status == 303, await response.text()
    return response.headers["Location"].removeprefix("/admin")


async def test_questions_are_answered_on_the_page_and_kept(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "admin", with_app=True)
    content = fet([*LESSONS, Lesson("Chemistry", "Orlova", "7A", ((4, 1),))])
    path = await uploaded(panel, content)
    page = await panel.read(path)
    assert "Which teacher is Orlova?" in page
    assert "Must be answered before anything is written." in page
    html = await (await panel.get(path)).text()
    field = re.search(r'Which teacher is Orlova\?</label>\s*<select id="[^"]*" name="([^"]*)"', html)
    assert field is not None
    response = await panel.post(f"{path}/look", **{field[1]: "new", "option-from": "2026-11-30"})
    path = response.headers["Location"].removeprefix("/admin")
    assert "The timetable holds from 2026-11-30." in await panel.read(path)
    seen = hidden(await (await panel.get(path)).text(), "seen")
    assert (await panel.post(f"{path}/apply", seen=seen)).status == 303
    events = await (await panel.get(f"{path}/progress")).text()
    assert events.endswith("event: done\ndata: \n\n")
    assert "Applied. The database says now what the file says." in await panel.read(path)
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        chemistry = (
            sa.select(sa.func.count(TimetableSlot.id))
            .join(Course, Course.id == TimetableSlot.course_id)
            .join(Subject, Subject.id == Course.subject_id)
            .where(Subject.name == "Chemistry")
        )
        assert await uow.value(chemistry) == 1
    again = await panel.read(await uploaded(panel, content))
    assert "Must be answered" not in again
    assert "there is nothing to change" in again
