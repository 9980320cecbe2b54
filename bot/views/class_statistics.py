"""A class's term: by subject, by pupil, and one subject."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.views.family import term_words
from core.cards import Align, Block, Button, Card, Note, Table, Text
from core.cards.cut import shorten
from core.domain.ids import LARGEST_ID
from core.i18n import Translator
from core.queries.class_statistics import ClassStatistics, CourseStatistics
from core.words import average_words, mark_value

_MARKS_SHOWN = 12
_SUBJECT_BUTTONS = 16
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class ClassTap(CallbackData, prefix="cl"):
    """The class by subject, by pupil, or one course."""

    on: Literal["subjects", "pupils", "course"]
    room: Id
    course: Id = 0


def subjects_card(t: Translator, found: ClassStatistics) -> Card:
    """Average, who needs attention, and attendance of each subject."""
    rows = tuple(
        (_course(one), _mean(t, found, one.average), _attention(one), _attended(t, one))
        for one in found.courses
    )
    blocks: list[Block] = [Text(term_words(t, found.term))]
    if rows:
        header = (t("Subject"), t("Average"), t("Needs attention"), t("Attendance"))
        blocks.append(Table(header, rows, (Align.LEFT, Align.RIGHT, Align.LEFT, Align.RIGHT)))
        blocks.append(
            Note(
                t(
                    "Needs attention: a poor average, or no mark where half of the class has one. "
                    "Attendance counts lessons with a register."
                )
            )
        )
    else:
        blocks.append(Text(t("This class has no courses this term.")))
    buttons = [
        Button(_course(one), ClassTap(on="course", room=found.room.id, course=one.course_id).pack())
        for one in found.courses[:_SUBJECT_BUTTONS]
    ]
    button_rows = [tuple(buttons[i : i + 2]) for i in range(0, len(buttons), 2)]
    button_rows.append((Button(t("By pupil"), ClassTap(on="pupils", room=found.room.id).pack()),))
    return Card(_heading(t, found), tuple(blocks), tuple(button_rows))


def pupils_card(t: Translator, found: ClassStatistics) -> Card:
    """What of each pupil needs attention, and the lessons missed."""
    subjects: dict[int, list[str]] = {pupil.id: [] for pupil in found.pupils}
    for course in found.courses:
        for one in course.needing_attention:
            mean = _mean(t, found, (one.average, one.in_percent))
            subjects[one.pupil.id].append(f"{_course(course)} {mean}".strip())
    rows = tuple(
        (
            pupil.list_name,
            ", ".join(subjects[pupil.id]) or "—",
            str(found.missed.get(pupil.id, 0)),
        )
        for pupil in found.pupils
    )
    table = Table(
        (t("Pupil"), t("Needs attention"), t("Missed")), rows, (Align.LEFT, Align.LEFT, Align.RIGHT)
    )
    back = Button(t("By subject"), ClassTap(on="subjects", room=found.room.id).pack())
    return Card(_heading(t, found), (Text(term_words(t, found.term)), table), ((back,),))


def course_card(t: Translator, found: ClassStatistics, course: CourseStatistics) -> Card:
    """One subject: each pupil's marks and average."""
    rows = tuple(
        (
            ("⚠ " if one.needs_attention else "") + one.pupil.list_name,
            " ".join(
                shorten(mark_value(t, mark.value, mark.maximum), 12) for mark in one.marks[-_MARKS_SHOWN:]
            )
            or "—",
            _mean(t, found, (one.average, one.in_percent)),
        )
        for one in course.pupils
    )
    table = Table((t("Pupil"), t("Marks"), t("Average")), rows, (Align.LEFT, Align.LEFT, Align.RIGHT))
    back = Button(t("By subject"), ClassTap(on="subjects", room=found.room.id).pack())
    return Card(
        f"{found.room.name} · {_course(course)}", (Text(term_words(t, found.term)), table), ((back,),)
    )


def _heading(t: Translator, found: ClassStatistics) -> str:
    return t("{class_name}: the term", class_name=found.room.name)


def _course(course: CourseStatistics) -> str:
    return f"{course.subject} ({course.group})" if course.group else course.subject


def _mean(t: Translator, found: ClassStatistics, average: tuple[Decimal | None, bool]) -> str:
    mean, in_percent = average
    return average_words(t, found.room.school.scale, mean, in_percent=in_percent)


def _attention(course: CourseStatistics) -> str:
    names = [one.pupil.name.family or one.pupil.name.given for one in course.needing_attention]
    return ", ".join(names[:6]) + (" …" if len(names) > 6 else "") if names else "—"


def _attended(t: Translator, course: CourseStatistics) -> str:
    return t.percent(Decimal(100 * course.attended) / course.registered) if course.registered else "—"
