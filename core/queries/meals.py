"""A pupil's canteen account: the balance, what went in and out, and the menu."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from core.access import Actor, Student, access_student
from core.db.models import MealAccount, MealOrder, MealTransaction, MenuItem
from core.db.uow import UnitOfWork
from core.domain.kinds import TransactionKind
from core.domain.rights import Right

ON_A_PAGE = 10


@dataclass(frozen=True, slots=True)
class MealLine:
    """Money in (positive) or out (negative), in minor units."""

    kind: TransactionKind
    amount: int
    item: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MenuLine:
    """Something on the menu; ``price`` in minor units, None where it is not told; ``ordered`` for this pupil."""

    on: date
    meal: str
    name: str
    price: int | None
    ordered: bool


@dataclass(frozen=True, slots=True)
class MealBook:
    """``balance`` is None where the pupil has no account; ``lines`` are one page, newest first; ``menu`` is of
    today, or of the next day within a week that has one."""

    student: Student
    balance: int | None
    lines: tuple[MealLine, ...]
    has_more: bool
    menu: tuple[MenuLine, ...]


_ACCOUNT = (
    sa.select(
        MealAccount.balance,
        MealTransaction.kind,
        MealTransaction.amount,
        MealTransaction.item,
        MealTransaction.at,
    )
    .outerjoin(MealTransaction, MealTransaction.account_id == MealAccount.id)
    .where(MealAccount.student_id == sa.bindparam("student_id"))
    .order_by(MealTransaction.at.desc(), MealTransaction.id.desc())
    .limit(sa.bindparam("most"))
    .offset(sa.bindparam("skip"))
)
_MENU = (
    sa.select(
        MenuItem.date.label("on"),
        MenuItem.meal,
        MenuItem.name,
        MenuItem.price,
        MealOrder.id.label("order_id"),
    )
    .outerjoin(
        MealOrder,
        (MealOrder.menu_item_id == MenuItem.id)
        & (MealOrder.student_id == sa.bindparam("student_id"))
        & MealOrder.cancelled_at.is_(None),
    )
    .where(
        MenuItem.school_id == sa.bindparam("school_id"),
        MenuItem.date >= sa.bindparam("since"),
        MenuItem.date <= sa.bindparam("until"),
    )
    .order_by(MenuItem.date, MenuItem.id)
)


async def meals_for(uow: UnitOfWork, actor: Actor, student_id: int, *, page: int = 0) -> MealBook:
    """The account with one page of its transactions, and the next menu. Two statements for a family. NotFound."""
    student = (await access_student(uow, actor, student_id, Right.MEALS)).student
    rows = await uow.rows(
        _ACCOUNT, {"student_id": student_id, "most": ON_A_PAGE + 1, "skip": page * ON_A_PAGE}
    )
    today = student.school.today(uow.now)
    menu = await uow.rows(
        _MENU,
        {
            "student_id": student_id,
            "school_id": student.school.id,
            "since": today,
            "until": today + timedelta(days=7),
        },
    )
    lines = tuple(MealLine(row.kind, row.amount, row.item, row.at) for row in rows if row.kind is not None)
    first_day = menu[0].on if menu else None
    return MealBook(
        student,
        rows[0].balance if rows else None,
        lines[:ON_A_PAGE],
        len(lines) > ON_A_PAGE,
        tuple(
            MenuLine(row.on, row.meal, row.name, row.price, row.order_id is not None)
            for row in menu
            if row.on == first_day
        ),
    )
