"""The account's safety: a new link told to the older ones, a disowned one to the office, a flood of wrong codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.cards import Button, Card, Facts, Note, Text
from core.db.uow import UnitOfWork
from core.domain.rights import Role
from core.domain.telling import TELLINGS
from core.i18n import N_
from core.queries.audiences import Audience, links_of_person, name_of, offices, place_of_person
from core.queries.telling import LinkTold, link_told
from notifier.notices import taps
from notifier.notices.notice import Event, Notice, Reader

_MESSENGERS = {"telegram": N_("Telegram"), "web": N_("Browser")}
_SECURITY = TELLINGS["security"]


async def _made_to(uow: UnitOfWork, event: Event) -> Audience | None:
    place = await place_of_person(uow, event.payload["person"])
    links = links_of_person(event.payload["person"], but_chat=event.payload["chat"])
    if place is None:
        return Audience(links)
    return Audience(links, place.timezone, place.locale, quiet=place.quiet)


async def _made(uow: UnitOfWork, event: Event, _children: Sequence[int]) -> Mapping[int, LinkTold]:
    found = await link_told(uow, event.payload["link"])
    return {0: found} if found else {}


def _made_card(reader: Reader, told: Sequence[LinkTold]) -> Card:
    t, one = reader.t, told[0]
    where = f"{t(_MESSENGERS.get(one.messenger, 'Telegram'))} {one.title}".strip()
    facts = (
        (t("Person"), one.person),
        (t("Where"), where),
        (t("When"), t.datetime(one.linked_at, reader.zone)),
    )
    return Card(
        t("A new device was linked to you"),
        (
            Text(t("It sees what this chat sees. If that was you, all is well.")),
            Facts(facts),
            Note(t("/links shows every linked chat.")),
        ),
        ((Button(t("Not me: unlink it and tell the school"), taps.not_me(one.link_id)),),),
    )


async def _disowned_to(uow: UnitOfWork, event: Event) -> Audience | None:
    place = await place_of_person(uow, event.payload["person"])
    if place is None:
        return None
    links = offices(uow, place.path, roles=(Role.ADMIN, Role.SECRETARY))
    return Audience(links, place.timezone, place.locale, quiet=place.quiet)


async def _disowned(uow: UnitOfWork, event: Event, _children: Sequence[int]) -> Mapping[int, str]:
    return {0: await name_of(uow, event.payload["person"])}


def _disowned_card(reader: Reader, told: Sequence[str]) -> Card:
    t = reader.t
    return Card(
        t("A link was disowned"),
        (
            Text(t("This person says that a newly linked device was not theirs. It was unlinked at once.")),
            Facts(((t("Person"), told[0]),)),
            Text(t("Please ask how the code got into other hands, and issue a new one.")),
        ),
    )


async def _guessed_to(uow: UnitOfWork, _event: Event) -> Audience | None:
    return Audience(offices(uow))


async def _guessed(_uow: UnitOfWork, event: Event, _children: Sequence[int]) -> Mapping[int, int]:
    return {0: int(event.payload["tries"])}


def _guessed_card(reader: Reader, told: Sequence[int]) -> Card:
    t = reader.t
    return Card(
        t("Somebody may be guessing codes"),
        (
            Text(
                t.plural(
                    "{n} wrong invitation code was tried in the last quarter of an hour.",
                    "{n} wrong invitation codes were tried in the last quarter of an hour.",
                    told[0],
                )
            ),
            Text(t("New tries are slowed down by themselves. No code was given away.")),
        ),
    )


NOTICES = (
    Notice(
        kind="link_made",
        plain=_SECURITY,
        urgent=_SECURITY,
        audience=_made_to,
        load=_made,
        card=_made_card,
    ),
    Notice(
        kind="link_disowned",
        plain=_SECURITY,
        urgent=_SECURITY,
        audience=_disowned_to,
        load=_disowned,
        card=_disowned_card,
    ),
    Notice(
        kind="codes_guessed",
        plain=_SECURITY,
        urgent=_SECURITY,
        audience=_guessed_to,
        load=_guessed,
        card=_guessed_card,
    ),
)
