"""Whose diary a family command is about: the pupil asked for, the one asked about last, or the first."""

from __future__ import annotations

from bot.capability import Turn
from core.access import Student
from core.errors import NotFound


def chosen_student(turn: Turn, student_id: int = 0, *, remember: bool = True) -> Student:
    """The pupil of this turn, remembered for the next; no statement. 0 asks for the last or first one.

    Raises NotFound("student_not_found") for anybody who is not oneself or a child of a linked guardian.
    """
    students = turn.actor.students
    wanted = student_id or turn.chat.last_child_id
    student = next((one for one in students if one.id == wanted), None)
    if student is None:
        if student_id or not students:
            raise NotFound("student_not_found")
        student = students[0]
    if remember and len(students) > 1:
        turn.chat.remember_child(student.id)
    return student
