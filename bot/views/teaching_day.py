"""A teacher's day and the topics of lessons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.views.days import Day, day_number
from bot.views.lesson import course_words, lesson_words, offer_label
from bot.views.register import register_tap
from bot.views.schedule import change_words
from core.cards import Block, Button, Card, Item, Listing, Note, Text
from core.cards.cut import shorten
from core.domain.ids import LARGEST_ID, CourseId
from core.domain.lessons import LessonKey
from core.i18n import Translator
from core.queries.lessons import LessonChoice, LessonOffer, TaughtLesson
from core.queries.teaching_day import LessonState, TeachingDay

_LONGEST_WORDS = 60
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class LessonsTap(CallbackData, prefix="dy"):
    """A day by its ordinal."""

    day: Day


class TopicTap(CallbackData, prefix="tp"):
    """Write the topic typed before in this lesson (``set``), or ask for the lesson's topic (``ask``)."""

    do: Literal["set", "ask"]
    c: Id
    d: Day
    p: Annotated[int, Field(ge=0, le=99)]

    @property
    def key(self) -> LessonKey:
        """The lesson."""
        return LessonKey(date.fromordinal(self.d), self.p, CourseId(self.c))


def _topic_tap(do: Literal["set", "ask"], key: LessonKey) -> str:
    return TopicTap(do=do, c=key.course_id, d=day_number(key.on), p=key.period).pack()


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
                Button(t("{lesson}: topic", lesson=name), _topic_tap("ask", one.key)),
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


def topic_saved_card(t: Translator, lesson: TaughtLesson, topic: str, today: date) -> Card:
    """What the lesson is about now, and before."""
    blocks: list[Block] = [Text(lesson_words(t, lesson, today)), Text(topic or t("No topic."))]
    if lesson.topic and lesson.topic != topic:
        blocks.append(Note(t("Before: {topic}", topic=lesson.topic)))
    change = Button(t("Change"), _topic_tap("ask", lesson.key))
    my_day = Button(t("My day"), LessonsTap(day=day_number(lesson.key.on)).pack())
    return Card(t("The topic is written"), tuple(blocks), ((change, my_day),))


def ask_topic_card(t: Translator, lesson: TaughtLesson, today: date) -> Card:
    """Asks for the topic in words."""
    blocks: list[Block] = [Text(lesson_words(t, lesson, today))]
    if lesson.topic:
        blocks.append(Text(t("Before: {topic}", topic=lesson.topic)))
    return Card(
        t("What is the lesson about?"),
        (*blocks, Note(t("Write the topic, like “Adding fractions”. /cancel leaves it."))),
    )


def topic_lessons_card(
    t: Translator, choice: LessonChoice, offers: Sequence[LessonOffer], topic: str
) -> Card:
    """Which lesson a topic is for."""
    rows = tuple(
        (Button(offer_label(t, offer, choice.today), _topic_tap("set" if topic else "ask", offer.key)),)
        for offer in offers[:12]
    )
    if not rows:
        words = t("I found no lesson for this. Name it: /topic 7A algebra: Adding fractions")
    else:
        words = t("For which lesson?")
    return Card(t("Topic"), (Text(words), *([Text(topic)] if topic else [])), rows)
