"""Whatever comes in: no unhandled fault, nobody else's data, a civil answer or a considered silence."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiogram.types import Update
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.migrate import migrate
from tests.cast import NOW, Cast, make_cast
from tests.support.conversation import Heard, Stage

_APOLOGY = ("Something went wrong", "у нас что-то сломалось", "ระบบของเราขัดข้อง")


@dataclass
class Arena:
    """A stage that lives as long as the module, driven from plain functions."""

    loop: asyncio.AbstractEventLoop
    stage: Stage
    cast: Cast
    clock: FrozenClock
    known: list[str] = field(default_factory=list)
    fed: int = 0

    def feed(self, raw: dict[str, Any]) -> list[Heard]:
        self.clock.move(timedelta(seconds=1))
        return self.loop.run_until_complete(self.stage.feed(raw))


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    loop = asyncio.new_event_loop()
    clock = FrozenClock(NOW)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{folder}/school.db")
        loop.run_until_complete(migrate(database))
        cast = loop.run_until_complete(make_cast(database, clock))
        arena = Arena(loop, Stage(database, clock, files=Path(folder)), cast, clock)
        mother = arena.stage.user(cast["mother"].user_id)
        teacher = arena.stage.user(cast["teacher"].user_id)
        homeroom = arena.stage.user(cast["homeroom"].user_id)
        asked = [
            *(
                (mother, f"/{one}")
                for one in [
                    "grades",
                    "homework",
                    "schedule",
                    "attendance",
                    "meals",
                    "links",
                    "language",
                    "news",
                ]
            ),
            *((teacher, f"/{one}") for one in ["register", "lessons", "hw", "topic", "announce"]),
            *(
                (teacher, line)
                for line in ("Petrov 5, Smirnov late 10", "/hw 7A algebra: §1", "/announce 7A algebra: x")
            ),
            *((homeroom, f"/{one}") for one in ["joined", "invite", "absent", "class", "announcements"]),
        ]
        for user, words in asked:
            heard = loop.run_until_complete(user.send(words))
            arena.known += [one for one in heard.buttons.values() if not one.startswith("iv:clean")]
        yield arena
        assert arena.fed > 4_500, "nearly all examples are updates that a messenger could send"
        loop.run_until_complete(database.close())
    loop.close()


_NAMES = (
    *(
        "mother",
        "father",
        "stranger_mother",
        "ivan",
        "teacher",
        "homeroom",
        "head",
        "admin",
        "secretary",
        "canteen",
    ),
    "",
)
_COMMANDS = (
    "/start",
    "/link",
    "/help",
    "/language",
    "/privacy",
    "/cancel",
    "/children",
    "/links",
    "/grades",
    "/homework",
    "/schedule",
    "/attendance",
    "/meals",
    "/news",
    "/mark",
    "/m",
    "/register",
    "/lessons",
    "/topic",
    "/hw",
    "/announce",
    "/announcements",
    "/undo",
    "/joined",
    "/invite",
    "/absent",
    "/class",
    "/nothing",
)
_texts = st.one_of(
    st.text(max_size=200),
    st.builds(lambda command, rest: f"{command} {rest}", st.sampled_from(_COMMANDS), st.text(max_size=40)),
    st.sampled_from(_COMMANDS),
    st.integers(1, 5000).map(lambda n: "ъ" * n),
    st.from_regex(r"[0-9A-HJKMNP-TV-Z]{4}-?[0-9A-HJKMNP-TV-Z]{4}-?[0-9A-HJKMNP-TV-Z]{2}", fullmatch=True),
)
_numbers = st.one_of(st.integers(-3, 60), st.sampled_from([2**31, 2**63, -(2**63), 10**18]))
_prefixes = st.sampled_from(
    [
        *("g", "hw", "sch", "at", "ml", "lk", "ln", "lang", "ch", "nw", "mk", "rg", "sh", "tp", "dy"),
        *("an", "am", "jn", "iv", "ab", "cl", "wh", "zz", ""),
    ]
)
_actions = st.sampled_from(
    [
        *("all", "one", "day", "week", "tick", "file", "show", "ask", "device", "yes", "no", "ru", "save"),
        *("lesson", "pick", "note", "give", "set", "drop", "open", "names", "undo", "send", "code", "p"),
    ]
)
_forged = st.builds(
    lambda prefix, parts: ":".join([prefix, *map(str, parts)])[:64],
    _prefixes,
    st.lists(st.one_of(_numbers, _actions), max_size=7),
)
_kinds = st.sampled_from(["private", "group", "supergroup", "channel"])


@st.composite
def _updates(draw: st.DrawFn) -> tuple[str, dict[str, Any], int]:
    """Who, the raw update without the sender's number, and which known button it may tap."""
    name = draw(st.sampled_from(_NAMES))
    shape = draw(st.sampled_from(["text", "text", "tap", "tap", "document", "odd"]))
    message: dict[str, Any] = {
        "message_id": draw(st.integers(1, 10**6)),
        "date": 1,
        "kind": draw(_kinds) if draw(st.integers(0, 4)) == 0 else "private",
    }
    if shape == "text":
        message["text"] = draw(_texts)
    if shape == "document":
        message["document"] = {"file_id": "f", "file_unique_id": "u", "file_name": draw(st.text(max_size=30))}
        if draw(st.booleans()):
            message["caption"] = draw(_texts)[:1000]
    if draw(st.integers(0, 20)) == 0:
        message["sender_chat"] = {"id": -5, "type": "channel", "title": "x"}
    known = draw(st.integers(0, 200)) if shape == "tap" and draw(st.booleans()) else -1
    raw: dict[str, Any] = {"shape": shape, "message": message}
    if shape == "tap":
        raw["data"] = draw(st.one_of(_forged, st.text(max_size=30)))
        raw["inaccessible"] = draw(st.integers(0, 10)) == 0
    if shape == "odd":
        raw["odd"] = draw(
            st.sampled_from(
                ["edited_message", "channel_post", "my_chat_member", "poll", "inline_query", "no_sender"]
            )
        )
    return name, raw, known


