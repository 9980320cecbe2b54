"""What the demo touches, and what it leaves alone."""

from __future__ import annotations

import sqlite3
import stat
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.serving import DemoRefused, find_demo, prepare_demo
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.migrate import migrate, tables_in
from core.db.models import Org, Person
from core.db.uow import UnitOfWork
from core.importing.demo import is_demo, write_demo_school
from core.settings import Settings, SettingsError
from tests.cast import Cast


@pytest.fixture(autouse=True)
def _small_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.serving.write_demo_school", partial(write_demo_school, pupils_in_class=3))


def settings_of(database: Database, tmp_path: Path) -> Settings:
    url = database.url.render_as_string(hide_password=False)
    return Settings(_env_file=None, database_url=url, var_dir=tmp_path)


def settings_for(path: Path) -> Settings:
    return Settings(_env_file=None, database_url=f"sqlite+aiosqlite:///{path}", var_dir=path.parent)


async def people(database: Database, clock: FrozenClock) -> int:
    async with UnitOfWork(database, clock) as uow:
        return int(await uow.value(sa.select(sa.func.count()).select_from(Person)))


@pytest.mark.parametrize("reset", [False, True])
async def test_the_demo_fills_no_new_database_that_was_migrated_for_a_real_school(
    database: Database, clock: FrozenClock, tmp_path: Path, reset: bool
) -> None:
    with pytest.raises(DemoRefused):
        await prepare_demo(settings_of(database, tmp_path), reset=reset)
    assert await people(database, clock) == 0


async def test_the_demo_refuses_a_school_that_it_did_not_make(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    before = await people(database, clock)
    with pytest.raises(DemoRefused):
        await prepare_demo(settings_of(database, tmp_path), reset=True)
    with pytest.raises(DemoRefused):
        await find_demo(settings_of(database, tmp_path))
    assert await people(database, clock) == before


async def test_the_demo_is_made_where_nothing_is_and_kept_and_made_anew(
    database: Database, clock: FrozenClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(database, "base")
    async with database.writer.begin() as connection:
        await connection.execute(sa.text("DROP TABLE alembic_version"))
    assert await tables_in(database) == frozenset()
    settings = settings_of(database, tmp_path)
    assert "Made" in await prepare_demo(settings, reset=False)
    made = await people(database, clock)
    assert made > 100
    assert "already" in await prepare_demo(settings, reset=False)
    await find_demo(settings)
    assert "Made" in await prepare_demo(settings, reset=True)
    assert await people(database, clock) == made

    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("core.importing.demo.school.make_canteen", interrupted)
    with pytest.raises(KeyboardInterrupt):
        await prepare_demo(settings, reset=True)
    assert await people(database, clock) == made, "a reset that is interrupted leaves the demo as it was"


async def test_a_real_school_in_the_demos_database_is_left_alone(tmp_path: Path, clock: FrozenClock) -> None:
    settings = settings_for(tmp_path / "demo.db")
    await prepare_demo(settings, reset=False)
    database = Database(settings.database_url)
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await uow.insert(
            Org, kind="school", name="Real", timezone="UTC", locale="en", currency="EUR", scale="five"
        )
    assert await is_demo(database) is False
    await database.close()
    with pytest.raises(DemoRefused):
        await prepare_demo(settings, reset=True)


@pytest.mark.parametrize("table", ["customers (name)", "org (settings)", "alembic_version (version_num)"])
async def test_another_programs_file_stays_byte_for_byte_as_it_was(tmp_path: Path, table: str) -> None:
    path = tmp_path / "foreign.db"
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE {table}")
        connection.execute(f"INSERT INTO {table.partition(' ')[0]} VALUES ('{{')")
        if table.startswith("org"):
            connection.execute("CREATE TABLE alembic_version (version_num)")
    connection.close()
    before = path.read_bytes()
    for reset in (False, True):
        with pytest.raises(DemoRefused):
            await prepare_demo(settings_for(path), reset=reset)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["foreign.db"]


async def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"by no means a database " * 100)
    with pytest.raises(SettingsError) as caught:
        await prepare_demo(settings_for(path), reset=False)
    assert "SCHOOLBELL_DATABASE_URL" in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_looking_for_a_demo_that_is_not_there_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(DemoRefused) as caught:
        await find_demo(settings_for(tmp_path / "var" / "demo.db"))
    assert "make demo" in str(caught.value)
    assert not list(tmp_path.iterdir())


async def test_a_new_database_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'var' / 'school.db'}")
    await migrate(database)
    made = [tmp_path / "var", *(tmp_path / "var").iterdir()]
    assert len(made) > 1
    for path in made:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    await database.close()
