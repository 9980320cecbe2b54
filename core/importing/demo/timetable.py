"""Bells and a timetable without clashes: no class, teacher or room twice in one period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from core.db.models import BellPeriod, BellSchedule, LessonChange, TimetableSlot
from core.domain.kinds import ChangeKind, WeekParity
from core.importing.demo.plan import Plan, lessons_a_week

PERIODS = 7


@dataclass(frozen=True, slots=True)
class Slot:
    """A course's place in the week; ``weekday`` 1 to 5."""

    course: int
    class_id: int
    subject: str
    weekday: int
    period: int


def period_starts(number: int) -> time:
    """Lessons of 45 minutes with breaks of 10, from 08:30."""
    return (datetime(2000, 1, 1, 8, 30) + timedelta(minutes=55 * (number - 1))).time()  # noqa: DTZ001


def make_timetable(plan: Plan) -> list[Slot]:
    """Place every lesson of the week; algebra in 7A is Tuesday's first, whatever the seed."""
    bells = plan.rows.add(BellSchedule, school_id=plan.school, name="Usual")
    for number in range(1, PERIODS + 1):
        starts = period_starts(number)
        ends = (datetime.combine(plan.today, starts) + timedelta(minutes=45)).time()
        plan.rows.add(BellPeriod, schedule_id=bells, number=number, starts=starts, ends=ends)
    slots: list[Slot] = []
    busy: set[tuple[str, int, int, int]] = set()

    def place(course: int, class_id: int, subject: str, weekday: int, period: int) -> bool:
        keys = {("class", class_id, weekday, period), ("teacher", plan.teacher_of[course], weekday, period)}
        if busy & keys:
            return False
        busy.update(keys)
        slots.append(Slot(course, class_id, subject, weekday, period))
        return True

    names = {class_id: name for name, class_id in plan.classes.items()}
    seventh = plan.classes["7A"]
    place(plan.courses[seventh]["Algebra"], seventh, "Algebra", 2, 1)
    for class_id, courses in plan.courses.items():
        todo = [
            (subject, course)
            for subject, course in courses.items()
            for _ in range(lessons_a_week(names[class_id])[subject])
        ]
        if class_id == seventh:
            todo.remove(("Algebra", courses["Algebra"]))
        plan.chance.shuffle(todo)
        for subject, course in todo:
            # Early periods first, and not the same subject twice a day where it can be helped.
            free = [(period, weekday) for period in range(1, PERIODS + 1) for weekday in range(1, 6)]
            taken = {slot.weekday for slot in slots if slot.course == course}
            free.sort(key=lambda spot: (spot[1] in taken, spot[0]))
            any(place(course, class_id, subject, weekday, period) for period, weekday in free)
    for slot in slots:
        plan.rows.add(
            TimetableSlot,
            course_id=slot.course,
            schedule_id=bells,
            weekday=slot.weekday,
            period=slot.period,
            room=f"{100 + list(plan.classes.values()).index(slot.class_id) * 10 + 1}",
            parity=WeekParity.EVERY,
        )
    _changes(plan, slots)
    return slots


def _changes(plan: Plan, slots: list[Slot]) -> None:
    """Today and the next school days are not quite as usual."""
    seventh = plan.classes["7A"]
    days = [plan.today + timedelta(days=offset) for offset in range(10)]
    days = [day for day in days if plan.is_school_day(day)][:3]
    kinds = [ChangeKind.ROOM, ChangeKind.SUBSTITUTED, ChangeKind.CANCELLED]
    for day, kind in zip(days, kinds, strict=False):
        spots = [one for one in slots if one.class_id == seventh and one.weekday == day.isoweekday()]
        slot = max(spots, key=lambda one: one.period, default=None)
        if slot is None:
            continue
        own = plan.teacher_of[slot.course]
        busy = {
            plan.teacher_of[one.course]
            for one in slots
            if (one.weekday, one.period) == (slot.weekday, slot.period)
        }
        free = [plan.cast[f"t{n}"] for n in range(1, 24) if plan.cast[f"t{n}"] not in busy | {own}]
        plan.rows.add(
            LessonChange,
            course_id=slot.course,
            date=day,
            period=slot.period,
            kind=kind,
            teacher_id=free[0] if kind is ChangeKind.SUBSTITUTED else None,
            room="301" if kind is ChangeKind.ROOM else "",
            note="the teacher is away" if kind is ChangeKind.CANCELLED else "",
        )
