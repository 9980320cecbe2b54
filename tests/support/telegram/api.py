"""The double's state: what was asked of it, what it accepted and when, the updates that wait, how it feels today."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.support.telegram.checks import refused
from tests.support.telegram.failure import NO_METHOD, UNAUTHORIZED, Failure, too_many
from tests.support.telegram.limits import Gate, Limits
from tests.support.telegram.misbehaviour import Misbehaviour, Mood

TOKEN = "4242:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
MINIMAL = frozenset({"getMe", "getUpdates", "sendMessage", "editMessageText", "answerCallbackQuery"})

_SENDS = frozenset(
    {"sendMessage", "sendRichMessage", "sendPhoto", "sendDocument", "sendMediaGroup"}
    | {f"editMessage{part}" for part in ("Text", "Caption", "Media", "ReplyMarkup")}
)
"""What counts against the limits and is kept as accepted."""


class Call:
    """One request; ``params`` are its parameters, JSON read."""

    def __init__(self, method: str, raw: Mapping[str, Any]) -> None:
        self.method = method
        self.raw = raw

    @cached_property
    def params(self) -> dict[str, Any]:
        return {key: _read(value) for key, value in self.raw.items()}

    def __repr__(self) -> str:
        return f"Call({self.method!r}, {self.params!r})"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that Telegram would now have shown. ``at`` is CLOCK_MONOTONIC, which all processes of a machine share;
    ``text`` is the text, the rich message's JSON or the caption; ``sender`` the first part of the address it came to."""

    number: int
    at: float
    bot_id: int
    method: str
    chat_id: int
    message_id: int
    text: str
    sender: str


