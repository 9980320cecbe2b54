"""The Bot API double refuses what Telegram refuses, in its words, and fails in the ways a network does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.support.telegram import (
    BLOCKED,
    TOKEN,
    BotApi,
    How,
    Limits,
    Misbehaviour,
    bot_api,
    migrated,
    too_many,
)
from tests.support.telegram.process import bot_api_process


class Clock:
    """Seconds that pass when told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Asker:
    """Asks the double as any bot would."""

    def __init__(self, api: BotApi, clock: Clock, session: aiohttp.ClientSession) -> None:
        self.api = api
        self.clock = clock
        self.session = session

    async def ask(self, method: str, *, token: str = TOKEN, **params: Any) -> dict[str, Any]:
        data = {key: one if isinstance(one, (str, bytes)) else json.dumps(one) for key, one in params.items()}
        async with self.session.post(f"{self.api.url}/bot{token}/{method}", data=data) as answer:
            return dict(await answer.json())

    async def said(self, method: str, **params: Any) -> str:
        """The description of a refusal, empty for a result."""
        return str((await self.ask(method, **params)).get("description", ""))


@pytest.fixture
async def asker() -> AsyncIterator[Asker]:
    clock = Clock()
    tokens = (TOKEN, "77:B")
    async with (
        bot_api(limits=Limits(bot_rate=10), tokens=tokens, clock=clock) as api,
        aiohttp.ClientSession() as session,
    ):
        yield Asker(api, clock, session)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<b>well</b> &lt;formed <span class='tg-spoiler'>x</span>", ""),
        ("<b>open", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("ж</b>", "Unexpected end tag at byte offset 2"),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("<h1>x</h1>", 'Unsupported start tag "h1" at byte offset 0'),
    ],
)
async def test_markup_must_be_well_formed(asker: Asker, text: str, said: str) -> None:
    expected = f"Bad Request: can't parse entities: {said}" if said else ""
    assert await asker.said("sendMessage", chat_id=1, text=text, parse_mode="HTML") == expected
    assert len(asker.api.accepted) == (not said)


@pytest.mark.parametrize(
    ("method", "params", "said"),
    [
        ("sendMessage", {"text": "x" * 4_097}, "message is too long"),
        ("sendMessage", {"text": "<b>" + "x" * 4_096 + "</b>", "parse_mode": "HTML"}, ""),
        ("sendMessage", {"text": "😀" * 2_049}, "message is too long"),
        ("sendMessage", {"text": "<b> </b>", "parse_mode": "HTML"}, "message text is empty"),
        ("sendMessage", {}, "message text is empty"),
        ("sendRichMessage", {"rich_message": {"blocks": [{"text": "x" * 32_768}]}}, ""),
        (
            "sendRichMessage",
            {"rich_message": {"blocks": [{"text": ["x" * 32_768, "y"]}]}},
            "message is too long",
        ),
        ("sendPhoto", {"photo": "known", "caption": "x" * 1_025}, "message caption is too long"),
        ("sendMediaGroup", {"media": [{"type": "photo"}]}, "wrong number of items in the album"),
    ],
)
async def test_sizes_are_held(asker: Asker, method: str, params: dict[str, Any], said: str) -> None:
    assert await asker.said(method, chat_id=1, **params) == (f"Bad Request: {said}" if said else "")


@pytest.mark.parametrize(
    ("data", "said"), [("ж" * 32, ""), ("ж" * 32 + "x", "Bad Request: BUTTON_DATA_INVALID")]
)
async def test_buttons_carry_at_most_64_bytes(asker: Asker, data: str, said: str) -> None:
    keys = {"inline_keyboard": [[{"text": "Open", "callback_data": data}]]}
    assert await asker.said("sendMessage", chat_id=1, text="x", reply_markup=keys) == said


async def test_a_chat_takes_three_at_once_and_then_one_a_second(asker: Asker) -> None:
    answers = [await asker.ask("sendMessage", chat_id=1, text="x") for _ in range(4)]
    assert [one["ok"] for one in answers] == [True, True, True, False]
    assert answers[3]["description"] == "Too Many Requests: retry after 1"
    assert answers[3]["parameters"] == {"retry_after": 1}
    assert not await asker.said("sendMessage", chat_id=2, text="x"), "others are not held up"
    asker.clock.now += 1
    assert not await asker.said("sendMessage", chat_id=1, text="x")


async def test_a_group_takes_twenty_a_minute(asker: Asker) -> None:
    for _ in range(20):
        asker.clock.now += 0.1
        assert not await asker.said("sendMessage", chat_id=-1, text="x")
    assert "retry after" in await asker.said("sendMessage", chat_id=-1, text="x")


