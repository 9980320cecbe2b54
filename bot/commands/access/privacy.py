"""/privacy: what is kept and why, and who sees it."""

from __future__ import annotations

from bot.capability import Capability, Turn, anyone
from bot.views.privacy import privacy_card
from core.cards import Reply
from core.i18n import N_


async def privacy(turn: Turn, _arguments: str) -> Reply:
    """The same words for everybody, also strangers."""
    school = turn.actor.school
    return privacy_card(turn.t, school.name if school else "")


CAPABILITY = Capability(
    name="privacy",
    commands=("privacy",),
    title=N_("Privacy"),
    menu=N_("What is kept about you, why, and who sees it"),
    order=630,
    for_whom=anyone,
    on_command=privacy,
)
