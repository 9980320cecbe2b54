"""An author's announcements: how far each got, and the names behind the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.views.audience import audience_words, family_words, how_words, size_words
from core.cards import Block, Button, Card, Facts, Item, Listing, Note, Text
from core.cards.cut import shorten
from core.domain.ids import LARGEST_ID
from core.domain.telling import Held
from core.i18n import N_, Translator
from core.queries.announcements import Announced, NewsPage
from core.queries.progress import Counts, Wait
from core.queries.reach import Family, Reach

_NAMES_ON_A_PAGE = 30
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]


Who = Literal["reached", "opened", "acknowledged", "unread", "waiting", "missing", "blocked"]


class OwnTap(CallbackData, prefix="am"):
    """The list at ``page``; one announcement, the names of those in ``who``, or what to do with it."""

    do: Literal["list", "open", "names", "reword", "ask", "drop", "now", "nudge"]
    id: Id = 0
    page: Annotated[int, Field(ge=0, le=1000)] = 0
    who: Who = "opened"


def own_announcements_card(
    t: Translator, page: NewsPage, counts: Mapping[int, Counts], now: datetime, zone: tzinfo | None
) -> Card:
    """Own announcements, newest first, each with how far it has got, or what it is scheduled for."""
    if not page.items:
        return Card(
            t("My announcements"),
            (
                Text(t("You have announced nothing yet.")),
                Note(t("Like this: /announce 7A: parents' meeting on Friday at six.")),
            ),
        )
    items = [Item(_line(t, one, counts.get(one.id, Counts()), now, zone)) for one in page.items]
    rows = [
        (
            Button(
                shorten(f"{audience_words(t, one.audience)}: {one.text or '…'}", 40),
                OwnTap(do="open", id=one.id).pack(),
            ),
        )
        for one in page.items
    ]
    turning = []
    if page.page:
        turning.append(Button(t("Newer"), OwnTap(do="list", page=page.page - 1).pack()))
    if page.more:
        turning.append(Button(t("Older"), OwnTap(do="list", page=page.page + 1).pack()))
    if turning:
        rows.append(tuple(turning))  # type: ignore[arg-type]
    return Card(t("My announcements"), (Listing(tuple(items)),), tuple(rows))


def _line(t: Translator, one: Announced, counts: Counts, now: datetime, zone: tzinfo | None) -> str:
    """``24 Nov 2026, 09:10 · 7A: Parents' meeting … — sent to 24 chats, opened by 18``."""
    what = f"{audience_words(t, one.audience)}: {shorten(one.text or '…', 80)}"
    at = t.datetime(one.published_at, zone)
    if one.is_scheduled(now):
        return t("scheduled for {time}", time=at) + f" · {what}"
    numbers = [
        t.plural("sent to {n} chat", "sent to {n} chats", counts.chats),
        t("opened by {n}", n=counts.opened),
    ]
    if one.asks:
        numbers.append(t("acknowledged by {n}", n=counts.acknowledged))
    return f"{at} · {what} — " + ", ".join(numbers)


def own_announcement_card(
    t: Translator,
    one: Announced,
    reach: Reach,
    now: datetime,
    zone: tzinfo | None,
    *,
    toast: str = "",
) -> Card:
    """One announcement: its words, the numbers, and buttons to the names behind each."""
    at = t.datetime(one.published_at, zone)
    facts = [(t("For"), audience_words(t, one.audience))]
    if one.is_scheduled(now):
        facts.append((t("Scheduled for"), at))
    else:
        facts.append((t("When"), " · ".join(filter(None, (at, t("edited") if one.edited_at else "")))))
    if told := how_words(t, one.urgency, silent=one.silent, asks=one.asks):
        facts.append((t("How"), told))
    facts.append((t("Families"), size_words(t, reach)))
    if one.files:
        facts.append((t("Files"), ", ".join(name for _, name in one.files)))
    rows: list[tuple[Button, ...]] = []
    if one.is_scheduled(now):
        rows.append((Button(t("Send now"), OwnTap(do="now", id=one.id).pack()),))
    else:
        numbers = _numbers(one, reach)
        facts += [(_title(t, who, one), str(n)) for who, n in numbers]
        names = [
            Button(f"{_title(t, who, one)}: {n}", OwnTap(do="names", id=one.id, who=who).pack())
            for who, n in numbers
            if n
        ]
        rows += [tuple(names[i : i + 2]) for i in range(0, len(names), 2)]
        if reach.unread(asks=one.asks):
            rows.append((Button(t("Nudge the rest"), OwnTap(do="nudge", id=one.id).pack()),))
    rows += [
        (
            Button(t("Edit"), OwnTap(do="reword", id=one.id).pack()),
            Button(t("Withdraw"), OwnTap(do="ask", id=one.id).pack()),
        ),
        (Button(t("My announcements"), OwnTap(do="list").pack()),),
    ]
    return Card(t("Announcement"), (Facts(tuple(facts)), Text(one.text or "…")), tuple(rows), toast=toast)


