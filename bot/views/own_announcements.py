"""An author's announcements: how far each got, and the names behind the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from core.cards import Block, Button, Card, Facts, Item, Listing, Note, Text
from core.cards.cut import shorten
from core.domain.ids import LARGEST_ID
from core.i18n import Translator
from core.queries.announcements import Announced, NewsPage
from core.queries.progress import Counts
from core.queries.reach import Family, Reach, Who
from core.words import audience_words, family_words, how_words, progress_words, reader_words, size_words

_NAMES_ON_A_PAGE = 30
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]


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
        numbers = reach.numbers(asks=one.asks)
        facts += [(reader_words(t, who, asks=one.asks), str(n)) for who, n in numbers]
        names = [
            Button(
                f"{reader_words(t, who, asks=one.asks)}: {n}", OwnTap(do="names", id=one.id, who=who).pack()
            )
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


def names_card(t: Translator, one: Announced, reach: Reach, tap: OwnTap, zone: tzinfo | None) -> Card:
    """The families behind a number, a page of them."""
    found = reach.behind(tap.who, asks=one.asks)
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
    return Card(
        reader_words(t, tap.who, asks=one.asks), tuple(blocks), (tuple(turning), back) if turning else (back,)
    )


def _family_line(t: Translator, family: Family, who: Who, zone: tzinfo | None) -> str:
    """The names, with when each read or acknowledged it, or with what they wait for."""
    words, said = family_words(family), progress_words(t, family, who, zone)
    return f"{words} — {said}" if said else words


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
