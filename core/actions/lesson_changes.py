"""Changing single lessons: cancelled, moved, given by somebody else, in another room; and as usual again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from core.access import Actor, HeldRole, School, fresh_actor
from core.actions.postings import check_text
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import Course, CourseTeacher, LessonChange, Org, RoleAssignment
from core.db.outbox import publish_change
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.drafts import FARTHEST, TAP_TIME, lesson_as_json
from core.domain.ids import LARGEST_ID, OrgId
from core.domain.kinds import ChangeKind
from core.domain.lessons import LessonKey
from core.domain.rights import Role
from core.errors import Invalid, NotFound
from core.queries.lesson_changes import change_key, is_known, tells_at_once
from core.queries.schedule import course_lessons

CHANGERS = (Role.HEAD, Role.DEPUTY, Role.ADMIN)
_LAST_PERIOD = 20
LONGEST_NOTE = 200
LONGEST_ROOM = 40


@dataclass(frozen=True, slots=True)
class NewChange:
    """What is to be changed: CANCELLED alone; MOVED to ``moved_to`` (day, period), SUBSTITUTED by ``teacher_id``, ROOM
    to ``room``. A room and a note for the families may stand with any of them."""

    kind: ChangeKind
    teacher_id: int | None = None
    moved_to: tuple[date, int] | None = None
    room: str = ""
    note: str = ""


async def enter_change(uow: UnitOfWork, key: ChatKey, lesson: LessonKey, change: NewChange) -> None:
    """Change one lesson, in place of an earlier change of it. At most twelve statements.

    Today's and tomorrow's are told at once, a minute after the last word; later ones the evening before. Clashes with
    other lessons are not looked at. Raises NotFound for a course or substitute that is not of the asker's school,
    Invalid("no_such_lesson"), ("lesson_is_over"), ("too_far"), ("change_incomplete") and ("text_too_long").
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        school, officer = await _access_course(uow, actor, lesson)
        today = school.today(uow.now)
        check_change(lesson, change, today)
        plan = await course_lessons(uow, school, lesson.course_id, lesson.on)
        if not any(one.period == lesson.period and one.moved_from is None for one in plan.lessons):
            raise Invalid("no_such_lesson")
        values = await _values(uow, school, change)
        row = await _row(uow, lesson)
        before = _as_json(row._mapping) if row is not None else None
        if row is None:
            await uow.insert(
                LessonChange, course_id=lesson.course_id, date=lesson.on, period=lesson.period, **values
            )
        else:
            await uow.write(sa.update(LessonChange).where(LessonChange.id == row.id).values(**values))
        await _tell(uow, school, lesson, before, _as_json(values), officer.person_id, today)
        await _record(uow, "lesson.change", officer, lesson, before, _as_json(values))


async def withdraw_change(uow: UnitOfWork, key: ChatKey, lesson: LessonKey) -> bool:
    """The lesson is as usual again; False where it was. At most ten statements.

    Who knew of the change is told. Raises NotFound, Invalid("lesson_is_over").
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        school, officer = await _access_course(uow, actor, lesson)
        today = school.today(uow.now)
        if lesson.on < today:
            raise Invalid("lesson_is_over")
        row = await _row(uow, lesson)
        if row is None:
            return False
        before = _as_json(row._mapping)
        await uow.write(sa.delete(LessonChange).where(LessonChange.id == row.id))
        await _tell(uow, school, lesson, before, None, officer.person_id, today)
        await _record(uow, "lesson.as_usual", officer, lesson, before, None)
    return True


async def _access_course(uow: UnitOfWork, actor: Actor, lesson: LessonKey) -> tuple[School, HeldRole]:
    """The course's school and the role that gives the right there, at it or above. One statement, or none."""
    held = [one for one in actor.roles if one.role in CHANGERS]
    if held and 0 < lesson.course_id <= LARGEST_ID:
        row = await uow.row(
            sa.select(Org.id, Org.name, Org.path, Org.timezone, Org.locale, Org.currency, Org.scale)
            .join(Course, Course.school_id == Org.id)
            .where(Course.id == lesson.course_id, Course.ended_on.is_(None))
        )
        if row is not None:
            school = School(
                OrgId(row.id), row.name, row.path, row.timezone, row.locale, row.currency, row.scale
            )
            for one in held:
                if school.path.startswith(one.school.path):
                    return school, one
    raise NotFound("course_not_found")


