"""Cells of tables that people open in a spreadsheet."""

from __future__ import annotations

import re

# Also behind a semicolon: where that parts cells, as in most of Europe, a spreadsheet finds a cell there.
_FORMULA = re.compile(r"(^|;)(?=[=+\-@\t\r])")
_NEGATIVE = re.compile(r"-[0-9]+(\.[0-9]+)?")


def safe_cell(cell: str) -> str:
    """A leading apostrophe keeps a spreadsheet from taking words for a formula. A negative number stays a number."""
    return cell if _NEGATIVE.fullmatch(cell) else _FORMULA.sub(r"\1'", cell)
