"""Lessons with topics, marks, attendance and homework, from the year's last months to the coming week."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from core.db.models import (
    Achievement,
    Assessment,
    Attachment,
    Attendance,
    Homework,
    HomeworkTick,
    Lesson,
    Mark,
    TermMark,
)
from core.domain.kinds import AttendanceKind, TermMarkKind
from core.importing.demo.timetable import Slot, period_starts

if TYPE_CHECKING:
    from core.importing.demo.plan import Plan

_TOPICS = {
    "Algebra": ["Linear equations", "Powers", "Polynomials", "Fractions", "Graphs of functions"],
    "Maths": ["Adding up to 1000", "Multiplication", "Measuring", "Shapes", "Word problems"],
    "Geometry": ["Triangles", "Parallel lines", "Angles", "Circles"],
    "Literature": ["Pushkin's tales", "Gogol: Taras Bulba", "Poems of autumn", "Fables"],
    "Reading": ["Fairy tales", "Poems", "A story of a dog", "Reading aloud"],
    "English": ["Present perfect", "My town", "Travelling", "Food and health"],
    "History": ["The Middle Ages", "Great discoveries", "Trade and towns"],
    "Physics": ["Motion", "Density", "Forces", "Pressure"],
    "Biology": ["Cells", "Plants", "Mosses and ferns", "The microscope"],
    "Geography": ["Oceans", "Climate", "Maps", "Rivers"],
}
_TASKS = [
    "Read §{n} and answer the questions after it", "Exercises {n}–{m}", "Learn the rule on page {n}",
    "Problems {n} and {m}, in writing", "Prepare a short talk on page {n}",
]  # fmt: skip
_COMMENTS = [
    "clean work",
    "see me about task 3",
    "much better!",
    "hurried, please check again",
    "good question",
]
_REASONS = {
    AttendanceKind.ABSENT: [""],
    AttendanceKind.ILL: ["a cold", "flu", "doctor's note"],
    AttendanceKind.EXCUSED: ["family reasons", "competition", "visit to the doctor"],
    AttendanceKind.LATE: ["the bus", ""],
}
_KINDS = [("answer", 1, 5), ("hw", 1, 3), ("quiz", 1, 3), ("test", 2, 2)]
_BACK = timedelta(days=70)


def make_diary(plan: Plan, slots: list[Slot]) -> None:
    """Everything that has happened until now, and the homework of the coming days."""
    by_day: dict[int, list[Slot]] = {}
    for slot in slots:
        by_day.setdefault(slot.weekday, []).append(slot)
    talent = {pupil: plan.chance.gauss(4.0, 0.55) for group in plan.pupils.values() for pupil in group}
    day = max(plan.year_starts, plan.today - _BACK)
    numbers: dict[int, int] = {}
    while day <= plan.today + timedelta(days=7):
        if plan.is_school_day(day):
            ill = _ill_today(plan, day)
            for slot in sorted(by_day.get(day.isoweekday(), []), key=lambda one: one.period):
                numbers[slot.course] = numbers.get(slot.course, -1) + 1
                if plan.at(day, period_starts(slot.period)) <= plan.around:
                    _lesson(plan, slot, day, numbers[slot.course], talent, ill)
                if numbers[slot.course] % 2 == 0:
                    _homework(plan, slot, day, numbers[slot.course])
        day += timedelta(days=1)
    _closing_marks(plan)
    plan.rows.add(
        Achievement,
        student_id=next(iter(plan.pupils[plan.classes["7A"]])),
        kind="olympiad",
        title="Maths olympiad, second place",
        level="city",
        date=plan.today - timedelta(days=20),
    )


def _ill_today(plan: Plan, day: date) -> dict[int, tuple[AttendanceKind, str]]:
    away: dict[int, tuple[AttendanceKind, str]] = {}
    for group in plan.pupils.values():
        for pupil in group:
            # The same pupil is ill for a whole week, so that absences look like life.
            week = day.toordinal() // 7
            dice = (pupil * 7919 + week * 104729) % 100
            if dice < 4:
                kind = (
                    AttendanceKind.ILL,
                    AttendanceKind.ILL,
                    AttendanceKind.EXCUSED,
                    AttendanceKind.ABSENT,
                )[dice]
                if kind is AttendanceKind.ILL or day.weekday() == dice % 5:
                    away[pupil] = (kind, plan.chance.choice(_REASONS[kind]))
    return away


def _lesson(
    plan: Plan,
    slot: Slot,
    day: date,
    number: int,
    talent: dict[int, float],
    ill: dict[int, tuple[AttendanceKind, str]],
) -> None:
    teacher = plan.teacher_of[slot.course]
    ends = plan.at(day, period_starts(slot.period)) + timedelta(minutes=40)
    is_over = ends <= plan.around
    topics = _TOPICS.get(slot.subject, ["Practice", "New material", "Review"])
    lesson = plan.rows.add(
        Lesson,
        course_id=slot.course,
        date=day,
        period=slot.period,
        topic=topics[number // 3 % len(topics)] if is_over else "",
        register_taken_at=ends if is_over and plan.chance.random() < 0.95 else None,
        register_taken_by=teacher,
    )
    if not is_over:
        return
    present = []
    for pupil in plan.pupils[slot.class_id]:
        if pupil in ill:
            _absence(plan, pupil, lesson, *ill[pupil], teacher, ends)
        else:
            present.append(pupil)
            if slot.period == 1 and plan.chance.random() < 0.02:
                _absence(
                    plan,
                    pupil,
                    lesson,
                    AttendanceKind.LATE,
                    plan.chance.choice(("the bus", "")),
                    teacher,
                    ends,
                )
    if plan.chance.random() < 0.55:
        _marks(plan, slot, day, lesson, topics[number // 3 % len(topics)], present, talent, ends)


def _absence(
    plan: Plan, pupil: int, lesson: int, kind: AttendanceKind, reason: str, teacher: int, at: Any
) -> None:
    plan.rows.add(
        Attendance,
        student_id=pupil,
        lesson_id=lesson,
        kind=kind,
        minutes=plan.chance.choice((5, 10, 15)) if kind is AttendanceKind.LATE else None,
        reason=reason,
        recorded_by=teacher,
        recorded_at=at,
    )


def _marks(
    plan: Plan,
    slot: Slot,
    day: date,
    lesson: int,
    topic: str,
    present: list[int],
    talent: dict[int, float],
    at: Any,
) -> None:
    kind, weight, _ = plan.chance.choices(_KINDS, [chance for _, _, chance in _KINDS])[0]
    assessment = plan.rows.add(
        Assessment,
        course_id=slot.course,
        lesson_id=lesson,
        title=topic if kind == "test" else "",
        kind=kind,
        weight=Decimal(weight),
        date=day,
    )
    share = 1.0 if kind == "test" else 0.35
    for pupil in present:
        if plan.chance.random() > share:
            continue
        number = min(5, max(2, round(plan.chance.gauss(talent[pupil], 0.7))))
        plan.rows.add(
            Mark,
            student_id=pupil,
            assessment_id=assessment,
            value=str(number),
            number=Decimal(number),
            comment=plan.chance.choice(_COMMENTS) if plan.chance.random() < 0.12 else "",
            author_id=plan.teacher_of[slot.course],
            recorded_at=at,
        )


def _homework(plan: Plan, slot: Slot, due: date, number: int) -> None:
    """Set about a week before it is due; only what was set by now."""
    set_on = due - timedelta(days=plan.chance.randint(1, 4))
    if set_on > plan.today:
        return
    task = plan.chance.choice(_TASKS).format(n=number * 3 + 4, m=number * 3 + 9)
    homework = plan.rows.add(
        Homework,
        course_id=slot.course,
        due_on=due,
        due_period=slot.period,
        text=task,
        minutes=plan.chance.choice((15, 20, 30, 45)),
        author_id=plan.teacher_of[slot.course],
        recorded_at=min(plan.at(set_on, period_starts(7)), plan.around),
    )
    if plan.chance.random() < 0.15:
        plan.rows.add(
            Attachment,
            homework_id=homework,
            name=f"{slot.subject}: an overview",
            media_type="",
            size=0,
            sha256="",
            url=f"https://en.wikipedia.org/wiki/{slot.subject.replace(' ', '_')}",
        )
    if due <= plan.today + timedelta(days=1):
        for pupil in plan.pupils[slot.class_id]:
            if plan.chance.random() < 0.6:
                plan.rows.add(
                    HomeworkTick,
                    student_id=pupil,
                    homework_id=homework,
                    ticked_at=plan.around - timedelta(hours=2),
                )


def _closing_marks(plan: Plan) -> None:
    """Term marks of the terms that are over, from the marks given in them."""
    course_of = {row["id"]: (row["course_id"], row["date"]) for row in plan.rows.of(Assessment)}
    own = {pupil for group in plan.pupils.values() for pupil in group}
    for term, starts, ends in plan.terms:
        if ends >= plan.today:
            continue
        sums: dict[tuple[int, int], list[Decimal]] = {}
        for row in plan.rows.of(Mark):
            course, day = course_of[row["assessment_id"]]
            if row["student_id"] in own and starts <= day <= ends:
                sums.setdefault((row["student_id"], course), []).append(row["number"])
        for (pupil, course), numbers in sums.items():
            mark = (sum(numbers, Decimal(0)) / len(numbers)).quantize(Decimal(1), ROUND_HALF_UP)
            plan.rows.add(
                TermMark,
                student_id=pupil,
                course_id=course,
                term_id=term,
                kind=TermMarkKind.TERM,
                value=str(mark),
                number=mark,
                recorded_at=plan.at(ends, period_starts(7)),
            )
