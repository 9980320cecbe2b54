"""/schedule: which lessons, when, where and with whom; a teacher's are the own ones."""

from __future__ import annotations

from datetime import date, timedelta

from bot.capability import Capability, Turn, family
from bot.views.schedule import ScheduleTap, day_card, most_useful_day, week_card, week_start
from bot.whose import chosen_student
from core.access import Actor, Student
from core.cards import Reply
from core.domain.rights import Role
from core.i18n import N_
from core.queries.day_plans import Plan
from core.queries.schedule import own_lessons, schedule_for

_AHEAD = timedelta(days=13)


async def schedule(turn: Turn, _arguments: str) -> Reply:
    """Today, or the next school day when today's lessons are over."""
    student = None if _teaches(turn.actor) else chosen_student(turn)
    return await _show_day(turn, student, None)


async def on_tap(turn: Turn, tap: ScheduleTap) -> Reply:
    """A day or a week of a child, or of oneself as a teacher."""
    student = chosen_student(turn, tap.student) if tap.student or not _teaches(turn.actor) else None
    day = date.fromordinal(tap.day) if tap.day else None
    if tap.on == "day":
        return await _show_day(turn, student, day)
    monday = week_start(day or turn.today(student))
    plan = await _plan(turn, student, monday, monday + timedelta(days=6))
    return week_card(
        turn.t,
        plan,
        monday,
        turn.now,
        student=student,
        students=turn.actor.students,
        is_teacher=_teaches(turn.actor),
    )


async def _show_day(turn: Turn, student: Student | None, day: date | None) -> Reply:
    today = turn.today(student)
    plan = await _plan(turn, student, day or today, day or today + _AHEAD)
    return day_card(
        turn.t,
        plan,
        day or most_useful_day(plan, turn.now),
        turn.now,
        student=student,
        students=turn.actor.students,
        is_teacher=_teaches(turn.actor),
    )


async def _plan(turn: Turn, student: Student | None, since: date, until: date) -> Plan:
    if student is None:
        return await own_lessons(turn.uow, turn.actor, since=since, until=until)
    return await schedule_for(turn.uow, turn.actor, student.id, since=since, until=until)


def _teaches(actor: Actor) -> bool:
    return actor.has_role(Role.TEACHER)


def family_or_teacher(actor: Actor) -> bool:
    """Whoever has a timetable of one's own or of a child."""
    return family(actor) or _teaches(actor)


CAPABILITY = Capability(
    name="schedule",
    commands=("schedule", "timetable"),
    title=N_("Timetable"),
    menu=N_("Lessons of today, tomorrow and the week"),
    order=120,
    for_whom=family_or_teacher,
    on_command=schedule,
    tap=ScheduleTap,
    on_tap=on_tap,
)
