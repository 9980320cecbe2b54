"""Reads never wait for a writer; a write transaction is whole or nothing."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import Person
from core.db.outbox import publish
from core.db.uow import UnitOfWork
from core.logging import hide_secrets

_COUNT = sa.select(sa.func.count()).select_from(Person)


async def test_an_error_inside_writing_leaves_nothing(uow: UnitOfWork) -> None:
    with pytest.raises(RuntimeError, match="half way"):  # noqa: PT012
        async with uow.writing():
            await uow.insert(Person, given="A", family="B")
            raise RuntimeError("half way")
    assert await uow.value(_COUNT) == 0


async def test_an_inner_writing_joins_the_outer_one(uow: UnitOfWork) -> None:
    with pytest.raises(RuntimeError):  # noqa: PT012
        async with uow.writing():
            async with uow.writing():
                await uow.insert(Person, given="A", family="B")
            raise RuntimeError
    assert await uow.value(_COUNT) == 0


async def test_an_error_of_the_database_does_not_tell_what_people_wrote(uow: UnitOfWork) -> None:
    with pytest.raises(sa.exc.IntegrityError) as refused:
        async with uow.writing():
            await uow.insert(Person, given="her words", family=None)
    with pytest.raises(sa.exc.StatementError) as misfit:
        await uow.rows(
            sa.text("SELECT :a + 1, nothing FROM person WHERE given = :b"), {"a": "her words", "b": 1}
        )
    for caught in (refused, misfit):
        said = hide_secrets(str(caught.value))
        assert "person" in said
        assert "her words" not in said


async def test_a_write_outside_of_writing_is_a_fault(uow: UnitOfWork) -> None:
    with pytest.raises(RuntimeError):
        await uow.write(sa.insert(Person).values(given="A", family="B"))


async def test_reads_go_on_while_a_transaction_is_open(database: Database, clock: FrozenClock) -> None:
    async with UnitOfWork(database, clock) as writer, UnitOfWork(database, clock) as reader:
        async with writer.writing():
            await writer.insert(Person, given="A", family="B")
            assert await writer.value(_COUNT) == 1
            assert await asyncio.wait_for(reader.value(_COUNT), 2) == 0
        assert await reader.value(_COUNT) == 1


async def test_many_writers_at_once_all_get_their_turn(database: Database, clock: FrozenClock) -> None:
    async def write(number: int) -> None:
        async with UnitOfWork(database, clock) as uow:
            before = await uow.value(_COUNT)
            async with uow.writing():
                await uow.insert(Person, given=str(number), family=str(before))

    await asyncio.gather(*(write(number) for number in range(20)))
    async with UnitOfWork(database, clock) as uow:
        assert await uow.value(_COUNT) == 20


async def test_the_bell_rings_after_the_commit_and_not_after_a_rollback(uow: UnitOfWork) -> None:
    rung: list[bool] = []
    uow.database.on_publish = lambda: rung.append(uow.is_writing)
    with pytest.raises(RuntimeError):  # noqa: PT012
        async with uow.writing():
            await publish(uow, "kind", "key 1", payload={})
            raise RuntimeError
    assert rung == []
    async with uow.writing():
        await publish(uow, "kind", "key 1", payload={})
        await publish(uow, "kind", "key 1", payload={})
    assert rung == [False, False]
