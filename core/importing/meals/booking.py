"""Bookings into the canteen's accounts, batch by batch in one transaction; what was booked before is not booked again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.db.models import MealAccount, MealTransaction
from core.db.uow import UnitOfWork
from core.importing.meals.rows import Booking

BATCH = 5_000
_MOST_DIFFERING = 50
_Number = tuple[int, str]
"""An account, and the number of a booking in it."""
_Said = tuple[object, int]
"""What a booking is: its kind and amount."""


@dataclass(slots=True)
class Booked:
    """What became of the rows: ``differing`` were booked before with another kind or amount, and stay."""

    new: int = 0
    known: int = 0
    accounts: int = 0
    money: int = 0
    doubles: int = 0
    """Rows far below another of their number, of which nothing else is known."""
    differing: list[Booking] = field(default_factory=list)
    """The first of them."""

    def compare(self, booking: Booking, before: _Said) -> None:
        """Note a row that says something else than what was booked under its number."""
        if before != (booking.kind, booking.amount) and len(self.differing) < _MOST_DIFFERING:
            self.differing.append(booking)


@dataclass(slots=True)
class Books:
    """A school's accounts by pupil. An account that is yet to be opened has no number."""

    uow: UnitOfWork
    school_id: int
    accounts: dict[int, int] = field(default_factory=dict)
    opened: set[int] = field(default_factory=set)
    were_empty: bool = False

    async def open(self) -> None:
        """Two statements; while writing, the accounts are held until the end."""
        statement = sa.select(MealAccount.id, MealAccount.student_id).where(
            MealAccount.school_id == self.school_id
        )
        if self.uow.is_writing:
            statement = statement.with_for_update()
        self.accounts = {
            row.student_id: row.id for row in await self.uow.rows(statement.order_by(MealAccount.id))
        }
        first = sa.select(MealTransaction.id).where(MealTransaction.account_id.in_(self._ours())).limit(1)
        self.were_empty = await self.uow.value(first) is None

    def _ours(self) -> sa.Select[int]:
        return sa.select(MealAccount.id).where(MealAccount.school_id == self.school_id)

    async def look(self, batch: Sequence[Booking], booked: Booked) -> None:
        """Count what booking them would do. One statement, where there are bookings at all."""
        known = await self._known(batch)
        opened = {one.student_id for one in batch} - self.accounts.keys()
        self.opened |= opened
        for one in self._new(batch, known, booked):
            booked.new += 1
            booked.money += one.amount
        booked.accounts = len(self.opened)

    async def book(self, batch: Sequence[Booking], booked: Booked) -> None:
        """Write those that are new. At most three statements, and that of looking where there are bookings."""
        await self._open_accounts(batch, booked)
        known = {} if self.were_empty else await self._known(batch)
        rows = [
            {
                "account_id": self.accounts[one.student_id],
                "kind": one.kind,
                "amount": one.amount,
                "item": one.item,
                "at": one.at,
                "external_id": one.external_id,
            }
            # Account by account, as the indexes stand; within one in the order of the file.
            for one in sorted(self._new(batch, known, booked), key=attrgetter("student_id"))
        ]
        if not rows:
            return
        insert = sqlite.insert if self.uow.database.is_sqlite else postgresql.insert
        # A number that stands twice in the file is taken once, also where its rows are far apart.
        statement = insert(MealTransaction.__table__).on_conflict_do_nothing()  # type: ignore[arg-type]
        await self.uow.write(statement, rows)
        booked.new += len(rows)

    def _new(
        self, batch: Sequence[Booking], known: Mapping[_Number, _Said], booked: Booked
    ) -> Iterator[Booking]:
        """Those whose number was not booked before, nor stands in a row above of the batch."""
        above: dict[_Number, _Said] = {}
        for one in batch:
            before = above.get((one.student_id, one.external_id))
            if before is None and known:
                before = known.get((self.accounts.get(one.student_id, 0), one.external_id))
            if before is not None:
                booked.known += 1
                booked.compare(one, before)
                continue
            above[one.student_id, one.external_id] = (one.kind, one.amount)
            yield one

    async def _open_accounts(self, batch: Sequence[Booking], booked: Booked) -> None:
        missing = sorted({one.student_id for one in batch} - self.accounts.keys())
        if not missing:
            return
        await self.uow.write(
            sa.insert(MealAccount),
            [{"student_id": one, "school_id": self.school_id, "balance": 0} for one in missing],
        )
        made = sa.select(MealAccount.id, MealAccount.student_id).where(
            MealAccount.school_id == self.school_id, MealAccount.student_id.in_(missing)
        )
        self.accounts.update({row.student_id: row.id for row in await self.uow.rows(made)})
        booked.accounts += len(missing)

    async def _known(self, batch: Sequence[Booking]) -> dict[_Number, _Said]:
        """What is booked of these numbers already."""
        if self.were_empty:
            return {}
        pairs = [
            (account, one.external_id) for one in batch if (account := self.accounts.get(one.student_id))
        ]
        if self.uow.database.is_sqlite:
            rows = await self.uow.rows(_BOOKED_SQLITE, {"pairs": json.dumps(pairs)})
        else:
            accounts, numbers = zip(*pairs, strict=True) if pairs else ((), ())
            rows = await self.uow.rows(_BOOKED_POSTGRES, {"accounts": accounts, "numbers": numbers})
        return {(row.account_id, str(row.external_id)): (row.kind, row.amount) for row in rows}

    async def count(self) -> tuple[int, int]:
        """How many bookings there are, and their sum. One statement."""
        row = await self.uow.row(
            sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(MealTransaction.amount), 0)).where(
                MealTransaction.account_id.in_(self._ours())
            )
        )
        assert row is not None
        count, money = tuple(row)
        return int(count), int(money)

    async def settle(self) -> int:
        """Let each balance be the sum of its bookings, and count those that are not afterwards: none. Two statements."""
        table = MealTransaction
        total = (
            sa.select(sa.func.coalesce(sa.func.sum(table.amount), 0))
            .where(table.account_id == MealAccount.id)
            .correlate(MealAccount)
            .scalar_subquery()
        )
        amount = sa.cast(total, sa.BigInteger())
        await self.uow.write(
            sa.update(MealAccount).where(MealAccount.school_id == self.school_id).values(balance=amount)
        )
        wrong = sa.select(sa.func.count()).where(
            MealAccount.school_id == self.school_id, MealAccount.balance != amount
        )
        return int(await self.uow.value(wrong))


