"""Saying an importer's sentence in the reader's language."""

from __future__ import annotations

from core.i18n import Translator
from core.importing.said import Said


def say(t: Translator, text: str) -> str:
    """The sentence in the reader's language where it is Said, else as it is; so are sentences within it."""
    if not isinstance(text, Said):
        return text
    values = {name: say(t, value) if isinstance(value, str) else value for name, value in text.values.items()}
    return t(text.message, **values)
