"""What the comparing of earlier kinds tells later ones."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from core.importing.plan import RowId
from core.importing.register import Register


@dataclass(slots=True)
class Progress:
    """Grows kind by kind."""

    register: Register
    today: date
    end_missing: bool
    ids: dict[tuple[str, str], RowId] = field(default_factory=dict)
    """Rows by kind and the register's id."""
    over: set[tuple[str, str]] = field(default_factory=set)
    """Kinds and ids of what is over, since now or before."""
    ending: defaultdict[str, dict[int, bool]] = field(default_factory=lambda: defaultdict(dict))
    """Rows that end now, by kind: True where the register says so, False where they are only absent from it."""
    names: dict[RowId, str] = field(default_factory=dict)
    """The folded names of the register's people."""

    def may_end_missing(self, kind: str) -> bool:
        """Whether what is absent is to end: not where it may be among rejected rows."""
        return self.end_missing and kind not in self.register.unsure
