"""Leaving a conversation, and asking which of two things words were meant for."""

from __future__ import annotations

from typing import Literal

from aiogram.filters.callback_data import CallbackData

from core.cards import Button, Card, Text
from core.i18n import Translator


class WhichTap(CallbackData, prefix="wh"):
    """What the words set aside are: the text of the open conversation, or something else."""

    which: Literal["text", "other"]


def cancelled_card(t: Translator) -> Card:
    """After /cancel."""
    return Card(t("Cancelled"), (Text(t("Nothing is open now. /help shows what you can do.")),))


def which_card(t: Translator, words: str, other: str) -> Card:
    """Words that may be the text that was asked for, or something else; ``other`` is its title's message id."""
    return Card(
        t("Which is it?"),
        (Text(words), Text(t("I was waiting for a text from you. Is this the text?"))),
        (
            (
                Button(t("It is the text"), WhichTap(which="text").pack()),
                Button(t(other), WhichTap(which="other").pack()),
            ),
        ),
    )
