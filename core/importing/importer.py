"""Importer: one format that a school's data comes in. The command line and the panel list what ``discover`` finds."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import core.importing
from core.db.uow import UnitOfWork
from core.importing.cells import Problem

OnStep = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done, and how much there is (0: not known)."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose beside the file: ``--name`` of the command, a field of the page. A flag is ``"1"`` or empty.

    ``on_page`` says whether whoever imports for one school may choose it.
    """

    name: str
    kind: Literal["text", "day", "flag", "choice"]
    help: str
    default: str = ""
    choices: tuple[str, ...] = ()
    on_page: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """What the file alone does not settle: nothing is guessed. ``candidates`` are answers with words for people, the
    likeliest first; ``answer`` is the one that holds for now (kept from last time, or sure enough to be proposed),
    empty for none. ``must`` be answered before anything is written."""

    key: str
    words: str
    candidates: tuple[tuple[str, str], ...]
    answer: str = ""
    must: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """How an import is asked for. With ``school_id`` nothing of another school is touched: its rows are skipped, and
    told. ``answers`` are by the question's key."""

    school_id: int | None = None
    person_id: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)

    def option(self, name: str) -> str:
        """What was chosen; empty where nothing was."""
        return self.options.get(name, "")


@dataclass(frozen=True, slots=True)
class Line:
    """What becomes of one kind of thing, ``plural`` for people to read."""

    plural: str
    new: int = 0
    changed: int = 0
    ended: int = 0
    missing: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows of another school, of one kind; ``names`` are the first of them as the file calls them."""

    plural: str
    count: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import would do, or did. Sentences are Said where pages can say them in other languages.

    ``problems`` are the first of each file, ``untold`` counts the others by file, ``remarks`` all that reject no row.
    ``notes`` are remarks on the whole; ``refused`` is why applying would write nothing at all, empty where it would not
    be refused, and ``overrule`` the flag that says that this is meant. ``samples`` are some of the rows that would
    change, as (what, before, after). ``skipped`` rows were ``left_out`` for being another school's.
    """

    title: str
    lines: tuple[Line, ...] = ()
    problems: tuple[Problem, ...] = ()
    untold: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    samples: tuple[tuple[str, str, str], ...] = ()
    rejected: int = 0
    remarks: int = 0
    skipped: int = 0
    left_out: tuple[LeftOut, ...] = ()
    refused: str = ""
    overrule: str = ""
    unchanged_at_all: bool | None = None
    """Whether nothing would be written, where the lines do not tell."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be written."""
        if self.unchanged_at_all is not None:
            return self.unchanged_at_all
        return not any(line.new or line.changed or line.ended for line in self.lines)


class Prepared(Protocol):
    """A file that was read whole and found readable."""

    async def look(self, uow: UnitOfWork) -> Outcome:
        """What applying would do; nothing is written."""
        ...

    async def apply(self, uow: UnitOfWork, on_step: OnStep) -> Outcome:
        """Write it in one transaction with one audit entry, comparing anew in it. Raises UnreadableFile where it is
        refused as a whole; then nothing was written. A second run writes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Importer:
    """One format. ``name`` is its command and its address, ``title`` and ``help`` are for people (English, ``Said``),
    ``suffixes`` what its files are called, ``opens`` whether a file's content looks like it (read no more than is
    needed), ``read`` reads it. ``asks`` says whether it may ask questions, so that its command has ``--map``.

    Raises UnreadableFile, from ``read``, with one clear sentence.
    """

    name: str
    title: str
    help: str
    suffixes: Sequence[str]
    opens: Callable[[Path], bool]
    read: Callable[[UnitOfWork, Path, Asked], Awaitable[Prepared]]
    options: tuple[Option, ...] = ()
    asks: bool = False
    takes_folder: bool = False
    needs_school: bool = False
    """Whether the school must be named on the command line; the panel always names it."""


def discover() -> dict[str, Importer]:
    """Every ``IMPORTER`` of a module or package of core.importing, by name."""
    found = {}
    for module in pkgutil.iter_modules(core.importing.__path__, "core.importing."):
        importer = getattr(importlib.import_module(module.name), "IMPORTER", None)
        if isinstance(importer, Importer):
            found[importer.name] = importer
    return dict(sorted(found.items()))
