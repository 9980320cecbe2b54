"""What every family screen shares: the switch between children, and whose screen it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.access import Student
from core.cards import Button
from core.i18n import Translator

_IN_A_ROW = 3


def switch_rows(
    t: Translator, students: Sequence[Student], current: Student, data: Callable[[Student], str]
) -> tuple[tuple[Button, ...], ...]:
    """A button a pupil, the current one ticked; no row where there is nobody to switch to.

    A student who is linked with children beside reads "Me" on the own button only if given names would not do.
    """
    if len(students) < 2:
        return ()
    buttons = [
        Button(("• " if student.id == current.id else "") + _label(student, students), data(student))
        for student in students
    ]
    return tuple(tuple(buttons[i : i + _IN_A_ROW]) for i in range(0, len(buttons), _IN_A_ROW))


def _label(student: Student, students: Sequence[Student]) -> str:
    given = student.name.nickname or student.name.given
    twins = [one for one in students if (one.name.nickname or one.name.given) == given]
    if len(twins) > 1 and student.class_name:
        return f"{given} {student.class_name}"
    return given


def whose(students: Sequence[Student], current: Student) -> str:
    """The child's name with class for a heading, empty where the family has only one child here."""
    if len(students) < 2:
        return ""
    name = current.name.nickname or current.name.given
    return f"{name}, {current.class_name}" if current.class_name else name


def heading(title: str, students: Sequence[Student], current: Student) -> str:
    """``Ivan, 7A — Grades`` for a family of several, ``Grades`` for one child."""
    child = whose(students, current)
    return f"{child} — {title}" if child else title
