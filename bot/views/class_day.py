"""Who of a class is missing on a day."""

from __future__ import annotations

from typing import Annotated

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.views.days import DayOrNone, day_number
from bot.views.marking import presence_words
from core.cards import Block, Button, Card, Note, Table, Text
from core.domain.ids import LARGEST_ID
from core.domain.kinds import Presence
from core.i18n import Translator
from core.queries.class_day import AbsentPupil, ClassDay, MissedLesson


class AbsentTap(CallbackData, prefix="ab"):
    """A class on a day by its ordinal, 0 for today."""

    room: Annotated[int, Field(ge=0, le=LARGEST_ID)]
    day: DayOrNone = 0


def class_day_card(t: Translator, day: ClassDay) -> Card:
    """Each pupil with the lessons missed and the reasons; those nobody explained are marked."""
    blocks: list[Block] = [Text(t.relative_day(day.on, day.today))]
    if day.pupils:
        blocks.append(
            Table((t("Pupil"), t("Missed"), t("Reason")), tuple(_row(t, one) for one in day.pupils))
        )
        unexplained = sum(one.is_unexplained for one in day.pupils)
        if unexplained:
            blocks.append(
                Text(
                    t.plural(
                        "⚠ {n} pupil is absent, and nobody has said why.",
                        "⚠ {n} pupils are absent, and nobody has said why.",
                        unexplained,
                    )
                )
            )
    elif day.registered:
        blocks.append(Text(t("Nobody is noted as missing.")))
    blocks.append(
        Note(
            t(
                "The register was taken in {registered} of {lessons} lessons written so far.",
                registered=day.registered,
                lessons=day.lessons,
            )
            if day.lessons
            else t("No register of this day was taken yet.")
        )
    )

    def at(step: int) -> str:
        return AbsentTap(room=day.room.id, day=day_number(day.on, step=step)).pack()

    row = [Button("◀", at(-1)), Button(t("Today"), AbsentTap(room=day.room.id).pack())]
    if day.on < day.today:
        row.append(Button("▶", at(1)))
    return Card(t("{class_name}: absent", class_name=day.room.name), tuple(blocks), (tuple(row),))


def _row(t: Translator, one: AbsentPupil) -> tuple[str, str, str]:
    reasons = dict.fromkeys([*one.reported, *(missed.reason for missed in one.missed if missed.reason)])
    sign = "⚠ " if one.is_unexplained else ""
    name = f"{sign}{one.pupil.list_name}"
    missed = "; ".join(_missed(t, lesson) for lesson in one.missed) or t("reported by the parents")
    return name, missed, "; ".join(reasons) or "—"


def _missed(t: Translator, lesson: MissedLesson) -> str:
    words = presence_words(t, Presence(lesson.kind.value), lesson.minutes)
    number = f"{lesson.period}. " if lesson.period else ""
    return f"{number}{lesson.subject}: {words}"
