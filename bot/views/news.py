"""What the school has announced to somebody."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.views.audience import audience_words
from core.cards import Block, Button, Card, Item, Listing, Note, Text
from core.cards.cut import shorten
from core.domain.ids import LARGEST_ID
from core.i18n import Translator
from core.queries.announcements import Announced, NewsPage

Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class NewsTap(CallbackData, prefix="nw"):
    """The list at ``page``, one announcement, or a file of one."""

    on: Literal["list", "open", "file"]
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
        t.datetime(one.published_at, zone),
        t.list(list(one.about)) if one.about else "",
        audience_words(t, one.audience),
    ]
    return f"{' · '.join(part for part in parts if part)}: {shorten(one.text or '…', 120)}"


def announcement_card(t: Translator, one: Announced, zone: tzinfo | None) -> Card:
    """One announcement, whole, with its files."""
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
    rows = [
        (Button(f"⬇ {shorten(name, 40)}", NewsTap(on="file", id=number).pack()),)
        for number, name in one.files
    ]
    rows.append((Button(t("All news"), NewsTap(on="list").pack()),))
    return Card(t("News"), tuple(blocks), tuple(rows))
