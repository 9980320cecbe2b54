"""Turns errors into answers: ours into their sentence, anything else into an apology with a reference id."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiogram import BaseMiddleware
from aiogram.types import TelegramObject

from bot.capability import Turn
from bot.middlewares.inbound import Inbound
from bot.views.errors import apology, error_reply
from core.errors import SchoolbellError
from core.i18n import match_locale, translator

log = structlog.get_logger(__name__)


class ErrorsMiddleware(BaseMiddleware):
    """Nothing raised below leaves this place; the reference id in the apology stands in the log."""

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        inbound: Inbound = data["inbound"]
        try:
            return await handler(event, data)
        except SchoolbellError as error:
            return error_reply(
                self._translator(data), error, tapped=bool(inbound.tap_id), now=self._now(data)
            )
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("update.failed", reference=reference)
            answerable = inbound.sender is not None and inbound.is_private
            return (
                apology(self._translator(data), reference, tapped=bool(inbound.tap_id))
                if answerable
                else None
            )

    @staticmethod
    def _translator(data: dict[str, Any]) -> Any:
        turn: Turn | None = data.get("turn")
        if turn is not None:
            return turn.t
        sender = data["inbound"].sender
        return translator(match_locale(sender.language_code if sender else None) or "en")

    @staticmethod
    def _now(data: dict[str, Any]) -> Any:
        turn: Turn | None = data.get("turn")
        return turn.now if turn is not None else None
