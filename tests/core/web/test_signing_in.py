"""Into the panel by a link from the chat, and out again."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import sqlalchemy as sa

from core.actions.panel_sessions import IDLE, LIFE, TICKET_LIFE, WRONG_LINKS
from core.cards import Card
from core.clock import FrozenClock
from core.db.models import AuditEntry, ChatLink, PanelSession, PanelTicket
from core.db.uow import UnitOfWork
from tests.cast import Cast
from tests.support.browser import Site
from tests.support.conversation import Stage
from tests.support.panel import PanelBrowser, in_panel


async def test_the_chat_gives_a_link_that_opens_the_panel(site: Site, cast: Cast, clock: FrozenClock) -> None:
    stage = Stage(site.app.database, clock)
    heard = await stage.user(cast["admin"].user_id).send("/admin")
    assert isinstance(heard.what, Card)
    ticket = heard.what.buttons[0][0].url.rpartition("ticket=")[2]
    panel = PanelBrowser(site.browser())
    assert (await panel.spend(ticket)).status == 303
    assert "Overview" in await panel.read("")


async def test_looking_at_a_link_spends_nothing_and_a_second_use_opens_nothing(
    site: Site, cast: Cast
) -> None:
    panel = PanelBrowser(site.browser())
    ticket = await panel.ticket(site, cast, "admin")
    for _ in range(3):
        assert (await panel.get(f"/enter?ticket={ticket}")).status == 200
    assert (await panel.spend(ticket)).status == 303
    second = PanelBrowser(site.browser())
    response = await second.spend(ticket)
    assert response.status == 403
    assert "no longer good" in await response.text()
    assert (await second.get("")).status == 303


async def test_a_link_is_good_for_five_minutes_and_a_newer_one_replaces_it(
    site: Site, cast: Cast, clock: FrozenClock
) -> None:
    panel = PanelBrowser(site.browser())
    old = await panel.ticket(site, cast, "admin")
    new = await panel.ticket(site, cast, "admin")
    assert (await panel.spend(old)).status == 403
    clock.move(TICKET_LIFE)
    assert (await panel.spend(new)).status == 403


async def test_a_session_ends_idle_or_old_or_with_its_chat(
    site: Site, cast: Cast, clock: FrozenClock
) -> None:
    idle = await in_panel(site, cast, "admin")
    clock.move(IDLE - timedelta(minutes=1))
    assert (await idle.get("")).status == 200
    clock.move(IDLE)
    assert (await idle.get("")).status == 303
    old = await in_panel(site, cast, "admin")
    for _ in range(int(LIFE / timedelta(hours=1)) - 1):
        clock.move(timedelta(hours=1))
        assert (await old.get("")).status == 200
    clock.move(timedelta(hours=1))
    assert (await old.get("")).status == 303
    cut = await in_panel(site, cast, "secretary")
    async with UnitOfWork(site.app.database, clock) as uow, uow.writing():
        await uow.write(
            sa.update(ChatLink)
            .where(ChatLink.person_id == cast["secretary"].person_id)
            .values(revoked_at=uow.now)
        )
    assert (await cut.get("/people")).status == 303


async def test_sessions_are_listed_and_one_ends_another(site: Site, cast: Cast) -> None:
    first, second = await in_panel(site, cast, "admin"), await in_panel(site, cast, "admin")
    page = await first.read("/sessions")
    assert page.count("Firefox · Linux") == 2
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        newest = await uow.value(sa.select(sa.func.max(PanelSession.id)))
    assert (await first.post(f"/sessions/{newest}/end")).status == 303
    assert (await second.get("")).status == 303
    stranger = await in_panel(site, cast, "secretary")
    assert (await stranger.post(f"/sessions/{newest - 1}/end")).status == 404
    assert (await first.post("/sign-out")).status == 303
    assert (await first.get("")).status == 303


async def test_every_way_in_is_audited_and_no_secret_is_kept(site: Site, cast: Cast) -> None:
    panel = PanelBrowser(site.browser())
    ticket = await panel.ticket(site, cast, "admin")
    await panel.spend(ticket)
    await PanelBrowser(site.browser()).spend(ticket)
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        rows = await uow.rows(sa.select(AuditEntry.action, AuditEntry.actor_id).order_by(AuditEntry.id))
        kept = await uow.rows(sa.select(PanelTicket.token_hash))
    who = cast["admin"].person_id
    assert [tuple(row) for row in rows][-3:] == [
        ("panel.link", who),
        ("panel.enter", who),
        ("panel.refused", None),
    ]
    assert ticket not in {row.token_hash for row in kept}


async def test_wrong_links_do_not_fill_the_audit(site: Site, cast: Cast) -> None:
    panel = PanelBrowser(site.browser())
    for _ in range(WRONG_LINKS + 2):
        assert (await panel.spend("x" * 43)).status == 403
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        actions = [row.action for row in await uow.rows(sa.select(AuditEntry.action))]
    assert actions.count("panel.refused") == WRONG_LINKS
    assert (await panel.spend(await panel.ticket(site, cast, "admin"))).status == 303, "a good one opens"


async def test_a_list_is_turned_without_repeating_a_line_whose_key_ends_in_a_space(
    site: Site, cast: Cast
) -> None:
    panel = await in_panel(site, cast, "admin")
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        (first,) = await uow.rows(sa.select(*PanelSession.__table__.columns))
        for number in range(60):
            alike = first._asdict() | {"token_hash": str(number), "browser": "Same name "}
            await uow.insert(PanelSession, **{name: value for name, value in alike.items() if name != "id"})
    path, seen = "/sessions?sort=browser", list[str]()
    while path:
        page = unescape(await (await panel.get(path)).text())
        seen += re.findall(r"/sessions/(\d+)/end", page)
        following = re.search(r'href="/admin(/sessions[^"]*after=[^"]*)">Next page', page)
        path = following[1] if following else ""
    assert len(seen) == len(set(seen)) == 61
