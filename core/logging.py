"""Logs: structlog to the console or as JSON lines; tokens, invitation codes and people's words never get into them."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from core.settings import Settings

_SECRETS = (
    (re.compile(r"\b\d{6,20}:[A-Za-z0-9_-]{30,}"), "<token>"),
    (re.compile(r"(/bot)\d{3,20}:[A-Za-z0-9_-]+"), r"\1<token>"),
    (re.compile(r"(/start(?:@\w+)?\s+|start=)[\w-]{6,}"), r"\1<code>"),
    # PostgreSQL and its driver quote the row or the value that did not fit: those are people's words.
    (re.compile(r"(\bDETAIL: ).*?(?=\nHINT: |\n\[SQL: |\n\(Background |\n\n|\Z)", re.DOTALL), r"\1<hidden>"),
    (re.compile(r"(invalid input for query argument \$\d+: )[^\n]*"), r"\1<hidden>"),
    (re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{2}\b"), "<code>"),
)


def hide_secrets(text: str) -> str:
    """The text without anything that looks like a bot token or an invitation code, or that a database quotes."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def _hide(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = hide_secrets(value)
        elif isinstance(value, BaseException):
            event[key] = hide_secrets(repr(value))
    return event


def configure_logging(settings: Settings) -> None:
    """Send structlog and the standard library's logs to standard error in the form that is set."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.format_exc_info,
        _hide,
    ]
    structlog.configure(
        processors=[*shared[:-1], structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _hide, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    # One line an update or job says nothing that our own logs do not.
    for chatty in ("aiogram.event", "aiogram.dispatcher", "apscheduler", "aiohttp.access", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
