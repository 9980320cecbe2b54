"""Capability: one thing Schoolbell can do in a chat, and the table of all of them.

The same table is dispatch, menu, /help and what the tests walk. A capability lives in one file of
``bot/commands/``, which defines ``CAPABILITY``; ``discover`` finds it there.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from aiogram.filters.callback_data import CallbackData

import bot.commands
from core.access import Actor, Student
from core.cards import Reply
from core.db.conversation import ChatState
from core.db.uow import UnitOfWork
from core.domain.ids import PostingId
from core.domain.kinds import PostingKind
from core.domain.rights import Role
from core.files import FileStore
from core.i18n import LOCALES, Translator, translator
from notifier.channels.channel import Channel


@dataclass(frozen=True, slots=True)
class Services:
    """What handlers need of the running application beside the database."""

    code_key: bytes
    """The key that invitation codes are hashed with."""
    public_url: str
    """Where people open the web chat; no slash at the end."""
    files: FileStore
    """The school's files."""
    bot_usernames: Mapping[int, str] = field(default_factory=dict)
    """Telegram bots by their id, for links that open them."""
    own_bot: int = 0
    """The installation's own Telegram bot, of the settings' token; 0 for none."""

    @property
    def own_username(self) -> str:
        """What the installation's own bot is called; empty without one."""
        return self.bot_usernames.get(self.own_bot, "")


@dataclass(slots=True)
class Turn:
    """One update of one person: who asks, with what unit of work, in which language."""

    uow: UnitOfWork
    actor: Actor
    chat: ChatState
    t: Translator
    services: Services
    table: Table
    channel: Channel
    """Where the update came from, for fetching the files it brings."""
    address_hash: str = ""
    """The keyed hash of a browser's network address, for its limit of tries; empty elsewhere."""
    attached: tuple[int, ...] = ()
    """The messages whose files belong to these words."""
    links: tuple[str, ...] = ()
    """The links in the message that these words answer."""
    menu_changed: bool = False
    """Set by a handler after which other commands are offered."""

    @property
    def now(self) -> datetime:
        """The moment of the update, aware, in UTC."""
        return self.uow.now

    @property
    def zone(self) -> tzinfo | None:
        """The person's own time zone where one was chosen, else the school's."""
        if self.chat.timezone:
            return ZoneInfo(self.chat.timezone)
        return self.actor.school.zone if self.actor.school else None

    def today(self, student: Student | None = None) -> date:
        """The school's date: the student's school's, else the first one the person has to do with."""
        school = student.school if student else self.actor.school
        return school.today(self.now) if school else self.now.date()


Everyone = Callable[[Actor], bool]
OnCommand = Callable[[Turn, str], Awaitable[Reply]]
OnTap = Callable[[Turn, Any], Awaitable[Reply]]
Undo = Callable[[Turn, PostingId], Awaitable[Reply]]


def anyone(_actor: Actor) -> bool:
    """Also strangers."""
    return True


def linked(actor: Actor) -> bool:
    """Whoever is linked to a person."""
    return not actor.is_stranger


def family(actor: Actor) -> bool:
    """Guardians and students."""
    return bool(actor.students)


def guarding(actor: Actor) -> bool:
    """Guardians of a child."""
    return bool(actor.wards)


def posting(actor: Actor) -> bool:
    """Whoever may post something with files: teachers, homeroom teachers, and those who speak for the school."""
    return bool(actor.courses or actor.homerooms) or actor.has_role(Role.HEAD, Role.DEPUTY, Role.ADMIN)


def teaching(actor: Actor) -> bool:
    """Whoever teaches a course, or stands in these days."""
    return bool(actor.courses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """``menu`` and ``title`` are message ids: a line for the menu, and the word that calls it without a slash.

    ``tap`` is the callback data's class, whose prefix names the capability; ``steps`` take the plain text of an
    open conversation, those of ``file_steps`` also files without words (the text is empty then). A tap on another
    capability ends it, unless that ``keeps_steps``, and so does what it is about being saved, dropped, old or gone.
    ``claims`` says whether free text outside of a conversation is meant for ``on_command``; ``insists``, whether it is
    so surely inside of another one that one has to ask. ``posts`` is the kind of postings that ``undo`` takes back.
    """

    name: str
    commands: tuple[str, ...]
    title: str
    menu: str
    order: int
    on_command: OnCommand
    for_whom: Everyone = linked
    tap: type[CallbackData] | None = None
    on_tap: OnTap | None = None
    steps: Mapping[str, OnCommand] = field(default_factory=dict)
    file_steps: frozenset[str] = frozenset()
    keeps_steps: bool = False
    claims: Callable[[Turn, str], bool] | None = None
    insists: Callable[[Turn, str], Awaitable[bool]] | None = None
    posts: PostingKind | None = None
    undo: Undo | None = None


class Table:
    """All capabilities, found by command word, callback prefix, name or claim."""

    def __init__(self, capabilities: Iterable[Capability]) -> None:
        self.capabilities = tuple(sorted(capabilities, key=lambda capability: capability.order))
        self.by_name: dict[str, Capability] = {}
        self.by_command: dict[str, Capability] = {}
        self.by_prefix: dict[str, Capability] = {}
        self.by_word: dict[str, Capability] = {}
        self.undoing: dict[PostingKind, Capability] = {}
        for capability in self.capabilities:
            self._add(self.by_name, capability.name, capability)
            for command in capability.commands:
                self._add(self.by_command, command, capability)
            if capability.posts is not None:
                self.undoing[capability.posts] = capability
            if capability.tap is not None:
                self._add(self.by_prefix, capability.tap.__prefix__, capability)
            for locale in LOCALES:
                self.by_word.setdefault(translator(locale)(capability.title).casefold(), capability)

    @staticmethod
    def _add(index: dict[str, Capability], key: str, capability: Capability) -> None:
        if key in index:
            raise ValueError(f"{capability.name} and {index[key].name} both want {key!r}")
        index[key] = capability

    def offered_to(self, actor: Actor) -> list[Capability]:
        """What the person can do, in the menu's order."""
        return [capability for capability in self.capabilities if capability.for_whom(actor)]


def discover() -> Table:
    """The table of every capability under ``bot/commands/``."""
    found = []
    for module in pkgutil.walk_packages(bot.commands.__path__, "bot.commands."):
        capability = getattr(importlib.import_module(module.name), "CAPABILITY", None)
        if isinstance(capability, Capability):
            found.append(capability)
    return Table(found)
