"""A teacher's homework: the draft played back, and what was set before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.views.days import DayOrNone, day_number
from bot.views.files import file_names
from bot.views.invalid import unknown_course_words
from bot.views.lesson import course_words
from core.actions.homework_setting import SetHomework
from core.cards import Block, Button, Card, Facts, Item, Listing, Note, Text
from core.cards.cut import shorten
from core.domain.drafts import HomeworkDraft
from core.domain.ids import LARGEST_ID, PostingId
from core.i18n import Translator
from core.queries.homework_setting import DuePlace, HomeworkPreview, OwnHomework

_MOST_COURSES = 20
_ON_A_SCREEN = 10
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class SetHomeworkTap(CallbackData, prefix="sh"):
    """What to do with the draft ``posting`` (``id`` a course's, ``day`` an ordinal, 0 for the next lesson), or with
    the homework ``id`` that was set before: open it, draft other words or another day, ask, drop."""

    do: Literal[
        "save", "courses", "course", "days", "day", "edit", "cancel", "undo", "show",
        "own", "open", "reword", "redays", "ask", "drop",
    ]  # fmt: skip
    posting: Id = 0
    id: Id = 0
    day: DayOrNone = 0


def _draft_tap(
    posting_id: PostingId, do: Literal["save", "courses", "days", "edit", "cancel", "undo", "show"]
) -> str:
    return SetHomeworkTap(do=do, posting=posting_id).pack()


def homework_preview_card(
    t: Translator, posting_id: PostingId, preview: HomeworkPreview, *, asks: bool = False
) -> Card:
    """What will be set, for whom and until when; for one that is set, also what it says now. ``asks`` says that words
    are taken."""
    draft = preview.draft
    blocks: list[Block] = []
    if preview.changed:
        blocks.append(Note(t("The timetable or the homework has changed: please look again.")))
    if preview.places:
        blocks.append(
            Facts(
                tuple((course_words(one.course), due_words(t, one, preview.today)) for one in preview.places)
            )
        )
    else:
        blocks.append(Text(t("For which course? Your words are kept.")))
    if preview.edits:
        blocks += [*_before(t, preview.edits, preview.today), Text(t("This is what it will say:"))]
    if draft.text:
        blocks.append(Text(draft.text))
    blocks += _extras(t, draft.minutes, file_names(t, preview.files), draft.links)
    if not preview.edits:
        blocks += _due_already(t, preview.places)
    for place in preview.places:
        is_new = preview.edits is None or place.on != preview.edits.due_on
        if place.on and place.period is None and draft.due and is_new:
            blocks.append(Note(t("{course}: no lesson on that day.", course=course_words(place.course))))
    problem = _problem_words(t, preview.problem)
    if problem:
        blocks.append(Text(problem))
    elif asks:
        blocks.append(Note(t("Words may follow: just write them.")))
    heading = t("Edit: is this right?") if preview.edits else t("Homework: is this right?")
    return Card(heading, tuple(blocks), _preview_buttons(t, posting_id, preview))


def _preview_buttons(
    t: Translator, posting_id: PostingId, preview: HomeworkPreview
) -> tuple[tuple[Button, ...], ...]:
    rows: list[tuple[Button, ...]] = []
    if not preview.problem:
        rows.append((Button(t("Save"), _draft_tap(posting_id, "save")),))
    change_day = Button(t("Change day"), _draft_tap(posting_id, "days"))
    change_course = Button(t("Change course"), _draft_tap(posting_id, "courses"))
    rows.append((change_day,) if preview.edits else (change_day, change_course))
    rows.append(
        (
            Button(t("Edit"), _draft_tap(posting_id, "edit")),
            Button(t("Cancel"), _draft_tap(posting_id, "cancel")),
        )
    )
    return tuple(rows)


def _due_already(t: Translator, places: Sequence[DuePlace]) -> list[Block]:
    found = [one for place in places for one in place.already]
    if not found:
        return []
    items = tuple(Item(shorten(one.text or ", ".join(one.files) or "…", 200)) for one in found[:5])
    return [Text(t("Due there already:")), Listing(items)]


def _before(t: Translator, own: OwnHomework, today: date) -> list[Block]:
    """What families read now."""
    return [
        Text(t("This is what it says now:")),
        Text(own.text or "—"),
        Facts(((t("Due"), t.relative_day(own.due_on, today)),)),
        *_extras(t, own.minutes, own.files, ()),
    ]


def _extras(t: Translator, minutes: int | None, files: Sequence[str], links: Sequence[str]) -> list[Block]:
    rows = []
    if minutes:
        rows.append((t("Time"), t.plural("{n} minute", "{n} minutes", minutes)))
    if files:
        rows.append((t("Files"), ", ".join(files)))
    if links:
        rows.append((t("Links"), ", ".join(links)))
    return [Facts(tuple(rows))] if rows else []


def due_words(t: Translator, place: DuePlace, today: date) -> str:
    """``tomorrow, lesson 2``, or that no next lesson is known."""
    if place.on is None:
        return t("no next lesson in the timetable")
    day = t.relative_day(place.on, today)
    return t("{day}, lesson {period}", day=day, period=place.period) if place.period else day


def _problem_words(t: Translator, problem: str) -> str:
    words = {
        "": "",
        "no_course": t("Choose the course, or name it: /hw 7A algebra tomorrow: §12"),
        "no_text": t("What is the homework? Write it now, or send a photo or a file."),
        "no_day": t("When is it due? Tap Change day, or name it: /hw 7A algebra Friday: §12"),
        "past": t("That day is over. Tap Change day, or name another: /hw 7A algebra tomorrow: §12"),
        "too_far": t("That is more than a year away. Tap Change day."),
        "same": t("That is what it says already. Tap Edit, or Change day."),
    }
    return words[problem]


def days_card(t: Translator, posting_id: PostingId, preview: HomeworkPreview) -> Card:
    """Another day for the draft."""
    rows = [
        (
            Button(
                t.relative_day(day, preview.today),
                SetHomeworkTap(do="day", posting=posting_id, day=day_number(day)).pack(),
            ),
        )
        for day in preview.days
    ]
    rows.append(
        (Button(t("The next lesson of each course"), SetHomeworkTap(do="day", posting=posting_id).pack()),)
    )
    rows.append((_back(t, posting_id, preview.draft),))
    words = t("Choose the day. For another one, go back, tap Edit and write “25.11: …”.")
    return Card(t("When is it due?"), (Text(words),), tuple(rows))


def _back(t: Translator, posting_id: PostingId, draft: HomeworkDraft) -> Button:
    """To the draft; of a homework that is set, to that."""
    is_set = SetHomeworkTap(do="open", id=draft.edits)
    return Button(t("Back"), is_set.pack() if draft.edits else _draft_tap(posting_id, "show"))


def courses_card(t: Translator, posting_id: PostingId, preview: HomeworkPreview, unknown: str = "") -> Card:
    """One or several courses for the draft; ``unknown`` words name none."""
    chosen = set(preview.draft.courses)
    rows: list[tuple[Button, ...]] = [
        (
            Button(
                ("☑ " if course.id in chosen else "☐ ") + course_words(course),
                SetHomeworkTap(do="course", posting=posting_id, id=course.id).pack(),
            ),
        )
        for course in preview.courses[:_MOST_COURSES]
    ]
    rows.append(
        (
            Button(t("Done"), _draft_tap(posting_id, "show")),
            Button(t("Cancel"), _draft_tap(posting_id, "cancel")),
        )
    )
    blocks = [Text(unknown_course_words(t, unknown))] if unknown else []
    blocks += [Text(preview.draft.text)] if preview.draft.text else []
    blocks.append(Text(t("Tap one or several, then Done.")))
    return Card(t("For which courses?"), tuple(blocks), tuple(rows))


def rewrite_card(t: Translator, posting_id: PostingId, draft: HomeworkDraft) -> Card:
    """Asks for the words anew."""
    blocks: list[Block] = []
    if draft.text:
        said = t("This is what it says now:") if draft.edits else t("This is what you wrote:")
        blocks += [Text(said), Text(draft.text)]
    return Card(
        t("Write the homework"),
        (*blocks, Note(t("Course, day and files stay. With “Friday: …” in front the day changes, too."))),
        ((_back(t, posting_id, draft), Button(t("Cancel"), _draft_tap(posting_id, "cancel"))),),
    )


def homework_saved_card(t: Translator, posting_id: PostingId, saved: SetHomework, today: date) -> Card:
    """That it is set, with the way back."""
    return Card(
        t("Homework is changed") if saved.edited else t("Homework is set"),
        (
            Facts(tuple((course_words(one.course), due_words(t, one, today)) for one in saved.places)),
            Note(
                t("Families see the new words now. For five minutes Undo brings the old ones back.")
                if saved.edited
                else t(
                    "Families see it now; they are told in five minutes. Until then Undo takes all of it back."
                )
            ),
        ),
        (
            (
                Button(t("Undo"), _draft_tap(posting_id, "undo")),
                Button(t("My homework"), SetHomeworkTap(do="own").pack()),
            ),
        ),
    )


def homework_undone_card(t: Translator, count: int | None) -> Card:
    """How many were taken back; None for an edit, after which the old words stand there again."""
    if count is None:
        words = t("It says again what it said before.")
    else:
        words = t.plural(
            "{n} piece of homework is taken back.", "{n} pieces of homework are taken back.", count
        )
    return Card(t("Undone"), (Text(words),), ((Button(t("My homework"), SetHomeworkTap(do="own").pack()),),))


def own_homework_card(t: Translator, own: Sequence[OwnHomework], today: date) -> Card:
    """What is due in the teacher's courses, to open; and how to set some."""
    example = Note(
        t("To set some: /hw 7A algebra tomorrow: §12, No. 345 (30 min). Or answer a photo with it.")
    )
    if not own:
        return Card(t("My homework"), (Text(t("Nothing is due in your courses.")), example))
    shown = own[:_ON_A_SCREEN]
    items = tuple(Item(_own_line(t, one, today)) for one in shown)
    rows = tuple(
        (
            Button(
                shorten(f"{t.date(one.due_on, 'short')} · {course_words(one.course)}: {_said(one)}", 48),
                SetHomeworkTap(do="open", id=one.id).pack(),
            ),
        )
        for one in shown
    )
    more = [Note(t("And {n} more.", n=len(own) - len(shown)))] if len(own) > len(shown) else []
    return Card(t("My homework"), (Listing(items), *more, example), rows)


def _own_line(t: Translator, own: OwnHomework, today: date) -> str:
    return f"{t.relative_day(own.due_on, today)} · {course_words(own.course)}: {shorten(_said(own), 120)}"


def _said(own: OwnHomework) -> str:
    """The words, or the names of the files where there are none."""
    return own.text or ", ".join(own.files) or "…"


def one_homework_card(t: Translator, own: OwnHomework, today: date) -> Card:
    """One homework with what can be done to it."""

    def at(do: Literal["reword", "redays", "ask"]) -> str:
        return SetHomeworkTap(do=do, id=own.id).pack()

    facts = [(t("Course"), course_words(own.course)), (t("Due"), t.relative_day(own.due_on, today))]
    blocks: list[Block] = [
        Facts(tuple(facts)),
        Text(own.text or "—"),
        *_extras(t, own.minutes, own.files, ()),
    ]
    if own.edited_at:
        blocks.append(Note(t("edited")))
    rows = (
        (Button(t("Edit"), at("reword")), Button(t("Change day"), at("redays"))),
        (Button(t("Withdraw"), at("ask")), Button(t("My homework"), SetHomeworkTap(do="own").pack())),
    )
    return Card(t("Homework"), tuple(blocks), rows)


def ask_withdraw_card(t: Translator, own: OwnHomework) -> Card:
    """Families may have read it: ask first."""
    return Card(
        t("Withdraw this homework?"),
        (
            Text(shorten(_said(own), 500)),
            Note(
                t(
                    "Families will no longer see it, and those who were told will be told that it is withdrawn."
                )
            ),
        ),
        (
            (
                Button(t("Withdraw"), SetHomeworkTap(do="drop", id=own.id).pack()),
                Button(t("Keep it"), SetHomeworkTap(do="open", id=own.id).pack()),
            ),
        ),
    )


def withdrawn_card(t: Translator) -> Card:
    """After Withdraw."""
    return Card(
        t("Withdrawn"),
        (Text(t("The homework is withdrawn.")),),
        ((Button(t("My homework"), SetHomeworkTap(do="own").pack()),),),
    )
