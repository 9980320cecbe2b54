"""/children: who is linked here, and which one is meant from now on."""

from __future__ import annotations

from bot.capability import Capability, Turn, guarding
from bot.views.children import ChildrenTap, children_card
from bot.whose import chosen_student
from core.cards import Reply
from core.i18n import N_


async def children(turn: Turn, _arguments: str) -> Reply:
    """All of them, and the screens of the one asked about last."""
    return children_card(turn.t, turn.actor, chosen_student(turn))


async def on_tap(turn: Turn, tap: ChildrenTap) -> Reply:
    """Choose the one that is meant from now on."""
    return children_card(turn.t, turn.actor, chosen_student(turn, tap.student))


CAPABILITY = Capability(
    name="children",
    commands=("children",),
    title=N_("Children"),
    menu=N_("Your children, their classes and schools"),
    order=150,
    for_whom=guarding,
    on_command=children,
    tap=ChildrenTap,
    on_tap=on_tap,
)
