"""/admin/canteen: the pupils' accounts, money in, corrections, and the menu of the week."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from decimal import Decimal

from aiohttp import web

from core.actions.canteen import (
    CORRECTORS,
    DESK,
    add_dish,
    book_meal_money,
    copy_week,
    remove_dish,
)
from core.domain.kinds import TransactionKind
from core.domain.money import read_amount
from core.errors import Invalid, NotFound
from core.i18n import N_, currency_places
from core.queries.canteen_desk import (
    AccountPage,
    desk_account,
    list_accounts,
    menu_of_week,
    transaction_of,
)
from core.queries.pages import FOUND_IN_A_FILE, IN_A_FILE, ON_A_PAGE, Cursor
from core.web.page import Page, Visit
from core.web.pages.person_forms import day_of
from core.web.table_file import table_file
from core.web.take_away import list_file, note_export
from core.words import MEAL_NAMES, TRANSACTION_NAMES

_MOST_IN_A_FILE = 20_000


async def show(visit: Visit) -> web.StreamResponse:
    """A page of accounts."""
    page = await _page(visit, visit.after)
    return visit.render("canteen.html", page=page, low=_low(visit))


async def export(visit: Visit) -> web.StreamResponse:
    """The same list as a table file, whole; audited."""
    t = visit.t
    return await list_file(
        *(visit, "canteen.csv", "canteen.export"),
        [t("Family name"), t("Given name"), t("Class"), t("Balance")],
        lambda after: _page(visit, after, FOUND_IN_A_FILE if visit.query("search") else IN_A_FILE),
        lambda one: [one.name.family, one.name.given, one.class_name, _plain(visit, one.balance)],
    )


def _low(visit: Visit) -> bool:
    return visit.query("low", 1) == "1"


async def _page(visit: Visit, after: Cursor | None, most: int = ON_A_PAGE) -> AccountPage:
    return await list_accounts(
        *(visit.uow, visit.office),
        search=visit.query("search"),
        below=0 if _low(visit) else None,
        sort=visit.query("sort", 30),
        after=after,
        most=most,
    )


def _plain(visit: Visit, minor: int | None) -> str:
    """An amount as a spreadsheet reads it; empty for none."""
    if minor is None:
        return ""
    places = currency_places(visit.school.currency)
    return f"{Decimal(minor).scaleb(-places):.{places}f}"


async def account(visit: Visit) -> web.StreamResponse:
    """One pupil's account; with ``undo`` a correction of that booking is filled in."""
    return await _account(visit)


async def _account(visit: Visit, *, status: int = 200) -> web.StreamResponse:
    one = await desk_account(visit.uow, visit.office, visit.number(), after=visit.after)
    corrects = visit.office.may(CORRECTORS)
    undone = visit.number_asked("undo") if corrects else None
    booking = await transaction_of(visit.uow, visit.office, visit.number(), undone) if undone else None
    prefilled = {"kind": "top_up", "amount": "", "words": ""}
    if booking is not None:
        day = visit.t.date(booking.at.astimezone(visit.school.zone).date())
        prefilled = {
            "kind": "correction",
            "amount": _plain(visit, -booking.amount),
            "words": visit.t("Undo: {what}, {day}", what=visit.t(TRANSACTION_NAMES[booking.kind]), day=day),
        }
    return visit.render(
        "meal_account.html",
        one=one,
        corrects=corrects,
        prefilled=prefilled,
        once=visit.form.get("once") or secrets.token_urlsafe(12),
        status=status,
    )


async def export_account(visit: Visit) -> web.StreamResponse:
    """All bookings of one account as a table file; audited."""
    one = await desk_account(visit.uow, visit.office, visit.number(), most=_MOST_IN_A_FILE)
    await note_export(visit, "canteen.export", student=visit.number(), bookings=len(one.transactions))
    t, zone = visit.t, visit.school.zone
    rows = [
        [
            line.at.astimezone(zone).isoformat(timespec="minutes"),
            t(TRANSACTION_NAMES[line.kind]),
            line.item,
            _plain(visit, line.amount),
        ]
        for line in one.transactions
    ]
    return table_file("bookings.csv", [t("When"), t("What"), t("Words"), t("Amount")], rows)


