"""One lesson on the office's desk: how it stands, who and what is free, and what would follow from changing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from core.db.models import Course, CourseEnrollment, CourseTeacher, LessonChange
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.clashes import Clash, Sitting, are_at_once, find_clashes
from core.domain.drafts import TAP_TIME
from core.domain.ids import LARGEST_ID, PersonId
from core.domain.kinds import ChangeKind
from core.domain.lessons import LessonKey
from core.domain.names import fold
from core.errors import NotFound
from core.queries.audiences import families, teachers_alone
from core.queries.day_plans import PlannedLesson, ProposedChange, Timetable
from core.queries.lesson_changes import is_known, pupils_of_lessons, tells_at_once
from core.queries.offices import Office
from core.queries.schedule import school_day
from core.queries.timetable import Bell, StaffTeacher, list_bells, list_rooms, list_teachers

EVENING = time(18)
"""On the school's wall, the evening before: when changes of later days are told."""


@dataclass(frozen=True, slots=True)
class EnteredChange:
    """What is entered for the lesson."""

    kind: ChangeKind
    teacher_id: int | None
    moved_to: tuple[date, int] | None
    room: str
    note: str


@dataclass(frozen=True, slots=True)
class LessonSheet:
    """A lesson with what may stand in for it. ``usual`` is the lesson without its change, ``now`` with it; of teachers
    and rooms those that are free at its time come in ``free_teachers`` and ``free_rooms``, the best first."""

    key: LessonKey
    usual: PlannedLesson
    now: PlannedLesson
    change: EnteredChange | None
    is_over: bool
    teachers: tuple[StaffTeacher, ...]
    free_teachers: frozenset[PersonId]
    rooms: tuple[str, ...]
    free_rooms: frozenset[str]
    bells: tuple[Bell, ...]


@dataclass(frozen=True, slots=True)
class NamedClash:
    """A clash with the lesson that it is with, and the teachers by name where they are what is needed twice."""

    clash: Clash
    lesson: PlannedLesson
    teachers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Consequences:
    """What follows from a change: clashes that it makes, and who hears of it: ``families`` of ``pupils`` have a chat,
    of ``teachers`` ``reached`` have one. ``told_at`` is when."""

    clashes: tuple[NamedClash, ...]
    pupils: int
    families: int
    teachers: int
    reached: int
    at_once: bool
    told_at: datetime

    @property
    def seen(self) -> str:
        """Names the clashes, so that a page knows which of them it showed."""
        return ",".join(sorted(f"{one.clash.kind}:{one.clash.other.course_id}" for one in self.clashes))


def sitting_of(one: PlannedLesson) -> Sitting:
    """A planned lesson as what it needs at its time."""
    return Sitting(
        *(one.course_id, one.period, one.starts, one.ends, one.givers, one.room, one.class_id, one.group)
    )


def _is(one: PlannedLesson, key: LessonKey) -> bool:
    """Whether a lesson is the key's, at its own place or where it is moved to."""
    if one.course_id != key.course_id:
        return False
    if one.moved_from is not None:
        return one.moved_from == (key.on, key.period)
    return (one.on, one.period) == (key.on, key.period)


def _usual(timetable: Timetable, key: LessonKey) -> PlannedLesson:
    plain = timetable.proposing(key.course_id, key.on, key.period, None)
    found = next((one for one in plain.on(key.on).lessons if _is(one, key) and not one.moved_from), None)
    if found is None:
        raise NotFound("lesson_not_found")
    return found


async def lesson_sheet(uow: UnitOfWork, office: Office, key: LessonKey) -> LessonSheet:
    """The lesson, if it is one of the school's timetable. Seven statements. Raises NotFound."""
    subject_id = None
    if 0 < key.course_id <= LARGEST_ID:
        subject_id = await uow.value(
            sa.select(Course.subject_id).where(
                Course.id == key.course_id, Course.school_id == office.school.id
            )
        )
    if subject_id is None:
        raise NotFound("lesson_not_found")
    timetable = await school_day(uow, office.school, key.on, also=key.course_id)
    usual = _usual(timetable, key)
    lessons = timetable.on(key.on).lessons
    now = next(one for one in lessons if _is(one, key) and one.moved_from is None)
    here = sitting_of(usual)
    others = [one for one in lessons if one.is_held_here and not _is(one, key)]
    at_once = [one for one in others if _meets(here, one)]
    busy = {person for one in at_once for person in one.givers} | usual.teacher_ids
    taken = {fold(one.room) for one in at_once}
    teachers = await list_teachers(uow, office.school, subject_id=subject_id)
    rooms = await list_rooms(uow, office.school)
    return LessonSheet(
        key,
        usual,
        now,
        await _entered(uow, key),
        key.on < office.school.today(uow.now),
        teachers,
        frozenset(one.id for one in teachers if one.id not in busy),
        rooms,
        frozenset(one for one in rooms if fold(one) not in taken | {fold(now.room)}),
        await list_bells(uow, office.school.id),
    )


def _meets(here: Sitting, one: PlannedLesson) -> bool:
    return are_at_once(here, sitting_of(one))


