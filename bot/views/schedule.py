"""The timetable: a day with now and next, or a week, for a pupil or for the teacher oneself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.views.days import DayOrNone, day_number
from bot.views.family import heading, switch_rows
from core.access import Student
from core.cards import Block, Button, Card, Item, Listing, Section, Text
from core.domain.calendar import week_of
from core.domain.ids import LARGEST_ID
from core.domain.kinds import ChangeKind
from core.i18n import Translator
from core.queries.day_plans import DayPlan, Plan, PlannedLesson


class ScheduleTap(CallbackData, prefix="sch"):
    """``student`` 0 is the teacher oneself; ``day`` is the date's ordinal, 0 for the most useful one."""

    on: Literal["day", "week"]
    student: Annotated[int, Field(ge=0, le=LARGEST_ID)]
    day: DayOrNone = 0


def most_useful_day(plan: Plan, now: datetime) -> date:
    """Today, until its last lesson is over; then the next day that has lessons, as far as the plan goes."""
    local = now.astimezone(plan.school.zone)
    for day in plan:
        held = [lesson for lesson in day.lessons if lesson.is_held_here]
        if day.on < local.date() or not held:
            continue
        ends = max((lesson.ends for lesson in held if lesson.ends), default=time.max)
        if day.on > local.date() or local.time() <= ends:
            return day.on
    return local.date()


def day_card(
    t: Translator,
    plan: Plan,
    day: date,
    now: datetime,
    *,
    student: Student | None,
    students: Sequence[Student],
    is_teacher: bool,
) -> Card:
    """One day's lessons with times, rooms and teachers; what is on and what is next is marked."""
    local = now.astimezone(plan.school.zone)
    today = local.date()
    shown = plan.on(day)
    blocks: list[Block] = [Text(t.relative_day(day, today) + _date_behind(t, day, today))]
    if day > today:
        passed = plan.on(today)
        if passed.off:
            blocks = [Text(t("Today: {holiday}. Next lessons:", holiday=passed.off)), *blocks]
        elif any(lesson.ends and lesson.ends < local.time() for lesson in passed.lessons):
            blocks = [Text(t("Today's lessons are over. Next:")), *blocks]
    blocks += _day_blocks(t, shown, local if day == today else None, for_teacher=student is None)
    return Card(
        _title(t, t("Timetable"), student, students),
        tuple(blocks),
        _buttons(t, "day", day, today, student, students, is_teacher=is_teacher),
    )


def week_card(
    t: Translator,
    plan: Plan,
    monday: date,
    now: datetime,
    *,
    student: Student | None,
    students: Sequence[Student],
    is_teacher: bool,
) -> Card:
    """Seven days, those without lessons left out unless they are a holiday."""
    today = now.astimezone(plan.school.zone).date()
    blocks: list[Block] = [
        Text(f"{t.date(monday, 'short')} – {t.date(monday + timedelta(days=6), 'medium')}")
    ]
    for offset in range(7):
        day = plan.on(monday + timedelta(days=offset))
        if not day.lessons and not day.off:
            continue
        title = f"{t.weekday(day.on)}, {t.date(day.on, 'short')}"
        items: tuple[Block, ...] = (
            (Text(day.off),)
            if day.off
            else (Listing(tuple(Item(_short_line(t, one)) for one in day.lessons)),)
        )
        blocks.append(Section(title, items, open=day.on == today or len(plan.days) <= 7))
    if len(blocks) == 1:
        blocks.append(Text(t("No lessons this week.")))
    return Card(
        _title(t, t("The week"), student, students),
        tuple(blocks),
        _buttons(t, "week", monday, today, student, students, is_teacher=is_teacher),
    )


def _title(t: Translator, title: str, student: Student | None, students: Sequence[Student]) -> str:
    if student is None:
        return t("My lessons") if not students else t("Me") + " — " + title
    return heading(title, students, student)


def _date_behind(t: Translator, day: date, today: date) -> str:
    return f", {t.day_month(day)}" if abs((day - today).days) <= 1 else ""


