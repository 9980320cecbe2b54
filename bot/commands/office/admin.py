"""/admin: a link that opens the panel once."""

from __future__ import annotations

from bot.capability import Capability, Turn
from bot.views.admin import panel_link_card
from core.access import Actor
from core.actions.panel_sessions import issue_ticket
from core.cards import Reply
from core.domain.rights import PANEL_ROLES
from core.i18n import N_


def works_in_panel(actor: Actor) -> bool:
    """Whoever has work in the panel."""
    return actor.has_role(*PANEL_ROLES)


async def admin(turn: Turn, _arguments: str) -> Reply:
    """A new link; an older unused one dies."""
    ticket = await issue_ticket(turn.uow, turn.actor)
    return panel_link_card(turn.t, f"{turn.services.public_url}/admin/enter?ticket={ticket}")


CAPABILITY = Capability(
    name="admin",
    commands=("admin",),
    title=N_("School office"),
    menu=N_("The panel: people, codes, links, audit"),
    order=290,
    for_whom=works_in_panel,
    on_command=admin,
)