async def test_each_token_has_a_pace_of_its_own(asker: Asker) -> None:
    for chat in range(10):
        assert not await asker.said("sendMessage", chat_id=chat, text="x")
    assert "retry after" in await asker.said("sendMessage", chat_id=11, text="x")
    assert not await asker.said("sendMessage", chat_id=11, text="x", token="77:B")
    assert await asker.said("sendMessage", chat_id=11, text="x", token="78:C") == "Unauthorized"
    assert [one.bot_id for one in asker.api.accepted[-2:]] == [4242, 77]
    assert (await asker.ask("getMe", token="77:B"))["result"]["id"] == 77


async def test_chats_may_be_closed_or_have_moved(asker: Asker) -> None:
    asker.api.chats = {1: BLOCKED, -2: migrated(-1002)}
    assert await asker.said("sendMessage", chat_id=1, text="x") == "Forbidden: bot was blocked by the user"
    moved = await asker.ask("sendMessage", chat_id=-2, text="x")
    assert moved["parameters"] == {"migrate_to_chat_id": -1002}


async def test_files_are_kept_and_found_again(asker: Asker) -> None:
    form = aiohttp.FormData()
    form.add_field("chat_id", "1")
    form.add_field("document", b"content", filename="a.txt")
    async with asker.session.post(f"{asker.api.url}/bot{TOKEN}/sendDocument", data=form) as answer:
        file_id = (await answer.json())["result"]["document"]["file_id"]
    found = (await asker.ask("getFile", file_id=file_id))["result"]
    async with asker.session.get(f"{asker.api.url}/file/bot{TOKEN}/{found['file_path']}") as answer:
        assert await answer.read() == b"content"
    assert "invalid file_id" in await asker.said("getFile", file_id="unknown")


async def test_a_second_question_for_updates_ends_the_first(asker: Asker) -> None:
    first = asyncio.create_task(asker.said("getUpdates", timeout=50))
    await asker.api.until("getUpdates")
    second = asyncio.create_task(asker.ask("getUpdates", timeout=50))
    assert "terminated by other getUpdates" in await first
    asker.api.say(5, "hello")
    assert (await second)["result"][0]["message"]["text"] == "hello"
    await asker.ask("setWebhook", url="https://school.example/hook")
    assert "webhook is active" in await asker.said("getUpdates")
    await asker.ask("deleteWebhook")
    assert not await asker.said("getUpdates")


@pytest.mark.parametrize(
    ("how", "accepted"),
    [(How.RESET, 0), (How.HANG, 0), (How.CUT, 1), (How.ACCEPT_AND_RESET, 1)],
)
async def test_a_connection_breaks_before_or_after_the_message_was_taken(
    asker: Asker, how: How, accepted: int
) -> None:
    asker.api.misbehave(Misbehaviour(how, method="send", seconds=0.01, times=1))
    with pytest.raises(aiohttp.ClientError):
        await asker.ask("sendMessage", chat_id=1, text="x")
    assert len(asker.api.accepted) == accepted
    assert not await asker.said("sendMessage", chat_id=1, text="x")


async def test_a_share_of_requests_to_one_chat_is_refused(asker: Asker) -> None:
    asker.api.gate = None
    asker.api.misbehave(Misbehaviour(How.REFUSE, too_many(9), chat=1, share=0.3))
    refused = [await asker.said("sendMessage", chat_id=1, text="x") for _ in range(100)]
    assert refused.count("Too Many Requests: retry after 9") + refused.count("") == 100
    assert 15 <= 100 - refused.count("") <= 45
    assert not await asker.said("sendMessage", chat_id=2, text="x")


async def test_it_runs_as_a_process_and_is_steered_over_http() -> None:
    with bot_api_process(rate=30) as api:
        async with aiohttp.ClientSession() as session:
            async with session.post(
                f"{api.url}/mine/bot5:X/sendMessage", data={"chat_id": "1", "text": "x"}
            ) as one:
                assert one.status == 200
            api.misbehave(Misbehaviour(How.REFUSE))
            async with session.post(
                f"{api.url}/bot5:X/sendMessage", data={"chat_id": "1", "text": "x"}
            ) as one:
                assert one.status == 500
        (kept,) = api.log()
        assert (kept.bot_id, kept.chat_id, kept.text, kept.sender) == (5, 1, "x", "mine")
        assert api.answers(500) == 1
        api.clear()
        assert not api.log()