async def _entered(uow: UnitOfWork, key: LessonKey) -> EnteredChange | None:
    row = await uow.row(
        sa.select(
            *(LessonChange.kind, LessonChange.teacher_id, LessonChange.new_date),
            *(LessonChange.new_period, LessonChange.room, LessonChange.note),
        ).where(
            LessonChange.course_id == key.course_id,
            LessonChange.date == key.on,
            LessonChange.period == key.period,
        )
    )
    if row is None:
        return None
    moved = (row.new_date, row.new_period) if row.kind is ChangeKind.MOVED else None
    return EnteredChange(row.kind, row.teacher_id, moved, row.room, row.note)


async def consequences_of(
    uow: UnitOfWork, office: Office, sheet: LessonSheet, change: EnteredChange
) -> Consequences:
    """What the change would bring. Six statements at most."""
    key, school = sheet.key, office.school
    day = change.moved_to[0] if change.moved_to else key.on
    timetable = await school_day(uow, school, day, also=key.course_id)
    clashes = await _clashes(uow, timetable, sheet, day, change)
    own = await uow.rows(
        sa.select(CourseTeacher.teacher_id).where(
            CourseTeacher.course_id == key.course_id, holds_on(CourseTeacher, key.on)
        )
    )
    before = sheet.change
    stand_in = {one.teacher_id for one in (before, change) if one and one.teacher_id}
    teachers = {row.teacher_id for row in own} | stand_in
    pupils = pupils_of_lessons([key])
    links = families(uow, pupils).subquery()
    chats = teachers_alone(teachers).subquery()
    counted = await uow.row(
        sa.select(
            sa.select(sa.func.count(sa.distinct(pupils.subquery().c.student_id)))
            .scalar_subquery()
            .label("pupils"),
            sa.select(sa.func.count(sa.distinct(links.c.child_id))).scalar_subquery().label("families"),
            sa.select(sa.func.count(sa.distinct(chats.c.link_id))).scalar_subquery().label("reached"),
        )
    )
    assert counted is not None
    today = school.today(uow.now)
    days = [key.on, *(one.moved_to[0] for one in (before, change) if one and one.moved_to)]
    known = before is not None and await is_known(uow, int(school.id), key)
    at_once = tells_at_once(days, today, was_told=known)
    evening = datetime.combine(min(days) - timedelta(days=1), EVENING, school.zone)
    return Consequences(
        clashes,
        counted.pupils,
        counted.families,
        len(teachers),
        min(counted.reached, len(teachers)),
        at_once,
        uow.now + TAP_TIME if at_once else evening,
    )


async def _clashes(
    uow: UnitOfWork, timetable: Timetable, sheet: LessonSheet, day: date, change: EnteredChange
) -> tuple[NamedClash, ...]:
    """Those that the change makes: what clashes already is no consequence of it. One statement, or none."""
    key = sheet.key
    new_day, new_period = change.moved_to or (None, None)
    proposed = ProposedChange(change.kind, new_day, new_period, change.teacher_id, change.room)
    as_would_be = timetable.proposing(key.course_id, key.on, key.period, proposed).on(day).lessons
    moves = change.kind is ChangeKind.MOVED
    one = next(
        (
            lesson
            for lesson in as_would_be
            if _is(lesson, key) and lesson.is_held_here and (lesson.moved_from is not None) is moves
        ),
        None,
    )
    if one is None:
        return ()
    here = sitting_of(one)
    others = [lesson for lesson in as_would_be if lesson.is_held_here and not _is(lesson, key)]
    others = [lesson for lesson in others if _meets(here, lesson)]
    if not others:
        return ()
    pupils = await _pupils(uow, [one.course_id, *(lesson.course_id for lesson in others)], day)
    here = replace(here, pupils=pupils.get(one.course_id, frozenset()))
    seated = {
        replace(sitting_of(lesson), pupils=pupils.get(lesson.course_id, frozenset())): lesson
        for lesson in others
    }
    found = find_clashes(here, seated)
    if not moves:
        usual = timetable.proposing(key.course_id, key.on, key.period, None).on(day).lessons
        plain = replace(sitting_of(next(lesson for lesson in usual if _is(lesson, key))), pupils=here.pupils)
        known = {(clash.kind, clash.other.course_id) for clash in find_clashes(plain, seated)}
        found = tuple(clash for clash in found if (clash.kind, clash.other.course_id) not in known)
    names = {one.id: one.name.formal_name for one in sheet.teachers}
    return tuple(
        NamedClash(
            clash,
            seated[clash.other],
            tuple(
                names[PersonId(person)] for person in here.teachers & clash.other.teachers if person in names
            ),
        )
        for clash in found
    )


async def _pupils(uow: UnitOfWork, courses: Sequence[int], day: date) -> dict[int, frozenset[int]]:
    rows: Sequence[sa.Row[Any]] = await uow.rows(
        sa.select(CourseEnrollment.course_id, CourseEnrollment.student_id).where(
            CourseEnrollment.course_id.in_(courses), holds_on(CourseEnrollment, day)
        )
    )
    found: dict[int, set[int]] = {}
    for row in rows:
        found.setdefault(row.course_id, set()).add(row.student_id)
    return {course: frozenset(people) for course, people in found.items()}
