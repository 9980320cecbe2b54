"""A lesson's register for a thumb: the class list as buttons, and one pupil's marks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from aiogram.filters.callback_data import CallbackData
from pydantic import Field, model_validator

from bot.views.days import DayOrNone, day_number
from bot.views.invalid import lesson_problem_words
from bot.views.lesson import lesson_words, offer_label
from bot.views.marking import PRESENCES, mark_words, presence_words, quoted
from core.cards import Block, Button, Card, Facts, Item, Listing, Note, Text
from core.cards.cut import shorten
from core.domain.grading import scale
from core.domain.ids import LARGEST_ID, CourseId
from core.domain.kinds import Presence
from core.domain.lessons import LessonKey
from core.domain.marking import MOST_MINUTES
from core.i18n import Translator
from core.queries.lessons import LessonChoice
from core.queries.register import LessonMark, LessonRegister, OwnMark, RegisterLine, Undoable
from core.words import MARK_KINDS

ON_A_PAGE = 12
_LONGEST_ON_A_BUTTON = 24
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]

_NEXT: dict[Presence, Presence] = {
    Presence.PRESENT: Presence.ABSENT,
    Presence.ABSENT: Presence.LATE,
    Presence.LATE: Presence.ILL,
    Presence.ILL: Presence.PRESENT,
    Presence.EXCUSED: Presence.PRESENT,
}
_SIGNS = {
    Presence.PRESENT: "✓",
    Presence.ABSENT: "✗",
    Presence.LATE: "◷",
    Presence.EXCUSED: "○",
    Presence.ILL: "✚",
}


class RegisterTap(CallbackData, prefix="rg"):
    """``on`` is the screen or what to do; course, ordinal and period name the lesson, ``s`` the pupil.

    ``note`` says what it makes of the pupil (``v``; ``m`` minutes late), not "the next", so that a second tap changes
    nothing. ``give`` gives the mark at place ``m`` of the scale's choices to a pupil who has ``n`` marks here, ``write``
    asks for it in words. ``undo`` takes the posting ``n`` back, and shows the list or, with ``m``, the pupil. ``ask``,
    ``set`` and ``drop`` are about the mark ``s`` and need no lesson.
    """

    on: Literal["list", "note", "rest", "pupil", "lessons", "give", "write", "undo", "ask", "set", "drop"]
    c: Id = 0
    d: DayOrNone = 0
    p: Annotated[int, Field(ge=0, le=99)] = 0
    s: Id = 0
    v: Literal["", "p", "a", "l", "e", "i"] = ""
    m: Annotated[int, Field(ge=0, le=MOST_MINUTES)] = 0
    n: Id = 0

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.on not in ("lessons", "ask", "set", "drop") and not self.d:
            raise ValueError("no lesson")
        if self.on == "note" and (not self.v or (self.m and self.v != "l")):
            raise ValueError("no presence, or minutes of something else than being late")
        return self

    @property
    def key(self) -> LessonKey:
        """The lesson, where there is one."""
        return LessonKey(date.fromordinal(self.d), self.p, CourseId(self.c))

    @property
    def presence(self) -> Presence:
        """What to note."""
        return next(one for one in Presence if one.value.startswith(self.v))


def register_tap(
    key: LessonKey,
    on: Literal["list", "note", "rest", "pupil", "give", "write", "undo"],
    student: int = 0,
    presence: Presence | None = None,
    number: int = 0,
    seen: int = 0,
) -> str:
    """The data of a button of this lesson's register; ``number`` is ``m``, ``seen`` is ``n``."""
    short: Any = presence.value[0] if presence else ""
    day = day_number(key.on)
    return RegisterTap(
        on=on, c=key.course_id, d=day, p=key.period, s=student, v=short, m=number, n=seen
    ).pack()


