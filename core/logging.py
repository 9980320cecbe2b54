"""Logs: structlog to the console or as JSON lines; tokens, invitation codes and people's words never get into them."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from core.domain.codes import read_code
from core.settings import Settings

_DASH = r"[-\u2010-\u2015\u2212_.·]"
_SECRETS = (
    (re.compile(r"\b\d{6,20}:[A-Za-z0-9_-]{30,}"), "<token>"),
    (re.compile(r"(/bot)\d{3,20}:[A-Za-z0-9_-]+"), r"\1<token>"),
    # Whatever stands behind these was meant as a code: also with a typing mistake, or in three groups.
    (
        re.compile(r"(/(?:start|link)(?:@\w+)?\s+)\w(?:[^\w\s]?\w)*(?:\s+\w{4}\s+\w{2}(?!\w))?"),
        r"\1<code>",
    ),
    (re.compile(r"(start=)[\w-]{6,}"), r"\1<code>"),
    # PostgreSQL and its driver quote the row or the value that did not fit: those are people's words.
    (re.compile(r"(\bDETAIL: ).*?(?=\nHINT: |\n\[SQL: |\n\(Background |\n\n|\Z)", re.DOTALL), r"\1<hidden>"),
    (re.compile(r"(invalid input for query argument \$\d+: )[^\n]*"), r"\1<hidden>"),
)
_LIKE_A_CODE = re.compile(rf"(?<!\w)\w{{4}}({_DASH}|\s)\w{{4}}\1\w{{2}}(?!\w)|(?<!\w)\w{{10}}(?!\w)")


def hide_secrets(text: str) -> str:
    """The text without anything that looks like a bot token or an invitation code, in whatever way it is written, or that a
    database quotes.

    A bare code is told from a number by its letters, and from a word by its digits; one in groups from plain words
    by its dashes, or its capitals.
    """
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return _LIKE_A_CODE.sub(_hidden, text)


def _hidden(found: re.Match[str]) -> str:
    written = found[0]
    is_mixed = any(one.isdigit() for one in written) and any(one.isalpha() for one in written)
    between = found[1]
    is_dashed = between is not None and not between.isspace()
    is_code = is_dashed or (is_mixed and (between is None or written.isupper()))
    return "<code>" if is_code and read_code(written) is not None else written


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
