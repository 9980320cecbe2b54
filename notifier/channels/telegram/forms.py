"""One card to many chats: rendered and encoded once, then posted with only the chat's id put in front.

aiogram builds and checks a method, a form and the whole answer for every message; at a thousand a second that is more
than all the rest. What goes over the wire is the same, and answers that are no success are aiogram's to read.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.exceptions import TelegramNetworkError
from aiogram.methods import TelegramMethod
from aiogram.types import Message
from aiohttp import ClientError, ClientTimeout

from core.cards import Card

_KEPT = 64

_HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
Make = Callable[[Card], TelegramMethod[Message]]


class Forms:
    """The encoded forms of the cards that went out last."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._kept: OrderedDict[tuple[int, str], tuple[Card, TelegramMethod[Message], bytes]] = OrderedDict()

    async def post(self, chat_id: int, card: Card, make: Make) -> int:
        """Send what ``make`` makes of the card; the message's id. Raises aiogram's errors."""
        session = self._bot.session
        if not isinstance(session, AiohttpSession):
            return (await self._bot(make(card).model_copy(update={"chat_id": chat_id}))).message_id
        method, form = self._form(session, card, make)
        url = session.api.api_url(token=self._bot.token, method=method.__api_method__)
        client = await session.create_session()
        try:
            async with client.post(
                url,
                data=b"chat_id=%d&%b" % (chat_id, form),
                headers=_HEADERS,
                timeout=ClientTimeout(total=session.timeout),
            ) as response:
                text = await response.text()
        except asyncio.TimeoutError as error:  # noqa: UP041 - as the client raises it
            raise TelegramNetworkError(method=method, message="Request timeout error") from error
        except (ClientError, OSError) as error:
            raise TelegramNetworkError(method=method, message=f"{type(error).__name__}: {error}") from error
        found = _message_id(text) if response.status == 200 else None
        if found is not None:
            return found
        answer = session.check_response(self._bot, method, response.status, text)
        assert isinstance(answer.result, Message)
        return answer.result.message_id

    def _form(self, session: AiohttpSession, card: Card, make: Make) -> tuple[TelegramMethod[Message], bytes]:
        key = (id(card), make.__name__)
        kept = self._kept.get(key)
        # The card is kept with its form, so that its id is nobody else's.
        if kept is None:
            method = make(card)
            fields: dict[str, Any] = {}
            for name, value in method.model_dump(warnings=False).items():
                prepared = session.prepare_value(value, bot=self._bot, files={})
                if prepared and name != "chat_id":
                    fields[name] = prepared
            kept = self._kept[key] = (card, method, urlencode(fields).encode())
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return kept[1], kept[2]


def _message_id(text: str) -> int | None:
    """The id in a successful answer; None where it is anything else."""
    try:
        answer = json.loads(text)
        found = answer["result"]["message_id"] if answer["ok"] else None
    except (ValueError, TypeError, KeyError):
        return None
    return found if isinstance(found, int) else None
