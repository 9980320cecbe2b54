"""/lessons: my day, and what is still to be written."""

from __future__ import annotations

from datetime import date

from bot.capability import Capability, Turn, teaching
from bot.views.teaching_day import LessonsTap, teaching_day_card
from core.cards import Reply
from core.domain.spoken_dates import parse_day
from core.i18n import N_
from core.queries.teaching_day import teaching_day


async def lessons(turn: Turn, arguments: str) -> Reply:
    """Today, or the day named; words that name no day are said back above today."""
    day = parse_day(arguments, turn.today()) if arguments else None
    found = await teaching_day(turn.uow, turn.actor, day)
    return teaching_day_card(turn.t, found, unknown="" if day else arguments)


async def on_tap(turn: Turn, tap: LessonsTap) -> Reply:
    """Another day."""
    return teaching_day_card(turn.t, await teaching_day(turn.uow, turn.actor, date.fromordinal(tap.day)))


CAPABILITY = Capability(
    name="lessons",
    commands=("lessons",),
    title=N_("My day"),
    menu=N_("My lessons, and what is still missing in them"),
    order=205,
    for_whom=teaching,
    on_command=lessons,
    tap=LessonsTap,
    on_tap=on_tap,
)
