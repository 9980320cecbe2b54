"""Innermost: the chat's state and the actor in one statement, the language, and the state's way back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiogram import BaseMiddleware
from aiogram.types import TelegramObject

from bot.capability import Services, Table, Turn
from bot.middlewares.inbound import Inbound
from core.access import Actor, load_actor
from core.db.conversation import ChatKey, ChatState, open_chat, set_blocked
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId
from core.errors import SchoolbellError
from core.i18n import match_locale, translator


class ChatMiddleware(BaseMiddleware):
    """Builds the Turn. The language is the one chosen, else the messenger's, else the school's, else English."""

    def __init__(self, table: Table, services: Services) -> None:
        self.table = table
        self.services = services

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        inbound: Inbound = data["inbound"]
        uow: UnitOfWork = data["uow"]
        channel = data["channel"]
        assert inbound.sender is not None
        key = ChatKey(channel.messenger, channel.bot_id, inbound.sender.id)
        if not inbound.is_private:
            # In a group nobody is anybody: no row is read or made, so nothing of a person can be shown there.
            locale = match_locale(inbound.sender.language_code) or "en"
            data["turn"] = Turn(
                uow,
                Actor(),
                ChatState(ChatId(0), key),
                translator(locale),
                self.services,
                self.table,
                channel,
            )
            return await handler(event, data)
        chat, actor = await load_actor(uow, key)
        if chat is None:
            chat = await open_chat(uow, key, inbound.sender.full_name)
        elif chat.blocked:
            await set_blocked(uow, chat.id, blocked=False)
        chat.see(uow.now)
        school = actor.school
        locale = (
            chat.locale
            or match_locale(inbound.sender.language_code)
            or match_locale(school.locale if school else None)
            or "en"
        )
        turn = Turn(
            uow,
            actor,
            chat,
            translator(locale),
            self.services,
            self.table,
            channel,
            address_hash=data.get("address_hash", ""),
        )
        data["turn"] = turn
        try:
            reply = await handler(event, data)
        except SchoolbellError:
            # A refusal, too, may have opened or left a step: what was typed is asked for again, or is over.
            await chat.save(uow)
            raise
        await chat.save(uow)
        return reply
