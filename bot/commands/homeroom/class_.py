"""/class: the class's averages, who needs attention, and attendance this term."""

from __future__ import annotations

from bot.capability import Capability, Turn
from bot.classes import chosen_class, leads_or_holds
from bot.views.class_statistics import ClassTap, course_card, pupils_card, subjects_card
from core.actions.class_looks import note_class_look
from core.cards import Reply
from core.errors import NotFound
from core.i18n import N_
from core.queries.class_statistics import class_statistics
from core.queries.classes import READERS, ClassRoom, access_class


async def class_(turn: Turn, arguments: str) -> Reply:
    """The own class, or the one that is named or chosen."""
    room = await chosen_class(
        turn, arguments, READERS, lambda one: ClassTap(on="subjects", room=one.id).pack()
    )
    return await on_tap(turn, ClassTap(on="subjects", room=room.id)) if isinstance(room, ClassRoom) else room


async def on_tap(turn: Turn, tap: ClassTap) -> Reply:
    """By subject, by pupil, or one subject. A look by others than the homeroom teacher is audited."""
    room = await access_class(turn.uow, turn.actor, tap.room, READERS)
    await note_class_look(turn.uow, room)
    found = await class_statistics(turn.uow, room)
    if tap.on == "pupils":
        return pupils_card(turn.t, found)
    if tap.on == "subjects":
        return subjects_card(turn.t, found)
    course = next((one for one in found.courses if one.course_id == tap.course), None)
    if course is None:
        raise NotFound("course_not_found")
    return course_card(turn.t, found, course)


CAPABILITY = Capability(
    name="class",
    commands=("class",),
    title=N_("My class"),
    menu=N_("Averages of the class, who needs attention, attendance"),
    order=264,
    for_whom=leads_or_holds(READERS),
    on_command=class_,
    tap=ClassTap,
    on_tap=on_tap,
)
