"""Announcements in the panel: written, looked at as a chat will show them, sent once, followed up, and by whom."""

from __future__ import annotations

import asyncio
import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from core.cards import Card
from core.cards.html import render_html
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import Announcement, RoleAssignment
from core.db.uow import UnitOfWork
from core.domain.announcing import moment_of
from tests.cast import TODAY, Cast
from tests.notifier.test_telling import School
from tests.support.browser import Site
from tests.support.panel import PanelBrowser, hidden, in_panel
from tests.support.statements import Statements
from tests.support.trail import audited, happened

SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"])
TEXT = 'Skis on <b>Friday</b> & "warm" *clothes* 🎿 ‮abc‬ שלום'


@pytest.fixture
def school(database: Database, clock: FrozenClock, cast: Cast) -> School:
    return School(database, clock, cast)


async def draft(panel: PanelBrowser, cast: Cast, text: str = TEXT, **form: object) -> str:
    """The path of a draft's preview."""
    form = {"audience": f"school.{cast.school_id}", "urgency": "at_once"} | form
    response = await panel.post("/announcements/new", text=text, **form)
    assert response.status == 303, await response.text()
    return response.headers["Location"].removeprefix("/admin")


async def send(panel: PanelBrowser, path: str, **form: object) -> str:
    """Send what the preview shows; the path of what is out."""
    page = await (await panel.get(path)).text()
    response = await panel.post(f"{path}/send", seal=hidden(page, "seal"), **form)
    assert response.status == 303, await response.text()
    return response.headers["Location"].removeprefix("/admin").partition("?")[0]


async def said(site: Site) -> list[str]:
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        return [row.text for row in await uow.rows(sa.select(Announcement.text).order_by(Announcement.id))]


async def test_what_the_preview_shows_is_what_arrives_once_and_in_the_report(
    site: Site, cast: Cast, school: School
) -> None:
    panel = await in_panel(site, cast, "head", with_app=True)
    path = await draft(panel, cast, asks=1)
    shown = await (await panel.get(path)).text()
    page = await panel.read(path)
    assert "3 families: 3 linked, 0 not linked" in page
    assert "told at once" in page
    one = await send(panel, path)
    again = await panel.post(f"{path}/send", seal=hidden(shown, "seal"))
    assert again.headers["Location"] == f"/admin{one}?done=sent_once"
    assert await said(site) == [TEXT]
    await school.after(seconds=1)
    (heard,) = [one for one in school.phones.heard if one.chat_id == cast["mother"].user_id]
    assert isinstance(heard.what, Card)
    assert render_html(heard.what) in shown
    assert not [one for one in school.phones.heard if one.chat_id == cast["head"].user_id]
    await school.stage.user(cast["mother"].user_id).tap_data("nw:ack:1:0")
    report = " ".join((await panel.read(one)).split())
    assert "Acknowledged 1 " in report
    assert "the numbers count families".casefold() in report.casefold()
    names = await panel.read(f"{one}/names?who=acknowledged")
    assert "Petrov Ivan, Petrova Maria" in names
    assert "Anna Petrova" in names
    assert "Smirnov" not in names
    assert "Smirnov Alexei" in await (await panel.post(f"{one}/names/export?who=unread")).text()
    assert (await panel.post(f"{one}/nudge")).headers["Location"].endswith("done=nudged")
    await school.after(seconds=1)
    assert len(school.heard("stranger_mother")) == 2
    assert len(school.heard("father")) == 2, "reminders go to people"
    assert len(school.heard("mother")) == 1
    refused = await panel.post(f"{one}/nudge")
    assert refused.status == 400
    assert "less than an hour ago" in await refused.text()
    assert "Nothing fits" in await panel.read("/announcements?state=withdrawn&search=skis")
    listed = await panel.read("/announcements?search=SKIS&state=out&for=school&sort=author")
    assert "Skis on" in listed
    table = await (await panel.post("/announcements/export")).text()
    assert "Galina" in table


