"""The web address of the application: the chat's pages, the panel, and what is there for those who run it."""

from __future__ import annotations

from functools import partial
from typing import Any

from aiohttp import web

from bot.app import App
from bot.channels.telegram import whose_token
from bot.channels.watching import watch
from bot.channels.webchat import Door, Persona, Visitor, WebChat
from bot.views.help import role_words
from bot.views.menu import menu_entries
from core.access import load_actor
from core.actions.linking import read_offer
from core.actions.web_sessions import WEB_BOT
from core.db.conversation import ChatKey
from core.db.uow import UnitOfWork
from core.domain.kinds import Messenger
from core.i18n import N_, Translator, translator
from core.queries.invitable import person_by_external_id
from notifier.channels.channel import MenuEntry
from notifier.channels.webchat import WebChannel

# The demo's own people, by the external ids that `core.importing.demo` fixes.
_PERSONAS = (
    ("mother", "Anna Petrova", N_("Mother of Ivan in 7A and Maria in 3B")),
    ("student", "Ivan Petrov", N_("Student of 7A")),
    ("teacher", "Olga Sokolova", N_("Teaches algebra in 7A, mother of a pupil in 5A")),
    ("father", "Pavel Petrov", N_("Father of the same two; may read only")),
    ("homeroom", "Boris Orlov", N_("Homeroom teacher of 7A")),
    ("head", "Galina Belova", N_("Head of school")),
    ("admin", "Arkady Lvov", N_("Administrator")),
    ("secretary", "Svetlana Zueva", N_("Secretary")),
    ("canteen", "Klara Pavlova", N_("Canteen")),
    ("stranger-mother", "Irina Smirnova", N_("Mother in another family of 7A")),
)


def build_site(app: App, *, demo: bool = False) -> web.Application:
    """The aiohttp application; opens the browser's channel. ``demo`` puts the persona picker in front."""
    channel = WebChannel(app.database, app.clock, app.services.files)
    app.add_channel(channel)
    settings = app.settings

    async def feed(raw: dict[str, Any], address: str) -> None:
        await app.feed(channel, raw, address_hash=app.address_hash(address))

    async def menu(user_id: int, locale: str) -> list[MenuEntry]:
        async with UnitOfWork(app.database, app.clock) as uow:
            _, actor = await load_actor(uow, ChatKey(Messenger.WEB, WEB_BOT, user_id))
        return menu_entries(translator(locale), app.table.offered_to(actor))

    async def visitor(user_id: int, t: Translator) -> Visitor | None:
        async with UnitOfWork(app.database, app.clock) as uow:
            _, actor = await load_actor(uow, ChatKey(Messenger.WEB, WEB_BOT, user_id))
        if actor.is_stranger:
            return None
        name = t.list([one.name.full_name for one in actor.identities])
        return Visitor(name, t.list(role_words(t, actor)))

    async def try_code(code: str, address: str) -> None:
        async with UnitOfWork(app.database, app.clock, via=Messenger.WEB.value) as uow:
            await read_offer(
                uow, None, code, code_key=app.services.code_key, address_hash=app.address_hash(address)
            )

    async def personas(t: Translator) -> list[Persona]:
        found = []
        async with UnitOfWork(app.database, app.clock) as uow:
            for external_id, name, words in _PERSONAS:
                person_id = await person_by_external_id(uow, external_id, source="demo")
                found.append(Persona(person_id, name, t(words)))
        return found

    site = web.Application(client_max_size=64 * 1024)
    watch(site, app)
    WebChat(
        database=app.database,
        clock=app.clock,
        channel=channel,
        door=Door(feed, menu, visitor, try_code, personas if demo else None),
        key=app.key,
        own_address=app.own_address,
        is_tls=settings.is_tls,
        trusted_proxies=settings.trusted_proxies,
    ).mount(site)
    app.panel(ask_bot=None if demo else partial(whose_token, settings)).mount(site)
    return site
