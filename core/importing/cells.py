"""One row of a register's file: its cells as texts, lists, days and numbers, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from core.importing.said import Said


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one row; ``rejected`` rows are left out, others are taken in with this remark."""

    file: str
    row: int
    column: str
    words: str
    rejected: bool = True

    def __str__(self) -> str:
        where = f"{self.file}, row {self.row}" + (f", {self.column}" if self.column else "")
        return f"{where}: {self.words}"


class Rejected(Exception):
    """A cell that cannot be used; the row becomes a Problem."""

    def __init__(self, column: str, words: str) -> None:
        super().__init__(words)
        self.column = column
        self.words = words


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``number`` counts as a spreadsheet does, the header being 1. Columns are named without case and spaces.

    ``problems`` are what was found while the row was read from its file.
    """

    file: str
    number: int
    cells: Mapping[str, str]
    problems: tuple[Problem, ...] = ()

    @property
    def is_rejected(self) -> bool:
        """Whether it could not even be read as a row."""
        return any(problem.rejected for problem in self.problems)

    def has(self, column: str) -> bool:
        """Whether the file has such a column at all."""
        return column.casefold() in self.cells

    def text(self, column: str) -> str:
        """The cell, trimmed; empty where there is none."""
        return self.cells.get(column.casefold(), "")

    def required(self, column: str) -> str:
        """The cell. Raises Rejected where it is empty."""
        found = self.text(column)
        if not found:
            raise Rejected(column, Said("is empty"))
        return found

    def many(self, column: str) -> list[str]:
        """A quoted list: ``a,b`` or ``a;b``, each once, in order."""
        parts = (part.strip().strip("'\"[]").strip() for part in re.split(r"[,;|]", self.text(column)))
        return list(dict.fromkeys(part for part in parts if part))

    def day(self, column: str) -> date | None:
        """A date in any of the usual forms, None where empty. Raises Rejected."""
        text = self.text(column)
        if not text:
            return None
        found = read_day(text)
        if found is None:
            raise Rejected(column, Said("'{text}' is no date; write 2026-09-01", text=text[:40]))
        return found

    def required_day(self, column: str) -> date:
        """Raises Rejected where it is empty or no date."""
        self.required(column)
        found = self.day(column)
        assert found is not None
        return found

    def number_in(self, column: str) -> Decimal | None:
        """A number with a point or a comma, None where empty. Raises Rejected."""
        text = self.text(column)
        if not text:
            return None
        found = read_number(text)
        if found is None:
            raise Rejected(column, Said("'{text}' is no number", text=text[:40]))
        return found

    def problem(self, column: str, words: str, *, rejected: bool = True) -> Problem:
        """A Problem of this row."""
        return Problem(self.file, self.number, column, words, rejected)


def read_number(text: str) -> Decimal | None:
    """A plain number of at most twelve digits before the point; None for anything else."""
    plain = text.strip().replace(",", ".")
    if not re.fullmatch(r"[+-]?\d{1,12}(\.\d{1,12})?", plain, re.ASCII):
        return None
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None


def read_day(text: str) -> date | None:
    """``2026-09-01`` (a time may follow), ``2026/9/1``, ``20260901``, ``01.09.2026``, ``9/1/2026``.

    With slashes the month comes first, as OneRoster's countries write, unless that makes no date.
    """
    plain = text.strip()
    forms: tuple[tuple[str, str], ...] = (
        (r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?", "ymd"),
        (r"(\d{4})(\d{2})(\d{2})", "ymd"),
        (r"(\d{1,2})\.(\d{1,2})\.(\d{4})", "dmy"),
        (r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?: .*)?", "mdy"),
        (r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?: .*)?", "dmy"),
    )
    for pattern, order in forms:
        match = re.fullmatch(pattern, plain, re.ASCII)
        if match:
            parts = dict(zip(order, (int(part) for part in match.groups()), strict=True))
            try:
                found = date(parts["y"], parts["m"], parts["d"])
            except ValueError:
                continue
            return found if 1900 <= found.year <= 2200 else None
    return None
