"""A teacher's homework: the draft played back, and what was set before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.views.days import DayOrNone, day_number
from bot.views.lesson import course_words
from core.actions.homework_setting import SetHomework
from core.cards import Block, Button, Card, Facts, Item, Listing, Note, Text
from core.cards.cut import shorten
from core.domain.ids import LARGEST_ID, PostingId
from core.i18n import Translator
from core.queries.homework_setting import DuePlace, HomeworkPreview, OwnHomework

_MOST_COURSES = 20
_ON_A_SCREEN = 10
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class SetHomeworkTap(CallbackData, prefix="sh"):
    """What to do with the draft ``posting`` (``id`` a course's, ``day`` an ordinal, 0 for the next lesson), or with
    the homework ``id`` that was set before: open, edit, day, ask, drop."""

    do: Literal[
        "save", "courses", "course", "days", "day", "edit", "cancel", "undo", "show",
        "own", "open", "reword", "redays", "reday", "ask", "drop",
    ]  # fmt: skip
    posting: Id = 0
    id: Id = 0
    day: DayOrNone = 0


def _draft_tap(
    posting_id: PostingId, do: Literal["save", "courses", "days", "edit", "cancel", "undo", "show"]
) -> str:
    return SetHomeworkTap(do=do, posting=posting_id).pack()


def homework_preview_card(t: Translator, posting_id: PostingId, preview: HomeworkPreview) -> Card:
    """What will be set, for whom and until when."""
    draft = preview.draft
    blocks: list[Block] = []
    if preview.places:
        blocks.append(
            Facts(
                tuple((course_words(one.course), due_words(t, one, preview.today)) for one in preview.places)
            )
        )
    else:
        blocks.append(Text(t("For which course? Your words are kept.")))
    if draft.text:
        blocks.append(Text(draft.text))
    blocks += _extras(t, draft.minutes, [one.name for one in preview.files], draft.links)
    already = [text for place in preview.places for text in place.already]
    if already:
        texts = tuple(Item(shorten(text, 200)) for text in already[:5])
        blocks += [Text(t("Due there already:")), Listing(texts)]
    odd = [place for place in preview.places if place.on and place.period is None and draft.due]
    if odd:
        blocks.append(Note(t("There is no lesson of this course on that day.")))
    problem = _problem_words(t, preview.problem)
    if problem:
        blocks.append(Text(problem))
    rows: list[tuple[Button, ...]] = []
    if not preview.problem:
        rows.append((Button(t("Save"), _draft_tap(posting_id, "save")),))
    rows.append(
        (
            Button(t("Change day"), _draft_tap(posting_id, "days")),
            Button(t("Change course"), _draft_tap(posting_id, "courses")),
        )
    )
    rows.append(
        (
            Button(t("Edit"), _draft_tap(posting_id, "edit")),
            Button(t("Cancel"), _draft_tap(posting_id, "cancel")),
        )
    )
    return Card(t("Homework: is this right?"), tuple(blocks), tuple(rows))


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
        "no_text": t("What is the homework? Tap Edit and write it, or answer a photo with /hw."),
        "no_day": t("When is it due? Tap Change day, or name it: /hw 7A algebra Friday: §12"),
        "past": t("That day is over. Tap Change day, or name another: /hw 7A algebra tomorrow: §12"),
        "too_far": t("That is more than a year away. Tap Change day."),
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
    rows.append((Button(t("Back"), _draft_tap(posting_id, "show")),))
    return Card(t("When is it due?"), (Text(t("Choose the day, or tap Edit and name it.")),), tuple(rows))


def courses_card(t: Translator, posting_id: PostingId, preview: HomeworkPreview) -> Card:
    """One or several courses for the draft."""
    chosen = set(preview.draft.courses)
    rows = [
        (
            Button(
                ("☑ " if course.id in chosen else "☐ ") + course_words(course),
                SetHomeworkTap(do="course", posting=posting_id, id=course.id).pack(),
            ),
        )
        for course in preview.courses[:_MOST_COURSES]
    ]
    rows.append((Button(t("Done"), _draft_tap(posting_id, "show")),))
    return Card(t("For which courses?"), (Text(t("Tap one or several, then Done.")),), tuple(rows))


def rewrite_card(t: Translator, posting_id: PostingId, text: str) -> Card:
    """Asks for the words anew."""
    blocks = [Text(t("This is what you wrote:")), Text(text)] if text else []
    return Card(
        t("Write the homework"),
        (*blocks, Note(t("Course, day and files stay. With “Friday: …” in front the day changes, too."))),
        (
            (
                Button(t("Back"), _draft_tap(posting_id, "show")),
                Button(t("Cancel"), _draft_tap(posting_id, "cancel")),
            ),
        ),
    )


def homework_saved_card(t: Translator, posting_id: PostingId, saved: SetHomework, today: date) -> Card:
    """That it is set, with the way back."""
    return Card(
        t("Homework is set"),
        (
            Facts(tuple((course_words(one.course), due_words(t, one, today)) for one in saved.places)),
            Note(
                t("Families see it now; they are told in five minutes. Until then Undo takes all of it back.")
            ),
        ),
        (
            (
                Button(t("Undo"), _draft_tap(posting_id, "undo")),
                Button(t("My homework"), SetHomeworkTap(do="own").pack()),
            ),
        ),
    )


def homework_undone_card(t: Translator, count: int) -> Card:
    """What was taken back."""
    return Card(
        t("Undone"), (Text(t.plural("{n} homework is taken back.", "{n} homeworks are taken back.", count)),)
    )


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
                f"{t.date(one.due_on, 'short')} · {course_words(one.course)}",
                SetHomeworkTap(do="open", id=one.id).pack(),
            ),
        )
        for one in shown
    )
    more = [Note(t("And {n} more.", n=len(own) - len(shown)))] if len(own) > len(shown) else []
    return Card(t("My homework"), (Listing(items), *more, example), rows)


def _own_line(t: Translator, own: OwnHomework, today: date) -> str:
    return f"{t.relative_day(own.due_on, today)} · {course_words(own.course)}: {shorten(own.text, 120)}"


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
    if own.edited:
        blocks.append(Note(t("edited")))
    rows = (
        (Button(t("Edit"), at("reword")), Button(t("Change day"), at("redays"))),
        (Button(t("Withdraw"), at("ask")), Button(t("My homework"), SetHomeworkTap(do="own").pack())),
    )
    return Card(t("Homework"), tuple(blocks), rows)


def redays_card(t: Translator, own: OwnHomework, days: Sequence[date], today: date) -> Card:
    """Another day for a homework that is set."""
    rows = [
        (
            Button(
                t.relative_day(day, today), SetHomeworkTap(do="reday", id=own.id, day=day_number(day)).pack()
            ),
        )
        for day in days
    ]
    rows.append((Button(t("Back"), SetHomeworkTap(do="open", id=own.id).pack()),))
    return Card(t("When is it due?"), (Text(shorten(own.text, 200)),), tuple(rows))


def ask_withdraw_card(t: Translator, own: OwnHomework) -> Card:
    """Families may have read it: ask first."""
    return Card(
        t("Withdraw this homework?"),
        (
            Text(shorten(own.text, 500)),
            Note(t("Families no longer see it; who was told is told that it is withdrawn.")),
        ),
        (
            (
                Button(t("Withdraw"), SetHomeworkTap(do="drop", id=own.id).pack()),
                Button(t("Keep it"), SetHomeworkTap(do="open", id=own.id).pack()),
            ),
        ),
    )


def reword_card(t: Translator, own: OwnHomework) -> Card:
    """Asks for the words anew."""
    return Card(
        t("Write the homework"),
        (Text(t("This is what it says now:")), Text(own.text), Note(t("/cancel leaves it as it is."))),
    )


def withdrawn_card(t: Translator) -> Card:
    """After Withdraw."""
    return Card(
        t("Withdrawn"),
        (Text(t("The homework is withdrawn.")),),
        ((Button(t("My homework"), SetHomeworkTap(do="own").pack()),),),
    )
