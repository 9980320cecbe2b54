"""What comes in from outside, made fit to be kept and answered: the updates of every channel pass here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiogram import Bot
from aiogram.types import Update

from core.cards.plain import clean


def read_update(raw: Mapping[str, Any], bot: Bot) -> Update:
    """The update of a messenger's JSON, all its texts cleaned: no database takes a NUL or half a surrogate pair.

    Raises ValueError (pydantic's ValidationError among them) or RecursionError for one that is none.
    """
    return Update.model_validate(cleaned(dict(raw)), context={"bot": bot})


def cleaned(value: Any) -> Any:
    """JSON with every text in it cleaned, line ends and tabs made plain."""
    if isinstance(value, str):
        # Whatever is cleaned away is not printable, so this spares most texts the search for it.
        return value if value.isprintable() else clean(value)
    if isinstance(value, dict):
        return {cleaned(key): cleaned(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [cleaned(inner) for inner in value]
    return value