def _build(arena: Arena, name: str, made: dict[str, Any], known: int) -> dict[str, Any]:
    user_id = arena.cast[name].user_id if name else 31_337
    sender = {"id": user_id, "is_bot": False, "first_name": "F", "language_code": "en"}
    inside = dict(made["message"])
    kind = inside.pop("kind")
    chat = {"id": user_id if kind == "private" else -100, "type": kind, "title": "T"}
    message = {**inside, "chat": chat, "from": sender}
    if made["shape"] == "tap":
        data = arena.known[known % len(arena.known)] if known >= 0 else made["data"]
        query = {"id": "1", "from": sender, "chat_instance": "1", "data": data}
        if not made["inaccessible"]:
            query["message"] = {**message, "text": "older"}
        return {"callback_query": query}
    odd = made.get("odd")
    if odd in ("edited_message", "channel_post"):
        return {odd: {**message, "text": "/grades"}}
    if odd == "my_chat_member":
        member = {"user": {"id": 4242, "is_bot": True, "first_name": "B"}, "status": "member"}
        return {
            odd: {
                "chat": chat,
                "from": sender,
                "date": 1,
                "old_chat_member": member,
                "new_chat_member": member,
            }
        }
    if odd == "poll":
        return {
            "poll": {
                "id": "1",
                "question": "?",
                "options": [],
                "total_voter_count": 0,
                "is_closed": True,
                "is_anonymous": True,
                "type": "regular",
                "allows_multiple_answers": False,
                "allows_revoting": False,
                "members_only": False,
            }
        }
    if odd == "inline_query":
        return {"inline_query": {"id": "1", "from": sender, "query": "grades", "offset": ""}}
    if odd == "no_sender":
        message.pop("from")
    return {"message": message}


@settings(
    max_examples=5_000,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=True,
)
@given(made=_updates())
def test_five_thousand_updates_of_any_shape(arena: Arena, made: tuple[str, dict[str, Any], int]) -> None:
    name, shape, known = made
    raw = _build(arena, name, shape, known)
    try:
        Update.model_validate({"update_id": 1, **raw})
    except ValidationError:
        return
    arena.fed += 1
    heard = arena.feed(raw)
    in_private = shape["message"]["kind"] == "private"
    for one in heard:
        assert not any(words in one.text for words in _APOLOGY), (name, raw, one.text)
        leaks = arena.cast[name].leaks(one.text) if name else [one.text] if "secret-" in one.text else []
        assert not leaks, (name, raw)
        if not in_private and "callback_query" not in raw:
            assert "secret" not in one.text, (name, raw)
    if "message" in raw and in_private and "from" in raw["message"] and "sender_chat" not in raw["message"]:
        assert heard, ("a person in private always gets an answer", raw)
