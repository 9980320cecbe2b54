"""/cancel: always leaves a conversation; and what words were meant for while one was open."""

from __future__ import annotations

from bot.capability import Capability, Turn, anyone
from bot.steps import open_step
from bot.views.cancel import WhichTap, cancelled_card
from core.cards import Reply
from core.errors import Invalid
from core.i18n import N_


async def cancel(turn: Turn, _arguments: str) -> Reply:
    """Leave what was open; the dispatcher has already left it when a command comes."""
    return cancelled_card(turn.t)


async def on_tap(turn: Turn, tap: WhichTap) -> Reply:
    """The words that were set aside, for what they were meant for."""
    aside = turn.chat.state.get("aside")
    step = open_step(turn)
    if aside is None or step is None:
        raise Invalid("draft_over")
    turn.attached, turn.links = tuple(aside["files"]), tuple(aside["links"])
    if tap.which == "text":
        return await step.take(turn, aside["words"])
    other = turn.table.by_name[aside["other"]]
    if not other.for_whom(turn.actor):
        raise Invalid("draft_over")
    turn.chat.leave()
    return await other.on_command(turn, aside["words"])


CAPABILITY = Capability(
    name="cancel",
    commands=("cancel",),
    title=N_("Cancel"),
    menu=N_("Leave what you were doing"),
    order=810,
    for_whom=anyone,
    on_command=cancel,
    tap=WhichTap,
    on_tap=on_tap,
    keeps_steps=True,
)
