"""Timetables as a format among others: what may be chosen, how a file is known, and how it is taken in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import sqlalchemy as sa

from core.db.models import Org
from core.db.uow import UnitOfWork
from core.domain.grading import SCALES
from core.errors import UnreadableFile
from core.importing.cells import read_day
from core.importing.importer import Asked, Importer, OnStep, Option, Outcome
from core.importing.ours import scope_of
from core.importing.register_import import RegisterImport
from core.importing.said import Said
from core.importing.timetable.filling import fill
from core.importing.timetable.model import Timetable
from core.importing.timetable.reading import SUFFIXES, looks_like_timetable, read_timetable
from core.importing.timetable.school_now import school_now, which_school

_LOCALES = ("en", "ru", "th")


@dataclass(frozen=True, slots=True)
class TimetableImport:
    """A timetable that was read; it is matched to the school whenever it is compared."""

    timetable: Timetable
    asked: Asked

    async def look(self, uow: UnitOfWork) -> Outcome:
        """What applying would do; nothing is written. Some forty statements, whatever the size."""
        return await (await self._matched(uow)).look(uow)

    async def apply(self, uow: UnitOfWork, on_step: OnStep) -> Outcome:
        """Write it. Raises UnreadableFile where a question is open."""
        async with uow.writing():
            return await (await self._matched(uow)).apply(uow, on_step)

    async def _matched(self, uow: UnitOfWork) -> RegisterImport:
        school_id, name = await which_school(
            uow, self.asked.school_id, self.timetable.school or self.asked.option("name")
        )
        timezone = await uow.value(sa.select(Org.timezone).where(Org.id == school_id)) if school_id else None
        today = uow.now.astimezone(ZoneInfo(timezone)).date() if timezone else uow.now.date()
        school = await school_now(uow, school_id, name, _first_day(self.asked), today)
        filled = fill(self.timetable, school, self.asked, new_school=_new_school(self.asked))
        if school_id is not None:
            filled.register.scope = await scope_of(uow, school_id)
        # What is read here is of one school already: there is nothing to cut.
        asked = replace(self.asked, school_id=None)
        return RegisterImport(
            filled.register,
            asked,
            end_most=bool(asked.option("end-most")),
            questions=filled.questions,
            notes=filled.notes,
        )


def _first_day(asked: Asked) -> date | None:
    text = asked.option("from")
    if not text:
        return None
    found = read_day(text)
    if found is None:
        raise UnreadableFile(Said("'{text}' is no date; write 2026-09-01", text=text))
    return found


def _new_school(asked: Asked) -> dict[str, Any]:
    chosen = {name: asked.option(name) for name in ("timezone", "locale", "currency", "scale")}
    for name, good in (
        ("timezone", available_timezones()),
        ("locale", _LOCALES),
        ("scale", SCALES),
    ):
        if chosen[name] and chosen[name] not in good:
            raise UnreadableFile(Said("{option}: '{value}' cannot be used", option=name, value=chosen[name]))
    return {name: value for name, value in chosen.items() if value}


async def read_file(_uow: UnitOfWork, path: Path, asked: Asked) -> TimetableImport:
    """Read a timetable. No statement. Raises UnreadableFile."""
    _first_day(asked)
    _new_school(asked)
    return TimetableImport(read_timetable(path), asked)


IMPORTER = Importer(
    name="timetable",
    title=Said("Timetable"),
    help=Said(
        "A timetable of FET (.fet), aSc Timetables (XML) or Untis (GPU001.TXT, GPU002.TXT): bells, courses and the "
        "lessons of the week. It ends the old one at its first day."
    ),
    suffixes=SUFFIXES,
    opens=looks_like_timetable,
    read=read_file,
    asks=True,
    takes_folder=True,
    options=(
        Option(
            "from",
            "day",
            Said(
                "The first day of the new timetable; else that of the one to come, today, or the first of the next term."
            ),
        ),
        Option(
            "new",
            "flag",
            Said("Make the teachers, classes and subjects that have no sure match at the school."),
        ),
        Option("end-most", "flag", Said("Also where far fewer lessons would be left than there are.")),
        Option("name", "text", "Name of a new school, where the file does not say it.", on_page=False),
        Option("timezone", "text", "Time zone of a new school, like Asia/Bangkok.", on_page=False),
        Option("locale", "choice", "Language of a new school.", choices=_LOCALES, on_page=False),
        Option("currency", "text", "Currency of a new school, like THB.", on_page=False),
        Option(
            "scale",
            "choice",
            "Grading scale of a new school.",
            default="hundred",
            choices=tuple(SCALES),
            on_page=False,
        ),
    ),
)
