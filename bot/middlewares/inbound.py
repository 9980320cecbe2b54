"""What the middlewares need to know of any update: who sent it, where the answer goes, which tap it is."""

from __future__ import annotations

from dataclasses import dataclass

from aiogram.types import Update, User


@dataclass(frozen=True, slots=True)
class Inbound:
    """``sender`` is None for updates without a person (channel posts, anonymous admins): those stay unanswered."""

    sender: User | None = None
    chat_id: int = 0
    is_private: bool = False
    tap_id: str = ""
    tapped_message_id: int | None = None


def read_inbound(update: Update) -> Inbound:
    """The answerable part of an update; the actor is ``from``, never ``sender_chat``."""
    if (message := update.message) is not None:
        anonymous = message.sender_chat is not None or (
            message.from_user is not None and message.from_user.is_bot
        )
        return Inbound(
            None if anonymous else message.from_user, message.chat.id, message.chat.type == "private"
        )
    if (query := update.callback_query) is not None:
        where = query.message
        if where is None:
            return Inbound(query.from_user, query.from_user.id, True, query.id)
        return Inbound(
            query.from_user, where.chat.id, where.chat.type == "private", query.id, where.message_id
        )
    if (membership := update.my_chat_member) is not None:
        return Inbound(membership.from_user, membership.chat.id, membership.chat.type == "private")
    return Inbound()
