"""A teacher's day and the topics of lessons."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.views.days import FIRST_DAY, Day, DayOrNone, day_number
from bot.views.lesson import course_words, lesson_words, offer_label
from bot.views.register import register_tap
from bot.views.schedule import change_words
from core.cards import Block, Button, Card, Facts, Item, Listing, Note, Text
from core.cards.cut import shorten
from core.domain.ids import LARGEST_ID, CourseId, PostingId
from core.domain.lessons import LessonKey
from core.i18n import Translator
from core.queries.lessons import LessonChoice, TaughtLesson
from core.queries.teaching_day import LessonState, TeachingDay

_LONGEST_WORDS = 60
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class LessonsTap(CallbackData, prefix="dy"):
    """A day by its ordinal."""

    day: Day


class TopicTap(CallbackData, prefix="tp"):
    """Ask for a lesson's topic (``ask``); or what to do with the draft ``posting``: write it in this lesson (``set``),
    save it, word it anew, and so on."""

    do: Literal["ask", "set", "show", "save", "edit", "lessons", "cancel", "undo"]
    c: Id = 0
    d: DayOrNone = 0
    p: Annotated[int, Field(ge=0, le=99)] = 0
    posting: Id = 0

    @property
    def key(self) -> LessonKey:
        """The lesson."""
        return LessonKey(date.fromordinal(self.d or FIRST_DAY), self.p, CourseId(self.c))


def _topic_tap(key: LessonKey, posting_id: PostingId | None = None) -> str:
    """The lesson for a draft; without one, for a topic that is still to be written."""
    return TopicTap(
        do="set" if posting_id else "ask",
        c=key.course_id,
        d=day_number(key.on),
        p=key.period,
        posting=posting_id or 0,
    ).pack()


def _draft_tap(
    posting_id: PostingId, do: Literal["show", "save", "edit", "lessons", "cancel", "undo"]
) -> str:
    return TopicTap(do=do, posting=posting_id).pack()


def _day_button(t: Translator, on: date) -> Button:
    return Button(t("My day"), LessonsTap(day=day_number(on)).pack())


def teaching_day_card(t: Translator, day: TeachingDay, *, unknown: str = "") -> Card:
    """Each lesson with what is missing; buttons to the registers and topics. ``unknown`` are words that named no
    day."""
    blocks: list[Block] = [Text(t.relative_day(day.on, day.today))]
    if unknown:
        words = shorten(unknown, _LONGEST_WORDS)
        said = t(
            "“{words}” is no day that I know; write it like “yesterday”, “Friday” or “25.11”.", words=words
        )
        blocks.insert(0, Text(said))
    if day.off:
        blocks.append(Text(t("{holiday}: no lessons.", holiday=day.off)))
    elif not day.lessons:
        blocks.append(Text(t("No lessons.")))
    else:
        blocks.append(Listing(tuple(Item(_lesson_line(t, one)) for one in day.lessons)))
        if day.on <= day.today:
            left = sum(bool(_missing(t, one)) for one in day.lessons)
            blocks.append(
                Note(t.plural("{n} lesson still lacks something.", "{n} lessons still lack something.", left))
                if left
                else Note(t("Everything is written."))
            )
    rows: list[tuple[Button, ...]] = []
    for one in day.lessons:
        name = f"{one.key.period}. {one.course.class_name or one.course.subject}"
        rows.append(
            (
                Button(t("{lesson}: register", lesson=name), register_tap(one.key, "list")),
                Button(t("{lesson}: topic", lesson=name), _topic_tap(one.key)),
            )
        )

    def at(when: date, step: int = 0) -> str:
        return LessonsTap(day=day_number(when, step=step)).pack()

    rows.append((Button("◀", at(day.on, -1)), Button(t("Today"), at(day.today)), Button("▶", at(day.on, 1))))
    return Card(t("My day"), tuple(blocks), tuple(rows))


def _lesson_line(t: Translator, one: LessonState) -> str:
    """``2. 09:25–10:10 7A · Algebra: Fractions — still: register, homework``."""
    planned = one.planned
    times = f" {t.time(planned.starts)}–{t.time(planned.ends)}" if planned.starts and planned.ends else ""
    text = f"{one.key.period}.{times} {course_words(one.course)}"
    if one.topic:
        text += f": {one.topic}"
    missing = _missing(t, one)
    if missing:
        text += " — " + t("still: {what}", what=t.list(missing))
    change = change_words(t, planned)
    return f"{text} — {change}" if change else text


def _missing(t: Translator, one: LessonState) -> list[str]:
    return [
        words
        for words, is_there in (
            (t("topic"), bool(one.topic)),
            (t("register"), one.register_taken),
            (t("homework"), one.homework_set),
        )
        if not is_there
    ]


def topic_saved_card(
    t: Translator, posting_id: PostingId, lesson: TaughtLesson, topic: str, today: date
) -> Card:
    """What the lesson is about now, and before."""
    blocks: list[Block] = [Text(lesson_words(t, lesson, today)), Text(topic)]
    if lesson.topic and lesson.topic != topic:
        blocks.append(Note(t("Before: {topic}", topic=lesson.topic)))
    rows = (
        (Button(t("Undo"), _draft_tap(posting_id, "undo")), Button(t("Change"), _topic_tap(lesson.key))),
        (_day_button(t, lesson.key.on),),
    )
    return Card(t("The topic is written"), tuple(blocks), rows)


def topic_undone_card(t: Translator, lesson: TaughtLesson, topic: str, today: date) -> Card:
    """What the lesson is about again."""
    return Card(
        t("Undone"),
        (Text(lesson_words(t, lesson, today)), Text(topic or t("No topic."))),
        ((Button(t("Change"), _topic_tap(lesson.key)), _day_button(t, lesson.key.on)),),
    )


def topic_preview_card(
    t: Translator, posting_id: PostingId, lesson: TaughtLesson, topic: str, today: date
) -> Card:
    """Another topic stands there already: both are shown first."""
    return Card(
        t("Topic: is this right?"),
        (
            Text(lesson_words(t, lesson, today)),
            Facts(((t("Now"), lesson.topic), (t("New"), topic))),
        ),
        (
            (Button(t("Save"), _draft_tap(posting_id, "save")),),
            (
                Button(t("Edit"), _draft_tap(posting_id, "edit")),
                Button(t("Change lesson"), _draft_tap(posting_id, "lessons")),
            ),
            (Button(t("Cancel"), _draft_tap(posting_id, "cancel")),),
        ),
    )


def ask_topic_card(
    t: Translator, posting_id: PostingId, lesson: TaughtLesson, text: str, today: date
) -> Card:
    """Asks for the topic in words; ``text`` was written before."""
    blocks: list[Block] = [Text(lesson_words(t, lesson, today))]
    if lesson.topic:
        blocks.append(Text(t("Now: {topic}", topic=lesson.topic)))
    if text:
        blocks += [Text(t("This is what you wrote:")), Text(text)]
    back = Button(t("Back"), _draft_tap(posting_id, "show")) if text else _day_button(t, lesson.key.on)
    return Card(
        t("What is the lesson about?"),
        (*blocks, Note(t("Write the topic, like “Adding fractions”."))),
        ((back, Button(t("Cancel"), _draft_tap(posting_id, "cancel"))),),
    )


def which_lesson_card(t: Translator, choice: LessonChoice) -> Card:
    """Lessons to write a topic for."""
    rows = tuple(
        (Button(offer_label(t, offer, choice.today), _topic_tap(offer.key)),) for offer in choice.offers[:12]
    )
    words = t("For which lesson?") if rows else no_lesson_words(t)
    return Card(t("Topic"), (Text(words),), rows)


def no_lesson_words(t: Translator) -> str:
    """That no lesson is the one named, and how to name one."""
    return t("I found no lesson for this. Name it: /topic 7A algebra: Adding fractions")


def topic_lessons_card(
    t: Translator, posting_id: PostingId, choice: LessonChoice, topic: str, problem: str = ""
) -> Card:
    """Which lesson a drafted topic is for; ``problem`` says why it is not the one that was named."""
    rows = [
        (Button(offer_label(t, offer, choice.today), _topic_tap(offer.key, posting_id)),)
        for offer in choice.offers[:12]
    ]
    question = [Text(t("For which lesson?") if rows else no_lesson_words(t))]
    rows.append((Button(t("Cancel"), _draft_tap(posting_id, "cancel")),))
    said = [Text(problem)] if problem else []
    return Card(t("Topic"), (*said, *([Text(topic)] if topic else []), *question), tuple(rows))
