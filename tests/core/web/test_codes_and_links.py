"""Codes as a table or a PDF, revoked by class; links searched, counted and taken away."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from core.db.models import AuditEntry, ChatLink, InvitationRole, RoleAssignment
from core.db.uow import UnitOfWork
from core.domain.rights import Role
from tests.cast import Cast, link
from tests.support.browser import Site
from tests.support.panel import in_panel
from tests.support.walk import forms_of

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])
_CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}")


async def test_codes_of_some_classes_come_once_as_a_table_and_die_by_class(site: Site, cast: Cast) -> None:
    plain = await in_panel(site, cast, "secretary")
    for name in ("ivan", "mother", "maria", "katya"):
        await plain.post(f"/people/{cast[name].person_id}/unlink")
    classes = {f"class-{cast.classes[one]}": 1 for one in ("7A", "3B")}
    held = await plain.post("/invitations", **classes, **{"as": "csv"})
    assert held.headers["Location"] == "/admin/account?needed=1", "a table of codes needs the app"
    assert "Choose a class" in await (await plain.post("/invitations")).text()
    panel = await in_panel(site, cast, "secretary", with_app=True)
    response = await panel.post("/invitations", **classes, **{"as": "csv"})
    assert response.content_type == "text/csv"
    table = await response.text()
    assert len(_CODE.findall(table)) == 3
    assert "Katya" not in table
    assert (await panel.post("/invitations", **classes, **{"as": "csv"})).status == 303, "not a second time"
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        entries = str([tuple(row) for row in await uow.rows(sa.select(AuditEntry.before, AuditEntry.after))])
    assert not any(code in entries for code in _CODE.findall(table))
    page = await panel.read(f"/invitations?class={cast.classes['3B']}&sort=-name")
    assert "Not used yet 2" in page
    assert "Anna Petrova" in await panel.read("/invitations?search=anna")
    assert (await panel.post("/invitations/revoke", **{"class": cast.classes["3B"]})).status == 303
    assert "Not used yet 1" in await panel.read("/invitations")
    assert "Revoked" in await (await panel.post("/invitations/export?state=revoked")).text()


async def test_one_persons_code_as_a_table_needs_the_app_too(site: Site, cast: Cast) -> None:
    plain = await in_panel(site, cast, "secretary")
    refused = await plain.post(f"/people/{cast['mother'].person_id}/invite", **{"as": "csv"})
    assert refused.headers["Location"] == "/admin/account?needed=1"
    panel = await in_panel(site, cast, "secretary", with_app=True)
    table = await panel.post(f"/people/{cast['mother'].person_id}/invite", **{"as": "csv"})
    assert table.content_type == "text/csv"


async def test_all_links_of_a_person_end_from_a_row_after_a_look_at_them(site: Site, cast: Cast) -> None:
    mother = cast["mother"].person_id
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        await link(uow, 77_001, mother)
    panel = await in_panel(site, cast, "secretary")
    row = f'href="/admin/people/{mother}/unlink?back=links"'
    assert row in await (await panel.get("/links?search=anna")).text()
    page = await panel.read(f"/people/{mother}/unlink?back=links")
    assert "chat 77001" in page
    assert f"chat {cast['mother'].user_id}" in page
    done = await panel.post(f"/people/{mother}/unlink", back="links")
    assert done.headers["Location"] == "/admin/links?done=unlinked"
    assert "Anna Petrova" not in await panel.read("/links")
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        (entry,) = await uow.rows(
            sa.select(AuditEntry.subject_id, AuditEntry.before).where(AuditEntry.action == "link.end")
        )
    assert entry.subject_id == mother
    assert len(entry.before["links"]) == 2
    other = await in_panel(site, cast, "other_admin")
    assert (await other.get(f"/people/{mother}/unlink")).status == 404
    assert (await other.post(f"/people/{mother}/unlink")).status == 404


async def test_what_a_script_would_ask_first_a_page_asks_without_one(site: Site, cast: Cast) -> None:
    mother = cast["mother"].person_id
    panel = await in_panel(site, cast, "secretary")
    path = f"/people/{mother}"
    page = BeautifulSoup(await (await panel.get(path)).text(), "html.parser")
    form = next(one for one in forms_of(f"/admin{path}", page) if one.action.endswith("/unlink"))
    question = dict(form.fields)["ask"]
    assert question.startswith("Unlink this chat?")
    session = panel.browser.session
    response = await session.post(
        form.action, data=dict(form.fields), headers={"Referer": f"{site.url}/admin{path}?done=saved"}
    )
    asked = BeautifulSoup(await response.text(), "html.parser")
    assert asked.find("p", string=question) is not None
    assert asked.find("a", string="Leave as it was")["href"] == f"/admin{path}?done=saved"  # type: ignore[index]
    assert "Anna Petrova" in await panel.read("/links"), "nothing was done yet"
    (sure,) = (one for one in forms_of(form.action, asked) if one.action == form.action)
    assert dict(sure.fields) == {name: said for name, said in form.fields if name != "ask"}
    await session.post(sure.action, data=dict(sure.fields))
    assert "Anna Petrova" not in await panel.read("/links")


async def test_the_page_that_asks_leads_back_only_into_the_panel(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "secretary")
    for where in ("https://elsewhere.example/steal", "//elsewhere.example/admin", "javascript:alert(1)", ""):
        response = await panel.browser.session.post(
            f"/admin/people/{cast['mother'].person_id}/unlink",
            data={"csrf": panel.token, "ask": "<b>Sure?</b>"},
            headers={"Referer": where},
        )
        text = await response.text()
        assert "&lt;b&gt;Sure?&lt;/b&gt;" in text
        assert 'href="/admin">Leave as it was' in text


async def test_a_new_code_comes_as_a_pdf(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "secretary")
    response = await panel.post(f"/people/{cast['mother'].person_id}/invite", **{"as": "pdf"})
    assert response.content_type == "application/pdf"
    assert (await response.read()).startswith(b"%PDF")
    assert response.headers["Cache-Control"] == "no-store"


async def test_crowded_chats_stand_out_and_links_are_searched_and_taken_away(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "secretary", with_app=True)
    assert "Many people in one chat 0" in await panel.read("/links")
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        chat = await uow.value(
            sa.select(ChatLink.chat_id).where(ChatLink.person_id == cast["stranger_mother"].person_id)
        )
        for name in ("mother", "father", "teacher"):
            await uow.insert(ChatLink, chat_id=chat, person_id=cast[name].person_id, linked_at=uow.now)
    page = await panel.read("/links")
    assert "Look at these" in page
    assert "Many people in one chat 4" in page
    assert "Elena Smirnova" in await panel.read("/links?state=suspicious&sort=name")
    found = await panel.read("/links?search=smirnova")
    assert "Elena Smirnova" in found
    assert "Galina Head" not in found
    table = await (await panel.post("/links/export?state=suspicious")).text()
    assert table.count("Petrov") == 2
    other = await in_panel(site, cast, "other_admin", with_app=True)
    assert "Petrov" not in await (await other.post("/links/export")).text()


async def test_the_code_of_one_school_gives_no_office_of_another(site: Site, cast: Cast) -> None:
    head = cast["head"].person_id
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        for role in (Role.HEAD, Role.ADMIN):
            await uow.insert(RoleAssignment, person_id=head, org_id=cast.other_school_id, role=role)
        await uow.insert(RoleAssignment, person_id=head, org_id=cast.school_id, role=Role.TEACHER)
    panel = await in_panel(site, cast, "admin")
    assert (await panel.post(f"/people/{head}/invite")).status == 200
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        granted = {row.role for row in await uow.rows(sa.select(InvitationRole.role))}
    assert granted == {Role.TEACHER}
    assert (await panel.get(f"/people/{head}/edit")).status == 404
