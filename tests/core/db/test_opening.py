"""Opening a database: what is wrong with it is one line that names the setting; looking at one changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from core.db.engine import Database
from core.db.migrate import (
    current_revision,
    is_known,
    look_at_revision,
    migrate,
    newest_revision,
    open_database,
)
from core.settings import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def named(url: str) -> Settings:
    return load_settings(database_url=url)


async def refused(settings: Settings) -> str:
    with pytest.raises(SettingsError) as caught:
        async with open_database(settings):
            raise AssertionError("it was opened")
    line = str(caught.value)
    assert "\n" not in line
    assert "hidden" not in line
    return line


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hidden@127.0.0.1:1/db",
        "postgresql://u:hidden@no.such.host.invalid/db",
        "postgresql://u:hidden@127.0.0.1:1/db?nonsense=1",
        "sqlite:///file/below/school.db",
        "sqlite:///folder",
        "sqlite:///file",
    ],
)
async def test_a_database_that_cannot_be_opened_is_one_line(tmp_path: Path, url: str) -> None:
    (tmp_path / "file").write_bytes(b"This is no database. " * 100)
    (tmp_path / "folder").mkdir()
    line = await refused(named(url))
    assert line.startswith("SCHOOLBELL_DATABASE_URL: ")
    assert "cannot be opened (" in line


async def test_a_server_without_that_database_is_one_line(postgres: str) -> None:
    assert '"nowhere" does not exist' in await refused(named(postgres.replace("/postgres?", "/nowhere?")))


async def test_where_only_the_folder_was_named_the_folder_is_blamed(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = await refused(load_settings(var_dir=tmp_path / "file"))
    assert line.startswith("SCHOOLBELL_VAR_DIR: ")


def address(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


async def test_a_database_is_opened_in_the_newest_shape(database: Database) -> None:
    await migrate(database, "base")
    async with open_database(named(address(database))) as opened:
        assert await current_revision(opened) == newest_revision()


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(database: Database) -> None:
    async with database.writer.begin() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    assert "newer Schoolbell" in await refused(named(address(database)))
    assert await look_at_revision(address(database)) == "9999"
    assert not is_known("9999")
    assert is_known("0001")
    assert is_known(None)


async def test_looking_reads_the_revision_while_somebody_has_it_open(database: Database) -> None:
    assert await look_at_revision(address(database)) == newest_revision()
    await migrate(database, "base")
    assert await look_at_revision(address(database)) is None


async def test_looking_makes_no_file_and_no_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await look_at_revision("sqlite+aiosqlite:///var/school.db")
    assert list(tmp_path.iterdir()) == []
    async with open_database(named("sqlite:///school.db")):
        pass
    before = {one.name: one.stat().st_mtime_ns for one in tmp_path.iterdir()}
    assert await look_at_revision("sqlite+aiosqlite:///school.db") == newest_revision()
    assert {one.name: one.stat().st_mtime_ns for one in tmp_path.iterdir()} == before


@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_reads_and_writes_are_planned_for_rows_that_lie_in_memory(database: Database) -> None:
    asked = sa.text("SELECT current_setting('random_page_cost'), current_setting('jit')")
    read = await database.reader.rows(asked)
    async with database.writer.connect() as connection:
        written = (await connection.execute(asked)).all()
    assert [tuple(row) for row in (*read, *written)] == [("1.1", "off")] * 2
