"""Lists that are turned page by page: by the key of the last line, so that page 1,000 costs what the first does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID
from core.errors import NotFound

ON_A_PAGE = 50
IN_A_FILE = 500
"""How many lines are read at a time for a file that has them all."""
FOUND_IN_A_FILE = 20_000
"""A search is one page, the best first: so many of what it finds are in its file."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: behind the line with this key and id."""

    key: str
    id: int

    def __str__(self) -> str:
        return f"{self.id}~{self.key}"

    @classmethod
    def read(cls, text: str) -> Cursor | None:
        """None for anything that is no cursor."""
        number, _, key = text.partition("~")
        if not (number.isascii() and number.isdigit()) or len(number) > 19 or int(number) > LARGEST_ID:
            return None
        return cls(key, int(number))


@dataclass(frozen=True, slots=True)
class Order:
    """One of the ways in which a list is sorted. ``key`` is an expression that is never null, and with the id names one
    place of the list; ``kind`` is what its values are."""

    key: Any
    kind: type[str] | type[int] | type[datetime] | type[date] = str
    descending: bool = False

    def reversed(self) -> Order:
        """The other way round."""
        return Order(self.key, self.kind, not self.descending)

    def read(self, text: str) -> str | int | datetime | date:
        """The key of a cursor. Raises NotFound for a text that is none."""
        if self.kind is str:
            return text
        try:
            key: int | datetime | date = int(text) if self.kind is int else self.kind.fromisoformat(text)  # type: ignore[union-attr]
        except ValueError:
            raise NotFound("page_not_found") from None
        # What no row can have, a database may choke on.
        if isinstance(key, int) and abs(key) > LARGEST_ID:
            raise NotFound("page_not_found")
        if isinstance(key, datetime) and key.tzinfo is None:
            raise NotFound("page_not_found")
        return key


def ordered(orders: Mapping[str, Order], wanted: str) -> Order:
    """The order of this name, reversed with a ``-`` before it; the first of them for any other."""
    found = orders.get(wanted.removeprefix("-"))
    if found is None:
        return next(iter(orders.values()))
    return found.reversed() if wanted.startswith("-") else found


async def page_of(
    uow: UnitOfWork,
    statement: sa.Select[*tuple[Any, ...]],
    number: Any,
    order: Order,
    *,
    parameters: Mapping[str, Any] | None = None,
    after: Cursor | None = None,
    most: int = ON_A_PAGE,
) -> tuple[Sequence[sa.Row[Any]], Cursor | None]:
    """A page of a statement's rows, and where the next begins, None on the last. One statement, no OFFSET.

    ``number`` is the column of the id, which the statement selects as ``id``; the rows have ``sort_key``, too.
    """
    place = sa.tuple_(order.key, number)
    if after is not None:
        key = sa.bindparam("after_key", order.read(after.key), type_=order.key.type)
        behind = sa.tuple_(key, sa.bindparam("after_id", after.id, type_=sa.BigInteger()))
        statement = statement.where(place < behind if order.descending else place > behind)
    directions = [one.desc() if order.descending else one.asc() for one in (order.key, number)]
    rows = await uow.rows(
        statement.add_columns(order.key.label("sort_key")).order_by(*directions).limit(most + 1), parameters
    )
    if len(rows) <= most:
        return rows, None
    last = rows[most - 1]
    key_text = last.sort_key if isinstance(last.sort_key, str) else _text(last.sort_key)
    return rows[:most], Cursor(key_text, last.id)


def page_from(
    lines: Sequence[Any],
    place: Callable[[Any], tuple[str, int]],
    *,
    descending: bool = False,
    after: Cursor | None = None,
    most: int = ON_A_PAGE,
) -> tuple[Sequence[Any], Cursor | None]:
    """A page of lines that are known already, as ``page_of`` gives one of rows; ``place`` is a line's key and id."""
    lines = sorted(lines, key=place, reverse=descending)
    if after is not None:
        behind = (after.key, after.id)
        lines = [one for one in lines if (place(one) < behind if descending else place(one) > behind)]
    shown = lines[:most]
    return shown, Cursor(*place(shown[-1])) if len(lines) > most else None


def _text(key: Any) -> str:
    return key.isoformat() if isinstance(key, date) else str(key)


Line = TypeVar("Line", covariant=True)


class Page(Protocol[Line]):
    """A page of a list: its lines, and where the next begins, None on the last."""

    @property
    def lines(self) -> Sequence[Line]: ...

    @property
    def after(self) -> Cursor | None: ...


async def whole(turn: Callable[[Cursor | None], Awaitable[Page[Line]]]) -> AsyncIterator[Line]:
    """Every line of a list, read page by page: ``turn`` reads the page after a cursor. As many statements as pages."""
    after: Cursor | None = None
    while True:
        page = await turn(after)
        for line in page.lines:
            yield line
        after = page.after
        if after is None:
            return
