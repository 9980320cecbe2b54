"""Which class a homeroom command is about: the own one, the one that was named, or one to be chosen."""

from __future__ import annotations

from collections.abc import Callable

from bot.capability import Turn
from bot.views.classes import choose_class_card
from core.access import Actor
from core.cards import Reply
from core.domain.name_forms import class_key
from core.domain.rights import Role
from core.queries.classes import ClassRoom, list_classes


def leads_or_holds(roles: tuple[Role, ...]) -> Callable[[Actor], bool]:
    """Whoever leads a class, or holds one of the roles."""

    def check(actor: Actor) -> bool:
        return bool(actor.homerooms) or actor.has_role(*roles)

    return check


async def chosen_class(
    turn: Turn, words: str, roles: tuple[Role, ...], data: Callable[[ClassRoom], str]
) -> ClassRoom | Reply:
    """The class, or a card to choose one by buttons with ``data``.

    Without words the only class and the only one led are sure. Words that name none are said back.
    """
    rooms = await list_classes(turn.uow, turn.actor, roles)
    if words:
        named = [room for room in rooms if class_key(room.name) == class_key(words)]
        if len(named) == 1:
            return named[0]
        return choose_class_card(turn.t, named or rooms, data, unknown="" if named else words)
    led = [room for room in rooms if room.leads]
    for sure in (led, rooms):
        if len(sure) == 1:
            return sure[0]
    return choose_class_card(turn.t, rooms, data)
