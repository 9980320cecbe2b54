"""The children of a family, and the way to each one's screens."""

from __future__ import annotations

from typing import Annotated

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.views.attendance import AttendanceTap
from bot.views.family import switch_rows
from bot.views.grades import GradesTap
from bot.views.homework import HomeworkTap
from bot.views.meals import MealsTap
from bot.views.schedule import ScheduleTap
from core.access import Actor, Student
from core.cards import Block, Button, Card, Facts, Note
from core.domain.ids import LARGEST_ID
from core.domain.rights import GuardianRights
from core.i18n import Translator


class ChildrenTap(CallbackData, prefix="ch"):
    """Choose a child."""

    student: Annotated[int, Field(ge=0, le=LARGEST_ID)]


def children_card(t: Translator, actor: Actor, chosen: Student) -> Card:
    """Everybody whose diary one may open; buttons for the chosen one, and to choose another."""
    blocks: list[Block] = []
    for student in actor.students:
        rows = [(t("Name"), student.name.full_name)]
        rows += [(t("Class"), student.class_name)] if student.class_name else []
        rows.append((t("School"), student.school.name))
        blocks.append(Facts(tuple(rows)))
    if any(ward.rights is GuardianRights.READ for ward in actor.wards):
        blocks.append(Note(t("You may read everything here; changes are for the other guardian.")))
    one = chosen.id
    buttons = [
        (
            Button(t("Grades"), GradesTap(on="all", student=one).pack()),
            Button(t("Homework"), HomeworkTap(on="next", student=one).pack()),
        ),
        (
            Button(t("Timetable"), ScheduleTap(on="day", student=one).pack()),
            Button(t("Attendance"), AttendanceTap(on="term", student=one).pack()),
        ),
        (Button(t("Canteen"), MealsTap(student=one).pack()),),
    ]
    switch = switch_rows(t, actor.students, chosen, lambda other: ChildrenTap(student=other.id).pack())
    title = t.plural("Your child", "Your children", len(actor.wards))
    return Card(title, tuple(blocks), (*buttons, *switch))
