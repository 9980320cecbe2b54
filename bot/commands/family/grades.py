"""/grades: how is she doing?"""

from __future__ import annotations

from bot.capability import Capability, Turn, family
from bot.views.grades import GradesTap, days_card, grades_card, subject_card, terms_card
from bot.whose import chosen_student
from core.cards import Reply
from core.i18n import N_
from core.queries.grades import grades_for


async def grades(turn: Turn, arguments: str) -> Reply:
    """The present term by subject; with words behind the command the subject that begins with them."""
    student = chosen_student(turn)
    book = await grades_for(turn.uow, turn.actor, student.id)
    wanted = arguments.strip().casefold()
    named = [course for course in book.courses if wanted and course.subject.casefold().startswith(wanted)]
    if len(named) == 1:
        return subject_card(turn.t, book, named[0], 0, turn.actor.students)
    return grades_card(turn.t, book, turn.actor.students)


async def on_tap(turn: Turn, tap: GradesTap) -> Reply:
    """Any of the screens, for whatever child and term the button says."""
    student = chosen_student(turn, tap.student)
    book = await grades_for(turn.uow, turn.actor, student.id, term_id=tap.term)
    students = turn.actor.students
    if tap.on == "days":
        return days_card(turn.t, book, tap.page, students, turn.today(student))
    if tap.on in ("terms", "terms-one", "terms-days"):
        return terms_card(turn.t, book, tap, students)
    # Of a subject that the pupil did not have in this term, the term's others are shown.
    course = next((one for one in book.courses if one.course_id == tap.course), None)
    if tap.on == "all" or course is None:
        return grades_card(turn.t, book, students)
    return subject_card(turn.t, book, course, tap.page, students)


CAPABILITY = Capability(
    name="grades",
    commands=("grades", "marks"),
    title=N_("Grades"),
    menu=N_("Marks and averages by subject"),
    order=100,
    for_whom=family,
    on_command=grades,
    tap=GradesTap,
    on_tap=on_tap,
)
