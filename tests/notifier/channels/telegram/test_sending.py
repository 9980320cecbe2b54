"""What goes out to Telegram, and what becomes of each of its refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

from core.cards import Button, Card, File, Text, Toast
from notifier.channels.channel import ChannelError, Fault, MenuEntry
from notifier.channels.telegram.send import TelegramChannel
from tests.support.telegram import TOKEN, BotApi, Failure, bot_api

CARD = Card("Grades", (Text("Algebra <5>"),), ((Button("Algebra", "gr:1"),),))


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with bot_api() as opened:
        yield opened


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(api.url))
    bot = Bot(TOKEN, session=session)
    yield bot
    await session.close()


@pytest.fixture
def channel(bot: Bot) -> TelegramChannel:
    return TelegramChannel(bot)


async def test_a_card_goes_out_as_rich_blocks_with_its_buttons(channel: TelegramChannel, api: BotApi) -> None:
    message_id = await channel.send(7, CARD)
    assert message_id >= 100
    (call,) = api.of("sendRichMessage")
    assert call.params["chat_id"] == 7
    assert call.params["rich_message"]["blocks"]
    assert call.params["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "gr:1"
    assert not api.of("sendMessage")


@pytest.mark.parametrize("rich", [True, False])
async def test_a_silent_card_makes_no_sound_and_others_say_nothing_of_it(
    bot: Bot, api: BotApi, *, rich: bool
) -> None:
    channel = TelegramChannel(bot, rich=rich)
    await channel.send(7, replace(CARD, silent=True))
    await channel.send(7, CARD)
    silent, usual = api.calls
    assert silent.params["disable_notification"] is True
    assert "disable_notification" not in usual.params


@pytest.mark.parametrize("status", [400, 404])
async def test_a_refused_rich_message_is_repeated_at_once_as_html(
    channel: TelegramChannel, api: BotApi, status: int
) -> None:
    api.failures["sendRichMessage"].append(Failure(status, "no such thing"))
    await channel.send(7, CARD)
    (call,) = api.of("sendMessage")
    assert call.params["parse_mode"] == "HTML"
    assert "Algebra &lt;5&gt;" in call.params["text"]
    await channel.send(7, CARD)
    again = len(api.of("sendRichMessage"))
    assert again == (1 if status == 404 else 2), "a 404 switches the bot to HTML for good, a 400 does not"


async def test_a_server_that_refuses_every_rich_message_is_not_asked_for_ever(
    channel: TelegramChannel, api: BotApi
) -> None:
    api.always["sendRichMessage"] = Failure(400, "Bad Request: method not implemented")
    for _ in range(6):
        await channel.send(7, CARD)
    assert len(api.of("sendRichMessage")) == 3
    assert len(api.of("sendMessage")) == 6


async def test_rich_messages_can_be_off(bot: Bot, api: BotApi) -> None:
    await TelegramChannel(bot, rich=False).send(7, CARD)
    assert [call.method for call in api.calls] == ["sendMessage"]


async def test_an_edit_that_changes_nothing_is_a_success(channel: TelegramChannel, api: BotApi) -> None:
    api.always["editMessageText"] = Failure(400, "Bad Request: message is not modified: same content")
    assert await channel.edit(7, 55, CARD) == 55
    assert not api.of("sendMessage")
    assert not api.of("sendRichMessage")


async def test_what_cannot_be_edited_any_more_is_sent_anew(channel: TelegramChannel, api: BotApi) -> None:
    api.always["editMessageText"] = Failure(400, "Bad Request: message can't be edited")
    assert await channel.edit(7, 55, CARD) != 55
    assert api.of("sendRichMessage") or api.of("sendMessage")


async def test_an_edit_falls_back_to_html_in_place(channel: TelegramChannel, api: BotApi) -> None:
    api.failures["editMessageText"].append(Failure(404, "Not Found"))
    assert await channel.edit(7, 55, CARD) == 55
    first, second = api.of("editMessageText")
    assert "rich_message" in first.params
    assert second.params["parse_mode"] == "HTML"


async def test_a_wait_is_told_with_its_seconds(channel: TelegramChannel, api: BotApi) -> None:
    api.always["sendRichMessage"] = Failure(429, "Too Many Requests", {"retry_after": 9})
    with pytest.raises(ChannelError) as caught:
        await channel.send(7, CARD)
    assert caught.value.retry_after == 9.0
    assert not api.of("sendMessage"), "a wait is no reason to send twice"


@pytest.mark.parametrize(
    ("status", "description"),
    [
        (403, "Forbidden: bot was blocked by the user"),
        (403, "Forbidden: user is deactivated"),
        (400, "Bad Request: chat not found"),
    ],
)
async def test_who_cannot_be_reached_is_gone(
    channel: TelegramChannel, api: BotApi, status: int, description: str
) -> None:
    api.always["sendRichMessage"] = api.always["sendMessage"] = Failure(status, description)
    with pytest.raises(ChannelError) as caught:
        await channel.send(7, CARD)
    assert caught.value.gone


async def test_a_card_that_the_server_cannot_read_goes_out_as_plain_words(
    channel: TelegramChannel, api: BotApi
) -> None:
    api.failures["sendRichMessage"].append(Failure(400, "Bad Request: wrong block"))
    api.failures["sendMessage"].append(Failure(400, "Bad Request: can't parse entities"))
    await channel.send(7, CARD)
    _, plain = api.of("sendMessage")
    assert "parse_mode" not in plain.params
    assert "Algebra <5>" in plain.params["text"]


async def test_a_refused_token_stops_the_bot(channel: TelegramChannel, api: BotApi) -> None:
    api.always["sendRichMessage"] = Failure(401, "Unauthorized")
    with pytest.raises(ChannelError) as caught:
        await channel.send(7, CARD)
    assert caught.value.stops_bot


@pytest.mark.parametrize(("status", "description"), [(500, "Internal Server Error"), (502, "Bad Gateway")])
async def test_a_servers_own_fault_is_tried_again_and_not_said_otherwise(
    channel: TelegramChannel, api: BotApi, status: int, description: str
) -> None:
    api.always["sendRichMessage"] = Failure(status, description)
    with pytest.raises(ChannelError) as caught:
        await channel.send(7, CARD)
    assert caught.value.fault is Fault.TEMPORARY
    assert not api.of("sendMessage")


async def test_a_group_that_moved_says_where_to(channel: TelegramChannel, api: BotApi) -> None:
    api.always["sendRichMessage"] = Failure(
        400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": -1007}
    )
    with pytest.raises(ChannelError) as caught:
        await channel.send(-7, CARD)
    assert (caught.value.fault, caught.value.moved_to) == (Fault.MOVED, -1007)


async def test_a_server_that_does_not_know_the_bot_stops_it(channel: TelegramChannel, api: BotApi) -> None:
    api.always["sendRichMessage"] = api.always["sendMessage"] = Failure(404, "Not Found")
    with pytest.raises(ChannelError) as caught:
        await channel.send(7, CARD)
    assert caught.value.stops_bot


async def test_words_that_are_refused_in_every_form_are_refused(
    channel: TelegramChannel, api: BotApi
) -> None:
    api.always["sendRichMessage"] = api.always["sendMessage"] = Failure(400, "Bad Request: nonsense")
    with pytest.raises(ChannelError) as caught:
        await channel.send(7, CARD)
    assert caught.value.fault is Fault.REFUSED


async def test_one_card_to_many_is_the_same_to_each(channel: TelegramChannel, api: BotApi) -> None:
    other = Card("Another", (Text("Words & more"),))
    for chat_id, card in ((7, CARD), (8, CARD), (7, other)):
        await channel.send(chat_id, card)
    first, second, third = api.of("sendRichMessage")
    assert (first.params.pop("chat_id"), second.params.pop("chat_id")) == (7, 8)
    assert first.params == second.params
    assert first.params["rich_message"] != third.params["rich_message"]


async def test_a_dead_server_is_a_channel_error_without_the_token(bot: Bot, api: BotApi) -> None:
    bot.session.api = TelegramAPIServer.from_base("http://127.0.0.1:9")
    with pytest.raises(ChannelError) as caught:
        await TelegramChannel(bot).send(7, CARD)
    assert TOKEN not in str(caught.value)
    assert not caught.value.gone


async def test_a_file_goes_out_as_a_document(channel: TelegramChannel, api: BotApi) -> None:
    await channel.send(7, File("marks.csv", "text/csv", b"a,b", "Your marks"))
    (call,) = api.of("sendDocument")
    assert call.params["caption"] == "Your marks"
    assert b"a,b" in call.params.values()


async def test_a_server_without_documents_still_gets_the_words(channel: TelegramChannel, api: BotApi) -> None:
    api.always["sendDocument"] = Failure(404, "Not Found")
    await channel.send(7, File("marks.csv", "text/csv", b"a,b", "Your marks"))
    assert api.of("sendRichMessage") or api.of("sendMessage")


async def test_toasts_and_menus_may_fail_and_are_logged_once(
    channel: TelegramChannel,
    api: BotApi,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    api.always["answerCallbackQuery"] = Failure(400, "query is too old")
    api.always["setMyCommands"] = Failure(404, "Not Found")
    for _ in range(3):
        await channel.acknowledge("tap", Toast("x" * 500))
        await channel.show_menu(7, "en", [MenuEntry("grades", "Marks")])
    assert len(api.of("answerCallbackQuery")[0].params["text"]) == 200
    said = caplog.text or capsys.readouterr().out
    assert said.count("setMyCommands") == 1
    assert said.count("answerCallbackQuery") == 1
