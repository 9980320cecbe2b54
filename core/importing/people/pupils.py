"""What a row of a class list says: a pupil, with up to two parents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from core.domain.names import fold
from core.importing.people.names import Parts
from core.importing.tables.reader import Sheet


@dataclass(frozen=True, slots=True)
class Parent:
    """A parent as a row says one."""

    name: Parts
    relation: str
    phone: str = ""
    email: str = ""

    @property
    def name_key(self) -> str:
        """To compare by."""
        return fold(f"{self.name.family} {self.name.given}")

    @property
    def shown(self) -> str:
        """For people to tell them apart."""
        return ", ".join(filter(None, (self.name.full, self.phone)))


@dataclass(frozen=True, slots=True)
class Pupil:
    """A row; ``said`` are the columns that it says something in."""

    sheet: Sheet
    row: int
    name: Parts
    class_name: str
    birth_date: date | None
    parents: tuple[Parent, ...]
    said: Mapping[str, str]

    @property
    def name_key(self) -> str:
        """To compare by."""
        return fold(f"{self.name.family} {self.name.given}")

    @property
    def shown(self) -> str:
        """For people to tell them apart."""
        born = self.birth_date.isoformat() if self.birth_date else ""
        return ", ".join(filter(None, (self.name.full, born, self.class_name)))
