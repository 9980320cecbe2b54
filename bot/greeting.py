"""The answers to people and words that no capability takes: strangers, and commands that are not there."""

from __future__ import annotations

from bot.capability import Turn
from bot.views.welcome import stranger_card, unknown_command_card
from core.cards import Reply


async def to_stranger(turn: Turn) -> Reply:
    """How to begin."""
    return stranger_card(turn.t)


def unknown_command(turn: Turn, command: str) -> Reply:
    """The same for a command that does not exist and one that is not this person's."""
    if turn.actor.is_stranger:
        return stranger_card(turn.t)
    offered = [entry.commands[0] for entry in turn.table.offered_to(turn.actor)]
    return unknown_command_card(turn.t, command, offered)
