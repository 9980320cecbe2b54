"""The lessons of the week: a new timetable ends the old one at its first day, and what both say stays as it is.

So what is not in a timetable ends for being absent from it, whoever wrote it there; nothing is tied. Lessons that were
given are rows of their own and are not looked at.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from core.db.models import Course, TimetableSlot
from core.db.uow import UnitOfWork
from core.domain.kinds import WeekParity
from core.importing.plan import KindPlan, Made, RowId, Values
from core.importing.progress import Progress
from core.importing.register import Kind

_Place = tuple[RowId, int, int, str]
"""Course, weekday, period and weeks: what a lesson of the week is told from others by."""
_SAID = ("schedule_id", "room")


async def compare_slots(uow: UnitOfWork, kind: Kind, progress: Progress) -> KindPlan:
    """What ends has ``ends_on`` as its last day; what was only to begin later is dropped. One statement, none for a
    register that is no timetable."""
    starts, school = progress.register.timetable_from, progress.ids.get(("org", "school"))
    plan = KindPlan(kind)
    if starts is None:
        return plan
    plan.ends_on = starts - timedelta(days=1)
    comparison = _Slots(plan, starts)
    if isinstance(school, int):
        columns = TimetableSlot.__table__.c
        for row in await uow.rows(
            sa.select(TimetableSlot.__table__)
            .join(Course, Course.id == columns.course_id)
            .where(Course.school_id == school, sa.or_(columns.valid_to.is_(None), columns.valid_to >= starts))
            .order_by(columns.valid_from, columns.id)
        ):
            comparison.know(dict(row._mapping))
    for record in progress.register.of(kind.name):
        values = dict(record.values)
        for name in ("course_id", "schedule_id"):
            ref = values[name]
            values[name] = progress.ids[ref.kind, ref.id]
        comparison.take(values)
    comparison.end_others()
    return plan


def _place(values: Values) -> _Place:
    return values["course_id"], values["weekday"], values["period"], WeekParity(values["parity"]).value


@dataclass(slots=True)
class _Slots:
    plan: KindPlan
    starts: date
    known: defaultdict[_Place, list[Values]] = field(default_factory=lambda: defaultdict(list))
    stay: set[int] = field(default_factory=set)

    def know(self, row: Values) -> None:
        self.plan.known += 1
        self.known[_place(row)].append(row)

    def take(self, values: dict[str, Any]) -> None:
        """One row stays where it says the same, or changes where it has not begun; else a new one begins."""
        rows = self.known.get(_place(values), [])
        begun = [row for row in rows if row["valid_from"] is None or row["valid_from"] < self.starts]
        to_come = [row for row in rows if row not in begun]
        same = next(
            (row for row in begun if all(row[name] == values.get(name, row[name]) for name in _SAID)), None
        )
        row = same or (to_come[0] if to_come else None)
        if row is None:
            made = Made(self.plan.kind.name, len(self.plan.new))
            self.plan.new[made] = {**values, "valid_from": self.starts, "valid_to": None}
            return
        self.stay.add(row["id"])
        wanted = {"valid_to": None} if same else {**values, "valid_from": self.starts, "valid_to": None}
        differing = {name: value for name, value in wanted.items() if row[name] != value}
        if differing:
            self.plan.changed[row["id"]] = differing
            self.plan.before[row["id"]] = row
        else:
            self.plan.unchanged += 1

    def end_others(self) -> None:
        """What a timetable of less than half of the lessons ends is counted as lost: it may be one of few classes."""
        for rows in self.known.values():
            self.plan.ended += [row["id"] for row in rows if row["id"] not in self.stay]
        if (len(self.plan.new) + len(self.stay)) * 2 < self.plan.known:
            self.plan.lost = len(self.plan.ended)
