"""/cancel: always leaves a conversation."""

from __future__ import annotations

from bot.capability import Capability, Turn, anyone
from bot.views.cancel import cancelled_card
from core.cards import Reply
from core.i18n import N_


async def cancel(turn: Turn, _arguments: str) -> Reply:
    """Leave what was open; the dispatcher has already left it when a command comes."""
    return cancelled_card(turn.t)


CAPABILITY = Capability(
    name="cancel",
    commands=("cancel",),
    title=N_("Cancel"),
    menu=N_("Leave what you were doing"),
    order=810,
    for_whom=anyone,
    on_command=cancel,
)