def check_change(lesson: LessonKey, change: NewChange, today: date) -> None:
    """What can be said of a change without looking at anything. Raises Invalid as ``enter_change`` does."""
    room = check_text(change.room, LONGEST_ROOM)
    check_text(change.note, LONGEST_NOTE)
    if lesson.on < today:
        raise Invalid("lesson_is_over")
    if lesson.on > today + FARTHEST:
        raise Invalid("too_far")
    if change.kind is ChangeKind.MOVED:
        if change.moved_to is None or change.moved_to == (lesson.on, lesson.period):
            raise Invalid("change_incomplete")
        day, period = change.moved_to
        if not today <= day <= today + FARTHEST or not 0 <= period <= _LAST_PERIOD:
            raise Invalid("too_far")
    if (change.kind is ChangeKind.SUBSTITUTED and change.teacher_id is None) or (
        change.kind is ChangeKind.ROOM and not room
    ):
        raise Invalid("change_incomplete")


async def _values(uow: UnitOfWork, school: School, change: NewChange) -> dict[str, Any]:
    """The row's columns. Raises NotFound for a substitute who does not teach at the school. One statement, or none."""
    is_substituted = change.kind is ChangeKind.SUBSTITUTED
    if is_substituted:
        teaches = await uow.value(
            sa.select(RoleAssignment.id)
            .join(Org, Org.id == RoleAssignment.org_id)
            .where(
                RoleAssignment.person_id == change.teacher_id,
                RoleAssignment.role == Role.TEACHER,
                sa.literal(school.path).startswith(Org.path),
                holds_on(RoleAssignment, school.today(uow.now)),
            )
        )
        if teaches is None:
            raise NotFound("teacher_not_found")
    moved = change.moved_to if change.kind is ChangeKind.MOVED else None
    return {
        "kind": change.kind,
        "teacher_id": change.teacher_id if is_substituted else None,
        "new_date": moved[0] if moved else None,
        "new_period": moved[1] if moved else None,
        "room": change.room.strip(),
        "note": change.note.strip(),
    }


async def _row(uow: UnitOfWork, lesson: LessonKey) -> sa.Row[Any] | None:
    return await uow.row(
        sa.select(
            *(LessonChange.id, LessonChange.kind, LessonChange.teacher_id, LessonChange.new_date),
            *(LessonChange.new_period, LessonChange.room, LessonChange.note),
        )
        .where(
            LessonChange.course_id == lesson.course_id,
            LessonChange.date == lesson.on,
            LessonChange.period == lesson.period,
        )
        .with_for_update()
    )


def _as_json(values: Any) -> dict[str, Any]:
    """A change for events and the audit: ids and values."""
    day = values["new_date"]
    return {
        "kind": values["kind"].value,
        "teacher": values["teacher_id"],
        "day": day.isoformat() if day else None,
        "period": values["new_period"],
        "room": values["room"],
        "note": values["note"],
    }


async def _tell(
    uow: UnitOfWork,
    school: School,
    lesson: LessonKey,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    officer: int,
    today: date,
) -> None:
    """Of today and tomorrow at once, with whoever was to stand in before; a change of a later day that nobody was told
    of is told by the day before."""
    days = [lesson.on, *(date.fromisoformat(one["day"]) for one in (before, after) if one and one["day"])]
    known = before is not None and await is_known(uow, int(school.id), lesson)
    if not tells_at_once(days, today, was_told=known):
        return
    taught = await uow.rows(
        sa.select(CourseTeacher.teacher_id).where(
            CourseTeacher.course_id == lesson.course_id, holds_on(CourseTeacher, lesson.on)
        )
    )
    stood_in = {one["teacher"] for one in (before, after) if one and one["teacher"]}
    last = max(days)
    await publish_change(
        uow,
        "lesson_changed",
        change_key(lesson),
        before=before if known else None,
        after=after,
        payload={
            "lesson": lesson_as_json(lesson),
            "teachers": sorted(stood_in | {row.teacher_id for row in taught}),
            "until": _midnight_after(school, last),
        },
        actor_id=officer,
        not_before=uow.now + TAP_TIME,
    )


def _midnight_after(school: School, day: date) -> str:
    return datetime.combine(day + timedelta(days=1), time(0), school.zone).astimezone(UTC).isoformat()


async def _record(
    uow: UnitOfWork,
    action: str,
    officer: HeldRole,
    lesson: LessonKey,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    await record(
        uow,
        action,
        actor_id=officer.person_id,
        subject=("course", int(lesson.course_id)),
        before={"lesson": lesson_as_json(lesson), "change": before},
        after={"change": after},
    )
