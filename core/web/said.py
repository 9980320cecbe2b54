"""Saying an importer's sentence in the reader's language."""

from __future__ import annotations

from core.i18n import Translator
from core.importing.said import Said


def say(t: Translator, text: str) -> str:
    """The sentence in the reader's language where it is Said, else as it is."""
    return t(text.message, **text.values) if isinstance(text, Said) else text
