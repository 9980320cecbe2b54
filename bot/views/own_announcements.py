"""An author's announcements: how far each got, and the names behind the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.views.audience import audience_words, count_words, family_words
from core.cards import Block, Button, Card, Facts, Item, Listing, Note, Text
from core.cards.cut import shorten
from core.domain.ids import LARGEST_ID
from core.i18n import Translator
from core.queries.announcements import Announced, NewsPage
from core.queries.reach import Family, Reach

_NAMES_ON_A_PAGE = 30
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class OwnTap(CallbackData, prefix="am"):
    """The list at ``page``; one announcement, the names of those in ``who``, or what to do with it."""

    do: Literal["list", "open", "names", "reword", "ask", "drop"]
    id: Id = 0
    page: Annotated[int, Field(ge=0, le=1000)] = 0
    who: Literal["opened", "waiting", "missing"] = "opened"


def own_announcements_card(
    t: Translator, page: NewsPage, reaches: Sequence[Reach], zone: tzinfo | None
) -> Card:
    """Own announcements, newest first, each with reached, opened and not linked."""
    if not page.items:
        return Card(
            t("My announcements"),
            (
                Text(t("You have announced nothing yet.")),
                Note(t("Like this: /announce 7A: parents' meeting on Friday at six.")),
            ),
        )
    items = [
        Item(
            f"{t.datetime(one.published_at, zone)} · {audience_words(t, one.audience)}: {shorten(one.text or '…', 80)} — "
            + _numbers(t, reach)
        )
        for one, reach in zip(page.items, reaches, strict=True)
    ]
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


def _numbers(t: Translator, reach: Reach) -> str:
    return t(
        "reached {linked}, opened {opened}, not linked {missing}",
        linked=len(reach.linked),
        opened=len(reach.opened),
        missing=len(reach.not_linked),
    )


def own_announcement_card(t: Translator, one: Announced, reach: Reach, zone: tzinfo | None) -> Card:
    """One announcement: its words, the numbers, and buttons to the names behind each."""
    facts = [
        (t("For"), audience_words(t, one.audience)),
        (
            t("When"),
            " · ".join(
                filter(None, (t.datetime(one.published_at, zone), t("edited") if one.edited_at else ""))
            ),
        ),
        (t("Families"), count_words(t, reach)),
        (t("Opened"), str(len(reach.opened))),
    ]
    if one.files:
        facts.append((t("Files"), ", ".join(name for _, name in one.files)))

    def names(who: Literal["opened", "waiting", "missing"]) -> str:
        return OwnTap(do="names", id=one.id, who=who).pack()

    rows = (
        (
            Button(t("Opened: {n}", n=len(reach.opened)), names("opened")),
            Button(t("Not opened: {n}", n=len(reach.waiting)), names("waiting")),
            Button(t("Not linked: {n}", n=len(reach.not_linked)), names("missing")),
        ),
        (
            Button(t("Edit"), OwnTap(do="reword", id=one.id).pack()),
            Button(t("Withdraw"), OwnTap(do="ask", id=one.id).pack()),
        ),
        (Button(t("My announcements"), OwnTap(do="list").pack()),),
    )
    return Card(t("Announcement"), (Facts(tuple(facts)), Text(one.text or "…")), rows)


def names_card(t: Translator, one: Announced, reach: Reach, tap: OwnTap, zone: tzinfo | None) -> Card:
    """The families behind a number, a page of them."""
    found = {"opened": reach.opened, "waiting": reach.waiting, "missing": reach.not_linked}[tap.who]
    title = {
        "opened": t("Opened it"),
        "waiting": t("Linked, not opened yet"),
        "missing": t("Not linked"),
    }[tap.who]
    shown = found[tap.page * _NAMES_ON_A_PAGE : (tap.page + 1) * _NAMES_ON_A_PAGE]
    blocks: list[Block] = [Text(t("{n} of {all} families", n=len(found), all=len(reach.families)))]
    if shown:
        blocks.append(Listing(tuple(Item(_family_line(t, family, zone)) for family in shown)))
    turning = []

    def at(page: int) -> str:
        return OwnTap(do="names", id=one.id, page=page, who=tap.who).pack()

    if tap.page:
        turning.append(Button("◀", at(tap.page - 1)))
    if len(found) > (tap.page + 1) * _NAMES_ON_A_PAGE:
        turning.append(Button("▶", at(tap.page + 1)))
    back = (Button(t("Back"), OwnTap(do="open", id=one.id).pack()),)
    return Card(title, tuple(blocks), (tuple(turning), back) if turning else (back,))


def _family_line(t: Translator, family: Family, zone: tzinfo | None) -> str:
    readers = [one for one in (*family.guardians, *family.pupils) if one.opened_at is not None]
    if not readers:
        return family_words(family)
    said = ", ".join(
        f"{one.name.full_name} {t.datetime(one.opened_at, zone)}" for one in readers if one.opened_at
    )
    return f"{family_words(family)} — {said}"


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
