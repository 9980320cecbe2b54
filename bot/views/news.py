"""What the school has announced to somebody."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from core.cards import Block, Button, Card, Item, Listing, Note, Text
from core.cards.cut import shorten
from core.domain.ids import LARGEST_ID
from core.domain.kinds import Urgency
from core.i18n import Translator
from core.queries.announcements import Announced, NewsPage
from core.words import RINGING_HEADINGS, audience_words

Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class NewsTap(CallbackData, prefix="nw"):
    """The list at ``page``, one announcement, that it is read, or a file of one."""

    on: Literal["list", "open", "file", "ack"]
    id: Id = 0
    page: Annotated[int, Field(ge=0, le=1000)] = 0


def news_card(t: Translator, news: NewsPage, zone: tzinfo | None) -> Card:
    """A page of headlines, newest first; what was not opened yet is marked."""
    if not news.items:
        return Card(t("News"), (Text(t("Nothing has been announced yet.")),))
    items = tuple(Item(_headline(t, one, zone)) for one in news.items)
    rows: list[tuple[Button, ...]] = [
        (
            Button(
                shorten(("● " if not one.opened else "") + (one.text or "…"), 40),
                NewsTap(on="open", id=one.id).pack(),
            ),
        )
        for one in news.items
    ]
    turning = []
    if news.page:
        turning.append(Button(t("Newer"), NewsTap(on="list", page=news.page - 1).pack()))
    if news.more:
        turning.append(Button(t("Older"), NewsTap(on="list", page=news.page + 1).pack()))
    if turning:
        rows.append(tuple(turning))
    return Card(t("News"), (Listing(items),), tuple(rows))


def _headline(t: Translator, one: Announced, zone: tzinfo | None) -> str:
    """``new · 24 Nov 2026, 09:10 · Ivan · 7A: Parents' meeting …``."""
    parts = [
        t("new") if not one.opened else "",
        t("emergency") if one.urgency is Urgency.EMERGENCY else "",
        t("urgent") if one.urgency is Urgency.URGENT else "",
        t("please acknowledge") if one.asks and one.acknowledged_at is None and not one.is_own else "",
        t.datetime(one.published_at, zone),
        t.list(list(one.about)) if one.about else "",
        audience_words(t, one.audience),
    ]
    return f"{' · '.join(part for part in parts if part)}: {shorten(one.text or '…', 120)}"


def announcement_card(t: Translator, one: Announced, zone: tzinfo | None, *, toast: str = "") -> Card:
    """One announcement, whole, with its files; of one that asks, whether it is acknowledged."""
    signed = [one.author] if one.author else []
    signed += [audience_words(t, one.audience), t.datetime(one.published_at, zone)]
    if one.edited_at:
        signed.append(t("edited"))
    if one.withdrawn:
        signed.append(t("withdrawn"))
    blocks: list[Block] = []
    if one.about:
        blocks.append(Text(t.list(list(one.about))))
    blocks += [Text(one.text or t("No words, only files.")), Note(" · ".join(signed))]
    rows: list[tuple[Button, ...]] = []
    if one.acknowledged_at is not None:
        blocks.append(
            Note(t("✓ You have acknowledged it: {time}", time=t.datetime(one.acknowledged_at, zone)))
        )
    elif one.asks and not one.is_own and not one.withdrawn:
        blocks.append(Note(t("The school asks you to say that you have read it.")))
        rows.append((Button(t("I have read it"), NewsTap(on="ack", id=one.id).pack()),))
    rows += [
        (Button(f"⬇ {shorten(name, 40)}", NewsTap(on="file", id=number).pack()),)
        for number, name in one.files
    ]
    rows.append((Button(t("All news"), NewsTap(on="list").pack()),))
    heading = t("News")
    if one.urgency in RINGING_HEADINGS:
        heading = t(RINGING_HEADINGS[one.urgency], heading=one.audience.school_name)
    return Card(heading, tuple(blocks), tuple(rows), toast=toast)