def _booked(pairs: Any, account: Any, number: Any) -> sa.Executable:
    """The bookings under pairs of an account and a number."""
    table = MealTransaction
    return (
        sa.select(table.account_id, table.external_id, table.kind, table.amount)
        .select_from(pairs)
        .join(table, (table.account_id == account) & (table.external_id == number))
    )


# One parameter for all the pairs: thousands of them are put together anew each time, and for an IN of pairs SQLite goes
# through the whole table.
_EACH = sa.func.json_each(sa.bindparam("pairs", type_=sa.Text())).table_valued("value", name="pairs")
_BOOKED_SQLITE = _booked(
    _EACH, sa.func.json_extract(_EACH.c.value, "$[0]"), sa.func.json_extract(_EACH.c.value, "$[1]")
)
_UNNESTED = (
    sa.func.unnest(
        sa.bindparam("accounts", type_=postgresql.ARRAY(sa.BigInteger())),
        sa.bindparam("numbers", type_=postgresql.ARRAY(sa.Text())),
    )
    .table_valued(sa.column("account_id", sa.BigInteger()), sa.column("external_id", sa.Text()))
    .render_derived("pairs")
)
_BOOKED_POSTGRES = _booked(_UNNESTED, _UNNESTED.c.account_id, _UNNESTED.c.external_id)