def register_card(
    t: Translator,
    register: LessonRegister,
    around: int,
    today: date,
    *,
    undoable: Undoable | None = None,
    above: Sequence[Block] = (),
) -> Card:
    """The page of the class list that shows the pupil ``around`` (0: the first), below what has just been done."""
    lesson = register.lesson
    key = lesson.key
    blocks: list[Block] = [*above, Text(lesson_words(t, lesson, today))]
    if not register.lines:
        blocks.append(Text(t("Nobody is enrolled in this course on this day.")))
    counts = Counter(line.presence for line in register.lines if line.presence is not None)
    if counts:
        facts = tuple((t(PRESENCES[one]), str(counts[one])) for one in Presence if counts[one])
        blocks.append(Facts(facts))
    blocks.append(
        Text(t("The register is taken."))
        if lesson.register_taken_at
        else Text(t("The register is not taken yet: tap who is missing, then “All the rest present”."))
    )
    blocks.append(
        Note(t("Tap a name: ✓ present, ✗ absent, ◷ late, ✚ ill. Tap the right button to give a mark."))
    )
    pages = [register.lines[i : i + ON_A_PAGE] for i in range(0, len(register.lines), ON_A_PAGE)] or [()]
    page = next((n for n, lines in enumerate(pages) if any(one.student_id == around for one in lines)), 0)
    is_taken = lesson.register_taken_at is not None
    rows = [_row(t, key, line, is_taken=is_taken) for line in pages[page]]
    turning = []
    if page > 0:
        turning.append(Button("◀", register_tap(key, "list", pages[page - 1][0].student_id)))
    if page + 1 < len(pages):
        turning.append(Button("▶", register_tap(key, "list", pages[page + 1][0].student_id)))
    if turning:
        rows.append(tuple(turning))
    if not is_taken and register.lines:
        rows.append((Button(t("All the rest present"), register_tap(key, "rest", around)),))
    if undoable is not None:
        rows.append((_undo(t, key, undoable, around),))
    rows.append((Button(t("Another lesson"), RegisterTap(on="lessons").pack()),))
    heading = t("Register")
    if len(pages) > 1:
        heading = f"{heading} {page + 1}/{len(pages)}"
    return Card(heading, tuple(blocks), tuple(rows))


def _row(t: Translator, key: LessonKey, line: RegisterLine, *, is_taken: bool) -> tuple[Button, ...]:
    now = line.presence or Presence.PRESENT
    sign = _SIGNS[now] if line.presence or is_taken else "·"
    minutes = f" {line.minutes}′" if line.minutes else ""
    marks = " ".join(mark_words(mark.value, mark.maximum)[:6] for mark in line.marks) or "+"
    return (
        Button(f"{sign} {line.list_name}{minutes}", register_tap(key, "note", line.student_id, _NEXT[now])),
        Button(marks, register_tap(key, "pupil", line.student_id)),
    )


def _undo(
    t: Translator, key: LessonKey, undoable: Undoable, student: int, *, to_pupil: bool = False
) -> Button:
    """Names what it takes back, so that nobody has to remember what the last tap was."""
    if undoable.pupil is not None:
        label = t("Undo: {what}", what=undoable.pupil.list_name)
    elif undoable.is_rest:
        label = t("Undo: {what}", what=t("all the rest: present"))
    else:
        label = t("Undo")
    return Button(label, register_tap(key, "undo", student, number=int(to_pupil), seen=undoable.posting_id))


def lessons_card(t: Translator, choice: LessonChoice) -> Card:
    """Which lesson's register to open."""
    rows = tuple(
        (
            Button(
                offer_label(t, offer, choice.today),
                register_tap(offer.key, "list"),
            ),
        )
        for offer in (choice.offers or choice.others)[:12]
    )
    words = t("Choose the lesson.") if rows else t("You have no lessons in the timetable of this week.")
    problem = (Text(lesson_problem_words(t, choice.problem)),) if choice.problem else ()
    return Card(t("Register"), (*problem, Text(words)), rows)


