"""What Telegram refuses in a message: sizes, markup that is not well formed, buttons; in Telegram's own words.

Sizes: https://core.telegram.org/bots/api#sendmessage and #rich-message-limits; markup:
https://core.telegram.org/bots/api#html-style; the words are those of tdlib's ``MessageEntity.cpp``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from tests.support.telegram.failure import Failure

_TEXT = 4_096
_RICH = 32_768
_CAPTION = 1_024
_DATA = 64
_ALBUM = range(2, 11)
_TAGS = frozenset(
    (
        *("b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler"),
        *("a", "tg-emoji", "tg-time", "code", "pre", "blockquote"),
    )
)
_MARKUP = re.compile(r"<(/?)([A-Za-z0-9-]*)([^<>]*)(>?)")
_NOT_WORDS = frozenset(("type", "url", "size", "align", "valign", "language", "date_time_format"))


def refused(method: str, params: Mapping[str, Any]) -> Failure | None:
    """Why the message would not be taken; None where it would. ``params`` are as sent: strings, or bytes of a file."""
    return (
        _text(method, params)
        or _caption(params)
        or _rich(params.get("rich_message"))
        or _album(method, params.get("media"))
        or _buttons(params.get("reply_markup"))
    )


def _text(method: str, params: Mapping[str, Any]) -> Failure | None:
    text = params.get("text")
    if text is None:
        is_needed = method == "sendMessage" or (method == "editMessageText" and "rich_message" not in params)
        return _bad("message text is empty") if is_needed else None
    if method not in ("sendMessage", "editMessageText"):
        return None
    plain, failure = _parsed(text, params)
    if failure is not None:
        return failure
    if not plain.strip():
        return _bad("message text is empty")
    return _bad("message is too long") if _units(plain) > _TEXT else None


def _caption(params: Mapping[str, Any]) -> Failure | None:
    if not (caption := params.get("caption")):
        return None
    plain, failure = _parsed(caption, params)
    if failure is None and _units(plain) > _CAPTION:
        return _bad("message caption is too long")
    return failure


def _rich(message: str | None) -> Failure | None:
    if message is None:
        return None
    try:
        read = json.loads(message)
    except ValueError:
        return _bad("can't parse rich message JSON object")
    if not read.get("blocks") and not read.get("html") and not read.get("markdown"):
        return _bad("message text is empty")
    return _bad("message is too long") if _length(read) > _RICH else None


def _length(part: Any) -> int:
    if isinstance(part, str):
        return _units(part)
    if isinstance(part, list):
        return sum(_length(one) for one in part)
    if isinstance(part, dict):
        return sum(_length(one) for key, one in part.items() if key not in _NOT_WORDS)
    return 0


def _album(method: str, media: Any) -> Failure | None:
    if method != "sendMediaGroup":
        return None
    try:
        items = json.loads(media or "[]")
    except ValueError:
        return _bad("can't parse media JSON object")
    if len(items) not in _ALBUM:
        return _bad("wrong number of items in the album")
    return next((found for one in items if (found := _caption(one))), None)


def _buttons(markup: str | None) -> Failure | None:
    if not markup:
        return None
    try:
        rows = json.loads(markup).get("inline_keyboard", [])
    except (ValueError, AttributeError):
        return _bad("can't parse reply keyboard markup JSON object")
    for button in (button for row in rows for button in row):
        if not button.get("text"):
            return _bad(
                "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
            )
        data = button.get("callback_data")
        if data is not None and not 1 <= len(data.encode()) <= _DATA:
            return _bad("BUTTON_DATA_INVALID")
        if data is None and not {"url", "web_app", "login_url", "copy_text"} & button.keys():
            return _bad(
                "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
            )
    return None


def _parsed(text: str, params: Mapping[str, Any]) -> tuple[str, Failure | None]:
    mode = params.get("parse_mode")
    if mode != "HTML":
        return text, None if not mode or mode.startswith("Markdown") else _bad("unsupported parse_mode")
    fault = _fault_of(text) if "<" in text else ""
    plain = unescape(_MARKUP.sub("", text) if "<" in text else text)
    return plain, _bad(f"can't parse entities: {fault}") if fault else None


def _fault_of(html: str) -> str:
    """What is wrong with the markup, empty where nothing is."""
    nested: list[str] = []
    for found in _MARKUP.finditer(html):
        slash, name, attributes, end = found.groups()
        at = len(html[: found.start()].encode())
        tag = name.lower()
        if slash:
            if not nested:
                return f"Unexpected end tag at byte offset {at}"
            if not end:
                return f"Unclosed end tag at byte offset {at}"
            last = nested.pop()
            if tag and tag != last:
                return f'Unmatched end tag at byte offset {at}, expected "</{last}>", found "</{tag}>"'
            continue
        if tag not in _TAGS:
            return f'Unsupported start tag "{tag}" at byte offset {at}'
        if not end:
            return f"Unclosed start tag at byte offset {at}"
        if tag == "span" and "tg-spoiler" not in attributes:
            return f'Tag "span" must have class "tg-spoiler" at byte offset {at}'
        nested.append(tag)
    return f'Can\'t find end tag corresponding to start tag "{nested[-1]}"' if nested else ""


def _units(text: str) -> int:
    """UTF-16 code units, in which Telegram counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _bad(words: str) -> Failure:
    return Failure(400, f"Bad Request: {words}")
