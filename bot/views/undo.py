"""That there is nothing to undo, or no longer."""

from __future__ import annotations

from core.cards import Card, Note, Text
from core.i18n import Translator


def nothing_to_undo_card(t: Translator) -> Card:
    """Nothing was saved in this chat."""
    return Card(
        t("Nothing to undo"), (Text(t("You have saved nothing in this chat that could be taken back.")),)
    )


def too_late_card(t: Translator) -> Card:
    """The five minutes are over."""
    return Card(
        t("Too late to undo"),
        (
            Text(t("The last entry is more than five minutes old, and families may have been told.")),
            Note(t("Correct single marks in /register: choose the lesson and tap the mark.")),
        ),
    )
