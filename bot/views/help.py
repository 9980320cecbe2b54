"""/help: what this person can do here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.capability import Capability
from core.access import Actor
from core.cards import Button, Card, Facts, Note, Text
from core.domain.rights import Role
from core.i18n import Translator
from core.words import ROLE_NAMES

_IN_A_ROW = 2


class HelpTap(CallbackData, prefix="h"):
    """Open a capability by its name."""

    name: Annotated[str, Field(max_length=40)]


def role_words(t: Translator, actor: Actor) -> list[str]:
    """What the person is here: the roles held today, and a guardian of children."""
    roles = {held.role for held in actor.roles} | ({Role.GUARDIAN} if actor.wards else set())
    return [t(name) for role, name in ROLE_NAMES.items() if role in roles]


def help_card(t: Translator, actor: Actor, offered: Sequence[Capability]) -> Card:
    """Who the person is here; a line and, for what can be opened, a button for each capability."""
    useful = [one for one in offered if one.order < 800]
    blocks = []
    if about := role_words(t, actor):
        blocks.append(Text(t("You are here as {roles}.", roles=t.list(about))))
    if not any(one.order < 500 for one in offered):
        blocks.append(Text(t("There is nothing here for your role yet; it is being prepared.")))
    lines = tuple((f"/{one.commands[0]}", t(one.menu)) for one in offered if one.name != "start")
    buttons = [Button(t(one.title), HelpTap(name=one.name).pack()) for one in useful if one.name != "help"]
    rows = tuple(tuple(buttons[i : i + _IN_A_ROW]) for i in range(0, len(buttons), _IN_A_ROW))
    note = Note(
        t("You can also just type a word, like “{word}”.", word=t(useful[0].title) if useful else "/help")
    )
    return Card(t("What you can do here"), (*blocks, Facts(lines), note), rows)
