"""The canteen's desk in the panel: money in, corrections, the menu; nothing of the diary."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa

from core.db.models import AuditEntry, MealAccount, MealOrder, MealTransaction, MenuItem
from core.db.uow import UnitOfWork
from tests.cast import Cast
from tests.support.browser import Site
from tests.support.panel import hidden, in_panel


async def _balance(site: Site, student_id: int) -> tuple[int, int]:
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        row = await uow.row(
            sa.select(MealAccount.balance, sa.func.sum(MealTransaction.amount).label("total"))
            .join(MealTransaction, MealTransaction.account_id == MealAccount.id)
            .where(MealAccount.student_id == student_id)
            .group_by(MealAccount.balance)
        )
    return (row.balance, int(row.total)) if row else (0, 0)


async def test_the_desk_books_money_and_the_balance_is_the_sum(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "canteen")
    ivan = cast["ivan"].person_id
    before, _ = await _balance(site, ivan)
    response = await panel.post(f"/canteen/{ivan}", kind="top_up", amount="1 500,50", words="cash")
    assert response.headers["Location"] == f"/admin/canteen/{ivan}?done=booked"
    assert await _balance(site, ivan) == (before + 150_050, before + 150_050)
    page = await panel.read(f"/canteen/{ivan}")
    assert "cash" in page
    assert "1,500.50" in page
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        entry = await uow.row(sa.select(AuditEntry).where(AuditEntry.action == "canteen.top_up"))
    assert entry is not None


async def test_a_second_click_books_the_money_once(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "canteen")
    maria = cast["maria"].person_id
    before, _ = await _balance(site, maria)
    once = hidden(await (await panel.get(f"/canteen/{maria}")).text(), "once")
    clicks = [panel.post(f"/canteen/{maria}", kind="top_up", amount="500", once=once) for _ in range(3)]
    assert {one.status for one in await asyncio.gather(*clicks)} == {303}
    assert await _balance(site, maria) == (before + 50_000, before + 50_000)
    again = hidden(await (await panel.get(f"/canteen/{maria}")).text(), "once")
    assert (await panel.post(f"/canteen/{maria}", kind="top_up", amount="500", once=again)).status == 303
    assert await _balance(site, maria) == (before + 100_000, before + 100_000)


async def test_two_desks_that_open_one_account_at_once_both_book(site: Site, cast: Cast) -> None:
    one, two = await in_panel(site, cast, "canteen"), await in_panel(site, cast, "admin")
    maria = cast["maria"].person_id
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        accounts = sa.select(MealAccount.id).where(MealAccount.student_id == maria)
        await uow.write(sa.delete(MealTransaction).where(MealTransaction.account_id.in_(accounts)))
        await uow.write(sa.delete(MealAccount).where(MealAccount.student_id == maria))
    booked = await asyncio.gather(
        *(desk.post(f"/canteen/{maria}", kind="top_up", amount="10") for desk in (one, two))
    )
    assert [one.status for one in booked] == [303, 303]
    assert await _balance(site, maria) == (2_000, 2_000)


async def test_only_an_administrator_corrects_and_wrong_amounts_are_kept_and_explained(
    site: Site, cast: Cast
) -> None:
    desk = await in_panel(site, cast, "canteen")
    ivan = cast["ivan"].person_id
    before = await _balance(site, ivan)
    assert (await desk.post(f"/canteen/{ivan}", kind="correction", amount="-5")).status == 404
    for amount in ("", "much", "-5", "0", "1.2345", "9" * 12):
        response = await desk.post(f"/canteen/{ivan}", kind="top_up", amount=amount, words="kept words")
        assert response.status == 400
        text = await response.text()
        assert "Write an amount like" in text
        assert "kept words" in text
    assert await _balance(site, ivan) == before
    admin = await in_panel(site, cast, "admin")
    assert (await admin.post(f"/canteen/{ivan}", kind="correction", amount="−5,00")).status == 303
    assert (await _balance(site, ivan))[0] == before[0] - 500


async def test_pupils_are_found_and_those_of_another_school_are_not_there(site: Site, cast: Cast) -> None:
    desk = await in_panel(site, cast, "canteen")
    page = await desk.read("/canteen?search=petrov")
    assert "Petrov Ivan" in page
    assert "Petrova Anna" not in page, "guardians have no account"
    other = await in_panel(site, cast, "other_admin")
    assert "Petrov" not in await other.read("/canteen")
    assert (await other.post(f"/canteen/{cast['ivan'].person_id}", kind="top_up", amount="5")).status == 404


async def test_a_dish_comes_onto_the_menu_and_off_unless_somebody_ordered_it(site: Site, cast: Cast) -> None:
    desk = await in_panel(site, cast, "canteen")
    assert (
        await desk.post("/canteen/menu", on="2026-11-26", meal="lunch", name="Soup <b>", price="120")
    ).status == 303
    page = await desk.read("/canteen/menu?week=2026-11-26")
    assert "Soup <b>" in page
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        dish = await uow.value(sa.select(sa.func.max(MenuItem.id)))
        await uow.insert(MealOrder, student_id=cast["ivan"].person_id, menu_item_id=dish, ordered_at=uow.now)
    refused = await desk.post(f"/canteen/menu/{dish}/remove")
    assert refused.status == 400
    assert "Somebody has ordered this" in await refused.text()
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        await uow.write(sa.update(MealOrder).values(cancelled_at=uow.now))
    other = await in_panel(site, cast, "other_admin")
    assert (await other.post(f"/canteen/menu/{dish}/remove")).status == 404
    bad = await desk.post("/canteen/menu", on="someday", meal="lunch", name="Tea", price="")
    assert bad.status == 400
    assert "A dish needs a day and a name" in await bad.text()


async def test_a_booking_is_undone_by_a_correction_that_is_filled_in(site: Site, cast: Cast) -> None:
    admin = await in_panel(site, cast, "admin", with_app=True)
    ivan, alexei = cast["ivan"].person_id, cast["alexei"].person_id
    await admin.post(f"/canteen/{ivan}", kind="top_up", amount="12,34", words="twice")
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        number = await uow.value(sa.select(sa.func.max(MealTransaction.id)))
    page = await (await admin.get(f"/canteen/{ivan}?undo={number}")).text()
    assert 'value="-12.34"' in page
    assert "the sum of 3 bookings" in page
    assert 'value="-12.34"' not in await (await admin.get(f"/canteen/{alexei}?undo={number}")).text()
    file = await (await admin.post(f"/canteen/{ivan}/export")).text()
    assert "12.34" in file
    assert "twice" in file
    accounts = await (await admin.post("/canteen/export?sort=-balance")).text()
    assert accounts.index("Ivan") < accounts.index("Alexei")


async def test_the_week_before_is_copied_onto_empty_days_once(site: Site, cast: Cast) -> None:
    desk = await in_panel(site, cast, "canteen")
    await desk.post("/canteen/menu", on="2026-11-26", meal="lunch", name="Pie", price="99")
    await desk.post("/canteen/menu", on="2026-12-03", meal="lunch", name="Other", price="")
    again = await desk.post("/canteen/menu/copy", week="2026-12-01")
    assert again.headers["Location"].endswith("done=week")
    page = await desk.read("/canteen/menu?week=2026-12-01")
    assert "Soup" in page
    assert "Pie" not in page, "that day had a menu"
    assert (
        (await desk.post("/canteen/menu/copy", week="2026-12-01"))
        .headers["Location"]
        .endswith("week_nothing")
    )
