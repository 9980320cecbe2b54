"""/help: just what this person can do."""

from __future__ import annotations

from bot.capability import Capability, Turn, anyone
from bot.views.help import HelpTap, help_card
from core.cards import Reply
from core.errors import NotFound
from core.i18n import N_


async def show_help(turn: Turn, _arguments: str) -> Reply:
    """The list from the same table that dispatches."""
    return help_card(turn.t, turn.actor, turn.table.offered_to(turn.actor))


async def open_capability(turn: Turn, tap: HelpTap) -> Reply:
    """A button of the list: the same as the command."""
    capability = turn.table.by_name.get(tap.name)
    if capability is None or not capability.for_whom(turn.actor):
        raise NotFound("capability_not_found")
    return await capability.on_command(turn, "")


CAPABILITY = Capability(
    name="help",
    commands=("help", "menu"),
    title=N_("Help"),
    menu=N_("What you can do here"),
    order=700,
    for_whom=anyone,
    on_command=show_help,
    tap=HelpTap,
    on_tap=open_capability,
)
