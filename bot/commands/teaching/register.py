"""/register: the class list as buttons; attendance by taps, marks by two."""

from __future__ import annotations

from bot.capability import Capability, Turn, teaching
from bot.views.register import RegisterTap, change_card, lessons_card, pupil_card, register_card
from core.actions.mark_corrections import correct_mark, withdraw_mark
from core.actions.marks import NewEntry, save_marks
from core.actions.postings import start_posting
from core.actions.register import all_the_rest_present, note_presence
from core.cards import Reply
from core.db.presence import Noted
from core.domain.grading import scale
from core.domain.ids import PersonId
from core.domain.kinds import PostingKind
from core.domain.lessons import LessonKey
from core.domain.marking import GivenMark
from core.errors import NotFound
from core.i18n import N_
from core.queries.lessons import choose_lesson, lesson_offers
from core.queries.register import access_mark, register_for


async def register(turn: Turn, arguments: str) -> Reply:
    """The lesson that is on, or the one that the words name."""
    choice = await choose_lesson(turn.uow, turn.actor, arguments)
    if len(choice.offers) == 1:
        return await show_register(turn, choice.offers[0].key)
    if choice.offers or choice.problem:
        return lessons_card(turn.t, choice)
    return lessons_card(turn.t, await lesson_offers(turn.uow, turn.actor))


async def on_tap(turn: Turn, tap: RegisterTap) -> Reply:
    """A presence, a pupil, a page, the rest of the class, another lesson."""
    if tap.on == "lessons":
        return lessons_card(turn.t, await lesson_offers(turn.uow, turn.actor))
    if tap.on == "pupil":
        return await show_pupil(turn, tap.key, tap.s)
    if tap.on in ("ask", "set", "drop"):
        return await _correct(turn, tap)
    if tap.on == "give":
        return await _give(turn, tap)
    if tap.on == "note" and tap.presence is not None:
        await note_presence(turn.uow, turn.chat.key, tap.key, tap.s, Noted(tap.presence, tap.m or None))
        if tap.m:
            return await show_pupil(turn, tap.key, tap.s)
    if tap.on == "rest":
        await all_the_rest_present(turn.uow, turn.chat.key, tap.key)
    return await show_register(turn, tap.key, tap.s)


async def _give(turn: Turn, tap: RegisterTap) -> Reply:
    """One mark by a tap: a posting like any other, so that /undo takes it back."""
    register = await register_for(turn.uow, turn.actor, tap.key)
    choices = scale(register.lesson.course.school.scale).choices()
    if tap.m >= len(choices):
        raise NotFound("mark_not_found")
    given = GivenMark(scale(register.lesson.course.school.scale).parse(choices[tap.m]))
    entry = NewEntry(PersonId(tap.s), (given,))
    async with turn.uow.writing():
        posting_id = await start_posting(turn.uow, turn.actor, PostingKind.MARKS, {})
        await save_marks(turn.uow, turn.chat.key, posting_id, tap.key, [entry])
    return await show_pupil(turn, tap.key, tap.s)


async def _correct(turn: Turn, tap: RegisterTap) -> Reply:
    own = await access_mark(turn.uow, turn.actor, tap.s)
    if tap.on == "ask":
        return change_card(turn.t, own)
    if tap.on == "drop":
        await withdraw_mark(turn.uow, turn.chat.key, tap.s)
    else:
        choices = scale(own.lesson.course.school.scale).choices()
        if tap.m >= len(choices):
            raise NotFound("mark_not_found")
        await correct_mark(turn.uow, turn.chat.key, tap.s, choices[tap.m])
    return await show_pupil(turn, own.lesson.key, own.student_id)


async def show_register(turn: Turn, key: LessonKey, around: int = 0) -> Reply:
    """The page of the class list with a pupil on it."""
    found = await register_for(turn.uow, turn.actor, key)
    return register_card(turn.t, found, around, turn.today())


async def show_pupil(turn: Turn, key: LessonKey, student_id: int) -> Reply:
    """One pupil at the lesson."""
    found = await register_for(turn.uow, turn.actor, key)
    line = found.line(student_id)
    if line is None:
        raise NotFound("student_not_found")
    return pupil_card(turn.t, found, line, turn.today())


CAPABILITY = Capability(
    name="register",
    commands=("register",),
    title=N_("Register"),
    menu=N_("The class list: tap who is missing, give marks"),
    order=210,
    for_whom=teaching,
    on_command=register,
    tap=RegisterTap,
    on_tap=on_tap,
)
