"""Taking in what a school has: each import that was looked at or done, and what was settled by hand for the next one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, Id, one_of, reference
from core.domain.kinds import ImportState


class ImportRun(Base):
    """One file given to an importer by name. ``school_id`` is empty where it was not for one school alone, ``sha256``
    says where the file is kept until it is applied or forgotten; ``options`` is what was chosen beside it.

    ``counts`` is by kind, in its plural, ``[new, changed, ended]``; ``outcome`` is what was told of the file at length,
    as core.importing.told writes it, without names once the file is forgotten; ``refused`` is the sentence why nothing of
    it was written. ``worker`` is the process that applies it.
    """

    __tablename__ = "import_run"
    id: Mapped[Id]
    school_id: Mapped[int | None] = reference("org.id")
    person_id: Mapped[int | None] = reference("person.id", on_delete="SET NULL")
    via: Mapped[str] = mapped_column(default="")
    importer: Mapped[str]
    file_name: Mapped[str]
    sha256: Mapped[str] = mapped_column(default="")
    size: Mapped[int] = mapped_column(default=0)
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[ImportState] = one_of(ImportState)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    outcome: Mapped[dict[str, Any]] = mapped_column(default=dict)
    rejected: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    refused: Mapped[str] = mapped_column(default="")
    worker: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    __table_args__ = (sa.Index(None, "school_id", "started_at"),)


class ImportAnswer(Base):
    """What somebody settled for an importer once, and is not asked again: ``question`` is its key, such as a teacher's
    name in a timetable or a table's row of headings. An empty ``school_id`` is the whole installation's."""

    __tablename__ = "import_answer"
    id: Mapped[Id]
    school_id: Mapped[int | None] = reference("org.id", index=False)
    importer: Mapped[str]
    question: Mapped[str]
    answer: Mapped[str]
    person_id: Mapped[int | None] = reference("person.id", on_delete="SET NULL")
    answered_at: Mapped[datetime]
    __table_args__ = (sa.Index(None, "school_id", "importer"),)
