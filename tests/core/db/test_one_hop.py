"""SQLite's writer goes to its thread once a statement, and is otherwise SQLAlchemy's."""

from __future__ import annotations

from typing import Any

import aiosqlite
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.db.engine import Database
from core.db.models import Person
from core.db.uow import UnitOfWork

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])
_TWO = [
    {"family": "Orlov", "given": "Ivan", "name_key": "orlov ivan"},
    {"family": "Orlova", "given": "Vera", "name_key": "orlova vera"},
]


@pytest.fixture
def hops(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The functions that were run in a connection's thread, in order."""
    made: list[str] = []
    usual = aiosqlite.Connection._execute

    async def noted(self: aiosqlite.Connection, function: Any, *args: Any, **kwargs: Any) -> Any:
        made.append(getattr(function, "__name__", str(function)))
        return await usual(self, function, *args, **kwargs)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", noted)
    return made


async def test_a_transaction_of_three_statements_makes_five_hops(uow: UnitOfWork, hops: list[str]) -> None:
    async with uow.writing():
        await uow.insert(Person, **_TWO[0])
    hops.clear()
    async with uow.writing():
        await uow.insert(Person, **_TWO[1])
        await uow.rows(sa.select(Person.given))
        await uow.write(sa.update(Person).values(nickname="Vanya"))
    assert len(hops) == 5, f"begin, three statements, commit, and no more: {hops}"


async def test_what_came_back_is_whole_and_in_order(database: Database) -> None:
    async with database.writer.begin() as connection:
        made = await connection.execute(sa.insert(Person).returning(Person.id), _TWO)
        ids = list(made.scalars())
        assert len(ids) == len(set(ids)) == 2
        changed = await connection.execute(sa.update(Person).values(nickname="Vanya"))
        assert changed.rowcount == 2
        alone = await connection.execute(sa.insert(Person).values(**_TWO[0]))
        assert alone.inserted_primary_key == (max(ids) + 1,)
        nobody = await connection.execute(sa.select(Person.id).where(Person.given == "Nobody"))
        assert (nobody.keys(), nobody.all()) == (["id"], [])


async def test_many_rows_may_be_read_one_after_the_other(database: Database) -> None:
    async with database.writer.begin() as connection:
        await connection.execute(sa.insert(Person), _TWO)
        streamed = await connection.stream(sa.select(Person.given).order_by(Person.given))
        assert [row.given async for row in streamed] == ["Ivan", "Vera"]


async def test_a_refused_statement_leaves_the_next_transaction_free(database: Database) -> None:
    async def write_what_is_refused() -> None:
        async with database.writer.begin() as connection:
            await connection.execute(sa.insert(Person), _TWO)
            await connection.execute(sa.text("INSERT INTO person (id) VALUES (1)"))

    with pytest.raises(IntegrityError):
        await write_what_is_refused()
    async with database.writer.begin() as connection:
        assert (await connection.execute(sa.select(sa.func.count()).select_from(Person))).scalar() == 0


async def test_a_transaction_left_open_is_rolled_back_when_its_connection_goes_back(
    database: Database,
) -> None:
    async with database.writer.connect() as connection:
        await connection.execute(sa.insert(Person), _TWO)
    async with database.writer.begin() as connection:
        assert (await connection.execute(sa.select(sa.func.count()).select_from(Person))).scalar() == 0
