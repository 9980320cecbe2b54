"""Migrations go up and down on both databases, and end where the models are."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from core.db.engine import Database
from core.db.migrate import configuration, current_revision, migrate, newest_revision
from core.db.models import Base


async def test_each_migration_goes_up_and_down_and_up_again(database: Database) -> None:
    scripts = ScriptDirectory.from_config(configuration())
    steps = [script.revision for script in reversed(list(scripts.walk_revisions()))]
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
