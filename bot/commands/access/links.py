"""/links: every chat linked to this person; unlink one, connect another, or say "Not me"."""

from __future__ import annotations

from bot.capability import Capability, Turn, linked
from bot.views.links import (
    LinksTap,
    ask_unlink_card,
    device_card,
    disowned_card,
    links_card,
    unlinked_card,
)
from core.access import fresh_actor
from core.actions.invitations import DEVICE_LIFE, issue_device_code
from core.actions.linking import revoke_link
from core.cards import Reply
from core.errors import NotFound
from core.i18n import N_
from core.queries.links import links_for
from core.queries.org_bots import bot_names


async def show_links(turn: Turn, _arguments: str) -> Reply:
    """All chats of this chat's persons."""
    return links_card(turn.t, turn.actor, await links_for(turn.uow, turn.actor), turn.now)


async def on_tap(turn: Turn, tap: LinksTap) -> Reply:
    """Ask before unlinking; the rest happens at once."""
    if tap.do == "show":
        return await show_links(turn, "")
    if tap.do == "device":
        return await _connect(turn, tap.id)
    if tap.do == "notme":
        await revoke_link(turn.uow, turn.actor, tap.id, disowned=True)
        return disowned_card(turn.t)
    line = next((one for one in await links_for(turn.uow, turn.actor) if one.link_id == tap.id), None)
    if tap.do == "ask":
        if line is None:
            raise NotFound("link_not_found")
        return ask_unlink_card(turn.t, line)
    still = await revoke_link(turn.uow, turn.actor, tap.id)
    turn.actor = await fresh_actor(turn.uow, turn.chat.key)
    turn.menu_changed = True
    return unlinked_card(turn.t, here=turn.actor.is_stranger, still=still)


async def _connect(turn: Turn, person_id: int) -> Reply:
    issued = await issue_device_code(turn.uow, turn.actor, person_id, code_key=turn.services.code_key)
    identity = next(one for one in turn.actor.identities if one.person_id == person_id)
    username = await _bot(turn, person_id)
    return device_card(
        turn.t,
        identity,
        issued.code,
        int(DEVICE_LIFE.total_seconds() // 60),
        turn.services.public_url,
        f"https://t.me/{username}" if username else "",
    )


async def _bot(turn: Turn, person_id: int) -> str:
    """The Telegram bot to open: the one that is spoken with, a school's of the person's, or the installation's own."""
    here = turn.services.bot_usernames.get(turn.chat.key.bot)
    if here:
        return here
    schools = [one.id for one in turn.actor.schools_of(person_id)]
    return next(iter((await bot_names(turn.uow, schools)).values()), turn.services.own_username)


CAPABILITY = Capability(
    name="links",
    commands=("links",),
    title=N_("Linked chats"),
    menu=N_("Who is linked to you; connect another device"),
    order=610,
    for_whom=linked,
    on_command=show_links,
    tap=LinksTap,
    on_tap=on_tap,
)
