"""The canteen's account: it runs low, and money that came in. Guardians are told; the pupil does not pay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from core.cards import Block, Button, Card, Facts, Item, Listing
from core.db.uow import UnitOfWork
from core.domain.telling import TELLINGS, Held
from core.queries.audiences import Audience, guardians_alone, place_of_school
from core.queries.balances import BalanceTold, TopUpTold, balance_told, top_up_told
from notifier.notices import taps
from notifier.notices.notice import Event, Notice, Reader


async def _low_to(uow: UnitOfWork, event: Event) -> Audience | None:
    place = await place_of_school(uow, event.payload["school"])
    if place is None or not place.settings.meals:
        return None
    links = guardians_alone(uow, event.payload["student"], only=event.payload["guardian"])
    return Audience(links, place.timezone, place.locale, quiet=place.quiet)


async def _low(uow: UnitOfWork, event: Event, _children: Sequence[int]) -> Mapping[int, BalanceTold]:
    day = date.fromisoformat(event.payload["day"])
    return await balance_told(uow, event.payload["account"], event.payload["below"], day)


def _low_card(reader: Reader, told: Sequence[BalanceTold]) -> Card:
    t, one = reader.t, told[-1]
    facts = [(t("Balance"), t.money(one.balance, one.currency))]
    if one.ordered:
        facts.append((t("Ordered for the next day"), t.money(one.ordered, one.currency)))
    heading = t("{child}: the canteen account is running out", child=one.child)
    return Card(heading, (Facts(tuple(facts)),), ((Button(t("Canteen"), taps.meals(one.child_id)),),))


def _low_lines(reader: Reader, told: Sequence[BalanceTold]) -> Sequence[Block]:
    t, one = reader.t, told[-1]
    words = t("The account is running out: {balance} left", balance=t.money(one.balance, one.currency))
    if one.ordered:
        words += ", " + t("{price} ordered for the next day", price=t.money(one.ordered, one.currency))
    return (Listing((Item(words),)),)


async def _topped_up_to(uow: UnitOfWork, event: Event) -> Audience | None:
    """Whoever was linked when the money came: linking never replays the past."""
    place = await place_of_school(uow, event.payload["school"])
    if place is None or not place.settings.meals:
        return None
    at = datetime.fromisoformat(event.payload["at"])
    links = guardians_alone(uow, event.payload["student"], linked_by=at)
    return Audience(links, place.timezone, place.locale, quiet=place.quiet)


async def _topped_up(uow: UnitOfWork, event: Event, _children: Sequence[int]) -> Mapping[int, TopUpTold]:
    return await top_up_told(uow, event.payload["transaction"])


def _topped_up_card(reader: Reader, told: Sequence[TopUpTold]) -> Card:
    t, last = reader.t, told[-1]
    heading = t("{child}: the canteen account was topped up", child=last.child)
    received = [(t("Received"), t.money(one.amount, one.currency)) for one in told]
    facts = (*received, (t("Balance now"), t.money(last.balance, last.currency)))
    return Card(heading, (Facts(facts),), ((Button(t("Canteen"), taps.meals(last.child_id)),),))


def _topped_up_lines(reader: Reader, told: Sequence[TopUpTold]) -> Sequence[Block]:
    t = reader.t
    items = [Item(t("Topped up by {amount}", amount=t.money(one.amount, one.currency))) for one in told]
    items.append(Item(t("Balance now: {balance}", balance=t.money(told[-1].balance, told[-1].currency))))
    return (Listing(tuple(items)),)


NOTICES = (
    Notice(
        kind="balance_low",
        plain=TELLINGS["balance"],
        urgent=TELLINGS["balance"],
        audience=_low_to,
        load=_low,
        card=_low_card,
        lines=_low_lines,
        bundle="balance",
        empty=Held.NOTHING,
    ),
    Notice(
        kind="topped_up",
        plain=TELLINGS["balance"],
        urgent=TELLINGS["balance"],
        audience=_topped_up_to,
        load=_topped_up,
        card=_topped_up_card,
        lines=_topped_up_lines,
        bundle="topped_up",
    ),
)
