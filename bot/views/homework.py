"""Homework: what is due next, a day, a subject; ticks and attachments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.views.days import DayOrNone, day_number
from bot.views.family import heading, switch_rows
from core.access import Student
from core.cards import Block, Button, Card, Item, Listing, Note, Section, Text
from core.domain.ids import LARGEST_ID
from core.i18n import Translator
from core.queries.homework import HomeworkLine, HomeworkList

_ON_A_SCREEN = 20
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class HomeworkTap(CallbackData, prefix="hw"):
    """``on`` is the screen, or what to do: tick, untick, file. ``day`` is the ordinal of the day shown, so that a
    tick leaves one where one was; ``id`` a homework's, course's or attachment's."""

    on: Literal["next", "day", "subjects", "subject", "tick", "untick", "file"]
    student: Id
    day: DayOrNone = 0
    id: Id = 0


def next_card(t: Translator, work: HomeworkList, students: Sequence[Student]) -> Card:
    """What is due next, what is left from before, and today's."""
    blocks: list[Block] = []
    shown: list[HomeworkLine] = []
    today = work.due_on(work.today)
    if today:
        blocks.append(_section(t, work, t("For today"), today))
        shown += today
    if work.next_day is None:
        blocks.append(Text(t("Nothing is due in the coming weeks.") if today else t("No homework. Enjoy!")))
    else:
        lines = work.due_on(work.next_day)
        title = t("Due: {day}", day=_day_name(t, work.next_day, work.today))
        blocks.append(_section(t, work, title, lines))
        shown += lines
    if work.overdue:
        blocks.append(_section(t, work, t("Not ticked off yet"), work.overdue[:5]))
        shown += work.overdue[:5]
    return _card(t, t("Homework"), work, blocks, shown, 0, students)


def day_card(t: Translator, work: HomeworkList, day: date, students: Sequence[Student]) -> Card:
    """One day's homework."""
    lines = work.due_on(day)
    title = t("Due: {day}", day=_day_name(t, day, work.today))
    blocks: list[Block] = (
        [_section(t, work, title, lines)] if lines else [Text(title), Text(t("Nothing is due that day."))]
    )
    return _card(t, t("Homework"), work, blocks, lines, day_number(day), students)


def subjects_card(t: Translator, work: HomeworkList, students: Sequence[Student]) -> Card:
    """Which subject?"""
    names = {line.course_id: _subject(line) for line in work.lines}
    buttons = [
        Button(name, HomeworkTap(on="subject", student=work.student.id, id=course).pack())
        for course, name in sorted(names.items(), key=lambda item: item[1])
    ]
    rows = tuple(tuple(buttons[i : i + 2]) for i in range(0, len(buttons), 2))
    back = (Button(t("What is due next"), HomeworkTap(on="next", student=work.student.id).pack()),)
    words = t("Which subject?") if buttons else t("There was no homework in the last weeks.")
    return Card(
        heading(t("Homework"), students, work.student),
        (Text(words),),
        (*rows, back, *_switch(t, work, students)),
    )


def subject_card(t: Translator, work: HomeworkList, course_id: int, students: Sequence[Student]) -> Card:
    """A subject's homework of the last and coming weeks, newest first."""
    lines = [line for line in work.lines if line.course_id == course_id][::-1][:_ON_A_SCREEN]
    items = tuple(
        Item(f"{_day_name(t, line.due_on, work.today)}: {_words(t, line, with_subject=False)}", line.done)
        for line in lines
    )
    blocks: tuple[Block, ...] = (
        (Listing(items),) if items else (Text(t("There was no homework in the last weeks.")),)
    )
    title = _subject(lines[0]) if lines else t("Homework")
    back = (Button(t("All subjects"), HomeworkTap(on="subjects", student=work.student.id).pack()),)
    return Card(heading(title, students, work.student), blocks, (back, *_switch(t, work, students)))


def _section(t: Translator, work: HomeworkList, title: str, lines: Sequence[HomeworkLine]) -> Section:
    minutes = sum(line.minutes or 0 for line in lines)
    items = tuple(Item(_words(t, line), line.done) for line in lines[:_ON_A_SCREEN])
    blocks: list[Block] = [Listing(items)]
    if minutes:
        blocks.append(Note(t.plural("About {n} minute in all.", "About {n} minutes in all.", minutes)))
    return Section(title, tuple(blocks), open=True)


def _words(t: Translator, line: HomeworkLine, *, with_subject: bool = True) -> str:
    text = line.text if len(line.text) <= 500 else line.text[:499] + "…"
    parts = [f"{_subject(line)}: {text}" if with_subject else text]
    if line.minutes:
        parts.append(t("{n} min", n=line.minutes))
    if line.attachments:
        parts.append("📎 " + ", ".join(attachment.name for attachment in line.attachments))
    return " · ".join(parts)


def _subject(line: HomeworkLine) -> str:
    return f"{line.subject} ({line.group})" if line.group else line.subject


def _day_name(t: Translator, day: date, today: date) -> str:
    name = t.relative_day(day, today)
    return f"{name}, {t.date(day, 'short')}" if abs((day - today).days) <= 1 else name


def _card(
    t: Translator,
    title: str,
    work: HomeworkList,
    blocks: Sequence[Block],
    lines: Sequence[HomeworkLine],
    day: int,
    students: Sequence[Student],
) -> Card:
    student = work.student.id
    rows: list[tuple[Button, ...]] = []
    if work.may_tick:
        ticks = [
            Button(
                ("☑ " if line.done else "☐ ") + _subject(line),
                HomeworkTap(
                    on="untick" if line.done else "tick", student=student, day=day, id=line.id
                ).pack(),
            )
            for line in lines[:10]
        ]
        rows += [tuple(ticks[i : i + 2]) for i in range(0, len(ticks), 2)]
    for line in lines[:_ON_A_SCREEN]:
        for attachment in line.attachments[:4]:
            if attachment.url:
                if attachment.url.startswith(("https://", "http://")):
                    rows.append((Button(f"🔗 {attachment.name}", url=attachment.url),))
            else:
                tap = HomeworkTap(on="file", student=student, id=attachment.id)
                rows.append((Button(f"📎 {attachment.name}", tap.pack()),))
    shown = date.fromordinal(day) if day else work.next_day or work.today
    rows.append(
        (
            Button("◀", _at(student, shown, -1)),
            Button(t("Next due"), HomeworkTap(on="next", student=student).pack()),
            Button("▶", _at(student, shown, 1)),
        )
    )
    rows.append((Button(t("By subject"), HomeworkTap(on="subjects", student=student).pack()),))
    return Card(heading(title, students, work.student), tuple(blocks), (*rows, *_switch(t, work, students)))


def _at(student: int, day: date, step: int) -> str:
    return HomeworkTap(on="day", student=student, day=day_number(day, step=step)).pack()


def _switch(t: Translator, work: HomeworkList, students: Sequence[Student]) -> tuple[tuple[Button, ...], ...]:
    return switch_rows(t, students, work.student, lambda one: HomeworkTap(on="next", student=one.id).pack())
