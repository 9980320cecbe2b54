"""/start: the first word, with or without a code behind it."""

from __future__ import annotations

from bot.capability import Capability, Turn, anyone
from bot.commands.access import help as help_command
from bot.commands.access.link import take_code
from bot.greeting import to_stranger
from core.cards import Reply
from core.i18n import N_


async def start(turn: Turn, arguments: str) -> Reply:
    """With a code as /link; a stranger is told how to begin, everybody else what is possible."""
    if arguments:
        return await take_code(turn, arguments)
    if turn.actor.is_stranger:
        return await to_stranger(turn)
    return await help_command.show_help(turn, "")


CAPABILITY = Capability(
    name="start",
    commands=("start",),
    title=N_("Start"),
    menu=N_("Begin, or see what is possible"),
    order=900,
    for_whom=anyone,
    on_command=start,
)
