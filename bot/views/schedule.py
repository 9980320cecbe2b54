"""The timetable: a day with now and next, or a week, for a pupil or for the teacher oneself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Annotated, Literal

from pydantic import Field

from bot.taps import Tap
from bot.views.days import DayOrNone, day_number
from bot.views.family import heading, switch_rows
from core.access import Student
from core.cards import Align, Block, Button, Card, Section, Table, Text
from core.domain.calendar import week_of
from core.domain.ids import LARGEST_ID
from core.domain.kinds import ChangeKind
from core.i18n import Translator
from core.queries.day_plans import DayPlan, Plan, PlannedLesson


class ScheduleTap(Tap, prefix="sch"):
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
        if holiday := holiday_words(t, passed):
            blocks = [Text(t("Today: {holiday}. Next lessons:", holiday=holiday)), *blocks]
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
    """Seven days; those without lessons are left out unless they are a holiday, and a holiday of several days is
    named once."""
    today = now.astimezone(plan.school.zone).date()
    sunday = monday + timedelta(days=6)
    blocks: list[Block] = [Text(f"{t.date(monday, 'short')} – {t.date(sunday, 'medium')}")]
    days = [plan.on(monday + timedelta(days=offset)) for offset in range(7)]
    for holiday, alike in groupby(days, key=lambda day: "" if day.lessons else holiday_words(t, day)):
        run = list(alike)
        if not holiday:
            for day in run:
                if day.lessons:
                    table = _lessons(t, day, for_teacher=student is None)
                    blocks.append(Section(_day_title(t, day.on), (table,), open=True))
        elif len(run) == 7:
            blocks.append(Text(t("{holiday}: no lessons.", holiday=holiday)))
        else:
            title = _day_title(t, run[0].on)
            if len(run) > 1:
                title += f" – {_day_title(t, run[-1].on)}"
            blocks.append(Section(title, (Text(holiday),), open=True))
    if len(blocks) == 1:
        blocks.append(Text(t("No lessons this week.")))
    return Card(
        _title(t, t("The week"), student, students),
        tuple(blocks),
        _buttons(t, "week", monday, today, student, students, is_teacher=is_teacher),
    )


def holiday_words(t: Translator, day: DayPlan) -> str:
    """What a day off is called; empty for every other day."""
    return day.off or (t("School holidays") if day.in_holidays else "")


def _day_title(t: Translator, day: date) -> str:
    return f"{t.weekday(day)}, {t.date(day, 'short')}"


def _title(t: Translator, title: str, student: Student | None, students: Sequence[Student]) -> str:
    if student is None:
        return t("My lessons") if not students else t("Me") + " — " + title
    return heading(title, students, student)


def _date_behind(t: Translator, day: date, today: date) -> str:
    return f", {t.day_month(day)}" if abs((day - today).days) <= 1 else ""


def _day_blocks(t: Translator, day: DayPlan, local: datetime | None, *, for_teacher: bool) -> list[Block]:
    holiday = holiday_words(t, day)
    if not day.lessons:
        return [Text(t("{holiday}: no lessons.", holiday=holiday) if holiday else t("No lessons."))]
    now = local.time() if local is not None else None
    held = [lesson for lesson in day.lessons if lesson.is_held_here and lesson.starts and lesson.ends]
    current = [one for one in held if now and one.starts and one.ends and one.starts <= now < one.ends]
    later = [one for one in held if now and one.starts and one.starts > now]
    soonest = min((one.starts for one in later if one.starts), default=None)
    marks = {id(one): t("next") for one in later if one.starts == soonest}
    marks |= {id(one): t("now") for one in current}
    return [_lessons(t, day, marks, for_teacher=for_teacher)]


def _lessons(
    t: Translator, day: DayPlan, marks: Mapping[int, str] | None = None, *, for_teacher: bool
) -> Table:
    """Number, times, and the lesson with its room, its teachers (for a teacher its class) and what has changed.

    ``marks`` are the words before some of the lessons, by ``id``.
    """
    rows = tuple(
        (
            str(lesson.period),
            _times(t, lesson),
            _cell(t, lesson, (marks or {}).get(id(lesson), ""), for_teacher=for_teacher),
        )
        for lesson in day.lessons
    )
    return Table((), rows, (Align.RIGHT, Align.RIGHT, Align.LEFT))


def _times(t: Translator, lesson: PlannedLesson) -> str:
    return f"{t.time(lesson.starts)}–{t.time(lesson.ends)}" if lesson.starts and lesson.ends else ""


def _cell(t: Translator, lesson: PlannedLesson, mark: str, *, for_teacher: bool) -> str:
    """``▶ now: Algebra — ⚠ another room``, then ``room 204 · Olga Sokolova``; to a teacher the class matters."""
    main = _what(lesson)
    if for_teacher and lesson.class_name:
        main = f"{lesson.class_name} · {main}"
    if mark:
        main = f"▶ {mark}: {main}"
    if change := change_words(t, lesson):
        main = f"{main} — {change}"
    is_told = lesson.change is ChangeKind.SUBSTITUTED  # the change names the teacher
    who = t.list(lesson.teachers) if lesson.teachers and not (for_teacher or is_told) else ""
    room = t("room {room}", room=lesson.room) if lesson.room else ""
    beside = " · ".join(part for part in (room, who) if part)
    return f"{main}\n{beside}" if beside else main


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
        text = t("substituted by {teacher}", teacher=t.list(lesson.teachers))
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

    def of(whose: int) -> str:
        return ScheduleTap(on=on, student=whose, day=day_number(day)).pack()

    switch = switch_rows(t, students, student, lambda one: of(one.id), me=of(0) if is_teacher else "")
    return (*rows, *switch)


def week_start(day: date) -> date:
    """The Monday of a day's week."""
    return week_of(day)[0]
