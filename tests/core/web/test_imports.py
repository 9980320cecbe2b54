"""/admin/import: upload, look, apply, history; and what a hostile file or browser gets."""

from __future__ import annotations

import asyncio
import io
import os
import re
import zipfile
from datetime import timedelta

import pytest
import sqlalchemy as sa
from aiohttp import ClientResponse, FormData

from core.actions.clean_up import forget_imports
from core.actions.imports import RunFile, RunResult, claim_run, start_run
from core.clock import FrozenClock
from core.db.models import ImportAnswer, ImportRun, Org, Person
from core.db.uow import UnitOfWork
from core.domain.kinds import ImportState
from core.importing.desk import ImportDesk
from tests.cast import Cast, chat_key
from tests.support.browser import Site
from tests.support.panel import PanelBrowser, hidden, in_panel
from tests.support.registers import SMALL, swapped

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


def package(**changed: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**SMALL, **changed}.items():
            archive.writestr(f"{name}.csv", text)
    return out.getvalue()


async def named(site: Site, school_id: int) -> dict[str, str]:
    """The small register, its Harbour School called as the school of the cast."""
    name = await value(site, sa.select(Org.name).where(Org.id == school_id))
    return swapped("orgs", "Harbour School", str(name))


async def send(
    panel: PanelBrowser, content: bytes, name: str = "school.zip", *, csrf: str | None = None, **form: str
) -> ClientResponse:
    data = FormData()
    data.add_field("csrf", panel.token if csrf is None else csrf)
    for field, text in form.items():
        data.add_field(field, text)
    data.add_field("file", content, filename=name, content_type="application/zip")
    return await panel.browser.session.post("/admin/import", data=data, allow_redirects=False)


async def value(site: Site, statement: sa.Executable) -> object:
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        return await uow.value(statement)


def place(response: ClientResponse) -> str:
    assert response.status == 303, response.status
    return response.headers["Location"].removeprefix("/admin")


async def shown(panel: PanelBrowser, path: str) -> str:
    """What the page of a run says that it has shown."""
    return hidden(await (await panel.get(path)).text(), "seen")


async def applied(panel: PanelBrowser, path: str) -> str:
    """Apply, wait for the end, and read the page."""
    assert (await panel.post(f"{path}/apply", seen=await shown(panel, path))).status == 303
    return await applied_at_last(panel, path)


async def applied_at_last(panel: PanelBrowser, path: str) -> str:
    """The page of a run that was begun, once it has ended."""
    events = await (await panel.get(f"{path}/progress")).text()
    assert events.endswith("event: done\ndata: \n\n")
    return await panel.read(path)


async def test_a_file_is_looked_at_then_applied_and_stands_in_the_history(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "admin", with_app=True)
    bad = {"enrollments": SMALL["enrollments"].replace("alg7,s1,p1", "alg7,s1,zz")}
    people = await value(site, sa.select(sa.func.count(Person.id)))
    path = place(await send(panel, package(**await named(site, cast.school_id), **bad)))
    looked = await panel.read(path)
    assert "the user 'zz' is not in users.csv" in looked
    assert "enrollments.csv" in looked
    assert "1 row is left out" in looked
    assert "Skipped, for it is another school's" in looked
    assert await value(site, sa.select(sa.func.count(Person.id))) == people
    assert "Applied. The database says now" in await applied(panel, path)
    assert await value(site, sa.select(sa.func.count(Person.id))) != people
    assert await value(site, sa.select(sa.func.count(Org.id)).where(Org.name == "Hill School")) == 0
    history = await panel.read("/import?sort=-file")
    assert "school.zip" in history
    assert "1 row rejected" in history
    table = await (await panel.post("/import/export")).text()
    assert "school.zip" in table
    again = place(await send(panel, package(**await named(site, cast.school_id), **bad), format="oneroster"))
    page = await panel.read(again)
    assert "there is nothing to change" in page


