"""Said: a sentence of an importer in English that a page can say in the reader's language."""

from __future__ import annotations

from typing import Any


class Said(str):
    """The English sentence; ``message`` is its text before the values were put in, for the catalogs.

    The catalogs find ``Said("…")`` by its name, so the text stands there in full and not in an f-string.
    """

    message: str
    values: dict[str, Any]

    def __new__(cls, message: str, **values: Any) -> Said:
        """Put the values in."""
        made = super().__new__(cls, message.format(**values) if values else message)
        made.message = message
        made.values = values
        return made
