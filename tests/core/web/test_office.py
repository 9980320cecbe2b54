"""The office's work in the panel: finding people, rights, codes, links, and what the audit says of it."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from core.access import load_actor
from core.db.models import AuditEntry, ChatLink, Invitation, InvitationRole, Person
from core.db.uow import UnitOfWork
from core.domain.rights import Role
from core.printing.cells import safe_cell
from tests.cast import Cast, chat_key
from tests.support.browser import Site
from tests.support.panel import in_panel


@pytest.mark.parametrize("said", ["petrova", "anna pet", "Petrova Anna", "Petorva", "Петрова", "зуекщмф"])
async def test_people_are_found_by_any_part_in_any_order_and_with_a_typo(
    site: Site, cast: Cast, said: str
) -> None:
    panel = await in_panel(site, cast, "secretary")
    page = await panel.read(f"/people?search={said}")
    assert "Petrova Anna" in page
    assert "Smirnova" not in page


async def test_people_are_filtered_by_class_role_and_link(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "secretary")
    page = await panel.read(f"/people?class={cast.classes['3B']}")
    assert "Petrova Maria" in page
    assert "Petrova Anna" in page
    assert "Petrov Ivan" not in page
    assert "Sokolova Olga" not in page
    page = await panel.read("/people?role=teacher")
    assert "Sokolova Olga" in page
    assert "Petrova Anna" not in page
    assert "Nobody fits" in await panel.read("/people?linked=no")
    assert "Petrova Anna" in await panel.read("/people?linked=yes&after=nonsense&class=x&role=god")


async def test_another_schools_people_are_not_there(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "other_admin", with_app=True)
    assert "Petrova" not in await panel.read("/people?search=petrova")
    number = cast["mother"].person_id
    assert (await panel.get(f"/people/{number}")).status == 404
    assert (await panel.post(f"/people/{number}/unlink")).status == 404
    assert (await panel.post(f"/people/{number}/invite")).status == 404
    child = cast["ivan"].person_id
    assert (await panel.post(f"/people/{number}/rights", child=child, rights="none")).status == 404
    assert (await panel.get(f"/people?school={cast.school_id}")).status == 404
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        assert (await load_actor(uow, chat_key(cast, "mother")))[1].wards


async def test_rights_are_cut_with_an_immediate_effect(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "secretary", with_app=True)
    mother, child = cast["mother"].person_id, cast["ivan"].person_id
    assert "may read and act" in await panel.read(f"/people/{child}")
    response = await panel.post(f"/people/{mother}/rights", child=child, rights="none", back="child")
    assert response.status == 303
    assert response.headers["Location"] == f"/admin/people/{child}?done=rights"
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        actor = (await load_actor(uow, chat_key(cast, "mother")))[1]
    assert [ward.student.id for ward in actor.wards] == [cast["maria"].person_id]
    assert (await panel.post(f"/people/{mother}/rights", child=child, rights="all")).status == 404


async def test_unlinking_a_person_ends_the_old_buttons(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "secretary")
    assert (await panel.post(f"/people/{cast['mother'].person_id}/unlink")).status == 303
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        assert (await load_actor(uow, chat_key(cast, "mother")))[1].is_stranger
        why = await uow.value(
            sa.select(ChatLink.revoked_why).where(ChatLink.person_id == cast["mother"].person_id)
        )
    assert why == "by the school"
    assert "Petrova" in await panel.read("/links?state=ended")


async def test_a_class_gets_its_slips_once_and_each_can_be_revoked(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "secretary")
    for name in ("ivan", "mother"):
        await panel.post(f"/people/{cast[name].person_id}/unlink")
    response = await panel.post("/invitations", **{f"class-{cast.classes['7A']}": 1})
    sheet = await response.text()
    assert response.status == 200
    codes = re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}", sheet)
    assert len(set(codes)) == 2
    page = await panel.read("/invitations")
    assert "Not used yet 2" in page
    assert codes[0] not in page
    again = await panel.post("/invitations", **{f"class-{cast.classes['7A']}": 1})
    assert again.headers["Location"] == "/admin/invitations?done=nobody"
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        number = await uow.value(sa.select(sa.func.max(Invitation.id)))
    assert (await panel.post(f"/invitations/{number}/revoke")).status == 303
    assert (await panel.post(f"/invitations/{number}/revoke")).status == 404
    assert "Revoked 1" in await panel.read("/invitations?state=revoked")


async def test_a_secretarys_code_never_opens_an_administrators_rights(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "secretary")
    assert (await panel.post(f"/people/{cast['admin'].person_id}/invite")).status == 404
    await panel.post(f"/people/{cast['head'].person_id}/unlink")
    await panel.post("/invitations", **{"for": "all"})
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        granted = await uow.rows(sa.select(InvitationRole.role).distinct())
    assert not {row.role for row in granted} & {Role.ADMIN, Role.HEAD, Role.DEPUTY, Role.OPERATOR}
    admin = await in_panel(site, cast, "admin")
    response = await admin.post(f"/people/{cast['head'].person_id}/invite")
    assert response.status == 200
    assert "Galina Head" in await response.text()


async def test_the_audit_shows_who_did_what_and_exports_are_in_it(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "admin", with_app=True)
    await panel.post(f"/people/{cast['father'].person_id}/unlink")
    page = await panel.read("/audit?action=link.end")
    assert "Arkady Admin" in page
    assert "Pavel Petrov" in page
    assert "Nothing fits" in await panel.read("/audit?on=2020-01-01")
    assert "Link: ended by the office" in await panel.read(
        f"/audit?person={cast['father'].person_id}&on=2026-11-24&action=link.end"
    )
    file = await panel.post("/audit/export")
    assert "Link: ended by the office" in await file.text()
    people = await panel.post("/people/export")
    assert "Petrova" in await people.text()
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        actions = {row.action for row in await uow.rows(sa.select(AuditEntry.action))}
    assert {"audit.export", "people.export"} <= actions
    other = await in_panel(site, cast, "other_admin")
    assert "Petrov" not in await other.read("/audit")


@pytest.mark.parametrize("database_kind", ["postgres"])  # the stricter one about odd text
async def test_hostile_words_in_the_address_and_in_names_break_no_page(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "admin", with_app=True)
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        await uow.write(
            sa.update(Person)
            .where(Person.id == cast["ivan"].person_id)
            .values(given="<script>alert(1)</script>", family="=cmd|' /C calc'!A0")
        )
    for path in ("/people", "/links", "/invitations", "/audit"):
        for hostile in ("%00", "%27%22%3E%3Cscript%3E", "%F0%9F%98%80" * 40, "9" * 40, "-1", "%25_", "\\"):
            for name in (
                "search",
                "after",
                "role",
                "class",
                "state",
                "action",
                "on",
                "person",
                "school",
                "done",
            ):
                response = await panel.get(f"{path}?{name}={hostile}")
                assert response.status in (200, 404), (path, name, hostile)
    text = await (await panel.get("/people")).text()
    assert "<script>alert" not in text
    assert "'=cmd" in await (await panel.post("/people/export")).text()


def test_a_cell_is_no_formula() -> None:
    assert safe_cell("=1+1") == "'=1+1"
    assert safe_cell("Petrov") == "Petrov"
    for first in "=+-@\t\r":
        assert safe_cell(f"{first}1+1") == f"'{first}1+1"
    assert safe_cell("Bob;=cmd|' /C calc'!A0") == "Bob;'=cmd|' /C calc'!A0", (
        "a cell where semicolons part them"
    )


def test_a_debt_in_a_table_stays_a_number() -> None:
    assert safe_cell("-150.50") == "-150.50"
    assert safe_cell("-150.50+A1") == "'-150.50+A1"
