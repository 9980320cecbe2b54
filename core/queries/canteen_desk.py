"""The canteen's desk: the accounts of a school's pupils, one account whole, and the menu of a week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.db.models import (
    Enrollment,
    MealAccount,
    MealOrder,
    MealTransaction,
    MenuItem,
    Person,
    RoleAssignment,
    SchoolClass,
)
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID, PersonId
from core.domain.kinds import TransactionKind
from core.domain.matching import Named, search_names
from core.domain.names import PersonName
from core.domain.rights import Role
from core.errors import NotFound
from core.queries.offices import Office
from core.queries.pages import ON_A_PAGE, Cursor, Order, ordered, page_of


@dataclass(frozen=True, slots=True)
class AccountLine:
    """A pupil's account; ``balance`` in minor units, None where there is no account yet."""

    student_id: PersonId
    name: PersonName
    class_name: str
    balance: int | None


@dataclass(frozen=True, slots=True)
class AccountPage:
    """``after`` is where the next page begins, None on the last; a search is one page, the best first."""

    lines: tuple[AccountLine, ...]
    after: Cursor | None


@dataclass(frozen=True, slots=True)
class DeskLine:
    """Money in (positive) or out (negative)."""

    id: int
    kind: TransactionKind
    amount: int
    item: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DeskAccount:
    """An account with a page of its transactions. ``total`` is the sum of all ``number`` of them: it must be the balance.
    ``after`` is where the next page begins, None on the last."""

    line: AccountLine
    total: int = 0
    number: int = 0
    transactions: tuple[DeskLine, ...] = ()
    after: Cursor | None = None

    @property
    def is_right(self) -> bool:
        """Whether the balance is the sum of the transactions."""
        return (self.line.balance or 0) == self.total


def _class_name(office: Office, today: date) -> sa.ColumnElement[str]:
    """A pupil's class here, empty for none. No join: whoever is in a class of another school, too, is one line."""
    own = (
        sa.select(sa.func.min(SchoolClass.name))
        .join(Enrollment, Enrollment.class_id == SchoolClass.id)
        .where(
            Enrollment.student_id == Person.id,
            SchoolClass.school_id == office.school.id,
            holds_on(Enrollment, today),
        )
        .correlate(Person)
        .scalar_subquery()
    )
    return sa.func.coalesce(own, "", type_=sa.Text())


def _pupils(office: Office, today: date) -> sa.Select[Any]:
    columns: list[Any] = [
        *(Person.id, Person.family, Person.given, Person.middle, Person.nickname, Person.name_key),
        _class_name(office, today).label("class_name"),
        *(MealAccount.id.label("account_id"), MealAccount.balance),
    ]
    return (
        sa.select(*columns)
        .join(
            RoleAssignment,
            (RoleAssignment.person_id == Person.id)
            & (RoleAssignment.org_id == office.school.id)
            & (RoleAssignment.role == Role.STUDENT)
            & holds_on(RoleAssignment, today),
        )
        .outerjoin(
            MealAccount,
            (MealAccount.student_id == Person.id) & (MealAccount.school_id == office.school.id),
        )
    )


def _line(row: sa.Row[Any]) -> AccountLine:
    name = PersonName(row.family, row.given, row.middle, row.nickname)
    return AccountLine(PersonId(row.id), name, row.class_name, row.balance)


_NEWEST_FIRST = {"at": Order(MealTransaction.at, datetime, descending=True)}


