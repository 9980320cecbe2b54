"""The canteen: accounts whose balances are the sums of what went in and out, and a menu."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from core.db.models import MealAccount, MealOrder, MealTransaction, MenuItem
from core.domain.kinds import TransactionKind
from core.importing.demo.timetable import period_starts

if TYPE_CHECKING:
    from core.importing.demo.plan import Plan

_LUNCHES = [
    ("Chicken with rice", 16_500), ("Borscht and a cutlet", 17_000), ("Fish with potatoes", 18_500),
    ("Pasta with cheese", 14_000), ("Vegetable stew", 13_500),
]  # fmt: skip
_BREAKFASTS = [("Porridge with berries", 9_000), ("Cottage cheese bake", 10_500), ("Omelette", 9_500)]


def make_canteen(plan: Plan) -> None:
    """A menu for two weeks around today, and four weeks of lunches."""
    menu: dict[date, list[int]] = {}
    for offset in range(-7, 15):
        day = plan.today + timedelta(days=offset)
        if not plan.is_school_day(day):
            continue
        lunch, price = _LUNCHES[day.toordinal() % len(_LUNCHES)]
        breakfast, cheap = _BREAKFASTS[day.toordinal() % len(_BREAKFASTS)]
        menu[day] = [
            plan.rows.add(
                MenuItem, school_id=plan.school, date=day, meal="breakfast", name=breakfast, price=cheap
            ),
            plan.rows.add(MenuItem, school_id=plan.school, date=day, meal="lunch", name=lunch, price=price),
        ]
    for group in plan.pupils.values():
        for pupil in group:
            _account(plan, pupil, menu)


def _account(plan: Plan, pupil: int, menu: dict[date, list[int]]) -> None:
    account = plan.rows.add(MealAccount, student_id=pupil, school_id=plan.school, balance=0)
    row = plan.rows.of(MealAccount)[-1]
    balance = 0
    for back in range(28, -1, -1):
        day = plan.today - timedelta(days=back)
        noon = plan.at(day, period_starts(5))
        if not plan.is_school_day(day) or noon > plan.around:
            continue
        if balance < 15_000 and plan.chance.random() < 0.8:
            amount = plan.chance.choice((100_000, 150_000, 200_000))
            balance += amount
            plan.rows.add(
                MealTransaction,
                account_id=account,
                kind=TransactionKind.TOP_UP,
                amount=amount,
                item="",
                at=noon - timedelta(hours=3),
            )
        lunch, price = _LUNCHES[day.toordinal() % len(_LUNCHES)]
        if balance >= price and plan.chance.random() < 0.85:
            balance -= price
            plan.rows.add(
                MealTransaction,
                account_id=account,
                kind=TransactionKind.DEBIT,
                amount=-price,
                item=lunch,
                at=noon,
            )
    row["balance"] = balance
    for day, items in menu.items():
        if day == plan.today and plan.chance.random() < 0.7:
            plan.rows.add(MealOrder, student_id=pupil, menu_item_id=items[-1], ordered_at=plan.around)