@dataclass
class _Bot:
    """One token's updates and its work in hand."""

    updates: list[dict[str, Any]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0
    webhook: str = ""
    in_hand: int = 0


class BotApi:
    """The double. ``minimal`` answers everything but five methods with an error, as the issue allows; ``limits`` are
    enforced where given; ``any_token`` takes every well-formed token, else ``tokens`` are known.

    ``failures`` are answered once each, ``always`` for ever, ``chats`` to whoever writes to that chat, all by the
    method's or the chat's name; ``mood`` does the rest. ``keep_calls`` off keeps no more than what was accepted.
    """

    def __init__(
        self,
        *,
        minimal: bool = False,
        limits: Limits | None = None,
        tokens: tuple[str, ...] = (TOKEN,),
        any_token: bool = False,
        keep_calls: bool = True,
        longest_poll: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.minimal = minimal
        self.gate = Gate(limits) if limits else None
        self.tokens = set(tokens)
        self.any_token = any_token
        self.keep_calls = keep_calls
        self.longest_poll = longest_poll
        self.clock = clock
        self.calls: list[Call] = []
        self.accepted: list[Accepted] = []
        self.answers: defaultdict[str, int] = defaultdict(int)
        """How often each status was answered to each method, by ``"429 sendMessage"``; ``0`` stands for no answer."""
        self.most_in_hand: defaultdict[int, int] = defaultdict(int)
        """The most sends of a bot that were in the double's hands at once."""
        self.failures: defaultdict[str, deque[Failure]] = defaultdict(deque)
        self.always: dict[str, Failure] = {}
        self.chats: dict[int, Failure] = {}
        self.mood = Mood()
        self.files: dict[str, bytes] = {}
        self.url = ""
        self.confirmed = 0
        self._bots: defaultdict[int, _Bot] = defaultdict(_Bot)
        self._numbers = itertools.count(1)
        self._message_ids = itertools.count(100)
        self._ways: dict[str, Callable[[int, Mapping[str, Any]], Any]] = {
            "getMe": self._me,
            "setWebhook": self._set_webhook,
            "deleteWebhook": lambda bot_id, _: self._set_webhook(bot_id, {}),
            "getWebhookInfo": lambda bot_id, _: {"url": self._bots[bot_id].webhook},
            "getFile": self._file,
        }

    def push(self, *, bot_id: int = 4242, **update: Any) -> int:
        """Put an update into a bot's queue."""
        number = next(self._numbers)
        bot = self._bots[bot_id]
        bot.updates.append({"update_id": number, **update})
        bot.news.set()
        return number

    def say(self, user_id: int, text: str, *, bot_id: int = 4242) -> int:
        """A private message of somebody."""
        return self.push(
            bot_id=bot_id,
            message={
                "message_id": next(self._message_ids),
                "date": 1,
                "chat": {"id": user_id, "type": "private"},
                "from": {"id": user_id, "is_bot": False, "first_name": "U", "language_code": "en"},
                "text": text,
            },
        )

    def tap(self, user_id: int, data: str, message_id: int = 7, *, bot_id: int = 4242) -> int:
        """A tap of somebody."""
        return self.push(
            bot_id=bot_id,
            callback_query={
                "id": f"tap{next(self._message_ids)}",
                "from": {"id": user_id, "is_bot": False, "first_name": "U", "language_code": "en"},
                "chat_instance": "1",
                "data": data,
                "message": {
                    "message_id": message_id,
                    "date": 1,
                    "chat": {"id": user_id, "type": "private"},
                    "text": "older",
                },
            },
        )

    def of(self, method: str) -> list[Call]:
        """The calls of a method, oldest first."""
        return [call for call in self.calls if call.method == method]

    async def until(self, method: str, count: int = 1) -> list[Call]:
        """Wait until a method was called so often."""
        async with asyncio.timeout(10):
            while len(self.of(method)) < count:
                await asyncio.sleep(0.01)
        return self.of(method)

    def misbehave(self, *rules: Misbehaviour) -> None:
        """Fail so from now on, and no other way."""
        self.mood.rules = list(rules)

    def fault_of(self, method: str, params: Mapping[str, Any], bot_id: int) -> Misbehaviour | None:
        """How this request is to go wrong on its way, None where it is not."""
        return self.mood.towards(method, _chat_of(params), bot_id) if self.mood.rules else None

    def take_in_hand(self, bot_id: int, by: int) -> None:
        """A send of a bot has come (1) or was answered (-1)."""
        bot = self._bots[bot_id]
        bot.in_hand += by
        self.most_in_hand[bot_id] = max(self.most_in_hand[bot_id], bot.in_hand)

    async def answer(
        self, token: str, method: str, params: Mapping[str, Any], sender: str = ""
    ) -> Failure | Any:
        """What Telegram answers: the result, or a Failure."""
        if not self._knows(token):
            return UNAUTHORIZED
        if self.keep_calls:
            self.calls.append(Call(method, params))
        if self.failures.get(method):
            return self.failures[method].popleft()
        if method in self.always:
            return self.always[method]
        if self.minimal and method not in MINIMAL:
            return NO_METHOD
        bot_id = int(token.partition(":")[0])
        if method in _SENDS:
            return self._send(bot_id, method, params, sender)
        if method == "getUpdates":
            return await self._updates(bot_id, params)
        return self._ways[method](bot_id, params) if method in self._ways else True

    def _knows(self, token: str) -> bool:
        return token in self.tokens or (self.any_token and token.partition(":")[0].isdigit())

    def _send(self, bot_id: int, method: str, params: Mapping[str, Any], sender: str) -> Failure | Any:
        chat_id = _chat_of(params)
        failure = self.chats.get(chat_id) or refused(method, params)
        if failure is not None:
            return failure
        now = self.clock()
        if self.gate and (wait := self.gate.wait(bot_id, chat_id, now)) > 0:
            return too_many(wait)
        message_id = int(params.get("message_id") or 0) or next(self._message_ids)
        text = params.get("text") or params.get("rich_message") or params.get("caption") or ""
        self.accepted.append(
            Accepted(len(self.accepted) + 1, now, bot_id, method, chat_id, message_id, text, sender)
        )
        message = {
            "message_id": message_id,
            "date": 1,
            "chat": {"id": chat_id, "type": "group" if chat_id < 0 else "private"},
        }
        if method == "sendMediaGroup":
            media = json.loads(params["media"])
            return [message, *({**message, "message_id": next(self._message_ids)} for _ in media[1:])]
        if method in ("sendDocument", "sendPhoto"):
            kept = self._keep(params.get("document") or params.get("photo") or b"")
            kind = (
                {"document": kept}
                if method == "sendDocument"
                else {"photo": [{**kept, "width": 9, "height": 9}]}
            )
            return {**message, **kind}
        return {**message, "text": "sent"}

    def _keep(self, content: bytes | str) -> dict[str, Any]:
        """A file that came, or the name of one that is here."""
        if isinstance(content, str):
            return {"file_id": content, "file_unique_id": content}
        file_id = f"file-{next(self._message_ids)}"
        self.files[file_id] = content
        return {"file_id": file_id, "file_unique_id": file_id, "file_size": len(content)}

    def _me(self, bot_id: int, _params: Mapping[str, Any]) -> Any:
        name = "school_bot" if bot_id == 4242 else f"school_{bot_id}_bot"
        return {"id": bot_id, "is_bot": True, "first_name": "Schoolbell", "username": name}

    def _set_webhook(self, bot_id: int, params: Mapping[str, Any]) -> bool:
        """Kept, and getUpdates refused while there is one; nothing is posted to it."""
        self._bots[bot_id].webhook = params.get("url", "")
        return True

    def _file(self, _bot_id: int, params: Mapping[str, Any]) -> Any:
        file_id = params.get("file_id", "")
        if file_id not in self.files:
            return Failure(400, "Bad Request: invalid file_id")
        size = len(self.files[file_id])
        return {"file_id": file_id, "file_unique_id": file_id, "file_size": size, "file_path": file_id}

    async def _updates(self, bot_id: int, params: Mapping[str, Any]) -> Failure | list[dict[str, Any]]:
        bot = self._bots[bot_id]
        if bot.webhook:
            words = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            return Failure(409, f"Conflict: {words}")
        offset = int(params.get("offset") or 0)
        self.confirmed = max(self.confirmed, offset - 1)
        bot.updates = [update for update in bot.updates if update["update_id"] >= offset]
        bot.asked = asked = bot.asked + 1
        bot.news.set()  # an older question ends
        if not bot.updates:
            bot.news.clear()
            with suppress(TimeoutError):
                wait = min(float(params.get("timeout") or 0), self.longest_poll)
                await asyncio.wait_for(bot.news.wait(), wait)
        if bot.asked != asked:
            words = "terminated by other getUpdates request; make sure that only one bot instance is running"
            return Failure(409, f"Conflict: {words}")
        return list(bot.updates)


def _chat_of(params: Mapping[str, Any]) -> int:
    try:
        return int(params.get("chat_id") or 0)
    except ValueError:
        return 0


def _read(value: Any) -> Any:
    if isinstance(value, bytes):
        return value
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value
