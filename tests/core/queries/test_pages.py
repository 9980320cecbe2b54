"""Lists turned page by page: nothing twice, nothing lost, whatever the order and however many share a key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest
import sqlalchemy as sa

from core.db.models import Chat, Person
from core.db.uow import UnitOfWork
from core.domain.kinds import Messenger
from core.errors import NotFound
from core.queries.pages import Cursor, Order, ordered, page_of

NOW = datetime(2026, 11, 24, 6, 10, tzinfo=UTC)
_NAMES = ("ёлкин", "Zeta", "a~b", "", "ปัณณ", "petrov", "petrov", "petrov", "'%_\\", "O'Hara")
ORDERS = {
    "title": Order(Chat.title),
    "user": Order(Chat.user_id, int),
    "seen": Order(Chat.created_at, datetime, descending=True),
    "poor": Order(sa.case((Chat.user_id % 2 == 0, 1), else_=0), int),
}


async def _chats(uow: UnitOfWork) -> None:
    async with uow.writing():
        for number in range(23):
            await uow.insert(
                Chat,
                messenger=Messenger.TELEGRAM,
                bot=1,
                user_id=1_000 - number,
                title=_NAMES[number % len(_NAMES)],
                created_at=NOW + timedelta(minutes=number % 4, microseconds=number % 3),
            )


async def _pages(uow: UnitOfWork, order: Order, most: int) -> AsyncIterator[list[tuple[object, int]]]:
    after: Cursor | None = None
    while True:
        rows, following = await page_of(uow, sa.select(Chat.id), Chat.id, order, after=after, most=most)
        yield [(row.sort_key, row.id) for row in rows]
        if following is None:
            return
        # As it comes back from an address.
        after = Cursor.read(str(following))
        assert after == following


async def test_a_whole_list_is_turned_in_each_order_both_ways(uow: UnitOfWork) -> None:
    await _chats(uow)
    every = {row.id for row in await uow.rows(sa.select(Chat.id))}
    for name in (*ORDERS, *(f"-{one}" for one in ORDERS)):
        order = ordered(ORDERS, name)
        [whole] = [page async for page in _pages(uow, order, 50)]
        for most in (1, 7, 23):
            turned = [page async for page in _pages(uow, order, most)]
            assert all(len(page) == most for page in turned[:-1]), name
            lines = [line for page in turned for line in page]
            assert lines == whole, (name, most)
        assert {number for _, number in whole} == every
        backwards = [page async for page in _pages(uow, order.reversed(), 50)]
        assert backwards == [whole[::-1]]


async def test_days_are_a_key_too(uow: UnitOfWork) -> None:
    async with uow.writing():
        for number in range(5):
            await uow.insert(
                Person, family="x", given="y", birth_date=date(2010, 1, 1 + number % 2), name_key="x y"
            )
    order = Order(sa.func.coalesce(Person.birth_date, date(1, 1, 1), type_=sa.Date()), date)
    after, seen = None, []
    for _ in islice(range(9), 9):
        rows, after = await page_of(uow, sa.select(Person.id), Person.id, order, after=after, most=2)
        seen += [row.id for row in rows]
        if after is None:
            break
    assert sorted(seen) == sorted(set(seen))
    assert len(seen) == 5


@pytest.mark.parametrize(
    "text", ["", "~", "x", "-1~a", "1", f"{2**63}~a", "9" * 40 + "~a", "1" * 40 + "~a", "١~a"]
)
def test_what_is_no_cursor_is_none_or_harmless(text: str) -> None:
    cursor = Cursor.read(text)
    assert cursor is None or 0 <= cursor.id < 2**63


async def test_a_forged_key_is_no_page_or_a_harmless_one(uow: UnitOfWork) -> None:
    await _chats(uow)
    for name in ("user", "seen", "poor"):
        for key in ("", "x", "9" * 300, "2026-13-01", "2026-11-24T06:10:00", "NaN"):
            with pytest.raises(NotFound):
                await page_of(uow, sa.select(Chat.id), Chat.id, ORDERS[name], after=Cursor(key, 1))
    for key in ("", "~~", "'; DROP TABLE chat", "x" * 300, "\U0001f600"):
        await page_of(uow, sa.select(Chat.id), Chat.id, ORDERS["title"], after=Cursor(key, 2**63 - 1))


def test_an_unknown_order_is_the_lists_own() -> None:
    assert ordered(ORDERS, "god") is ORDERS["title"]
    assert ordered(ORDERS, "") is ORDERS["title"]
    assert ordered(ORDERS, "-seen").descending is False
