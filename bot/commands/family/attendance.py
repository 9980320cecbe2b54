"""/attendance: was the child at school?"""

from __future__ import annotations

from bot.capability import Capability, Turn, family
from bot.views.attendance import AttendanceTap, attendance_card, terms_card
from bot.whose import chosen_student
from core.cards import Reply
from core.i18n import N_
from core.queries.attendance import attendance_for


async def attendance(turn: Turn, _arguments: str) -> Reply:
    """The present term."""
    return await on_tap(turn, AttendanceTap(on="term", student=chosen_student(turn).id))


async def on_tap(turn: Turn, tap: AttendanceTap) -> Reply:
    """A page of a term, or the choice of another."""
    student = chosen_student(turn, tap.student)
    record = await attendance_for(turn.uow, turn.actor, student.id, term_id=tap.term)
    if tap.on == "terms":
        return terms_card(turn.t, record, turn.actor.students)
    return attendance_card(turn.t, record, tap.page, turn.actor.students, turn.today(student))


CAPABILITY = Capability(
    name="attendance",
    commands=("attendance",),
    title=N_("Attendance"),
    menu=N_("Absences and lateness of the term"),
    order=130,
    for_whom=family,
    on_command=attendance,
    tap=AttendanceTap,
    on_tap=on_tap,
)
