"""Outermost: acts on what a handler returned, after its unit of work is over; acknowledges every tap."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiogram import BaseMiddleware
from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.types import TelegramObject, Update

from bot.capability import Table, Turn
from bot.middlewares.inbound import Inbound, read_inbound
from bot.views.menu import menu_entries
from core.cards import Card, File, Toast
from notifier.channels.channel import Channel, ChannelError

log = structlog.get_logger(__name__)


class ReplyMiddleware(BaseMiddleware):
    """Sends, edits and acknowledges through the update's channel; an answer that cannot go out is logged."""

    def __init__(self, table: Table) -> None:
        self.table = table

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        assert isinstance(event, Update)
        inbound = read_inbound(event)
        data["inbound"] = inbound
        reply = await handler(event, data)
        channel: Channel = data["channel"]
        try:
            await self._act(channel, inbound, reply)
            turn: Turn | None = data.get("turn")
            if turn is not None and turn.menu_changed and inbound.is_private:
                entries = menu_entries(turn.t, self.table.offered_to(turn.actor))
                await channel.show_menu(inbound.chat_id, turn.t.locale, entries)
        except ChannelError as error:
            log.warning("reply.not_sent", why=error.why)
        return reply

    @staticmethod
    async def _act(channel: Channel, inbound: Inbound, reply: Any) -> None:
        if inbound.tap_id:
            await channel.acknowledge(inbound.tap_id, _toast(reply))
        if reply is None or reply is UNHANDLED or isinstance(reply, Toast):
            return
        if isinstance(reply, Card) and inbound.tapped_message_id is not None and not reply.fresh:
            await channel.edit(inbound.chat_id, inbound.tapped_message_id, reply)
        elif isinstance(reply, Card | File):
            await channel.send(inbound.chat_id, reply)
        else:
            raise TypeError(f"a handler returned {type(reply).__name__}")


def _toast(reply: Any) -> Toast | None:
    if isinstance(reply, Card) and reply.toast:
        return Toast(reply.toast)
    return reply if isinstance(reply, Toast) else None
