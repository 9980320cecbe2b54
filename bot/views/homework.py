"""Homework: what is due next, a day, a subject, what is overdue; ticks and attachments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from bot.taps import Tap
from bot.views.days import DayOrNone, day_number
from bot.views.family import heading, in_rows, switch_rows
from core.access import Student
from core.cards import Block, Button, Card, Item, Listing, Note, Section, Text
from core.cards.cut import shorten
from core.domain.ids import LARGEST_ID
from core.i18n import Translator
from core.queries.homework import HomeworkLine, HomeworkList

_ON_A_SCREEN = 20
_OVERDUE_BESIDE = 5
"""How much of what is left from before stands beside what is due next; the rest has a screen of its own."""
_FILES_OF_ONE = 4
_LONGEST_TEXT = 500
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]
TickFrom = Literal["", "-subject", "-overdue"]


class HomeworkTap(Tap, prefix="hw"):
    """``on`` is the screen, or what to do: tick, untick, file. ``day`` is the ordinal of the day shown, so that a
    tick leaves one where one was, as ``-subject`` and ``-overdue`` do; ``id`` a homework's, course's or
    attachment's."""

    on: Literal[
        "next",
        "day",
        "subjects",
        "subject",
        "overdue",
        "file",
        "tick",
        "untick",
        "tick-subject",
        "untick-subject",
        "tick-overdue",
        "untick-overdue",
    ]
    student: Id
    day: DayOrNone = 0
    id: Id = 0


def next_card(t: Translator, work: HomeworkList, students: Sequence[Student]) -> Card:
    """What is due next, what is left from before, and today's."""
    blocks: list[Block] = []
    shown: list[HomeworkLine] = []
    today = work.due_on(work.today)
    if today:
        blocks.append(_section(t, t("For today"), today))
        shown += today
    if work.next_day is None:
        blocks.append(Text(t("Nothing is due in the coming weeks.") if today else t("No homework. Enjoy!")))
    else:
        lines = work.due_on(work.next_day)
        title = t("Due: {day}", day=_day_name(t, work.next_day, work.today))
        blocks.append(_section(t, title, lines))
        shown += lines
    rows: tuple[tuple[Button, ...], ...] = ()
    if work.overdue:
        title, beside = t("Not ticked off yet"), work.overdue[-_OVERDUE_BESIDE:]
        blocks.append(_section(t, title, beside, with_day=True, older=len(work.overdue) - len(beside)))
        shown += beside
        if len(work.overdue) > len(beside):
            tap = HomeworkTap(on="overdue", student=work.student.id)
            rows = ((Button(f"{title}: {len(work.overdue)}", tap.pack()),),)
    return _card(t, work, blocks, shown, 0, students, more=rows)


def day_card(t: Translator, work: HomeworkList, day: date, students: Sequence[Student]) -> Card:
    """One day's homework."""
    lines = work.due_on(day)
    title = t("Due: {day}", day=_day_name(t, day, work.today))
    blocks: list[Block] = (
        [_section(t, title, lines)] if lines else [Text(title), Text(t("Nothing is due that day."))]
    )
    return _card(t, work, blocks, lines, day_number(day), students)


def overdue_card(t: Translator, work: HomeworkList, students: Sequence[Student]) -> Card:
    """Everything of the last week that is not ticked off, the newest first."""
    lines = work.overdue[::-1][:_ON_A_SCREEN]
    blocks: tuple[Block, ...] = (
        (_section(t, t("Not ticked off yet"), lines, with_day=True),)
        if lines
        else (Text(t("Everything is ticked off.")),)
    )
    back = (Button(t("What is due next"), HomeworkTap(on="next", student=work.student.id).pack()),)
    rows = (*_tick_rows(t, work, lines, "-overdue"), *_file_rows(t, work, lines), back)
    return Card(heading(t("Homework"), students, work.student), blocks, (*rows, *_switch(t, work, students)))


def subjects_card(t: Translator, work: HomeworkList, students: Sequence[Student]) -> Card:
    """Which subject?"""
    names = {line.course_id: _subject(line) for line in work.lines}
    buttons = [
        Button(name, HomeworkTap(on="subject", student=work.student.id, id=course).pack())
        for course, name in sorted(names.items(), key=lambda item: item[1])
    ]
    back = (Button(t("What is due next"), HomeworkTap(on="next", student=work.student.id).pack()),)
    words = t("Which subject?") if buttons else t("There was no homework in the last weeks.")
    return Card(
        heading(t("Homework"), students, work.student),
        (Text(words),),
        (*in_rows(buttons, 2), back, *_switch(t, work, students)),
    )


def subject_card(t: Translator, work: HomeworkList, course_id: int, students: Sequence[Student]) -> Card:
    """A subject's homework of the last and coming weeks, newest first."""
    lines = [line for line in work.lines if line.course_id == course_id][::-1][:_ON_A_SCREEN]
    items = tuple(Item(_words(t, line, _day_name(t, line.due_on, work.today)), line.done) for line in lines)
    blocks: tuple[Block, ...] = (
        (Listing(items),) if items else (Text(t("There was no homework in the last weeks.")),)
    )
    title = _subject(lines[0]) if lines else t("Homework")
    back = (Button(t("All subjects"), HomeworkTap(on="subjects", student=work.student.id).pack()),)
    rows = (*_tick_rows(t, work, lines, "-subject"), *_file_rows(t, work, lines), back)
    return Card(heading(title, students, work.student), blocks, (*rows, *_switch(t, work, students)))


