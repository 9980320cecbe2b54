"""Writing a lesson's attendance, where present leaves no row, and telling of single changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.db.models import Attendance
from core.db.outbox import publish_change
from core.db.uow import UnitOfWork
from core.domain.ids import LessonId
from core.domain.kinds import AttendanceKind, Presence


@dataclass(frozen=True, slots=True)
class Noted:
    """A pupil's presence at a lesson; ``minutes`` late."""

    presence: Presence
    minutes: int | None = None
    reason: str = ""

    def as_json(self) -> list[Any]:
        """For a posting's effects."""
        return [self.presence.value, self.minutes, self.reason]

    @classmethod
    def from_json(cls, kept: Sequence[Any]) -> Noted:
        """The presence again."""
        return cls(Presence(kept[0]), kept[1], str(kept[2]))

    def __str__(self) -> str:
        """For audit entries, where reasons, which are personal, do not stand."""
        return f"{self.presence.value} {self.minutes}" if self.minutes is not None else self.presence.value


PRESENT = Noted(Presence.PRESENT)


def presence_key(lesson_id: LessonId, student_id: int) -> str:
    """The key of the event that tells of one pupil at one lesson."""
    return f"presence_noted:{lesson_id}:{student_id}"


async def tell_presence(
    uow: UnitOfWork,
    lesson_id: LessonId,
    student_id: int,
    change: tuple[Noted, Noted],
    *,
    by: int | None,
    not_before: datetime | None = None,
) -> None:
    """Tell of one pupil's presence, before and after, unless it is back at what the family knows before it is told.

    Needs ``uow.writing()`` and the lesson's lock. At most three statements.
    """
    before, after = ([one.presence.value, one.minutes] for one in change)
    await publish_change(
        uow,
        "presence_noted",
        presence_key(lesson_id, student_id),
        before=before,
        after=after,
        payload={"lesson": int(lesson_id), "student": int(student_id)},
        actor_id=by,
        not_before=not_before,
    )


async def noted_presence(
    uow: UnitOfWork, lesson_id: LessonId, student_ids: Sequence[int]
) -> dict[int, Noted]:
    """What the lesson's rows say of these pupils; those without a row are PRESENT or not recorded. One statement."""
    rows = await uow.rows(
        sa.select(Attendance.student_id, Attendance.kind, Attendance.minutes, Attendance.reason).where(
            Attendance.lesson_id == lesson_id, Attendance.student_id.in_(student_ids)
        )
    )
    return {row.student_id: Noted(Presence(row.kind), row.minutes, row.reason) for row in rows}


async def write_presence(
    uow: UnitOfWork, lesson_id: LessonId, presences: Mapping[int, Noted], *, recorded_by: int
) -> None:
    """Note each pupil's presence; needs ``uow.writing()``. At most two statements."""
    gone = [student_id for student_id, noted in presences.items() if noted.presence is Presence.PRESENT]
    noted = {student_id: one for student_id, one in presences.items() if student_id not in gone}
    if gone:
        await uow.write(
            sa.delete(Attendance).where(Attendance.lesson_id == lesson_id, Attendance.student_id.in_(gone))
        )
    if not noted:
        return
    insert = sqlite.insert if uow.database.is_sqlite else postgresql.insert
    statement = insert(Attendance)
    await uow.write(
        statement.on_conflict_do_update(
            index_elements=["student_id", "lesson_id"],
            set_={
                name: statement.excluded[name]
                for name in ("kind", "minutes", "reason", "recorded_by", "recorded_at")
            },
        ),
        [
            {
                "student_id": student_id,
                "lesson_id": lesson_id,
                "kind": AttendanceKind(one.presence.value),
                "minutes": one.minutes,
                "reason": one.reason,
                "recorded_by": recorded_by,
                "recorded_at": uow.now,
            }
            for student_id, one in noted.items()
        ],
    )
