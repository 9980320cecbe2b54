"""Cells of tables that people open in a spreadsheet."""

from __future__ import annotations

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(cell: str) -> str:
    """A leading apostrophe keeps a spreadsheet from taking words for a formula."""
    return "'" + cell if cell.startswith(_FORMULAS) else cell