def _section(
    t: Translator, title: str, lines: Sequence[HomeworkLine], *, with_day: bool = False, older: int = 0
) -> Section:
    """The lines with the time they take; ``older`` says how many more there are."""
    minutes = sum(line.minutes or 0 for line in lines)
    items = tuple(
        Item(_words(t, line, _day_and_subject(t, line) if with_day else _subject(line)), line.done)
        for line in lines[:_ON_A_SCREEN]
    )
    blocks: list[Block] = [Listing(items)]
    if older:
        blocks.append(Note(t.plural("… and {n} older one.", "… and {n} older ones.", older)))
    if minutes:
        blocks.append(Note(t.plural("About {n} minute in all.", "About {n} minutes in all.", minutes)))
    return Section(title, tuple(blocks), open=True)


def _words(t: Translator, line: HomeworkLine, lead: str) -> str:
    """``Algebra: exercises 112–117 · 45 min · 📎 Worksheet.pdf``."""
    parts = [f"{lead}: {shorten(line.text, _LONGEST_TEXT)}"]
    if line.minutes:
        parts.append(t("{n} min", n=line.minutes))
    if line.attachments:
        parts.append("📎 " + ", ".join(attachment.name for attachment in line.attachments))
    return " · ".join(parts)


def _subject(line: HomeworkLine) -> str:
    return f"{line.subject} ({line.group})" if line.group else line.subject


def _day_and_subject(t: Translator, line: HomeworkLine) -> str:
    return f"{t.date(line.due_on, 'short')}, {_subject(line)}"


def _day_name(t: Translator, day: date, today: date) -> str:
    name = t.relative_day(day, today)
    return f"{name}, {t.date(day, 'short')}" if abs((day - today).days) <= 1 else name


def _card(
    t: Translator,
    work: HomeworkList,
    blocks: Sequence[Block],
    lines: Sequence[HomeworkLine],
    day: int,
    students: Sequence[Student],
    *,
    more: tuple[tuple[Button, ...], ...] = (),
) -> Card:
    student = work.student.id
    shown = date.fromordinal(day) if day else work.next_day or work.today
    rows = (
        *_tick_rows(t, work, lines, "", day),
        *_file_rows(t, work, lines),
        *more,
        (
            Button("◀", _at(student, shown, -1)),
            Button(t("Next due"), HomeworkTap(on="next", student=student).pack()),
            Button("▶", _at(student, shown, 1)),
        ),
        (Button(t("By subject"), HomeworkTap(on="subjects", student=student).pack()),),
    )
    return Card(
        heading(t("Homework"), students, work.student), tuple(blocks), (*rows, *_switch(t, work, students))
    )


def _tick_rows(
    t: Translator, work: HomeworkList, lines: Sequence[HomeworkLine], back: TickFrom, day: int = 0
) -> tuple[tuple[Button, ...], ...]:
    """A box a homework, for the pupil alone; ``back`` is the screen that the tick leaves one at."""
    if not work.may_tick:
        return ()
    names = _told_apart(t, lines[:_ON_A_SCREEN], by_day=back == "-subject")
    buttons = [
        Button(
            ("☑ " if line.done else "☐ ") + name,
            HomeworkTap.model_validate(
                {
                    "on": ("untick" if line.done else "tick") + back,
                    "student": work.student.id,
                    "day": day,
                    "id": line.id,
                }
            ).pack(),
        )
        for line, name in zip(lines, names, strict=False)
    ]
    return in_rows(buttons, 2)


def _told_apart(t: Translator, lines: Sequence[HomeworkLine], *, by_day: bool) -> list[str]:
    """What to call each on a button: the subject or the day, both where one does not do, numbered if need be."""
    short = [t.date(line.due_on, "short") if by_day else _subject(line) for line in lines]
    often, seen = Counter(short), Counter[str]()
    names = []
    for line, name in zip(lines, short, strict=True):
        if often[name] > 1 and not by_day:
            name = _day_and_subject(t, line)
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _file_rows(
    t: Translator, work: HomeworkList, lines: Sequence[HomeworkLine]
) -> tuple[tuple[Button, ...], ...]:
    """A row an attachment, named after its homework where two are called alike."""
    found = [
        (line, attachment) for line in lines[:_ON_A_SCREEN] for attachment in line.attachments[:_FILES_OF_ONE]
    ]
    called = Counter(attachment.name for _, attachment in found)
    rows = []
    for line, attachment in found:
        name = attachment.name
        if called[name] > 1:
            name = f"{_day_and_subject(t, line)}: {name}"
        if not attachment.url:
            tap = HomeworkTap(on="file", student=work.student.id, id=attachment.id)
            rows.append((Button(f"📎 {name}", tap.pack()),))
        elif attachment.url.startswith(("https://", "http://")):
            rows.append((Button(f"🔗 {name}", url=attachment.url),))
    return tuple(rows)


def _at(student: int, day: date, step: int) -> str:
    return HomeworkTap(on="day", student=student, day=day_number(day, step=step)).pack()


def _switch(t: Translator, work: HomeworkList, students: Sequence[Student]) -> tuple[tuple[Button, ...], ...]:
    return switch_rows(t, students, work.student, lambda one: HomeworkTap(on="next", student=one.id).pack())
