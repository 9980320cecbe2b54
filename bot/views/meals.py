"""The canteen: balance, debits and top-ups, today's menu."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.views.family import heading, switch_rows
from core.access import Student
from core.cards import Align, Block, Button, Card, Facts, Item, Listing, Section, Table, Text
from core.domain.ids import LARGEST_ID
from core.i18n import Translator
from core.queries.meals import MealBook, MealLine, MenuLine
from core.words import MEAL_NAMES, TRANSACTION_NAMES


class MealsTap(CallbackData, prefix="ml"):
    """A page of the account, counted from 0."""

    student: Annotated[int, Field(ge=0, le=LARGEST_ID)]
    page: Annotated[int, Field(ge=0, le=10_000)] = 0


def meals_card(t: Translator, book: MealBook, page: int, students: Sequence[Student], today: date) -> Card:
    """What is left, what it went on, and what there is to eat."""
    student, currency = book.student, book.student.school.currency
    blocks: list[Block] = []
    if book.balance is None and not book.lines:
        blocks.append(
            Text(
                t("There is no canteen account yet. Ask the school office to open one.")
                if not page
                else t("Nothing older.")
            )
        )
    else:
        if book.balance is not None:
            blocks.append(Facts(((t("Balance"), t.money(book.balance, currency)),)))
        if book.lines:
            rows = tuple(
                (
                    _unbroken(t.date(line.at.astimezone(student.school.zone).date(), "short")),
                    _what(t, line),
                    _amount(t, line, currency),
                )
                for line in book.lines
            )
            header = (t("Day"), t("What"), t("Amount"))
            blocks.append(Table(header, rows, (Align.LEFT, Align.LEFT, Align.RIGHT)))
        else:
            blocks.append(Text(t("Nothing was paid or eaten yet.")))
    if book.menu and not page:
        title = t("Menu: {day}", day=t.relative_day(book.menu[0].on, today))
        blocks.append(
            Section(
                title, (Listing(tuple(Item(_dish(t, dish, currency)) for dish in book.menu[:12])),), open=True
            )
        )
    pages = []
    if page:
        pages.append(Button(t("◀ Newer"), MealsTap(student=student.id, page=page - 1).pack()))
    if book.has_more:
        pages.append(Button(t("Older ▶"), MealsTap(student=student.id, page=page + 1).pack()))
    rows_below = (tuple(pages),) if pages else ()
    switch = switch_rows(t, students, student, lambda one: MealsTap(student=one.id).pack())
    return Card(heading(t("Canteen"), students, student), tuple(blocks), (*rows_below, *switch))


def _unbroken(words: str) -> str:
    """Words that stay on one line, however narrow the column."""
    return words.replace(" ", "\u00a0")


def _what(t: Translator, line: MealLine) -> str:
    return line.item or t(TRANSACTION_NAMES[line.kind])


def _amount(t: Translator, line: MealLine, currency: str) -> str:
    printed = t.money(line.amount, currency)
    return f"+{printed}" if line.amount > 0 else printed


def _dish(t: Translator, dish: MenuLine, currency: str) -> str:
    meal = t(MEAL_NAMES[dish.meal]) if dish.meal in MEAL_NAMES else dish.meal
    text = f"{meal}: {dish.name}"
    if dish.price is not None:
        text += f" · {t.money(dish.price, currency)}"
    return text + " (" + t("ordered") + ")" if dish.ordered else text
