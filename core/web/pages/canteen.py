"""/admin/canteen: the pupils' accounts, money in, corrections, and the menu of the week."""

from __future__ import annotations

from datetime import date, timedelta

from aiohttp import web

from core.actions.canteen import CORRECTORS, DESK, add_dish, book_meal_money, remove_dish
from core.domain.kinds import TransactionKind
from core.domain.money import read_amount
from core.errors import Invalid, NotFound
from core.i18n import N_, currency_places
from core.queries.canteen_desk import desk_account, list_accounts, menu_of_week
from core.queries.pages import Cursor
from core.web.page import Page, Visit
from core.words import MEAL_NAMES


async def show(visit: Visit) -> web.StreamResponse:
    """A page of accounts."""
    low = visit.query("low", 1) == "1"
    page = await list_accounts(
        visit.uow,
        visit.office,
        search=visit.query("search"),
        below=0 if low else None,
        after=Cursor.read(visit.query("after", 300)),
    )
    return visit.render("canteen.html", page=page, low=low)


async def account(visit: Visit) -> web.StreamResponse:
    """One pupil's account."""
    return await _account(visit)


async def _account(visit: Visit, *, refused: str = "", status: int = 200) -> web.StreamResponse:
    one = await desk_account(visit.uow, visit.office, visit.number())
    return visit.render(
        "meal_account.html",
        one=one,
        corrects=visit.office.may(CORRECTORS),
        refused=refused,
        form=visit.form,
        status=status,
    )


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
        )
    except Invalid:
        words = visit.t(
            "Write an amount like {example}.", example=visit.t.money(15_000, visit.school.currency)
        )
        return await _account(visit, refused=words, status=400)
    return visit.go(f"/canteen/{visit.number()}", done="booked")


async def menu(visit: Visit) -> web.StreamResponse:
    """The menu of a week."""
    return await _menu(visit)


async def _menu(visit: Visit, *, refused: str = "", status: int = 200) -> web.StreamResponse:
    monday = _monday(visit)
    return visit.render(
        "menu.html",
        dishes=await menu_of_week(visit.uow, visit.office, monday),
        days=[monday + timedelta(days=number) for number in range(7)],
        monday=monday,
        week=timedelta(days=7),
        meals=MEAL_NAMES,
        form=visit.form,
        refused=refused,
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
            example = t.money(15_000, visit.school.currency)
            return await _menu(
                visit, refused=t("Write an amount like {example}.", example=example), status=400
            )
    try:
        on = date.fromisoformat(form.get("on", ""))
        meal = form.get("meal", "")
        if meal not in MEAL_NAMES:
            raise NotFound("meal_not_found")
        await add_dish(visit.uow, visit.session.key, visit.school.id, on, meal, form.get("name", ""), price)
    except (ValueError, Invalid):
        return await _menu(visit, refused=t("A dish needs a day and a name."), status=400)
    return visit.go("/canteen/menu", week=_monday(visit).isoformat(), done="dish")


async def remove(visit: Visit) -> web.StreamResponse:
    """Take a dish off the menu."""
    try:
        await remove_dish(visit.uow, visit.session.key, visit.school.id, visit.number())
    except Invalid:
        refused = visit.t("Somebody has ordered this: it stays on the menu.")
        return await _menu(visit, refused=refused, status=400)
    return visit.go("/canteen/menu", week=_monday(visit).isoformat(), done="dish_removed")


PAGES = (
    Page("GET", "/canteen", show, DESK, entry=(N_("Canteen"), 60)),
    Page("GET", r"/canteen/{id:\d{1,18}}", account, DESK),
    Page("POST", r"/canteen/{id:\d{1,18}}", book, DESK),
    Page("GET", "/canteen/menu", menu, DESK),
    Page("POST", "/canteen/menu", add, DESK),
    Page("POST", r"/canteen/menu/{id:\d{1,18}}/remove", remove, DESK),
)
