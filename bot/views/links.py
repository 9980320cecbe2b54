"""The chats linked to a person, unlinking them, and connecting another device."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from core.access import Actor, Identity
from core.actions.invitations import may_add_device
from core.cards import Block, Button, Card, Facts, Item, Listing, Note, Section, Text
from core.domain.codes import show_code
from core.domain.ids import LARGEST_ID
from core.i18n import Translator
from core.queries.links import LinkLine
from core.words import MESSENGER_NAMES


class LinksTap(CallbackData, prefix="lk"):
    """``id`` is a link's for ask, unlink and notme, a person's for device."""

    do: Literal["show", "ask", "unlink", "notme", "device"]
    id: Annotated[int, Field(ge=0, le=LARGEST_ID)] = 0


def links_card(t: Translator, actor: Actor, links: Sequence[LinkLine], now: datetime) -> Card:
    """Each person's chats with when they were linked; a button to unlink each, and one for another device."""
    blocks: list[Block] = []
    rows: list[tuple[Button, ...]] = []
    several = len(actor.identities) > 1
    zone = actor.school.zone if actor.school else None
    for identity in actor.identities:
        own = [line for line in links if line.person_id == identity.person_id]
        items = tuple(Item(_line(t, line, now, zone)) for line in own)
        listing: Block = Listing(items) if items else Text(t("No chat is linked."))
        blocks.append(Section(identity.name.full_name, (listing,), open=True) if several else listing)
        rows += [
            (Button(t("Unlink: {chat}", chat=_name(t, line)), LinksTap(do="ask", id=line.link_id).pack()),)
            for line in own[:10]
        ]
        label = (
            t("Connect another device: {name}", name=identity.name.given)
            if several
            else t("Connect another device")
        )
        if may_add_device(actor, identity.person_id):
            rows.append((Button(label, LinksTap(do="device", id=identity.person_id).pack()),))
    blocks.append(Note(t("A chat you do not know? Unlink it and tell the school.")))
    return Card(t("Linked chats"), tuple(blocks), tuple(rows))


def _name(t: Translator, line: LinkLine) -> str:
    messenger = t(MESSENGER_NAMES[line.messenger])
    where = t("this chat") if line.here else line.title
    return f"{messenger} · {where}" if where else messenger


def _line(t: Translator, line: LinkLine, now: datetime, zone: tzinfo | None) -> str:
    text = t(
        "{chat}, since {day}",
        chat=_name(t, line),
        day=t.date(line.linked_at.astimezone(zone).date(), "medium"),
    )
    return text + " (" + t("blocked") + ")" if line.blocked else text


def ask_unlink_card(t: Translator, line: LinkLine) -> Card:
    """Before a link is cut."""
    text = (
        t("This chat will show and tell you nothing more. You will need a new code to link it again.")
        if line.here
        else t("That chat will show and tell nothing more. It takes effect at once.")
    )
    return Card(
        t("Unlink {chat}?", chat=_name(t, line)),
        (Text(text),),
        (
            (Button(t("Yes, unlink"), LinksTap(do="unlink", id=line.link_id).pack()),),
            (Button(t("No, keep it"), LinksTap(do="show").pack()),),
        ),
    )


def unlinked_card(t: Translator, *, here: bool, still: bool) -> Card:
    """It is cut; ``still`` tells that this very tap did it."""
    text = t("It is done.") if still else t("It had been unlinked before.")
    more = (
        t("This chat is not linked to anybody now.") if here else t("/links shows the chats that are left.")
    )
    return Card(t("Unlinked"), (Text(text), Note(more)))


def disowned_card(t: Translator) -> Card:
    """After "Not me"."""
    return Card(
        t("Unlinked, and the school is told"),
        (Text(t("That chat can see nothing any more. The school will look into it.")),),
    )


def device_card(
    t: Translator, identity: Identity, code: str, minutes: int, web_url: str, telegram_url: str
) -> Card:
    """A code of ten minutes for another phone or browser of the same person."""
    facts = [(t("Code"), show_code(code)), (t("For"), identity.name.full_name)]
    buttons = [(Button(t("Open in a browser"), url=f"{web_url}/#{show_code(code)}"),)]
    if telegram_url:
        buttons.append((Button(t("Open in Telegram"), url=f"{telegram_url}?start={code}"),))
    return Card(
        t("Another device"),
        (
            Text(
                t.plural(
                    "Type this code on the other device. It works once, for {n} minute.",
                    "Type this code on the other device. It works once, for {n} minutes.",
                    minutes,
                )
            ),
            Facts(tuple(facts)),
            Note(t("In a browser: {url}", url=web_url)),
        ),
        tuple(buttons),
        fresh=True,
    )
