"""/absent: who of the class is missing today, and why."""

from __future__ import annotations

from datetime import date

from bot.capability import Capability, Turn
from bot.classes import chosen_class, leads_or_holds
from bot.views.class_day import AbsentTap, class_day_card
from bot.views.days import day_number
from core.actions.class_looks import note_class_look
from core.cards import Reply
from core.domain.spoken_dates import find_day
from core.i18n import N_
from core.queries.class_day import class_day
from core.queries.classes import READERS, ClassRoom, access_class


async def absent(turn: Turn, arguments: str) -> Reply:
    """The own class, or the one that is named or chosen; today, or the day that is named: ``7A yesterday``."""
    named = find_day(arguments, turn.today(), looking_back=True)
    day = day_number(named.day) if named and named.day else 0
    words = f"{arguments[: named.start]} {arguments[named.end :]}".strip() if named and day else arguments
    room = await chosen_class(turn, words, READERS, lambda one: AbsentTap(room=one.id, day=day).pack())
    return await on_tap(turn, AbsentTap(room=room.id, day=day)) if isinstance(room, ClassRoom) else room


async def on_tap(turn: Turn, tap: AbsentTap) -> Reply:
    """A class on a day. A look by others than the homeroom teacher is audited."""
    room = await access_class(turn.uow, turn.actor, tap.room, READERS)
    await note_class_look(turn.uow, room)
    day = date.fromordinal(tap.day) if tap.day else None
    return class_day_card(turn.t, await class_day(turn.uow, room, day))


CAPABILITY = Capability(
    name="absent",
    commands=("absent",),
    title=N_("Absent today"),
    menu=N_("Who of the class is missing, and why"),
    order=262,
    for_whom=leads_or_holds(READERS),
    on_command=absent,
    tap=AbsentTap,
    on_tap=on_tap,
)
