"""That nothing is open any more."""

from __future__ import annotations

from core.cards import Card, Text
from core.i18n import Translator


def cancelled_card(t: Translator) -> Card:
    """After /cancel."""
    return Card(t("Cancelled"), (Text(t("Nothing is open now. /help shows what you can do.")),))