def pupil_card(
    t: Translator,
    register: LessonRegister,
    line: RegisterLine,
    today: date,
    *,
    undoable: Undoable | None = None,
    above: Sequence[Block] = (),
) -> Card:
    """One pupil at the lesson: the marks there are, and the scale as buttons for another."""
    lesson = register.lesson
    key = lesson.key
    blocks: list[Block] = [*above, Text(lesson_words(t, lesson, today))]
    if line.presence is not None:
        blocks.append(Text(presence_words(t, line.presence, line.minutes)))
    if line.marks:
        blocks.append(Listing(tuple(Item(_mark_line(t, mark)) for mark in line.marks)))
    seen = len(line.marks)
    given = [
        Button(value, register_tap(key, "give", line.student_id, number=place, seen=seen))
        for place, value in enumerate(scale(lesson.course.school.scale).choices())
    ]
    if given:
        blocks.append(Text(t("Tap a mark to give it.")))
        rows = _in_rows(given)
    else:
        rows = [(Button(t("Give a mark"), register_tap(key, "write", line.student_id, seen=seen)),)]
    rows += [
        (Button(t("Change {mark}", mark=_short_mark(mark)), RegisterTap(on="ask", s=mark.id).pack()),)
        for mark in line.marks
    ]
    if line.presence is Presence.LATE:
        rows.append(
            tuple(
                Button(f"{minutes}′", register_tap(key, "note", line.student_id, Presence.LATE, minutes))
                for minutes in (5, 10, 15, 20, 30)
            )
        )
    if undoable is not None and undoable.pupil == line:
        rows.append((_undo(t, key, undoable, line.student_id, to_pupil=True),))
    rows.append((Button(t("Back to the list"), register_tap(key, "list", line.student_id)),))
    return Card(line.list_name, tuple(blocks), tuple(rows))


def changed_blocks(t: Translator) -> tuple[Block, ...]:
    """Why a mark was not given: two quick taps, or somebody else's mark."""
    return (Note(t("The marks have changed meanwhile, so nothing more was given.")),)


def _short_mark(mark: LessonMark) -> str:
    return shorten(mark_words(mark.value, mark.maximum), _LONGEST_ON_A_BUTTON)


def _in_rows(choices: list[Button]) -> list[tuple[Button, ...]]:
    """Marks as one finds them: each with its plus and minus in a row, else five in a row."""
    width = 3 if any(button.label.endswith("+") for button in choices) else 5
    return [tuple(choices[i : i + width]) for i in range(0, len(choices), width)]


def _mark_line(t: Translator, mark: LessonMark) -> str:
    parts = [mark_words(mark.value, mark.maximum)]
    if mark.kind:
        parts.append(t(MARK_KINDS[mark.kind]) if mark.kind in MARK_KINDS else mark.kind)
    if mark.comment:
        parts.append(quoted(t, mark.comment))
    return ", ".join(parts)


def write_card(t: Translator, register: LessonRegister, line: RegisterLine, today: date) -> Card:
    """Asks for a mark where the scale has too many for buttons."""
    key = register.lesson.key
    back = Button(t("Back"), register_tap(key, "pupil", line.student_id))
    return Card(
        t("Which mark for {name}?", name=line.list_name),
        (
            Text(lesson_words(t, register.lesson, today)),
            Note(_write_words(t, _example(t, register.lesson.course.school.scale, None))),
        ),
        ((back,),),
    )


def change_card(t: Translator, own: OwnMark) -> Card:
    """The right value, from the scale's buttons or in words, or to withdraw the mark."""
    mark = own.mark
    school_scale = own.lesson.course.school.scale
    choices = scale(school_scale).choices() if mark.maximum is None else ()
    rows = _in_rows(
        [
            Button(
                f"• {value}" if value == mark.value else value,
                RegisterTap(on="set", s=mark.id, m=place).pack(),
            )
            for place, value in enumerate(choices)
        ]
    )
    blocks: list[Block] = [
        Text(
            t(
                "What should it have been? The older mark stays in the history, "
                "and the family sees the correction."
            )
        )
    ]
    if not choices:
        blocks.append(Note(_write_words(t, _example(t, school_scale, mark.maximum))))
    rows.append((Button(t("Withdraw this mark"), RegisterTap(on="drop", s=mark.id).pack()),))
    rows.append((Button(t("Back"), register_tap(own.lesson.key, "pupil", own.student_id)),))
    return Card(t("Change the mark {mark}", mark=_short_mark(mark)), tuple(blocks), tuple(rows))


def _write_words(t: Translator, example: str) -> str:
    return t("Write the mark, like {example}. /cancel leaves it.", example=example)


def _example(t: Translator, scale_key: str, maximum: Decimal | None) -> str:
    """A mark as it would be written: points of the maximum, words, or a number."""
    if maximum is not None:
        return mark_words(f"{maximum.normalize():f}", maximum)
    return t("reads aloud well") if scale(scale_key).is_words else "85"