async def test_pressed_twice_at_the_same_moment_it_goes_out_once(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "head")
    path = await draft(panel, cast)
    seal = hidden(await (await panel.get(path)).text(), "seal")
    answers = await asyncio.gather(*(panel.post(f"{path}/send", seal=seal) for _ in range(4)))
    assert {one.status for one in answers} == {303}
    assert {one.headers["Location"].partition("?")[0] for one in answers} == {"/admin/announcements/1"}
    assert await said(site) == [TEXT]
    assert "given up before" in await panel.read("/announcements?done=draft_over")
    assert (await panel.get(path)).headers["Location"].endswith("done=draft_over")


@SQLITE
async def test_a_form_says_what_is_wrong_beside_the_field_and_keeps_what_was_typed(
    site: Site, cast: Cast
) -> None:
    panel = await in_panel(site, cast, "deputy")
    whole = f"school.{cast.school_id}"
    for form, words in (
        ({"audience": "", "text": "x"}, "Choose for whom it is"),
        ({"audience": f"school.{cast.other_school_id}", "text": "x"}, "Choose for whom it is"),
        ({"audience": f"class.{cast.classes['7A']}", "text": "x"}, "Choose for whom it is"),
        ({"audience": f"course.{cast.courses['algebra_7a']}", "text": "x"}, "Choose for whom it is"),
        ({"audience": f"grade.{cast.other_school_id}.7", "text": "x"}, "Choose for whom it is"),
        ({"audience": whole, "text": "  "}, "Write what families should read"),
        ({"audience": whole, "text": "ж" * 4001}, "It has 4,001 characters; at most 4,000"),
        ({"audience": whole, "text": "x", "urgency": "urgent", "silent": 1}, "can come without a sound"),
        ({"audience": whole, "text": "x", "urgency": "digest", "asks": 1}, "not in the digest"),
        (
            {"audience": whole, "text": "x", "urgency": "emergency", "on": "2026-11-25", "at": "08:00"},
            "it cannot be scheduled",
        ),
        ({"audience": whole, "text": "x", "on": "2026-11-24", "at": "09:10"}, "It has passed already"),
        ({"audience": whole, "text": "x", "on": "2028-11-24", "at": "09:10"}, "within a year"),
        ({"audience": whole, "text": "x", "on": "2026-11-25"}, "needs a day and a time"),
        ({"audience": whole, "text": "x", "on": "0001-01-01", "at": "00:00"}, "needs a day and a time"),
        ({"audience": whole, "text": "x", "on": "9999-12-31", "at": "23:59"}, "within a year"),
    ):
        response = await panel.post("/announcements/new", **form)
        page = await response.text()
        assert (response.status, words in page) == (400, True), (form, words)
        if str(form["text"]).strip():
            assert str(form["text"]) in page
    assert await said(site) == []


async def test_a_schedule_is_moved_sent_or_withdrawn_before_anybody_hears(
    site: Site, cast: Cast, school: School
) -> None:
    panel = await in_panel(site, cast, "admin")
    path = await draft(panel, cast, "Later", on="2026-11-25", at="08:00")
    assert "25 Nov 2026, 08:00" in await panel.read(path)
    one = await send(panel, path)
    assert "Scheduled" in await panel.read(one)
    assert "Nobody sees it before" in await panel.read(f"{one}?done=planned")
    wrong = await panel.post(f"{one}/move", on="2026-11-24", at="08:00")
    assert (wrong.status, "It has passed already" in await wrong.text()) == (400, True)
    assert (await panel.post(f"{one}/nudge")).status == 400
    assert (await panel.post(f"{one}/move", on="2026-11-24", at="10:00")).status == 303
    (event,) = await happened(site.app.database, site.app.clock, "announcement_published")
    assert event.not_before.astimezone(ZoneInfo("Europe/Moscow")).hour == 10
    (moved,) = await audited(site.app.database, site.app.clock, "announcement.move")
    assert moved.before["at"].startswith("2026-11-25T05:00")
    await school.after(minutes=40)
    assert not school.heard("mother")
    await school.after(minutes=11)
    assert school.heard("mother")
    assert (await panel.post(f"{one}/move", on="2026-11-26", at="10:00")).status == 400
    gone = await send(panel, await draft(panel, cast, "Never", on="2026-11-25", at="08:00"))
    assert (await panel.post(f"{gone}/withdraw")).headers["Location"].endswith("done=withdrawn")
    assert "Withdrawn" in await panel.read(gone)
    assert (await panel.post(f"{gone}/withdraw")).status == 400
    assert (await panel.get(f"{gone}/edit")).status == 404
    await school.after(days=1)
    assert len(school.heard("mother")) == 1