async def test_which_school_is_meant_is_asked_and_the_answer_kept(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "admin")
    path = place(await send(panel, package()))
    page = await panel.read(path)
    assert "Which school of the file is" in page
    assert "cannot be taken back" not in page, "there is no button yet"
    assert (await panel.post(f"{path}/apply")).status == 400
    assert (await panel.post(f"{path}/look", **{"answer-0": "s1"})).status == 303
    assert "Applied" in await applied(panel, path)
    assert await value(site, sa.select(ImportAnswer.answer).where(ImportAnswer.question == "school")) == "s1"


async def test_a_double_click_applies_once(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "admin")
    path = place(await send(panel, package(**await named(site, cast.school_id))))
    seen = await shown(panel, path)
    assert [(await panel.post(f"{path}/apply", seen=seen)).status for _ in range(2)] == [303, 303]
    await (await panel.get(f"{path}/progress")).text()
    audited = sa.text("select count(*) from audit_entry where action = 'import.applied'")
    assert await value(site, audited) == 1


async def test_two_uploads_at_once_are_both_kept_and_each_shows_its_own(site: Site, cast: Cast) -> None:
    panel, other = await in_panel(site, cast, "admin"), await in_panel(site, cast, "other_admin")
    mine = package(**await named(site, cast.school_id))
    theirs = package(**await named(site, cast.other_school_id))
    sent = await asyncio.gather(
        send(panel, mine, "first.zip"),
        send(panel, mine, "again.zip"),
        send(other, theirs, "theirs.zip"),
    )
    paths = [place(response) for response in sent]
    assert len(set(paths)) == 3
    for path, name in zip(paths[:2], ("first.zip", "again.zip"), strict=True):
        page = await panel.read(path)
        assert name in page
        assert "What it would change" in page
    assert "theirs.zip" in await other.read(paths[2])
    assert (await panel.get(paths[2])).status == 404
    whose = [panel, panel, other]
    for who, path in zip(whose, paths, strict=True):
        assert (await who.post(f"{path}/apply", seen=await shown(who, path))).status == 303
    for who, path in zip(whose, paths, strict=True):
        assert "Applied" in await applied_at_last(who, path)
    assert not [*site.app.settings.var_dir.glob("files/draft-*")]


async def test_what_another_tab_looked_at_anew_is_not_applied_unseen(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "admin")
    path = place(await send(panel, package(**await named(site, cast.school_id))))
    seen = await shown(panel, path)
    assert (await panel.post(f"{path}/look", **{"option-end-missing": 1})).status == 303
    refused = await panel.post(f"{path}/apply", seen=seen)
    assert refused.status == 400
    assert "please look again" in await refused.text()
    assert await value(site, sa.select(ImportRun.state)) == ImportState.LOOKED


