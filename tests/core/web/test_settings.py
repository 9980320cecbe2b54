"""The school's settings: what an administrator changes, what is asked back, and what families then see."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from core.access import NOT_AT_THIS_SCHOOL
from core.actions.invitations import issue_device_code
from core.clock import FrozenClock
from core.db.models import AuditEntry, Org
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState
from core.domain.school_settings import SchoolSettings
from core.errors import Forbidden
from core.queries.grades import grades_for
from core.queries.meals import meals_for
from core.queries.preferences import preferences_for
from tests.cast import Cast, actor_of
from tests.notifier.test_answers import Office
from tests.support.browser import Site
from tests.support.panel import in_panel

_USUAL: dict[str, Any] = {
    "name": "Riverside School",
    "timezone": "Europe/Moscow",
    "locale": "en",
    "currency": "RUB",
    "scale": "five",
    "quiet_from": "",
    "quiet_to": "",
    "told_days": "90",
    **dict.fromkeys(
        (
            "averages",
            "meals",
            "homeroom_codes",
            "own_devices",
            "nudges",
            "speaks_en",
            "speaks_ru",
            "speaks_th",
        ),
        "yes",
    ),
}


def form(*without: str, **changes: str) -> dict[str, Any]:
    """The form as it comes, with some boxes not ticked and some fields changed."""
    return {name: value for name, value in (_USUAL | changes).items() if name not in without}


async def _org(site: Site, school_id: int) -> Any:
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        return await uow.row(sa.select(*Org.__table__.columns).where(Org.id == school_id))


async def test_what_is_settled_holds_for_families_at_once_and_other_keys_stay(site: Site, cast: Cast) -> None:
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        await uow.write(sa.update(Org).where(Org.id == cast.school_id).values(settings={"demo": 7}))
    panel = await in_panel(site, cast, "admin")
    assert (await panel.post("/settings", **form())).status == 303
    assert (await _org(site, cast.school_id)).settings == {"demo": 7}, "what is as usual is not kept"
    changed = form("averages", "meals", "own_devices", "speaks_th", quiet_from="20:00", quiet_to="06:30")
    assert (await panel.post("/settings", **changed)).status == 303
    org = await _org(site, cast.school_id)
    assert org.settings == {
        "demo": 7,
        "languages": ["en", "ru"],
        "averages": False,
        "meals": False,
        "own_devices": False,
    }
    ivan = cast["ivan"].person_id
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        mother, head = await actor_of(uow, cast, "mother"), await actor_of(uow, cast, "head")
        assert all(one.average is None for one in (await grades_for(uow, mother, ivan)).courses)
        assert any(one.average is not None for one in (await grades_for(uow, head, ivan)).courses)
        with pytest.raises(Forbidden) as caught:
            await meals_for(uow, mother, ivan)
        assert caught.value.key == NOT_AT_THIS_SCHOOL
        assert (await meals_for(uow, head, ivan)).balance is not None
        with pytest.raises(Forbidden):
            await issue_device_code(uow, mother, cast["mother"].person_id, code_key=b"key")
        assert str((await preferences_for(uow, mother)).quiet.starts) == "20:00:00"
        assert mother.languages == {"en", "ru"}
        entry = await uow.row(
            sa.select(AuditEntry.before, AuditEntry.after)
            .where(AuditEntry.action == "school.settle")
            .order_by(AuditEntry.id.desc())
        )
    assert entry is not None
    assert entry.after["quiet_from"] == "20:00"
    assert entry.before["averages"] is True
    assert "scale" not in entry.after
    page = await (await panel.get("/settings")).text()
    assert 'name="quiet_from" type="time" value="20:00"' in page


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(
    site: Site, cast: Cast
) -> None:
    panel = await in_panel(site, cast, "admin")
    for changes, words in (
        ({"name": " "}, "A school needs a name"),
        ({"name": "x" * 10_000}, "A school needs a name"),
        ({"timezone": "Mars/Olympus"}, "Choose one of the list"),
        ({"scale": "sevens"}, "Choose one of the list"),
        ({"currency": "rub€"}, "Choose one of the list"),
        ({"quiet_from": "21:00", "quiet_to": "21:00"}, "two that differ"),
        ({"quiet_from": "21:00"}, "two that differ"),
        ({"quiet_from": "21:00+03:00", "quiet_to": "07:00"}, "Write a time like 21:00"),
        ({"quiet_to": "\x00'\""}, "Write a time like 21:00"),
        ({"told_days": "5"}, "from 30 to 1100"),
        ({"told_days": "٣٠"}, "from 30 to 1100"),
        ({"locale": "th", "speaks_th": "no"}, "always offered"),
    ):
        response = await panel.post("/settings", **form(**({"name": "Kept & typed"} | changes)))
        text = await response.text()
        assert response.status == 400, changes
        assert words in text, changes
        assert "name" in changes or "Kept &amp; typed" in text
    assert (await _org(site, cast.school_id)).name == "Riverside School"


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_new_scale_or_clock_says_what_it_means_and_converts_nothing(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "admin")
    wanted = form(scale="hundred", timezone="Asia/Bangkok", currency="THB")
    asked = await panel.post("/settings", **wanted)
    text = await asked.text()
    assert asked.status == 400
    assert "nothing is converted" in text
    assert "go by the new clock" in text
    assert "keep their numbers" in text
    assert 'value="hundred" selected' in text, "what was chosen is kept"
    assert (await _org(site, cast.school_id)).scale == "five"
    assert (await panel.post("/settings", **wanted, sure="yes")).status == 303
    assert (await _org(site, cast.school_id)).scale == "hundred"
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        book = await grades_for(uow, await actor_of(uow, cast, "mother"), cast["ivan"].person_id)
    assert {mark.value for one in book.courses for mark in one.marks} == {"4"}


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_nobody_settles_for_another_school(site: Site, cast: Cast) -> None:
    other = await in_panel(site, cast, "other_admin")
    refused = await other.post(f"/settings?school={cast.school_id}", **form(name="Ours now"))
    assert refused.status == 404
    assert (await _org(site, cast.school_id)).name == "Riverside School"
    secretary = await in_panel(site, cast, "secretary")
    assert (await secretary.post("/settings", **form(name="Ours now"))).status == 403


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_settings_that_nobody_can_read_are_as_usual(site: Site, cast: Cast) -> None:
    for broken in ("{", "[]", "null", '{"averages": "no", "told_days": 1e9, "languages": {"a": 1}}'):
        async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
            await uow.write(sa.text("UPDATE org SET settings = :text").bindparams(text=broken))
        async with UnitOfWork(site.app.database, site.app.clock) as uow:
            mother = await actor_of(uow, cast, "mother")
            assert mother.school is not None
            assert mother.school.settings == SchoolSettings()
        panel = await in_panel(site, cast, "admin")
        assert (await panel.get("/settings")).status == 200
        assert (await panel.post("/settings", **form("nudges"))).status == 303


async def test_the_schools_quiet_hours_hold_for_whoever_chose_none(site: Site, cast: Cast) -> None:
    clock = site.app.clock
    assert isinstance(clock, FrozenClock)
    panel = await in_panel(site, cast, "admin")
    await panel.post("/settings", **form(quiet_from="08:30", quiet_to="12:15"))
    async with UnitOfWork(site.app.database, clock) as uow, uow.writing():
        # Another school's hours, which this school's news does not ask for.
        await uow.write(
            sa.update(Org)
            .where(Org.id == cast.other_school_id)
            .values(quiet_from=datetime(2026, 1, 1, 1).time(), quiet_to=datetime(2026, 1, 1, 23).time())
        )
    office = Office(site.app.database, clock, cast)
    await office.announce("No school tomorrow")
    await office.send()
    assert not office.heard("mother")
    assert await office.rows("mother") == [(DeliveryState.PENDING, "quiet_hours", 0)]
    clock.at = datetime(2026, 11, 24, 9, 16, tzinfo=UTC)  # 12:16 at school
    await office.send()
    assert len(office.heard("mother")) == 1
