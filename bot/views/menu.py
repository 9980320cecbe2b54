"""The commands a messenger's menu offers."""

from __future__ import annotations

from collections.abc import Iterable

from bot.capability import Capability
from core.i18n import Translator
from notifier.channels.channel import MenuEntry


def menu_entries(t: Translator, offered: Iterable[Capability]) -> list[MenuEntry]:
    """One entry a capability, in the menu's order, in the reader's language."""
    return [MenuEntry(capability.commands[0], t(capability.menu)) for capability in offered]