async def book(visit: Visit) -> web.StreamResponse:
    """Money in, or a correction."""
    wanted = visit.form.get("kind", "")
    if wanted not in (TransactionKind.TOP_UP, TransactionKind.CORRECTION):
        raise NotFound("account_not_found")
    amount = read_amount(visit.form.get("amount", ""), currency_places(visit.school.currency))
    try:
        if amount is None:
            raise Invalid("amount_wrong")
        await book_meal_money(
            visit.uow,
            visit.session.key,
            visit.school.id,
            visit.number(),
            TransactionKind(wanted),
            amount,
            visit.form.get("words", ""),
            once=visit.form.get("once", ""),
        )
    except Invalid:
        visit.faults["amount"] = _amount_words(visit)
        return await _account(visit, status=400)
    return visit.go(f"/canteen/{visit.number()}", done="booked")


def _amount_words(visit: Visit) -> str:
    example = visit.t.money(15_000, visit.school.currency)
    return visit.t("Write an amount like {example}.", example=example)


async def menu(visit: Visit) -> web.StreamResponse:
    """The menu of a week."""
    return await _menu(visit)


async def _menu(visit: Visit, *, status: int = 200) -> web.StreamResponse:
    monday = _monday(visit)
    return visit.render(
        "menu.html",
        dishes=await menu_of_week(visit.uow, visit.office, monday),
        days=[monday + timedelta(days=number) for number in range(7)],
        monday=monday,
        week=timedelta(days=7),
        meals=MEAL_NAMES,
        status=status,
    )


def _monday(visit: Visit) -> date:
    asked = visit.form.get("week") or visit.query("week", 10)
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        day = visit.school.today(visit.uow.now)
    return min(max(day, date(2000, 1, 3)), date(2100, 1, 4)) - timedelta(days=day.weekday())


async def add(visit: Visit) -> web.StreamResponse:
    """Put a dish on the menu."""
    t, form = visit.t, visit.form
    price = None
    if form.get("price", "").strip():
        price = read_amount(form["price"], currency_places(visit.school.currency))
        if price is None:
            visit.faults["price"] = _amount_words(visit)
    on = day_of(visit, "on")
    if on is None:
        visit.faults["on"] = t("A dish needs a day and a name.")
    meal = form.get("meal", "")
    if meal not in MEAL_NAMES:
        visit.faults["meal"] = t("Choose one of the list.")
    if visit.faults or on is None:
        return await _menu(visit, status=400)
    try:
        await add_dish(visit.uow, visit.session.key, visit.school.id, on, meal, form.get("name", ""), price)
    except Invalid as error:
        if error.key == "amount_wrong":
            visit.faults["price"] = _amount_words(visit)
        else:
            visit.faults["name"] = t("A dish needs a day and a name.")
        return await _menu(visit, status=400)
    return visit.go("/canteen/menu", week=_monday(visit).isoformat(), done="dish")


async def copy(visit: Visit) -> web.StreamResponse:
    """The week before once more."""
    monday = _monday(visit)
    copied = await copy_week(visit.uow, visit.session.key, visit.school.id, monday)
    return visit.go("/canteen/menu", week=monday.isoformat(), done="week" if copied else "week_nothing")


async def remove(visit: Visit) -> web.StreamResponse:
    """Take a dish off the menu."""
    try:
        await remove_dish(visit.uow, visit.session.key, visit.school.id, visit.number())
    except Invalid:
        visit.faults[""] = visit.t("Somebody has ordered this: it stays on the menu.")
        return await _menu(visit, status=400)
    return visit.go("/canteen/menu", week=_monday(visit).isoformat(), done="dish_removed")


PAGES = (
    Page("GET", "/canteen", show, DESK, entry=(N_("Canteen"), 60)),
    Page("GET", r"/canteen/{id:\d{1,18}}", account, DESK),
    Page("POST", r"/canteen/{id:\d{1,18}}", book, DESK),
    Page("POST", r"/canteen/{id:\d{1,18}}/export", export_account, DESK, needs_code=True),
    Page("POST", "/canteen/export", export, DESK, needs_code=True),
    Page("GET", "/canteen/menu", menu, DESK),
    Page("POST", "/canteen/menu/copy", copy, DESK),
    Page("POST", "/canteen/menu", add, DESK),
    Page("POST", r"/canteen/menu/{id:\d{1,18}}/remove", remove, DESK),
)
