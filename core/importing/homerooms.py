"""Who leads a homeroom: a column of the class, which may be set by the register or by the school.

So what the register sets is tied by itself: the class's id to the person set. Only what is so tied does the register
clear when it no longer says it; a person who ends leads no class, whoever said so.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa

from core.db.models import SchoolClass
from core.db.uow import UnitOfWork
from core.importing.known import Known
from core.importing.plan import KindPlan, Made, RowId
from core.importing.progress import Progress
from core.importing.register import Kind, Record


async def compare_homerooms(uow: UnitOfWork, kind: Kind, known: Known, progress: Progress) -> KindPlan:
    """New and changed rows name ``class_id`` and ``teacher_id``; ended ones are classes. One statement."""
    led = sa.select(SchoolClass.id, SchoolClass.homeroom_teacher_id).where(
        SchoolClass.homeroom_teacher_id.is_not(None)
    )
    if progress.register.scope is not None:
        led = led.where(SchoolClass.school_id == progress.register.scope.school_id)
    comparison = _Homerooms(
        KindPlan(kind, known=len(known.by_external) - len(known.ended_by_register)),
        known,
        progress,
        {row.id: row.homeroom_teacher_id for row in await uow.rows(led)},
    )
    for record in progress.register.of(kind.name):
        comparison.take(record)
    if kind.name in progress.register.whole:
        comparison.find_missing()
    comparison.end_with_teachers()
    return comparison.plan


@dataclass(slots=True)
class _Homerooms:
    plan: KindPlan
    known: Known
    progress: Progress
    leads: dict[RowId, int]
    """The teacher of each class that has one."""
    stated: set[RowId] = field(default_factory=set)
    """Classes whose teacher the register states."""

    def take(self, record: Record) -> None:
        place, person = record.values["class_id"], record.values["teacher_id"]
        ids, over = self.progress.ids, self.progress.over
        if ("class", place.id) not in ids or ("class", place.id) in over or ("person", person.id) not in ids:
            return
        row, teacher = ids["class", place.id], ids["person", person.id]
        ends = record.values["ends"]
        if record.ended or ("person", person.id) in over or (ends and ends < self.progress.today):
            self._end(record.id, row, {teacher, self.known.by_external.get(record.id)})
            return
        self.stated.add(row)
        now = self.leads.get(row)
        if now == teacher:
            self.plan.unchanged += 1
        elif now is None or isinstance(row, Made):
            self.plan.new[Made(self.plan.kind.name, len(self.plan.new))] = {
                "class_id": row,
                "teacher_id": teacher,
            }
        else:
            self.plan.changed[row] = {"class_id": row, "teacher_id": teacher}
        self._tie(record.id, teacher)

    def _tie(self, external: str, teacher: RowId) -> None:
        if self.progress.register.is_own and not isinstance(teacher, Made):
            return
        if external not in self.known.by_external:
            self.plan.tied[external] = teacher
        elif self.known.by_external[external] != teacher:
            self.plan.retied[external] = teacher
        elif external in self.known.ended_by_register:
            self.plan.register_revived.append(external)

    def _end(self, external: str, row: RowId, teachers: set[RowId | None]) -> None:
        is_tied = external in self.known.by_external and external not in self.known.ended_by_register
        if is_tied:
            self.plan.register_ended.append(external)
        if not isinstance(row, Made) and self.leads.get(row) in teachers - {None}:
            self.plan.ended.append(row)
        elif not is_tied:
            self.plan.unchanged += 1

    def find_missing(self) -> None:
        name = self.plan.kind.name
        for external, teacher in self.known.by_external.items():
            if self.progress.register.has(name, external) or external in self.known.ended_by_register:
                continue
            row = self.progress.ids.get(("class", external))
            if row is None or row in self.stated or ("class", external) in self.progress.over:
                continue
            assert not isinstance(row, Made)
            self.plan.missing.append(row)
            if self.progress.may_end_missing(name):
                self._end(external, row, {teacher})
                self.plan.lost += 1

    def end_with_teachers(self) -> None:
        """People who end lead no class."""
        ending = self.progress.ending["person"]
        for row, teacher in self.leads.items():
            if isinstance(row, Made) or teacher not in ending or row in self.stated or row in self.plan.ended:
                continue
            self.plan.ended.append(row)
            for external in self.known.externals[teacher]:
                if (
                    self.progress.ids.get(("class", external)) == row
                    and external not in self.known.ended_by_register
                    and external not in self.plan.register_ended
                ):
                    self.plan.register_ended.append(external)
                    self.plan.lost += not ending[teacher]
