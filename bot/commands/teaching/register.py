"""/register: the class list as buttons; attendance by taps, marks by two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.capability import Capability, Turn, teaching
from bot.views.marking import undone_blocks
from bot.views.register import (
    RegisterTap,
    change_card,
    changed_blocks,
    lessons_card,
    pupil_card,
    register_card,
    write_card,
)
from core.actions.mark_corrections import correct_mark, withdraw_mark
from core.actions.marks import NewEntry, save_marks, undo_marks
from core.actions.postings import start_posting
from core.actions.register import all_the_rest_present, note_presence
from core.cards import Block, Reply
from core.domain.drafts import lesson_as_json, lesson_from_json
from core.domain.grading import scale
from core.domain.ids import PersonId, PostingId
from core.domain.kinds import PostingKind
from core.domain.lessons import LessonKey
from core.domain.marking import GivenMark
from core.errors import Invalid, NotFound
from core.i18n import N_
from core.queries.lessons import choose_lesson, lesson_offers
from core.queries.register import (
    LessonRegister,
    OwnMark,
    RegisterLine,
    access_mark,
    register_for,
    undoable_at,
)

_QUOTES = ' "“”«»'
"""A line needs them around marks in words; here they are none of the mark."""


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
    if turn.chat.state.get("capability") == CAPABILITY.name:
        turn.chat.leave()
    if tap.on == "lessons":
        return lessons_card(turn.t, await lesson_offers(turn.uow, turn.actor))
    if tap.on in ("ask", "set", "drop"):
        return await _change(turn, tap)
    if tap.on == "pupil":
        return await show_pupil(turn, tap.key, tap.s)
    if tap.on == "give":
        return await _give(turn, tap)
    if tap.on == "write":
        return await _ask_for_mark(turn, tap)
    if tap.on == "undo":
        return await _undo(turn, tap)
    if tap.on == "note":
        await note_presence(turn.uow, turn.chat.key, tap.key, tap.s, tap.presence, tap.m or None)
        if tap.m:
            return await show_pupil(turn, tap.key, tap.s)
    if tap.on == "rest":
        await all_the_rest_present(turn.uow, turn.chat.key, tap.key)
    return await show_register(turn, tap.key, tap.s)


async def _undo(turn: Turn, tap: RegisterTap) -> Reply:
    undone = await undo_marks(turn.uow, turn.chat.key, PostingId(tap.n))
    show = show_pupil if tap.m else show_register
    return await show(turn, tap.key, tap.s, above=undone_blocks(turn.t, undone))


async def _give(turn: Turn, tap: RegisterTap) -> Reply:
    found = await register_for(turn.uow, turn.actor, tap.key)
    return await _give_mark(turn, found, tap.s, _choice(found.lesson.course.school.scale, tap.m), tap.n)


def _choice(scale_key: str, place: int) -> str:
    choices = scale(scale_key).choices()
    if place >= len(choices):
        raise NotFound("mark_not_found")
    return choices[place]


async def _give_mark(turn: Turn, register: LessonRegister, student_id: int, text: str, seen: int) -> Reply:
    """One mark: a posting like any other. Where the pupil has other marks than were seen, as after the first of two
    quick taps, nothing is given and the pupil shown anew."""
    given = GivenMark(scale(register.lesson.course.school.scale).parse(text))
    entry = NewEntry(PersonId(student_id), (given,), seen=seen)
    key = register.lesson.key
    try:
        async with turn.uow.writing():
            posting_id = await start_posting(turn.uow, turn.actor, PostingKind.MARKS, {})
            await save_marks(turn.uow, turn.chat.key, posting_id, key, [entry])
    except Invalid as error:
        if error.key != "marks_changed":
            raise
        return await show_pupil(turn, key, student_id, above=changed_blocks(turn.t))
    return await show_pupil(turn, key, student_id)


async def _ask_for_mark(turn: Turn, tap: RegisterTap) -> Reply:
    found = await register_for(turn.uow, turn.actor, tap.key)
    line = _line(found, tap.s)
    turn.chat.enter("register", "give", {**_place(tap.key, tap.s), "seen": len(line.marks)})
    return write_card(turn.t, found, line, turn.today())


async def give_written(turn: Turn, text: str) -> Reply:
    """The mark that was asked for."""
    draft = turn.chat.state["draft"]
    key, student_id = _read_place(draft)
    found = await register_for(turn.uow, turn.actor, key)
    reply = await _give_mark(turn, found, student_id, text.strip(_QUOTES), int(draft["seen"]))
    turn.chat.leave()
    return reply


async def _change(turn: Turn, tap: RegisterTap) -> Reply:
    own = await access_mark(turn.uow, turn.actor, tap.s)
    has_choices = own.mark.maximum is None and bool(scale(own.lesson.course.school.scale).choices())
    if tap.on == "ask":
        if not has_choices:
            place = _place(own.lesson.key, own.student_id)
            turn.chat.enter("register", "change", {**place, "mark": own.mark.id})
        return change_card(turn.t, own)
    if tap.on == "drop":
        return await _shown(turn, await withdraw_mark(turn.uow, turn.chat.key, tap.s))
    if not has_choices:
        raise NotFound("mark_not_found")
    value = _choice(own.lesson.course.school.scale, tap.m)
    return await _shown(turn, await correct_mark(turn.uow, turn.chat.key, tap.s, value))


async def change_written(turn: Turn, text: str) -> Reply:
    """The right value of a mark; one that was withdrawn meanwhile is shown to be gone."""
    draft = turn.chat.state["draft"]
    try:
        await correct_mark(turn.uow, turn.chat.key, int(draft["mark"]), text.strip(_QUOTES))
    except NotFound as error:
        if error.key != "mark_not_found":
            raise
    turn.chat.leave()
    return await show_pupil(turn, *_read_place(draft))


async def _shown(turn: Turn, own: OwnMark) -> Reply:
    return await show_pupil(turn, own.lesson.key, own.student_id)


def _place(key: LessonKey, student_id: int) -> dict[str, Any]:
    return {"lesson": lesson_as_json(key), "student": int(student_id)}


def _read_place(draft: dict[str, Any]) -> tuple[LessonKey, int]:
    key = lesson_from_json(draft["lesson"])
    assert key is not None
    return key, int(draft["student"])


async def show_register(turn: Turn, key: LessonKey, around: int = 0, *, above: Sequence[Block] = ()) -> Reply:
    """The page of the class list with a pupil on it."""
    found = await register_for(turn.uow, turn.actor, key)
    undoable = await undoable_at(turn.uow, turn.actor, found)
    return register_card(turn.t, found, around, turn.today(), undoable=undoable, above=above)


async def show_pupil(turn: Turn, key: LessonKey, student_id: int, *, above: Sequence[Block] = ()) -> Reply:
    """One pupil at the lesson."""
    found = await register_for(turn.uow, turn.actor, key)
    line = _line(found, student_id)
    undoable = await undoable_at(turn.uow, turn.actor, found)
    return pupil_card(turn.t, found, line, turn.today(), undoable=undoable, above=above)


def _line(register: LessonRegister, student_id: int) -> RegisterLine:
    line = register.line(student_id)
    if line is None:
        raise NotFound("student_not_found")
    return line


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
    steps={"give": give_written, "change": change_written},
)
