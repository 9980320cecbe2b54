"""What a course's place in the week would clash with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from core.db.models import (
    AcademicYear,
    BellPeriod,
    Course,
    CourseEnrollment,
    CourseTeacher,
    SchoolClass,
    Subject,
    TimetableSlot,
)
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.clashes import Clash, Sitting, find_clashes, may_share_a_week, spans_meet
from core.queries.offices import Office
from core.queries.school_courses import CourseCard, Slot


@dataclass(frozen=True, slots=True)
class SlotClash:
    """Another course that needs a teacher, the room, the class or pupils at a time of the week."""

    clash: Clash
    subject: str
    group: str
    class_name: str

    @property
    def key(self) -> str:
        """Names the clash, so that a page knows whether it showed it."""
        return f"{self.clash.kind}:{self.clash.other.course_id}"


async def slot_clashes(
    uow: UnitOfWork, office: Office, card: CourseCard, slot: Slot
) -> tuple[SlotClash, ...]:
    """What a place in the week would clash with, in the weeks and days that both have. Two statements."""
    today = office.school.today(uow.now)
    since = max(slot.valid_from or today, today)
    rows = await uow.rows(
        sa.select(
            *(TimetableSlot.id, TimetableSlot.course_id, TimetableSlot.period, TimetableSlot.room),
            *(TimetableSlot.parity, TimetableSlot.valid_from, TimetableSlot.valid_to),
            *(BellPeriod.starts, BellPeriod.ends, Course.class_id, Course.name.label("group")),
            *(Subject.name.label("subject"), SchoolClass.name.label("class_name")),
            *(CourseTeacher.teacher_id, AcademicYear.ends.label("year_ends")),
        )
        .join(Course, Course.id == TimetableSlot.course_id)
        .join(Subject, Subject.id == Course.subject_id)
        .outerjoin(SchoolClass, SchoolClass.id == Course.class_id)
        .outerjoin(AcademicYear, AcademicYear.id == Course.year_id)
        .outerjoin(
            BellPeriod,
            (BellPeriod.schedule_id == TimetableSlot.schedule_id)
            & (BellPeriod.number == TimetableSlot.period),
        )
        .outerjoin(
            CourseTeacher,
            (CourseTeacher.course_id == Course.id)
            & sa.or_(CourseTeacher.ends.is_(None), CourseTeacher.ends >= since),
        )
        .where(
            Course.school_id == office.school.id,
            Course.ended_on.is_(None),
            TimetableSlot.weekday == slot.weekday,
        )
        .order_by(TimetableSlot.id)
    )
    by_slot: dict[int, list[sa.Row[Any]]] = {}
    for row in rows:
        lasts = row.year_ends is None or row.year_ends >= since
        meets = spans_meet(since, slot.valid_to, row.valid_from, row.valid_to)
        if lasts and meets and may_share_a_week(slot.parity, row.parity):
            by_slot.setdefault(row.id, []).append(row)
    pupils = frozenset(one.id for one in card.pupils if one.is_in)
    shared = await _shared_pupils(uow, pupils, {some[0].course_id for some in by_slot.values()}, since)
    here = Sitting(
        *(card.id, slot.period, slot.starts, slot.ends, frozenset(card.teacher_ids), slot.room),
        *(card.class_id, card.group, pupils),
    )
    others: dict[Sitting, sa.Row[Any]] = {}
    for some in by_slot.values():
        first = some[0]
        teachers = frozenset(one.teacher_id for one in some if one.teacher_id is not None)
        sitting = Sitting(
            *(first.course_id, first.period, first.starts, first.ends, teachers, first.room),
            *(first.class_id, first.group, shared.get(first.course_id, frozenset())),
        )
        others[sitting] = first
    return tuple(
        SlotClash(
            clash,
            others[clash.other].subject,
            others[clash.other].group,
            others[clash.other].class_name or "",
        )
        for clash in find_clashes(here, others)
    )


async def _shared_pupils(
    uow: UnitOfWork, pupils: frozenset[int], courses: set[int], day: date
) -> dict[int, frozenset[int]]:
    rows = await uow.rows(
        sa.select(CourseEnrollment.course_id, CourseEnrollment.student_id).where(
            CourseEnrollment.course_id.in_(courses),
            CourseEnrollment.student_id.in_(pupils),
            holds_on(CourseEnrollment, day),
        )
    )
    found: dict[int, set[int]] = {}
    for row in rows:
        found.setdefault(row.course_id, set()).add(row.student_id)
    return {course: frozenset(people) for course, people in found.items()}
