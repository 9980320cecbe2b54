"""The operator's pages: schools and how they fare, a school added, and nobody's name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.actions.web_sessions import WEB_BOT
from core.db.models import AuditEntry, Delivery, ImportRun, Org, OutboxEvent, Person, RoleAssignment
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState, ImportState, Messenger, OrgKind
from core.domain.rights import Role
from core.queries.schools import list_schools
from tests.cast import Cast, actor_of
from tests.support.browser import Site
from tests.support.panel import in_panel

_BOTS = ((Messenger.WEB, WEB_BOT),)
_NEW = {"name": "Hill School", "timezone": "Asia/Bangkok", "locale": "th", "currency": "THB", "scale": "thai"}


async def _region(site: Site, cast: Cast, *, with_schools: bool = True) -> int:
    """A region that the operator runs, with the cast's schools below it or with none."""
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        region = await uow.insert(Org, kind=OrgKind.REGION, name="The Region", timezone="Europe/Moscow")
        await uow.write(sa.update(Org).where(Org.id == region).values(path=f"/{region}/"))
        if with_schools:
            for school in (cast.school_id, cast.other_school_id):
                await uow.write(
                    sa.update(Org)
                    .where(Org.id == school)
                    .values(path=f"/{region}/{school}/", parent_id=region)
                )
        await uow.write(
            sa.update(RoleAssignment).where(RoleAssignment.role == Role.OPERATOR).values(org_id=region)
        )
    return region


async def _trouble(site: Site, cast: Cast) -> None:
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        late = uow.now - timedelta(hours=1)
        event = await uow.insert(OutboxEvent, kind="x", key="late", created_at=late, not_before=late)
        chat = await uow.value(sa.text("SELECT min(id) FROM chat"))
        await uow.insert(
            Delivery,
            event_id=event,
            chat_id=chat,
            child_id=cast["ivan"].person_id,
            messenger=Messenger.WEB,
            bot=WEB_BOT,
            kind="mark",
            state=DeliveryState.PENDING,
            priority=3,
            not_before=late,
        )
        await uow.insert(
            ImportRun,
            school_id=cast.school_id,
            importer="oneroster",
            file_name="register.zip",
            state=ImportState.FAILED,
            started_at=late,
        )


async def test_an_operator_sees_schools_with_their_troubles_and_nobodys_name(site: Site, cast: Cast) -> None:
    await _region(site, cast)
    await _trouble(site, cast)
    panel = await in_panel(site, cast, "operator", with_app=True)
    page = await panel.read("/operator")
    for words in ("Riverside School", "Other School", "import failed", "news are late", "100 %"):
        assert words in page
    one = await panel.read(f"/operator/schools/{cast.school_id}")
    health = await panel.read("/operator/health")
    assert "The oldest since" in health
    exported = await (await panel.post("/operator/export")).text()
    assert "Riverside School" in exported
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        people = await uow.rows(sa.select(Person.family).where(Person.id != cast["operator"].person_id))
        assert await uow.value(sa.select(AuditEntry.id).where(AuditEntry.action == "schools.export"))
    shown = page + one + health + exported
    # "Other" is a family and a school.
    assert not [row.family for row in people if row.family != "Other" and row.family in shown]


async def test_the_list_is_searched_sorted_and_turned_by_key(site: Site, cast: Cast) -> None:
    await _region(site, cast)
    await _trouble(site, cast)
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        operator = await actor_of(uow, cast, "operator")

        async def names(**asked: Any) -> list[str]:
            return [line.name for line in (await list_schools(uow, operator, _BOTS, **asked)).lines]

        assert await names() == ["Other School", "Riverside School"]
        assert await names(sort="-name") == ["Riverside School", "Other School"]
        assert await names(sort="-import") == ["Riverside School", "Other School"]
        assert await names(search="school RIVER") == ["Riverside School"]
        assert await names(search="100%_") == []
        for sort in ("name", "-import"):
            first = await list_schools(uow, operator, _BOTS, sort=sort, most=1)
            assert first.after is not None
            second = await names(sort=sort, most=1, after=first.after)
            assert {first.lines[0].name, *second} == {"Other School", "Riverside School"}
        before = uow.statements
        await list_schools(uow, operator, _BOTS)
        assert uow.statements - before == 4
        stranger = await actor_of(uow, cast, "admin")
        assert not (await list_schools(uow, stranger, _BOTS)).lines


async def test_a_school_is_added_below_what_one_runs_and_nowhere_else(site: Site, cast: Cast) -> None:
    region = await _region(site, cast, with_schools=False)
    panel = await in_panel(site, cast, "operator")
    assert "No school fits" in await panel.read("/operator"), "there is none yet, and still a way in"
    for changes in (
        {"name": ""},
        {"timezone": "Mars/Olympus"},
        {"scale": "sevens"},
        {"currency": "b"},
        {"locale": "xx"},
    ):
        refused = await panel.post("/operator/new", **(_NEW | {"parent": str(region)} | changes))
        assert refused.status == 400, changes
        assert 'class="fault"' in await refused.text()
    for parent in ("", "x", "9" * 18, str(cast.school_id)):
        assert (await panel.post("/operator/new", **_NEW, parent=parent)).status == 404
    added = await panel.post("/operator/new", **_NEW, parent=str(region))
    assert added.status == 303
    again = await panel.post("/operator/new", **_NEW, parent=str(region))
    assert again.status == 400, "a replay makes no second one"
    page = await panel.read(added.headers["Location"].removeprefix("/admin"))
    assert "Hill School" in page
    assert "Asia/Bangkok" in page
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        made = await uow.row(sa.select(Org.path, Org.id).where(Org.name == "Hill School"))
    assert made is not None
    assert made.path == f"/{region}/{made.id}/"


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_an_operator_of_one_school_reaches_no_other(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "operator", with_app=True)
    page = await panel.read("/operator")
    assert "Riverside School" in page
    assert "Other School" not in page
    other = f"/operator/schools/{cast.other_school_id}"
    assert (await panel.get(other)).status == 404
    assert (await panel.post(f"{other}/bot", token="777001:" + "B" * 35)).status in (400, 404)
    assert (await panel.post(f"{other}/bot/remove", sure="yes")).status == 404
    assert "You run none" in await panel.read("/operator/new")
