"""Polling over real HTTP: order, confirmation after handling, minimal servers, faults of the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.app import App, open_app
from bot.channels.telegram import Poller, TokenRefused, make_bot, run_telegram
from core.clock import FrozenClock
from core.settings import Settings
from tests.cast import make_cast
from tests.support.telegram import TOKEN, BotApi, Failure, bot_api


def settings_for(api: BotApi, tmp_path: Path, **more: Any) -> Settings:
    values: dict[str, Any] = {
        "database_url": f"sqlite+aiosqlite:///{tmp_path / 'school.db'}",
        "bot_token": SecretStr(TOKEN),
        "telegram_api_url": api.url,
        "var_dir": tmp_path,
        **more,
    }
    return Settings(_env_file=None, **values)


@asynccontextmanager
async def polling(api: BotApi, tmp_path: Path, clock: FrozenClock) -> AsyncIterator[tuple[App, int]]:
    """The application on Telegram's double; yields it and the mother's account."""
    async with open_app(settings_for(api, tmp_path), clock=clock) as app:
        cast = await make_cast(app.database, clock)
        task = asyncio.create_task(run_telegram(app))
        try:
            yield app, cast["mother"].user_id
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_a_mother_asks_for_grades_and_taps_on_telegram(tmp_path: Path, clock: FrozenClock) -> None:
    async with bot_api() as api, polling(api, tmp_path, clock) as (_, mother):
        api.say(mother, "/grades")
        (sent,) = await api.until("sendRichMessage")
        assert "Algebra" in str(sent.params["rich_message"])
        data = [
            key["callback_data"]
            for row in sent.params["reply_markup"]["inline_keyboard"]
            for key in row
            if key["text"] == "Algebra"
        ]
        api.tap(mother, data[0], message_id=100)
        (edited,) = await api.until("editMessageText")
        assert edited.params["message_id"] == 100
        assert "secret-ivan" in str(edited.params["rich_message"])
        await api.until("answerCallbackQuery")


async def test_five_methods_are_enough(
    tmp_path: Path, clock: FrozenClock, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    async with bot_api(minimal=True) as api, polling(api, tmp_path, clock) as (_, mother):
        for text in ("/grades", "/schedule", "/homework"):
            api.say(mother, text)
        sent = await api.until("sendMessage", 3)
        assert all(call.params["parse_mode"] == "HTML" for call in sent)
        assert "Algebra" in sent[0].params["text"]
        assert len(api.of("sendRichMessage")) == 1, "a 404 is taken at its word"
    said = caplog.text or capsys.readouterr().out
    assert said.count("setMyCommands") == 1
    assert TOKEN not in said


async def test_an_update_is_confirmed_only_after_it_was_handled() -> None:
    async with bot_api() as api:
        bot = make_bot(Settings(_env_file=None, bot_token=SecretStr(TOKEN), telegram_api_url=api.url))
        release, handled = asyncio.Event(), []

        async def handle(update: Any) -> None:
            await release.wait()
            handled.append(update.update_id)

        task = asyncio.create_task(Poller(bot, handle).run())
        number = api.say(1, "hello")
        await asyncio.sleep(0.2)
        assert api.confirmed == 0
        release.set()
        await api.until("getUpdates", 2)
        await asyncio.sleep(0.05)
        assert api.confirmed == number
        assert handled == [number]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await bot.session.close()


async def test_each_chat_keeps_its_order_and_a_failing_update_holds_nothing_up() -> None:
    async with bot_api() as api:
        bot = make_bot(Settings(_env_file=None, bot_token=SecretStr(TOKEN), telegram_api_url=api.url))
        heard: list[tuple[int, str]] = []

        async def handle(update: Any) -> None:
            await asyncio.sleep(0.03 if update.message.text == "1" else 0)
            if update.message.text == "boom":
                raise RuntimeError("a handler's fault")
            heard.append((update.message.chat.id, update.message.text))

        for text in ("1", "boom", "2", "3"):
            for user in (1, 2):
                api.say(user, text)
        api.push(message={"nonsense": True})
        api.say(3, "after nonsense")
        task = asyncio.create_task(Poller(bot, handle).run())
        async with asyncio.timeout(10):
            while len(heard) < 7:
                await asyncio.sleep(0.01)
        for user in (1, 2):
            assert [text for chat, text in heard if chat == user] == ["1", "2", "3"]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await bot.session.close()


@pytest.mark.parametrize(
    "failure",
    [
        Failure(502, "Bad Gateway"),
        Failure(409, "Conflict: terminated by other getUpdates request"),
        Failure(429, "Too Many Requests", {"retry_after": 1}),
        Failure(401, "Unauthorized"),
    ],
)
async def test_no_answer_of_the_server_ends_the_polling(
    failure: Failure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.telegram._WAIT_AFTER_CONFLICT", 0.1)
    async with bot_api() as api:
        bot = make_bot(Settings(_env_file=None, bot_token=SecretStr(TOKEN), telegram_api_url=api.url))
        handled = asyncio.Event()

        async def handle(_update: Any) -> None:
            handled.set()

        api.failures["getUpdates"].append(failure)
        api.say(1, "still there?")
        task = asyncio.create_task(Poller(bot, handle).run())
        await asyncio.wait_for(handled.wait(), 10)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await bot.session.close()


class AtOnce:
    """A Bot whose server holds no question: it answers at once, the given batches and then the last one for ever."""

    token = TOKEN

    def __init__(self, *batches: list[dict[str, Any]]) -> None:
        self.batches = list(batches)
        self.offsets: list[int | None] = []

    async def __call__(self, method: Any, **_more: Any) -> list[dict[str, Any]]:
        self.offsets.append(method.offset)
        return self.batches.pop(0) if len(self.batches) > 1 else self.batches[0]


async def poll(bot: AtOnce, waits: int) -> tuple[list[float], list[int]]:
    """Poll until it has waited so often; how long it waited, and the numbers of the updates it handed on."""
    slept: list[float] = []
    handled: list[int] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == waits:
            raise asyncio.CancelledError

    async def handle(update: Any) -> None:
        handled.append(update.update_id)

    with pytest.raises(asyncio.CancelledError):
        await Poller(bot, handle, sleep=sleep).run()  # type: ignore[arg-type]
    return slept, handled


def update(number: Any, text: str = "x") -> dict[str, Any]:
    chat = {"id": 1, "type": "private"}
    return {"update_id": number, "message": {"message_id": 1, "date": 1, "chat": chat, "text": text}}


async def test_a_server_that_answers_nothing_at_once_is_asked_ever_more_rarely() -> None:
    bot = AtOnce([])
    slept, _ = await poll(bot, 7)
    assert slept == [1, 2, 4, 8, 16, 30, 30]
    assert len(bot.offsets) == 7, "one question a wait"


async def test_news_ends_the_waiting() -> None:
    bot = AtOnce([], [], [update(7)], [])
    slept, handled = await poll(bot, 4)
    assert (slept, handled) == ([1, 2, 1, 2], [7])
    assert bot.offsets == [None, None, None, 8, 8]


@pytest.mark.parametrize("number", [None, "5", True, 5.5])
async def test_an_update_without_a_usable_number_is_told_once_and_never_handed_on(number: Any) -> None:
    bot = AtOnce([update(number)])
    with capture_logs() as logs:
        slept, handled = await poll(bot, 5)
    assert slept == [1, 2, 4, 8, 16]
    assert handled == [], "it can never be confirmed, so it would be handled for ever"
    assert [one["event"] for one in logs] == ["telegram.unnumbered_update"]


async def test_a_server_that_forgets_the_confirmation_is_not_asked_in_a_circle() -> None:
    slept, _ = await poll(AtOnce([update(7)]), 3)
    assert slept == [1, 2, 4]


async def test_an_update_of_any_unicode_is_handed_on_clean() -> None:
    taken: list[str] = []

    async def handle(found: Any) -> None:
        taken.append(found.message.text)
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Poller(AtOnce([update(1, "a\x00\ud800")]), handle).run()  # type: ignore[arg-type]
    assert taken == ["a\ufffd"]


async def test_a_wrong_token_stops_with_one_clear_line(tmp_path: Path, clock: FrozenClock) -> None:
    async with bot_api() as api:
        wrong = settings_for(api, tmp_path, bot_token=SecretStr("9999:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"))
        async with open_app(wrong, clock=clock) as app:
            with pytest.raises(TokenRefused) as caught:
                await run_telegram(app)
    assert "SCHOOLBELL_BOT_TOKEN" in str(caught.value)
    assert "BBBB" not in str(caught.value)