async def test_the_file_that_an_importer_stumbled_over_is_forgotten_like_others(
    site: Site, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stumble(*_asked: object) -> RunResult:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(ImportDesk, "look", stumble)
    panel = await in_panel(site, cast, "admin")
    assert (await send(panel, package())).status == 500
    assert "school.zip" in await panel.read("/import")
    os.utime(next(site.app.settings.var_dir.glob("files/*/*")), (0, 0))
    later = FrozenClock(site.app.clock.now() + timedelta(days=8))
    async with UnitOfWork(site.app.database, later) as uow:
        assert await forget_imports(uow, site.app.services.files) == 1
    assert not [*site.app.settings.var_dir.glob("files/*/*")]


async def test_a_run_that_is_about_to_begin_is_not_taken_for_a_lost_one(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "admin")
    path = place(await send(panel, package(**await named(site, cast.school_id))))
    seen = await shown(panel, path)
    looks = [panel.get("/import") for _ in range(8)]
    answers = await asyncio.gather(panel.post(f"{path}/apply", seen=seen), *looks)
    assert [one.status for one in answers] == [303] + [200] * 8
    await (await panel.get(f"{path}/progress")).text()
    assert await value(site, sa.select(ImportRun.state)) == ImportState.APPLIED


async def test_a_run_that_nobody_applies_any_more_has_failed(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "admin")
    async with UnitOfWork(site.app.database, site.app.clock, via="test") as uow:
        key = chat_key(cast, "admin")
        run = await start_run(
            uow, key, cast.school_id, RunFile("oneroster", "x.zip"), RunResult(), readable=True
        )
        assert await claim_run(uow, key, cast.school_id, run, worker="a process that was stopped")
        assert not await claim_run(uow, key, cast.school_id, run, worker="another")
    assert "was interrupted, and nothing of it was written" in await panel.read(f"/import/{run}")


async def test_nothing_is_kept_of_a_file_that_comes_without_the_pages_token(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "admin")
    assert (await send(panel, package(), csrf="0" * 64)).status == 403
    data = FormData()
    data.add_field("file", package(), filename="x.zip")
    data.add_field("csrf", panel.token)
    late = await panel.browser.session.post("/admin/import", data=data, allow_redirects=False)
    assert late.status == 403, "the token stands before the file"
    secretary = await in_panel(site, cast, "secretary")
    assert (await send(secretary, package())).status == 403
    assert not [*site.app.settings.var_dir.glob("files/**/*")]
    assert await value(site, sa.select(sa.func.count(ImportRun.id))) == 0


@pytest.mark.parametrize(
    ("content", "chosen", "said"),
    [
        (b"", "", "Choose a file that is not empty"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 99, "", "looks like none of the formats"),
        (b"x", "wizard", "Choose one of the formats"),
    ],
)
async def test_a_file_of_another_kind_is_told_beside_the_field(
    site: Site, cast: Cast, content: bytes, chosen: str, said: str
) -> None:
    panel = await in_panel(site, cast, "admin")
    response = await send(panel, content, format=chosen)
    assert response.status == 400
    assert said in await response.text()


async def test_a_bomb_and_a_wrong_kind_are_refused_with_a_sentence_and_hostile_names_are_shown_as_text(
    site: Site, cast: Cast
) -> None:
    panel = await in_panel(site, cast, "admin")
    bomb = package(users="sourcedId,status\n" + "0," * 40_000_000)
    page = await panel.read(place(await send(panel, bomb, format="oneroster")))
    assert "unpacks to far more than a register holds" in page
    for name in ("../../etc/<script>alert(1)</script>.zip", "🦊" * 300 + ".zip", "a" * 500):
        path = place(await send(panel, b"no zip", name, format="oneroster"))
        page = await (await panel.get(path)).text()
        assert "not a zip file" in page
        assert "<script>alert" not in page
        assert "../" not in re.findall(r"<h1[^>]*>(.*?)</h1>", page)[0]
    assert (await panel.get("/import")).status == 200


async def test_another_schools_run_is_not_there(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "admin")
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        other = await uow.insert(Org, kind="school", name="Other", path="/999/")
        run = await uow.insert(
            ImportRun,
            school_id=other,
            importer="oneroster",
            file_name="secret.zip",
            state=ImportState.LOOKED,
            started_at=uow.now,
        )
    for path in (f"/import/{run}", f"/import/{run}/progress"):
        assert (await panel.get(path)).status == 404
    for path in (f"/import/{run}/apply", f"/import/{run}/look"):
        assert (await panel.post(path)).status == 404
    assert "secret.zip" not in await panel.read("/import")


async def test_the_files_of_old_runs_are_forgotten_with_the_names_and_one_in_use_is_not(
    site: Site, cast: Cast
) -> None:
    panel = await in_panel(site, cast, "admin")
    path = place(await send(panel, package()))
    files = site.app.services.files
    assert [*site.app.settings.var_dir.glob("files/*/*")]
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        assert await forget_imports(uow, files) == 0
        later = FrozenClock(uow.now + timedelta(days=8))
    os.utime(next(site.app.settings.var_dir.glob("files/*/*")), (0, 0))
    async with UnitOfWork(site.app.database, later) as uow:
        assert await forget_imports(uow, files) == 1
    assert not [*site.app.settings.var_dir.glob("files/*/*")]
    assert "The file was forgotten" in await panel.read(path)
    assert (await panel.post(f"{path}/apply")).status == 303
    assert await value(site, sa.select(ImportRun.state)) == ImportState.LOOKED
