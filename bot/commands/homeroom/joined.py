"""/joined: who of the class has a chat linked, and since when."""

from __future__ import annotations

from bot.capability import Capability, Turn
from bot.classes import chosen_class, leads_or_holds
from bot.views.joined import JoinedTap, joined_card
from core.cards import Reply
from core.i18n import N_
from core.queries.classes import OFFICE, ClassRoom, access_class
from core.queries.joined import joined_of


async def joined(turn: Turn, arguments: str) -> Reply:
    """The own class, or the one that is named or chosen."""
    room = await chosen_class(turn, arguments, OFFICE, lambda one: JoinedTap(room=one.id).pack())
    return await on_tap(turn, JoinedTap(room=room.id)) if isinstance(room, ClassRoom) else room


async def on_tap(turn: Turn, tap: JoinedTap) -> Reply:
    """A page, all of them or only those with somebody not linked."""
    room = await access_class(turn.uow, turn.actor, tap.room, OFFICE)
    return joined_card(turn.t, await joined_of(turn.uow, room), tap, turn.zone)


CAPABILITY = Capability(
    name="joined",
    commands=("joined",),
    title=N_("Who has joined"),
    menu=N_("Who of the class is linked, and who not"),
    order=260,
    for_whom=leads_or_holds(OFFICE),
    on_command=joined,
    tap=JoinedTap,
    on_tap=on_tap,
)
