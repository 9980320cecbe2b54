"""A teacher's line played back: what was understood, what was not, and what has been saved or undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.views.days import DayOrNone
from bot.views.invalid import invalid_words, lesson_problem_words, off_scale_words
from bot.views.lesson import course_words, lesson_words, offer_label
from core.actions.marks import NewEntry, SavedMarks, UndoneMarks
from core.cards import Block, Button, Card, Item, Listing, Note, Section, Text
from core.domain.grading import scale
from core.domain.ids import LARGEST_ID, PostingId
from core.domain.kinds import Presence
from core.domain.marking import Entry, Misread, Why
from core.i18n import N_, Translator
from core.queries.lessons import LessonChoice, LessonOffer
from core.queries.marking import MarkedPupil, Marking, Meanwhile, Standing
from core.queries.register import RegisterLine
from core.words import MARK_KINDS

_MOST_OFFERS = 12
_MOST_CANDIDATES = 8
_MOST_OTHERS = 4
_MOST_COURSES = 30
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]

PRESENCES: dict[Presence, str] = {
    Presence.PRESENT: N_("present"),
    Presence.ABSENT: N_("absent"),
    Presence.LATE: N_("late"),
    Presence.EXCUSED: N_("excused"),
    Presence.ILL: N_("ill"),
}


class MarkTap(CallbackData, prefix="mk"):
    """What to do with a posting: choose a lesson (``id`` a course's, ``day`` an ordinal) or a pupil for the item at
    ``n`` (``id`` the pupil's, 0 leaves it out), save, send the line again, cancel, undo."""

    do: Literal["save", "lessons", "lesson", "pick", "edit", "cancel", "undo", "show"]
    posting: Id
    n: Annotated[int, Field(ge=0, le=999)] = 0
    id: Id = 0
    day: DayOrNone = 0


def marking_help_card(t: Translator, scale_key: str) -> Card:
    """How to mark in one line."""
    best = next((one for one in scale(scale_key).choices() if one[-1] not in "+-"), "90")
    return Card(
        t("Marks in one line"),
        (
            Text(
                t(
                    "Write names with marks or absences, as many as you like. I show what I understood before saving."
                )
            ),
            Listing(
                (
                    Item(
                        t("Ivanov {mark}, Petrova {mark} {mark}, Sidorov absent, Kozlov late 10", mark=best)
                    ),
                    Item(t('7A algebra: Ivanov {mark} test "clean work"', mark=best)),
                    Item(t("Sidorov ill, rest present")),
                )
            ),
            Note(
                t(
                    "The lesson is the one that is on now, or your last one today. /register shows the class list."
                )
            ),
        ),
    )


def lesson_choice_card(t: Translator, posting_id: PostingId, choice: LessonChoice) -> Card:
    """Which lesson is meant, where several fit; or why none does, and which there are."""
    offers = choice.offers or choice.others
    blocks: list[Block] = []
    if choice.problem is not None:
        blocks.append(Text(invalid_words(t, choice.problem)[1]))
    if choice.problem is not None and choice.problem.key == "course_unknown":
        blocks.append(Text(t("Your courses are:")))
        blocks.append(Listing(tuple(Item(course_words(course)) for course in choice.courses[:_MOST_COURSES])))
    if offers:
        blocks.append(Text(t("Which lesson is it for? Your line is kept.")))
    elif choice.problem is None:
        blocks.append(
            Text(
                t("I found no lesson for this. Name the class and the subject, like “7A algebra: Ivanov 5”.")
            )
        )
    rows = [_offer_row(t, posting_id, offer, choice.today) for offer in offers[:_MOST_OFFERS]]
    return Card(t("Which lesson?"), tuple(blocks), (*rows, (_edit(t, posting_id), _cancel(t, posting_id))))


def _offer_row(t: Translator, posting_id: PostingId, offer: LessonOffer, today: date) -> tuple[Button, ...]:
    key = offer.key
    tap = MarkTap(do="lesson", posting=posting_id, n=key.period, id=key.course_id, day=key.on.toordinal())
    return (Button(offer_label(t, offer, today), tap.pack()),)


def preview_card(t: Translator, posting_id: PostingId, marking: Marking, today: date) -> Card:
    """Each item as understood, and the buttons to save it; the first doubtful name is asked about."""
    assert marking.register is not None
    lesson = marking.register.lesson
    blocks: list[Block] = [Text(lesson_words(t, lesson, today))]
    if marking.problem is not None:
        blocks.append(Text(lesson_problem_words(t, marking.problem)))
    if marking.meanwhile:
        blocks.append(Text(_meanwhile_words(t, marking.meanwhile)))
    understood = [
        Item(_item_words(t, one)) for one in marking.pupils if one.standing is not Standing.LEFT_OUT
    ]
    if marking.line.rest_present:
        understood.append(Item(t("all the rest: present")))
    if understood:
        blocks.append(Listing(tuple(understood)))
    left_out = [one.entry.name for one in marking.pupils if one.standing is Standing.LEFT_OUT]
    if left_out:
        blocks.append(Note(t("Left out: {names}.", names=t.list(left_out))))
    if marking.line.misread:
        blocks.append(_misread_section(t, marking.line.misread, lesson.course.school.scale))
    doubtful = marking.to_choose
    rows: list[tuple[Button, ...]] = []
    if marking.problem is not None:
        rows += _other_lessons(t, posting_id, marking, today)
    elif doubtful is not None:
        blocks.append(Text(t("Who is “{name}”?", name=doubtful.entry.name)))
        rows += _candidate_rows(t, posting_id, doubtful)
    elif marking.can_be_saved:
        rows.append((Button(_save_label(t, marking), MarkTap(do="save", posting=posting_id).pack()),))
    else:
        blocks.append(Note(t("There is nothing to save yet. Send the line again, and I start over.")))
    rows.append(
        (Button(t("Change lesson"), MarkTap(do="lessons", posting=posting_id).pack()), _edit(t, posting_id))
    )
    rows.append((_cancel(t, posting_id),))
    return Card(t("Is this right?"), tuple(blocks), tuple(rows))


def _other_lessons(
    t: Translator, posting_id: PostingId, marking: Marking, today: date
) -> list[tuple[Button, ...]]:
    """Lessons that can be written in, where this one cannot."""
    assert marking.register is not None
    offers = marking.choice.offers if marking.choice else ()
    others = [offer for offer in offers if offer.key != marking.register.lesson.key]
    return [_offer_row(t, posting_id, offer, today) for offer in others[:_MOST_OTHERS]]


def _meanwhile_words(t: Translator, meanwhile: Sequence[Meanwhile]) -> str:
    """What somebody else has written since the preview was shown."""
    parts = []
    for one in meanwhile:
        said = [" ".join(mark_words(mark.value, mark.maximum) for mark in one.marks)] if one.marks else []
        pupil = one.pupil
        if one.presence_changed:
            presence = pupil.presence or Presence.PRESENT
            said.append(presence_words(t, presence, pupil.minutes))
        parts.append(f"{pupil.list_name} {', '.join(said)}".strip())
    return t(
        "Somebody has written since you looked: {what}. Save again if yours is to stand as well.",
        what="; ".join(parts),
    )


def _save_label(t: Translator, marking: Marking) -> str:
    count = len(marking.sure)
    left = len(marking.pupils) - count + len(marking.line.misread)
    if left and count:
        return t("Save {n} of {all}", n=count, all=count + left)
    return t("Save")


def _candidate_rows(t: Translator, posting_id: PostingId, doubtful: MarkedPupil) -> list[tuple[Button, ...]]:
    def pick(student_id: int) -> str:
        return MarkTap(do="pick", posting=posting_id, n=doubtful.place, id=student_id).pack()

    found = doubtful.candidates[:_MOST_CANDIDATES]
    rows = [(Button(line.list_name, pick(line.student_id)),) for line in found]
    return [*rows, (Button(t("Leave “{name}” out", name=doubtful.entry.name), pick(0)),)]


def _item_words(t: Translator, one: MarkedPupil) -> str:
    said = _said(t, one.entry)
    name = one.pupil.list_name if one.pupil else one.entry.name
    if one.standing is Standing.SURE:
        assert one.pupil is not None
        already = _already_words(t, one.pupil)
        return f"{name}: {said}" + (f" ({already})" if already else "")
    why = {
        Standing.SEVERAL: t("several pupils fit"),
        Standing.NOBODY: t("nobody of that name in this course"),
        Standing.ELSEWHERE: t("is in {class_name}, not in this course", class_name=one.elsewhere),
        Standing.SAID_TWICE: t("said twice whether present; only the first counts"),
    }[one.standing]
    return f"⚠ {name}: {said} — {why}"


def _already_words(t: Translator, line: RegisterLine) -> str:
    """What this lesson has of the pupil already, by whomever."""
    parts = []
    if line.marks:
        parts.append(
            t(
                "has {marks} here already",
                marks=" ".join(mark_words(mark.value, mark.maximum) for mark in line.marks),
            )
        )
    if line.presence is not None:
        parts.append(t("noted as {presence}", presence=presence_words(t, line.presence, line.minutes)))
    return "; ".join(parts)


def mark_words(value: str, maximum: Decimal | None) -> str:
    """``5``, or ``18/20`` for points."""
    return value if maximum is None else f"{value}/{maximum.normalize():f}"


def presence_words(t: Translator, presence: Presence, minutes: int | None) -> str:
    """``late by 10 minutes``."""
    if presence is Presence.LATE and minutes:
        return t.plural("late by {n} minute", "late by {n} minutes", minutes)
    return t(PRESENCES[presence])


def _said(t: Translator, entry: Entry | NewEntry) -> str:
    """``5 4, test, late by 10 minutes, “clean work”``."""
    parts = [" ".join(str(mark) for mark in entry.marks)] if entry.marks else []
    if entry.kind and entry.marks:
        parts.append(t(MARK_KINDS[entry.kind]))
    if entry.presence is not None:
        parts.append(presence_words(t, entry.presence, entry.minutes))
    if entry.comment:
        parts.append(quoted(t, entry.comment))
    return ", ".join(parts)


def quoted(t: Translator, words: str) -> str:
    """Words of a person, in the language's quotation marks."""
    return t("“{words}”", words=words)


def _misread_section(t: Translator, misread: Sequence[Misread], scale_key: str) -> Section:
    items = tuple(
        Item(f"{quoted(t, one.text[:80])} — {_why_words(t, one, scale_key)}") for one in misread[:20]
    )
    return Section(t("Not understood"), (Listing(items),), open=True)


def _why_words(t: Translator, one: Misread, scale_key: str) -> str:
    word = one.word[:40]
    if one.why is Why.OFF_SCALE:
        return off_scale_words(t, word, scale_key)
    words = {
        Why.NO_NAME: t("whose is it? Put the name in front: “Ivanov 5”"),
        Why.NOTHING_SAID: t("a name without a mark or absence: “Ivanov 5” or “Ivanov absent”"),
        Why.UNKNOWN_WORD: t(
            'I do not know “{word}”; put comments in quotes: Ivanov 5 "well done"', word=word
        ),
        Why.TWO_READINGS: t("“{word}” may mean two things; write two marks with a space: 5 4", word=word),
        Why.SAID_TWICE: t("“{word}” is the second of its kind; write the pupil once more for it", word=word),
        Why.MINUTES: t("a pupil can be late by 1 to 300 minutes, not “{word}”", word=word),
        Why.TOO_LONG: t("this is too long; send it as another message"),
    }
    return words[one.why]


def saved_card(
    t: Translator, posting_id: PostingId, saved: SavedMarks, names: dict[int, str], today: date
) -> Card:
    """What was saved, with the way back for five minutes."""
    items = [Item(f"{names[one.student_id]}: {_said(t, one)}") for one in saved.entries]
    blocks: list[Block] = [Text(lesson_words(t, saved.lesson, today))]
    if items:
        blocks.append(Listing(tuple(items)))
    if saved.rest_present:
        blocks.append(Text(t("All the rest were present; the register is taken.")))
    changed = [
        t(
            "{name} was noted as {presence} before",
            name=names[student],
            presence=presence_words(t, was.presence, was.minutes),
        )
        for student, was in saved.before.items()
    ]
    if changed:
        blocks.append(Note("; ".join(changed)))
    blocks.append(
        Note(
            t(
                "Families see it now: absences are told at once, marks in five minutes. Undo takes it back for as long."
            )
        )
    )
    return Card(
        t("Saved"), tuple(blocks), ((Button(t("Undo"), MarkTap(do="undo", posting=posting_id).pack()),),)
    )


def undone_card(t: Translator, undone: UndoneMarks) -> Card:
    """What was taken back."""
    return Card(t("Undone"), undone_blocks(t, undone))


def undone_blocks(t: Translator, undone: UndoneMarks) -> tuple[Block, ...]:
    """What was taken back, and what was not, because it was changed since."""
    parts = []
    if undone.marks:
        parts.append(t.plural("{n} mark", "{n} marks", undone.marks))
    if undone.presences:
        parts.append(t.plural("{n} note of presence", "{n} notes of presence", undone.presences))
    if undone.changes:
        parts.append(t.plural("{n} change of a mark", "{n} changes of marks", undone.changes))
    blocks: list[Block] = []
    if parts or not undone.kept:
        blocks.append(Text(t("Taken back: {what}.", what=t.list(parts)) if parts else t("It is taken back.")))
    if undone.kept:
        blocks.append(
            Note(
                t.plural("{n} was changed since and stays.", "{n} were changed since and stay.", undone.kept)
            )
        )
    return tuple(blocks)


def again_card(t: Translator, posting_id: PostingId, text: str) -> Card:
    """Asks for the line once more, with what was typed to copy."""
    return Card(
        t("Send the line again"),
        (
            Text(t("This is what you wrote:")),
            Text(text),
            Note(t("The lesson stays, unless you name another. /cancel leaves it.")),
        ),
        ((Button(t("Back"), MarkTap(do="show", posting=posting_id).pack()), _cancel(t, posting_id)),),
    )


def dropped_card(t: Translator) -> Card:
    """After Cancel."""
    return Card(t("Cancelled"), (Text(t("Nothing was saved.")),))


def _edit(t: Translator, posting_id: PostingId) -> Button:
    return Button(t("Edit"), MarkTap(do="edit", posting=posting_id).pack())


def _cancel(t: Translator, posting_id: PostingId) -> Button:
    return Button(t("Cancel"), MarkTap(do="cancel", posting=posting_id).pack())
