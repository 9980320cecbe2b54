"""Migrations go up and down on both databases, and end where the models are."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.migrate import altering, configuration, current_revision, migrate, newest_revision, revision_at
from core.db.models import Base, ChatLink
from tests.cast import Cast


def revisions() -> list[str]:
    """All of them, oldest first."""
    scripts = ScriptDirectory.from_config(configuration())
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


async def counts(database: Database) -> dict[str, int]:
    """How many rows each table has."""

    def count(connection: Connection) -> dict[str, int]:
        return {
            table: connection.execute(sa.select(sa.func.count()).select_from(sa.table(table))).scalar_one()
            for table in inspect(connection).get_table_names()
        }

    async with database.writer.connect() as connection:
        return await connection.run_sync(count)


async def test_each_migration_goes_up_and_down_and_up_again(database: Database) -> None:
    steps = revisions()
    await migrate(database, "base")
    assert await current_revision(database) is None
    before = "base"
    for step in steps:
        await migrate(database, step)
        await migrate(database, before)
        await migrate(database, step)
        assert await current_revision(database) == step
        before = step
    assert before == newest_revision()


async def test_going_all_the_way_down_leaves_no_table_behind(database: Database) -> None:
    await migrate(database, "base")
    async with database.writer.connect() as connection:
        left = await connection.run_sync(lambda c: inspect(c).get_table_names())
    assert set(left) <= {"alembic_version"}


async def test_the_newest_shape_is_that_of_the_models(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))

    async with database.writer.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_stairs_keep_everybody_and_all_they_have(database: Database, cast: Cast) -> None:
    before = await counts(database)
    assert before["person"] == len(cast.members)
    kept = before
    for step in reversed(revisions()[:-1]):
        await migrate(database, step)
        now = await counts(database)
        kept = {table: rows for table, rows in kept.items() if table in now}
        assert now == kept, step
    assert kept["mark"]
    assert kept["chat_link"]
    await migrate(database)
    assert {table: rows for table, rows in (await counts(database)).items() if table in kept} == kept


async def test_making_a_table_anew_keeps_the_rows_that_point_at_it(database: Database, cast: Cast) -> None:
    before = await counts(database)
    assert before["guardianship"]

    def make_anew(connection: Connection) -> None:
        context = MigrationContext.configure(connection)
        # On PostgreSQL columns are altered in place; SQLite has no other way than this.
        recreate: Literal["always", "never"] = "always" if database.is_sqlite else "never"
        with Operations(context).batch_alter_table("person", recreate=recreate) as table:
            table.add_column(sa.Column("shoe_size", sa.Integer(), nullable=True))

    async with altering(database) as connection:
        await connection.run_sync(make_anew)
    assert await counts(database) == before


async def test_a_migration_that_leaves_orphans_is_undone(tmp_path: Path, clock: FrozenClock) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'orphans.db'}")
    await migrate(database)
    with pytest.raises(RuntimeError, match="point at nothing: 2, in chat_link"):
        async with altering(database) as connection:
            await connection.execute(
                sa.insert(ChatLink).values(chat_id=77, person_id=77, linked_at=clock.now())
            )
    assert (await counts(database))["chat_link"] == 0
    async with database.writer.connect() as connection:
        assert (await connection.exec_driver_sql("PRAGMA foreign_keys")).scalar_one() == 1
    await database.close()


async def test_asking_for_the_shape_of_a_database_that_is_not_there_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "var" / "none.db"
    assert await revision_at(f"sqlite+aiosqlite:///{path}") is None
    assert not path.parent.exists()


async def test_the_shape_of_a_database_is_told(database: Database) -> None:
    url = database.url.render_as_string(hide_password=False)
    assert await revision_at(url) == newest_revision()
