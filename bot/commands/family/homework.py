"""/homework: what is due, when, how long it takes, and whether it is done."""

from __future__ import annotations

from datetime import date

from bot.capability import Capability, Turn, family
from bot.views.homework import HomeworkTap, day_card, next_card, overdue_card, subject_card, subjects_card
from bot.whose import chosen_student
from core.actions.homework_ticks import tick_homework
from core.cards import File, FileSource, Reply
from core.i18n import N_
from core.queries.homework import access_attachment, homework_for


async def homework(turn: Turn, _arguments: str) -> Reply:
    """What is due next."""
    student = chosen_student(turn)
    return next_card(turn.t, await homework_for(turn.uow, turn.actor, student.id), turn.actor.students)


async def on_tap(turn: Turn, tap: HomeworkTap) -> Reply:
    """A screen, a tick, or a file."""
    action, _, screen = tap.on.partition("-")
    is_tick = action in ("tick", "untick")
    student = chosen_student(turn, tap.student, remember=not is_tick)
    if tap.on == "file":
        found = await access_attachment(turn.uow, turn.actor, tap.id, student.id)
        content = turn.services.files.read(found.sha256)
        return File(found.name, found.media_type, content, source=FileSource(tap.id, student.id))
    if is_tick:
        await tick_homework(turn.uow, turn.actor, student.id, tap.id, done=action == "tick")
    work = await homework_for(turn.uow, turn.actor, student.id)
    students = turn.actor.students
    if tap.on == "subjects":
        return subjects_card(turn.t, work, students)
    if tap.on == "subject":
        return subject_card(turn.t, work, tap.id, students)
    if screen == "subject":
        course = next((line.course_id for line in work.lines if line.id == tap.id), 0)
        return subject_card(turn.t, work, course, students)
    if "overdue" in (tap.on, screen):
        return overdue_card(turn.t, work, students)
    if tap.day:
        return day_card(turn.t, work, date.fromordinal(tap.day), students)
    return next_card(turn.t, work, students)


CAPABILITY = Capability(
    name="homework",
    commands=("homework",),
    title=N_("Homework"),
    menu=N_("What is due, and what is done"),
    order=110,
    for_whom=family,
    on_command=homework,
    tap=HomeworkTap,
    on_tap=on_tap,
)
