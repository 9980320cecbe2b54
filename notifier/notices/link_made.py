"""A new link on your account: told to the older links at once, with "Not me"."""

from __future__ import annotations

from collections.abc import Sequence

from core.access import Actor
from core.cards import Button, Card, Facts, Note, Text
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId
from core.i18n import N_, Translator
from core.queries.audiences import chats_of_person
from core.queries.links import links_for
from notifier.notices.notice import Notice, Payload

_MESSENGERS = {"telegram": N_("Telegram"), "web": N_("Browser")}


async def audience(uow: UnitOfWork, payload: Payload) -> Sequence[ChatId]:
    """The person's other chats."""
    return await chats_of_person(uow, payload["person"], but=payload["chat"])


async def render(uow: UnitOfWork, t: Translator, actor: Actor, payload: Payload) -> Card | None:
    """Nothing once the new link is gone again, or this chat is no longer the person's."""
    identity = next((one for one in actor.identities if one.person_id == payload["person"]), None)
    lines = await links_for(uow, actor) if identity else ()
    new = next((line for line in lines if line.link_id == payload["link"]), None)
    if identity is None or new is None:
        return None
    zone = actor.school.zone if actor.school else None
    where = t(_MESSENGERS.get(new.messenger.value, "Telegram"))
    facts = [(t("Person"), identity.name.full_name), (t("Where"), f"{where} {new.title}".strip())]
    facts.append((t("When"), t.datetime(new.linked_at, zone)))
    # The button belongs to the capability "links": its prefix and fields are a tap of that capability.
    return Card(
        t("A new device was linked to you"),
        (
            Text(t("It sees what this chat sees. If that was you, all is well.")),
            Facts(tuple(facts)),
            Note(t("/links shows every linked chat.")),
        ),
        ((Button(t("Not me: unlink it and tell the school"), f"lk:notme:{new.link_id}"),),),
    )


NOTICE = Notice(kind="link_made", priority=1, audience=audience, render=render)
