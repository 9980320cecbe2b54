"""In groups the bot is silent, but for pointing to the private chat and saving a code that was posted there."""

from __future__ import annotations

from bot.capability import Turn
from bot.views.welcome import group_card, posted_code_card
from core.actions.invitations import revoke_posted_code
from core.cards import Reply
from core.domain.codes import looks_like_code, read_code


async def listen(turn: Turn, text: str) -> Reply:
    """Words that were not for us; a code among them is revoked, because the whole group has read it."""
    for word in text.split()[:50]:
        code = read_code(word) if looks_like_code(word) else None
        if code is not None and await revoke_posted_code(turn.uow, code, code_key=turn.services.code_key):
            return posted_code_card(turn.t)
    return None


async def answer(turn: Turn, text: str) -> Reply:
    """A command in a group: never a child's data, only the way to the private chat."""
    warned = await listen(turn, text)
    if warned is not None:
        return warned
    username = turn.services.bot_usernames.get(turn.chat.key.bot, "")
    return group_card(turn.t, f"https://t.me/{username}" if username else turn.services.public_url)
