"""/link, or just the code: from a slip of paper to a linked chat."""

from __future__ import annotations

import dataclasses

from bot.capability import Capability, Turn, anyone
from bot.commands.access import help as help_command
from bot.views.link import LinkTap, ask_code_card, ask_yes_or_no, declined_card, linked_words, offer_card
from core.access import fresh_actor
from core.actions.linking import link_chat, offer_again, read_offer
from core.cards import Card, Reply, Text
from core.domain.codes import looks_like_code
from core.errors import NotFound
from core.i18n import LOCALES, N_, translator


async def link(turn: Turn, arguments: str) -> Reply:
    """/link CODE, /link alone, or free text that is a code."""
    if arguments:
        return await take_code(turn, arguments)
    turn.chat.enter("link", "code")
    return ask_code_card(turn.t)


async def take_code(turn: Turn, text: str) -> Reply:
    """Show whom the code is for. The code itself is kept nowhere: the chat remembers the invitation's id."""
    offer = await read_offer(
        turn.uow, turn.chat, text, code_key=turn.services.code_key, address_hash=turn.address_hash
    )
    turn.chat.enter("link", "confirm", {"invitation": int(offer.invitation_id)})
    return offer_card(turn.t, offer)


async def confirm_by_words(turn: Turn, text: str) -> Reply:
    """A typed Yes or No in any of our languages counts like the button; a code is taken as another try."""
    word = text.strip(" .!").casefold()
    if word in _words("yes"):
        return await answer(turn, LinkTap(answer="yes"))
    if word in _words("no"):
        return await answer(turn, LinkTap(answer="no"))
    if looks_like_code(text):
        return await take_code(turn, text)
    invitation_id = int(turn.chat.state["draft"]["invitation"])
    card = offer_card(turn.t, await offer_again(turn.uow, invitation_id))
    return dataclasses.replace(card, blocks=(Text(ask_yes_or_no(turn.t)), *card.blocks))


def _words(answer: str) -> set[str]:
    spoken = {"yes": N_("yes"), "no": N_("no")}[answer]
    return {translator(locale)(spoken).casefold() for locale in LOCALES} | {answer[0]}


async def answer(turn: Turn, tap: LinkTap) -> Reply:
    """Yes spends the code; both answers end the conversation."""
    state = turn.chat.state
    if state.get("capability") != "link" or state.get("step") != "confirm":
        raise NotFound("offer_over")
    invitation_id = int(state["draft"]["invitation"])
    turn.chat.leave()
    if tap.answer == "no":
        return declined_card(turn.t)
    offer = await offer_again(turn.uow, invitation_id)
    await link_chat(turn.uow, turn.chat, invitation_id)
    turn.actor = await fresh_actor(turn.uow, turn.chat.key)
    turn.menu_changed = True
    first = await _first_screen(turn)
    welcome, promise = linked_words(turn.t, offer)
    if not isinstance(first, Card):
        return Card(turn.t("Linked"), (welcome, promise))
    return dataclasses.replace(first, blocks=(welcome, *first.blocks, promise), fresh=False)


async def _first_screen(turn: Turn) -> Reply:
    """Today's timetable where there is one to show, else what this person can do."""
    schedule = turn.table.by_name.get("schedule")
    if schedule is not None and schedule.for_whom(turn.actor):
        return await schedule.on_command(turn, "")
    return await help_command.show_help(turn, "")


def _is_code(_turn: Turn, text: str) -> bool:
    return looks_like_code(text)


CAPABILITY = Capability(
    name="link",
    commands=("link",),
    title=N_("Link"),
    menu=N_("Link this chat with a code from the school"),
    order=800,
    for_whom=anyone,
    on_command=link,
    tap=LinkTap,
    on_tap=answer,
    steps={"code": take_code, "confirm": confirm_by_words},
    claims=_is_code,
)