def _day_blocks(t: Translator, day: DayPlan, local: datetime | None, *, for_teacher: bool) -> list[Block]:
    if day.off:
        return [Text(t("{holiday}: no lessons.", holiday=day.off))]
    if not day.lessons:
        return [Text(t("No lessons."))]
    now = local.time() if local is not None else None
    held = [lesson for lesson in day.lessons if lesson.is_held_here and lesson.starts and lesson.ends]
    current = [one for one in held if now and one.starts and one.ends and one.starts <= now < one.ends]
    later = [one for one in held if now and one.starts and one.starts > now]
    upcoming = [one for one in later if one.starts == min(x.starts for x in later if x.starts)]
    items = []
    for lesson in day.lessons:
        mark = t("now") if lesson in current else t("next") if lesson in upcoming else ""
        items.append(Item((f"▶ {mark}: " if mark else "") + _line(t, lesson, for_teacher=for_teacher)))
    return [Listing(tuple(items))]


def _line(t: Translator, lesson: PlannedLesson, *, for_teacher: bool) -> str:
    """``1. 08:30–09:15 Algebra · room 204 · Olga Sokolova``, with what has changed behind."""
    who = lesson.class_name if for_teacher else t.list(list(lesson.teachers)) if lesson.teachers else ""
    parts = [
        f"{_when(t, lesson)} {_what(lesson)}",
        t("room {room}", room=lesson.room) if lesson.room else "",
        who,
    ]
    text = " · ".join(part for part in parts if part)
    change = change_words(t, lesson)
    return f"{text} — {change}" if change else text


def _short_line(t: Translator, lesson: PlannedLesson) -> str:
    parts = [f"{_when(t, lesson)} {_what(lesson)}", lesson.room]
    text = " · ".join(part for part in parts if part)
    change = change_words(t, lesson)
    return f"{text} — {change}" if change else text


def _when(t: Translator, lesson: PlannedLesson) -> str:
    times = f" {t.time(lesson.starts)}–{t.time(lesson.ends)}" if lesson.starts and lesson.ends else ""
    return f"{lesson.period}.{times}"


def _what(lesson: PlannedLesson) -> str:
    return f"{lesson.subject} ({lesson.group})" if lesson.group else lesson.subject


def change_words(t: Translator, lesson: PlannedLesson) -> str:
    """What has changed against the timetable, in words."""
    if lesson.change is None:
        return ""
    if lesson.change is ChangeKind.CANCELLED:
        text = t("cancelled")
    elif lesson.moved_from is not None:
        text = t("moved here from {day}", day=t.date(lesson.moved_from[0], "short"))
    elif lesson.moved_to is not None:
        day, period = lesson.moved_to
        text = t("moved to {day}, lesson {period}", day=t.date(day, "short"), period=period)
    elif lesson.change is ChangeKind.SUBSTITUTED:
        text = t("substituted by {teacher}", teacher=t.list(list(lesson.teachers)))
    else:
        text = t("another room")
    return f"⚠ {text} ({lesson.note})" if lesson.note else f"⚠ {text}"


def _buttons(
    t: Translator,
    on: Literal["day", "week"],
    day: date,
    today: date,
    student: Student | None,
    students: Sequence[Student],
    *,
    is_teacher: bool,
) -> tuple[tuple[Button, ...], ...]:
    number = student.id if student else 0

    def at(screen: Literal["day", "week"], when: date, step: int = 0) -> str:
        return ScheduleTap(on=screen, student=number, day=day_number(when, step=step)).pack()

    step = 7 if on == "week" else 1
    earlier = Button("◀", at(on, day, -step))
    later = Button("▶", at(on, day, step))
    middle = Button(t("This week"), at("week", today)) if on == "week" else Button(t("Week"), at("week", day))
    row_two = (
        Button(t("Today"), at("day", today)),
        Button(t("Tomorrow"), at("day", today, 1)),
    )
    rows = [(earlier, middle, later), row_two]
    if is_teacher and students:
        me = Button(
            ("• " if student is None else "") + t("Me"),
            ScheduleTap(on=on, student=0, day=day_number(day)).pack(),
        )
        others = tuple(
            Button(
                ("• " if student is not None and one.id == student.id else "") + one.name.called,
                ScheduleTap(on=on, student=one.id, day=day_number(day)).pack(),
            )
            for one in students
        )
        rows.append((me, *others[:3]))
        return tuple(rows)
    if student is None:
        return tuple(rows)
    return (
        *rows,
        *switch_rows(
            t, students, student, lambda one: ScheduleTap(on=on, student=one.id, day=day_number(day)).pack()
        ),
    )


def week_start(day: date) -> date:
    """The Monday of a day's week."""
    return week_of(day)[0]
