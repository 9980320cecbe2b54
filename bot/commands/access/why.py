"""/why: the last things told here, or not told, and the decision behind each."""

from __future__ import annotations

from bot.capability import Capability, Turn, linked
from bot.views.why import why_card
from core.cards import Reply
from core.i18n import N_
from core.queries.preferences import decisions_for


async def why(turn: Turn, _arguments: str) -> Reply:
    """The newest decisions of this chat."""
    return why_card(turn.t, await decisions_for(turn.uow, turn.actor), turn.now, turn.zone)


CAPABILITY = Capability(
    name="why",
    commands=("why",),
    title=N_("Why?"),
    menu=N_("Why I was told something, or not"),
    order=615,
    for_whom=linked,
    on_command=why,
)
