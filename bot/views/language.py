"""The choice of language."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from aiogram.filters.callback_data import CallbackData

from core.cards import Button, Card, Text
from core.i18n import LANGUAGE_NAMES, LOCALES, Translator


class LanguageTap(CallbackData, prefix="lang"):
    """Speak this language from now on."""

    locale: Literal["en", "ru", "th"]


def language_card(t: Translator, offered: Collection[str] = (), *, chosen: bool = False) -> Card:
    """Each language that is offered (empty for all) by its own name, the current one ticked."""
    says = t("I speak English with you now.") if chosen else t("Which language shall I speak?")
    buttons = tuple(
        (
            Button(
                ("• " if locale == t.locale else "") + LANGUAGE_NAMES[locale],
                LanguageTap(locale=locale).pack(),
            ),
        )
        for locale in LOCALES
        if not offered or locale in offered
    )
    return Card(t("Language"), (Text(says),), buttons)