@SQLITE
async def test_an_emergency_wants_to_be_sure_and_what_is_sent_is_what_was_shown(
    site: Site, cast: Cast, school: School
) -> None:
    panel = await in_panel(site, cast, "head")
    path = await draft(panel, cast, "Fire", urgency="emergency")
    seal = hidden(await (await panel.get(path)).text(), "seal")
    unsure = await panel.post(f"{path}/send", seal=seal)
    assert (unsure.status, "Say that you are sure" in await unsure.text()) == (400, True)
    number = path.rpartition("/")[2]
    audience = f"school.{cast.school_id}"
    await panel.post("/announcements/new", audience=audience, text="Flood", urgency="emergency", draft=number)
    stale = await panel.post(f"{path}/send", seal=seal, sure=1)
    assert (stale.status, "please look again" in await stale.text()) == (400, True)
    assert await said(site) == []
    await send(panel, path, sure=1)
    assert await said(site) == ["Flood"]


@SQLITE
async def test_one_that_is_out_is_reworded_after_another_look(site: Site, cast: Cast, school: School) -> None:
    panel = await in_panel(site, cast, "head")
    one = await send(panel, await draft(panel, cast, "Skis\non Friday"))
    await school.after(seconds=1)
    over = hidden(await (await panel.get(f"{one}/edit")).text(), "over")
    stale = await panel.post(f"{one}/edit", text="Skates", over="something else")
    assert (stale.status, "please look again" in await stale.text()) == (400, True)
    same = await panel.post(f"{one}/edit", text="Skis\r\non Friday", over=over)
    assert (same.status, "It says that already" in await same.text()) == (400, True)
    checked = await panel.post(f"{one}/edit", text="Skates", over=over.replace("\n", "\r\n"))
    path = checked.headers["Location"].removeprefix("/admin")
    shown = await panel.read(path)
    assert "edited announcement" in shown
    assert await send(panel, path) == one
    await school.after(seconds=1)
    assert "Skates" in school.heard("mother")[-1]
    assert "edited" in await panel.read(one)


@SQLITE
async def test_in_quiet_hours_and_in_the_digest_the_preview_says_so(
    site: Site, cast: Cast, clock: FrozenClock
) -> None:
    panel = await in_panel(site, cast, "head")
    night = await draft(panel, cast, on="2026-11-24", at="23:00")
    assert "wait until their quiet hours end" in await panel.read(night)
    digest = await panel.read(await draft(panel, cast, urgency="digest"))
    assert "get it in their daily digest" in digest
    assert "Your day at school" in digest


@SQLITE
async def test_another_schools_announcements_and_drafts_are_not_there(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "head", with_app=True)
    path = await draft(panel, cast)
    one = await send(panel, await draft(panel, cast, "Ours"))
    other = await in_panel(site, cast, "other_admin", with_app=True)
    assert "Ours" not in await other.read("/announcements")
    for get in (path, one, f"{one}/edit", f"{one}/names?who=opened"):
        assert (await other.get(get)).status == 404, get
    for post in (
        *(f"{path}/send", f"{path}/drop", f"{one}/nudge", f"{one}/now", f"{one}/withdraw", f"{one}/edit"),
        f"{one}/names/export?who=opened",
    ):
        assert (await other.post(post)).status == 404, post
    assert (await other.post(f"{one}/move", on="2026-12-01", at="08:00")).status == 404
    colleague = await in_panel(site, cast, "deputy")
    assert (await colleague.get(path)).status == 404, "a draft is its author's"
    assert "Ours" in await colleague.read(one)
    assert await said(site) == ["Ours"]