_TITLES: Mapping[Who, str] = {
    "reached": N_("Reached"),
    "opened": N_("Read"),
    "acknowledged": N_("Acknowledged"),
    "unread": N_("Not read yet"),
    "waiting": N_("Still waiting"),
    "missing": N_("No link"),
    "blocked": N_("Blocked the bot"),
}


def _title(t: Translator, who: Who, one: Announced) -> str:
    return t("Not acknowledged yet") if who == "unread" and one.asks else t(_TITLES[who])


def _numbers(one: Announced, reach: Reach) -> list[tuple[Who, int]]:
    """What there is to say; acknowledging only of what asks for it, and waiting and blocking where there is any."""
    found: list[tuple[Who, int]] = [("reached", len(reach.reached)), ("opened", len(reach.opened))]
    if one.asks:
        found.append(("acknowledged", len(reach.acknowledged)))
    found.append(("unread", len(reach.unread(asks=one.asks))))
    if reach.waiting:
        found.append(("waiting", len(reach.waiting)))
    found.append(("missing", len(reach.not_linked)))
    if reach.blocked:
        found.append(("blocked", len(reach.blocked)))
    return found


def names_card(t: Translator, one: Announced, reach: Reach, tap: OwnTap, zone: tzinfo | None) -> Card:
    """The families behind a number, a page of them."""
    found = _behind(reach, tap.who, asks=one.asks)
    shown = found[tap.page * _NAMES_ON_A_PAGE : (tap.page + 1) * _NAMES_ON_A_PAGE]
    blocks: list[Block] = [Text(t("{n} of {all}", n=len(found), all=len(reach.all)))]
    if shown:
        blocks.append(Listing(tuple(Item(_family_line(t, family, tap.who, zone)) for family in shown)))
    turning = []

    def at(page: int) -> str:
        return OwnTap(do="names", id=one.id, page=page, who=tap.who).pack()

    if tap.page:
        turning.append(Button("◀", at(tap.page - 1)))
    if len(found) > (tap.page + 1) * _NAMES_ON_A_PAGE:
        turning.append(Button("▶", at(tap.page + 1)))
    back = (Button(t("Back"), OwnTap(do="open", id=one.id).pack()),)
    return Card(_title(t, tap.who, one), tuple(blocks), (tuple(turning), back) if turning else (back,))


def _behind(reach: Reach, who: Who, *, asks: bool) -> tuple[Family, ...]:
    if who == "unread":
        return reach.unread(asks=asks)
    return {
        "reached": reach.reached,
        "opened": reach.opened,
        "acknowledged": reach.acknowledged,
        "waiting": reach.waiting,
        "missing": reach.not_linked,
        "blocked": reach.blocked,
    }[who]


def _family_line(t: Translator, family: Family, who: Who, zone: tzinfo | None) -> str:
    """The names, with when each read or acknowledged it, or with what they wait for."""
    words = family_words(family)
    said = []
    for one in family.everybody:
        at = one.acknowledged_at if who == "acknowledged" else one.opened_at
        if at is not None and who in ("opened", "acknowledged", "unread"):
            said.append(f"{one.name.full_name} {t.datetime(at, zone)}")
    if who == "unread" and said:
        said = [t("opened: {names}", names=", ".join(said))]
    if who in ("waiting", "unread") and family.wait is not None:
        said.append(_waits(t, family.wait, zone))
    elif who == "unread" and not family.reached and any(one.off for one in family.everybody):
        said.append(t("off in their settings"))
    return f"{words} — {', '.join(said)}" if said else words


def _waits(t: Translator, wait: Wait, zone: tzinfo | None) -> str:
    """``waits until 25 Nov 2026, 07:00, quiet hours``."""
    time = t.datetime(wait.until, zone)
    return {
        Held.NONE: t("goes out in a moment"),
        Held.QUIET_HOURS: t("waits until {time}, quiet hours", time=time),
        Held.DIGEST: t("in their digest at {time}", time=time),
        Held.WEEKLY: t("in their weekly digest, {time}", time=time),
        Held.RETRY_AFTER: t("the messenger asked to wait until {time}", time=time),
    }.get(wait.held, t("did not go out, tried again at {time}", time=time))


def ask_withdraw_announcement_card(t: Translator, one: Announced) -> Card:
    """Families may have read it: ask first."""
    return Card(
        t("Withdraw this announcement?"),
        (Text(shorten(one.text or "…", 500)), Note(t("Nobody will see it any more."))),
        (
            (
                Button(t("Withdraw"), OwnTap(do="drop", id=one.id).pack()),
                Button(t("Keep it"), OwnTap(do="open", id=one.id).pack()),
            ),
        ),
    )


def withdrawn_announcement_card(t: Translator) -> Card:
    """After Withdraw."""
    return Card(
        t("Withdrawn"),
        (Text(t("The announcement is withdrawn.")),),
        ((Button(t("My announcements"), OwnTap(do="list").pack()),),),
    )
