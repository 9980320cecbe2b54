"""/undo: take back what was saved last, within five minutes."""

from __future__ import annotations

from bot.capability import Capability, Turn, posting
from bot.views.undo import nothing_to_undo_card, too_late_card
from core.cards import Reply
from core.i18n import N_
from core.queries.postings import last_saved


async def undo(turn: Turn, _arguments: str) -> Reply:
    """The newest entry of this chat, as its own Undo button would."""
    last = await last_saved(turn.uow, turn.actor)
    if last is None:
        return nothing_to_undo_card(turn.t)
    if not last.can_be_undone(turn.now):
        return too_late_card(turn.t)
    capability = turn.table.undoing[last.kind]
    assert capability.undo is not None
    return await capability.undo(turn, last.id)


CAPABILITY = Capability(
    name="undo",
    commands=("undo",),
    title=N_("Undo"),
    menu=N_("Take back what you saved last"),
    order=240,
    for_whom=posting,
    on_command=undo,
)