async def list_accounts(
    uow: UnitOfWork,
    office: Office,
    *,
    search: str = "",
    below: int | None = None,
    sort: str = "",
    after: Cursor | None = None,
    most: int = ON_A_PAGE,
) -> AccountPage:
    """The pupils with their accounts, by name unless ``sort`` says balance or class; ``below`` keeps balances under an
    amount. One statement."""
    today = office.school.today(uow.now)
    orders = {
        "name": Order(Person.name_key),
        "balance": Order(sa.func.coalesce(MealAccount.balance, 0, type_=sa.BigInteger()), int),
        "class": Order(_class_name(office, today)),
    }
    statement = _pupils(office, today)
    if below is not None:
        statement = statement.where(MealAccount.balance < below)
    if search:
        rows = await uow.rows(statement)
        names = [Named(row.id, PersonName(row.family, row.given, row.middle, row.nickname)) for row in rows]
        by_id = {row.id: row for row in rows}
        return AccountPage(tuple(_line(by_id[one.id]) for one in search_names(search, names, most)), None)
    rows, following = await page_of(uow, statement, Person.id, ordered(orders, sort), after=after, most=most)
    return AccountPage(tuple(_line(row) for row in rows), following)


async def desk_account(
    uow: UnitOfWork,
    office: Office,
    student_id: int,
    *,
    after: Cursor | None = None,
    most: int = ON_A_PAGE,
) -> DeskAccount:
    """One pupil's account, the newest transactions first. Three statements. Raises NotFound."""
    row = None
    if 0 < student_id <= LARGEST_ID:
        row = await uow.row(_pupils(office, office.school.today(uow.now)).where(Person.id == student_id))
    if row is None:
        raise NotFound("student_not_found")
    if row.account_id is None:
        return DeskAccount(_line(row))
    which = MealTransaction.account_id == row.account_id
    whole = await uow.row(
        sa.select(
            sa.func.coalesce(sa.func.sum(MealTransaction.amount), 0).label("total"),
            sa.func.count().label("number"),
        ).where(which)
    )
    assert whole is not None
    columns: list[Any] = [
        *(MealTransaction.id, MealTransaction.kind, MealTransaction.amount),
        *(MealTransaction.item, MealTransaction.at),
    ]
    lines, following = await page_of(
        uow,
        sa.select(*columns).where(which),
        MealTransaction.id,
        _NEWEST_FIRST["at"],
        after=after,
        most=most,
    )
    booked = tuple(DeskLine(one.id, one.kind, one.amount, one.item, one.at) for one in lines)
    return DeskAccount(_line(row), int(whole.total), whole.number, booked, following)


async def transaction_of(
    uow: UnitOfWork, office: Office, student_id: int, transaction_id: int
) -> DeskLine | None:
    """One booking of a pupil's account at the school, None where it is none. One statement."""
    if not 0 < transaction_id <= LARGEST_ID:
        return None
    one = await uow.row(
        sa.select(
            *(MealTransaction.id, MealTransaction.kind, MealTransaction.amount),
            *(MealTransaction.item, MealTransaction.at),
        )
        .join(MealAccount, MealAccount.id == MealTransaction.account_id)
        .where(
            MealTransaction.id == transaction_id,
            MealAccount.student_id == student_id,
            MealAccount.school_id == office.school.id,
        )
    )
    return None if one is None else DeskLine(one.id, one.kind, one.amount, one.item, one.at)


@dataclass(frozen=True, slots=True)
class Dish:
    """Something on the menu; ``ordered`` says how many pupils ordered it."""

    id: int
    on: date
    meal: str
    name: str
    price: int | None
    ordered: int


async def menu_of_week(uow: UnitOfWork, office: Office, monday: date) -> tuple[Dish, ...]:
    """The dishes of seven days, in order. One statement."""
    orders = (
        sa.select(sa.func.count())
        .where(MealOrder.menu_item_id == MenuItem.id, MealOrder.cancelled_at.is_(None))
        .scalar_subquery()
    )
    rows = await uow.rows(
        sa.select(
            *(MenuItem.id, MenuItem.date, MenuItem.meal, MenuItem.name, MenuItem.price),
            orders.label("ordered"),
        )
        .where(
            MenuItem.school_id == office.school.id,
            MenuItem.date >= monday,
            MenuItem.date < monday + timedelta(days=7),
        )
        .order_by(MenuItem.date, MenuItem.id)
    )
    return tuple(Dish(row.id, row.date, row.meal, row.name, row.price, row.ordered) for row in rows)
