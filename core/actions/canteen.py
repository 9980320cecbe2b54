"""The canteen's desk: money into and out of accounts, and what is on the menu."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.access import fresh_actor
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import MealAccount, MealOrder, MealTransaction, MenuItem
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID
from core.domain.kinds import TransactionKind
from core.domain.rights import Role
from core.errors import Invalid, NotFound
from core.queries.canteen_desk import desk_account, menu_of_week
from core.queries.offices import access_office

DESK = (Role.CANTEEN, Role.ADMIN)
"""Who takes money in and writes the menu."""
CORRECTORS = (Role.ADMIN,)
"""Who corrects what was booked wrongly."""
LARGEST_AMOUNT = 100_000_000
"""In minor units: more is a slip of the finger."""
_LONGEST = 200
_LONGEST_ONCE = 64


async def book_meal_money(
    uow: UnitOfWork,
    key: ChatKey,
    school_id: int,
    student_id: int,
    kind: TransactionKind,
    amount: int,
    words: str = "",
    *,
    once: str = "",
) -> int:
    """Book a top-up or a correction (minor units, a correction also below zero); the new balance.

    ``once`` names the form that it was written on: what was booked from it is not booked again, so a second click books
    nothing. The account is opened by its first booking. The balance is the sum of the bookings, written with each. Raises
    NotFound, Invalid("amount_wrong"). At most eleven statements.
    """
    roles = CORRECTORS if kind is TransactionKind.CORRECTION else DESK
    is_positive = amount > 0 or (kind is TransactionKind.CORRECTION and amount != 0)
    if not is_positive or abs(amount) > LARGEST_AMOUNT:
        raise Invalid("amount_wrong")
    async with uow.writing():
        office = await access_office(uow, await fresh_actor(uow, key), school_id, roles)
        await desk_account(uow, office, student_id)
        account_id = await _open_account(uow, student_id, school_id)
        external_id = f"form:{once[:_LONGEST_ONCE]}" if once else None
        if external_id is not None and await uow.value(
            sa.select(MealTransaction.id).where(
                MealTransaction.account_id == account_id, MealTransaction.external_id == external_id
            )
        ):
            return int(await uow.value(sa.select(MealAccount.balance).where(MealAccount.id == account_id)))
        await uow.insert(
            MealTransaction,
            account_id=account_id,
            kind=kind,
            amount=amount,
            item=words.strip()[:_LONGEST],
            at=uow.now,
            external_id=external_id,
        )
        balance = await uow.value(
            sa.select(sa.func.sum(MealTransaction.amount)).where(MealTransaction.account_id == account_id)
        )
        await uow.write(
            sa.update(MealAccount).where(MealAccount.id == account_id).values(balance=int(balance))
        )
        await record(
            uow,
            f"canteen.{kind.value}",
            actor_id=office.officer_id,
            subject=("person", student_id),
            after={"amount": amount, "balance": int(balance)},
        )
    return int(balance)


async def _open_account(uow: UnitOfWork, student_id: int, school_id: int) -> int:
    """The pupil's account, held until the end of the transaction: two desks that book at once book one after the other,
    also where it is the first booking. Two statements."""
    insert = sqlite.insert if uow.database.is_sqlite else postgresql.insert
    await uow.write(
        insert(MealAccount)
        .values(student_id=student_id, school_id=school_id, balance=0)
        .on_conflict_do_nothing(index_elements=["student_id", "school_id"])
    )
    return int(
        await uow.value(
            sa.select(MealAccount.id)
            .where(MealAccount.student_id == student_id, MealAccount.school_id == school_id)
            .with_for_update()
        )
    )


async def add_dish(
    uow: UnitOfWork, key: ChatKey, school_id: int, on: date, meal: str, name: str, price: int | None
) -> None:
    """Put something on the menu of a day. Raises NotFound, Invalid("dish_without_name"), ("amount_wrong")."""
    words = " ".join(name.split())[:_LONGEST]
    if not words:
        raise Invalid("dish_without_name")
    if price is not None and not 0 <= price <= LARGEST_AMOUNT:
        raise Invalid("amount_wrong")
    async with uow.writing():
        office = await access_office(uow, await fresh_actor(uow, key), school_id, DESK)
        number = await uow.insert(MenuItem, school_id=school_id, date=on, meal=meal, name=words, price=price)
        await record(
            uow,
            "canteen.dish",
            actor_id=office.officer_id,
            subject=("menu", number),
            after={"on": on.isoformat(), "meal": meal, "name": words, "price": price},
        )


async def copy_week(uow: UnitOfWork, key: ChatKey, school_id: int, monday: date) -> int:
    """Put the dishes of the week before onto the days of a week that have none yet; how many. Raises NotFound. At most six
    statements."""
    async with uow.writing():
        office = await access_office(uow, await fresh_actor(uow, key), school_id, DESK)
        week = timedelta(days=7)
        dishes = await menu_of_week(uow, office, monday - week)
        taken = {dish.on for dish in await menu_of_week(uow, office, monday)}
        copies = [
            {
                "school_id": school_id,
                "date": dish.on + week,
                "meal": dish.meal,
                "name": dish.name,
                "price": dish.price,
            }
            for dish in dishes
            if dish.on + week not in taken
        ]
        if copies:
            await uow.write(sa.insert(MenuItem), copies)
            await record(
                uow,
                "canteen.week_copied",
                actor_id=office.officer_id,
                after={"monday": monday.isoformat(), "dishes": len(copies), "school": school_id},
            )
    return len(copies)


async def remove_dish(uow: UnitOfWork, key: ChatKey, school_id: int, dish_id: int) -> None:
    """Take something off the menu that nobody has ordered. Raises NotFound, Invalid("dish_ordered")."""
    async with uow.writing():
        office = await access_office(uow, await fresh_actor(uow, key), school_id, DESK)
        row = None
        if 0 < dish_id <= LARGEST_ID:
            row = await uow.row(
                sa.select(MenuItem.date, MenuItem.name).where(
                    MenuItem.id == dish_id, MenuItem.school_id == school_id
                )
            )
        if row is None:
            raise NotFound("dish_not_found")
        ordered = await uow.value(
            sa.select(sa.func.count()).where(
                MealOrder.menu_item_id == dish_id, MealOrder.cancelled_at.is_(None)
            )
        )
        if ordered:
            raise Invalid("dish_ordered")
        await uow.write(sa.delete(MenuItem).where(MenuItem.id == dish_id))
        await record(
            uow,
            "canteen.dish_removed",
            actor_id=office.officer_id,
            subject=("menu", dish_id),
            before={"on": row.date.isoformat(), "name": row.name},
        )