@SQLITE
async def test_what_is_scheduled_by_somebody_who_has_left_is_shown(site: Site, cast: Cast) -> None:
    deputy = await in_panel(site, cast, "deputy")
    one = await send(deputy, await draft(deputy, cast, on="2026-11-25", at="08:00"))
    head = await in_panel(site, cast, "head")
    assert "left the school" not in await head.read("/announcements")
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        await uow.write(
            sa.update(RoleAssignment)
            .where(RoleAssignment.person_id == cast["deputy"].person_id)
            .values(ends=TODAY - timedelta(days=1))
        )
    assert "1 announcement is scheduled by somebody who has left" in await head.read("/announcements")
    assert "in the school's name" in await head.read(one)
    assert (await head.post(f"{one}/withdraw")).status == 303


async def test_the_list_turns_by_key_with_few_statements(site: Site, cast: Cast) -> None:
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        row = {
            "school_id": cast.school_id,
            "audience": "school",
            "author_id": cast["head"].person_id,
            "text": "=News, Ёлка",
            "urgency": "at_once",
            "published_at": uow.now - timedelta(days=1),
        }
        await uow.write(sa.insert(Announcement), [row] * 45)
    panel = await in_panel(site, cast, "head", with_app=True)
    for sort in ("", "when", "author", "-author"):
        seen, path = 0, f"/announcements?sort={sort}&search=%D1%91%D0%BB%D0%BA%D0%B0"
        while path:
            with Statements(site.app.database) as statements:
                text = await (await panel.get(path)).text()
            assert len(statements.seen) <= 8
            seen += text.count('<th scope="row">')
            following = re.search(r'href="/admin([^"]+after=[^"]+)"', text)
            path = following[1].replace("&amp;", "&") if following else ""
        assert seen == 45, sort
    file = await (await panel.post("/announcements/export")).text()
    assert len(file.splitlines()) == 46
    assert "'=News" in file


@SQLITE
async def test_hostile_addresses_and_forms_are_no_fault_of_ours(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "head", with_app=True)
    one = await send(panel, await draft(panel, cast))
    hostile = ("%00", "%27%22%3E%3Cscript%3E", "%F0%9F%98%80" * 40, "9" * 40, "-1", "%25_", "\\", "1~x")
    for path in ("/announcements", "/announcements/new", one, f"{one}/edit", f"{one}/names?who=opened"):
        for bad in hostile:
            for name in ("search", "after", "state", "for", "sort", "draft", "who", "done"):
                response = await panel.get(f"{path}{'&' if '?' in path else '?'}{name}={bad}")
                assert response.status in (200, 303, 404), (path, name, bad, response.status)
    for bad in ("\0", "'\"><script>", "😀" * 300, "9" * 40, "-1", "", "২", "2026-02-30"):
        form = {
            "audience": bad,
            "text": bad,
            "urgency": bad,
            "silent": bad,
            "asks": bad,
            "on": bad,
            "at": bad,
        }
        for path in ("/announcements/new", f"{one}/edit", f"{one}/move"):
            assert (await panel.post(path, **form)).status == 400, (path, bad)
        assert (await panel.post("/announcements/new", draft=bad)).status in (400, 404)
        assert (await panel.post("/announcements/drafts/1/send", seal=bad, sure=bad)).status in (303, 400)


def test_a_time_that_the_clocks_leave_out_is_none() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert moment_of(date(2026, 3, 29), time(2, 30), berlin) is None
    assert moment_of(date(2026, 3, 29), time(3, 30), berlin) == datetime(
        2026, 3, 29, 1, 30, tzinfo=ZoneInfo("UTC")
    )
    first = moment_of(date(2026, 10, 25), time(2, 30), berlin)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=ZoneInfo("UTC"))
