"""What Telegram's answers mean for a message: the table of the design, by the type of the error, then by its words."""

from __future__ import annotations

from collections.abc import Callable

from aiogram.exceptions import (
    AiogramError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)

from notifier.channels.channel import ChannelError

_UNREACHABLE = (
    "chat not found",
    "user is deactivated",
    "user not found",
    "bot can't initiate",
    "peer_id_invalid",
    "group chat was deactivated",
    "have no rights to send",
    "not enough rights to send",
    "chat_write_forbidden",
)


class Refused(ChannelError):
    """The server said no to this very request, which may be put otherwise."""

    def __init__(self, why: str, *, is_unknown_method: bool = False) -> None:
        super().__init__(why, refused=True)
        self.is_unknown_method = is_unknown_method


class NotModified(Refused):
    """The message shows this already."""


def meaning_of(error: AiogramError, hidden: Callable[[str], str]) -> ChannelError:
    """The error as the lane understands it; ``hidden`` takes the token out of a text."""
    match error:
        case TelegramRetryAfter():
            return ChannelError("told to wait", retry_after=float(error.retry_after))
        case TelegramMigrateToChat():
            return ChannelError("the group has another id now", moved_to=error.migrate_to_chat_id)
        case TelegramNetworkError():
            return ChannelError(hidden(f"network: {error.message}"))
        case TelegramUnauthorizedError():
            return ChannelError("the token is refused", stops_bot=True)
        case TelegramForbiddenError():
            return ChannelError(hidden(error.message), gone=True)
        case TelegramBadRequest() | TelegramNotFound() | TelegramEntityTooLarge():
            why = hidden(error.message)
            if "message is not modified" in why:
                return NotModified(why)
            if isinstance(error, TelegramBadRequest) and any(
                words in why.casefold() for words in _UNREACHABLE
            ):
                return ChannelError(why, gone=True)
            return Refused(why, is_unknown_method=isinstance(error, TelegramNotFound))
        case TelegramAPIError():
            return ChannelError(hidden(error.message))
        case _:
            return ChannelError(f"an answer that makes no sense: {type(error).__name__}")
