"""The way into the panel."""

from __future__ import annotations

from core.cards import Button, Card, Note, Text
from core.i18n import Translator


def panel_link_card(t: Translator, address: str) -> Card:
    """The link as a button."""
    return Card(
        t("School office"),
        (
            Text(t("This opens the panel in your browser.")),
            Note(t("It works once, within five minutes. Pass it on to nobody.")),
        ),
        ((Button(t("Open the panel"), url=address),),),
    )
