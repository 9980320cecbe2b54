"""What a register would change: the difference to the database, kind by kind, as core.importing.compare finds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.importing.register import Kind, Register

Values = dict[str, Any]
_FEW = 10
"""So many may end for being absent, whatever share of their kind they are."""


@dataclass(frozen=True, slots=True)
class Made:
    """A row that is yet to be made, in place of its id."""

    kind: str
    place: int


RowId = int | Made


@dataclass(slots=True)
class KindPlan:
    """What becomes of one kind; ids are real ones until a row is yet to be made."""

    kind: Kind
    new: dict[Made, Values] = field(default_factory=dict)
    changed: dict[int, Values] = field(default_factory=dict)
    before: dict[int, Values] = field(default_factory=dict)
    ended: list[int] = field(default_factory=list)
    """Rows that end now: the register says so, what they belong to ends, or they are absent and that is to count."""
    ends_on: date | None = None
    """The last day of what ends, where it is not the usual one; what was to begin after it goes."""
    missing: list[int] = field(default_factory=list)
    unchanged: int = 0
    tied: dict[str, RowId] = field(default_factory=dict)
    """Register ids to tie to rows for the first time."""
    retied: dict[str, RowId] = field(default_factory=dict)
    """Register ids that were tied to another row until now."""
    register_ended: list[str] = field(default_factory=list)
    register_revived: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    known: int = 0
    """How many of the register's ids hold, before anything is written."""
    lost: int = 0
    """How many of those end for being absent, or for belonging to what is."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be written."""
        return not (
            self.new
            or self.changed
            or self.ended
            or self.tied
            or self.retied
            or self.register_ended
            or self.register_revived
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole difference, in the order of writing."""

    register: Register
    kinds: tuple[KindPlan, ...]
    end_missing: bool

    @property
    def is_empty(self) -> bool:
        """Whether the database says all this already."""
        return all(kind.is_empty for kind in self.kinds)

    @property
    def remarks(self) -> list[str]:
        """What only the comparing could find, in words."""
        return [remark for kind in self.kinds for remark in kind.remarks]

    @property
    def alarming(self) -> tuple[KindPlan, ...]:
        """Kinds of which most would end for being absent: rather a broken export than a school that is gone."""
        return tuple(
            one
            for one in self.kinds
            if (one.lost > _FEW and one.lost * 2 > one.known)
            or (one.lost and one.kind.name in self.register.empty)
        )
