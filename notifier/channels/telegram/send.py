"""One Telegram bot as a channel: rich blocks where its server has them, HTML where it has not."""

from __future__ import annotations

import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError, TelegramAPIError
from aiogram.methods import (
    AnswerCallbackQuery,
    EditMessageText,
    SendDocument,
    SendMessage,
    SendRichMessage,
    SetMyCommands,
    TelegramMethod,
)
from aiogram.types import (
    BotCommand,
    BotCommandScopeChat,
    BotCommandScopeDefault,
    BufferedInputFile,
    LinkPreviewOptions,
    Message,
)
from aiohttp import ClientError

from core.cards import Card, File, Text, Toast
from core.cards.cut import ELLIPSIS, shorten
from core.cards.plain import render_plain
from core.domain.kinds import Messenger
from core.files import LARGEST_FILE
from notifier.channels.channel import ChannelError, MenuEntry
from notifier.channels.telegram.answers import NotModified, Refused, meaning_of
from notifier.channels.telegram.file_ids import FileIds
from notifier.channels.telegram.forms import Forms
from notifier.channels.telegram.html import MESSAGE_LIMIT, render_keyboard, render_telegram_html
from notifier.channels.telegram.rich import render_rich

log = structlog.get_logger(__name__)

_TOAST = 200
_CAPTION = 1_024
_COMMANDS = 100
_WORDS = 256
# After so many rich messages in a row that were refused and then taken as HTML, HTML it is.
_REFUSALS = 3


class TelegramChannel:
    """Implements Channel for one bot. A 400 or 404 to a rich message is repeated at once as HTML; a 404 switches
    the bot to HTML for good. A card that goes to many is rendered once."""

    messenger = Messenger.TELEGRAM

    def __init__(
        self, bot: Bot, *, rich: bool = True, paid: bool = False, file_ids: FileIds | None = None
    ) -> None:
        """``file_ids`` remembers what the server calls our files; without it each is sent anew. ``paid`` lets messages
        beyond 30 a second cost Stars."""
        self._file_ids = file_ids
        self.bot_id = bot.id
        self._bot = bot
        self._rich = rich
        self._paid = True if paid else None
        self._forms = Forms(bot)
        self._refused = 0
        self._logged: set[str] = set()

    async def send(self, chat_id: int, what: Card | File) -> int:
        if isinstance(what, File):
            return await self._send_file(chat_id, what)
        if self._rich:
            try:
                shown = await self._forms.post(chat_id, what, self._rich_message)
            except AiogramError as error:
                self._not_rich(self._said(error))
            else:
                self._refused = 0
                return shown
        try:
            shown = await self._forms.post(chat_id, what, self._html_message)
        except AiogramError as error:
            refused = self._said(error)
            if not isinstance(refused, Refused):
                raise refused from None
            if refused.is_unknown_method:
                # Every server can send words: it is the bot that this one does not know.
                raise ChannelError(refused.why, stops_bot=True) from None
            # Whatever the server dislikes in our markup or keys is our fault, and must not cost anybody the words.
            log.error("telegram.card_refused", bot=self.bot_id, why=refused.why)
            plain = SendMessage(
                chat_id=chat_id,
                text=render_plain(what, limit=MESSAGE_LIMIT // 2) or ELLIPSIS,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                allow_paid_broadcast=self._paid,
                disable_notification=what.silent or None,
            )
            return _message_id(await self._call(plain))
        self._html_went_through()
        return shown

    def _rich_message(self, card: Card) -> TelegramMethod[Message]:
        return SendRichMessage(
            chat_id=0,
            rich_message=render_rich(card),
            reply_markup=render_keyboard(card),
            allow_paid_broadcast=self._paid,
            disable_notification=card.silent or None,
        )

    def _html_message(self, card: Card) -> TelegramMethod[Message]:
        return SendMessage(
            chat_id=0,
            text=render_telegram_html(card),
            parse_mode="HTML",
            reply_markup=render_keyboard(card),
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            allow_paid_broadcast=self._paid,
            disable_notification=card.silent or None,
        )

    async def edit(self, chat_id: int, message_id: int, card: Card) -> int:
        keyboard = render_keyboard(card)
        if self._rich:
            try:
                shown = await self._try_rich(
                    EditMessageText(
                        chat_id=chat_id,
                        message_id=message_id,
                        rich_message=render_rich(card),
                        reply_markup=keyboard,
                    )
                )
            except NotModified:
                return message_id
            if shown is not None:
                return message_id
        try:
            await self._call(
                EditMessageText(
                    chat_id=chat_id,
                    message_id=message_id,
                    text=render_telegram_html(card),
                    parse_mode="HTML",
                    reply_markup=keyboard,
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                )
            )
        except NotModified:
            return message_id
        except Refused:
            # Too old, a picture, deleted: whatever it is, the person gets the answer as a new message.
            return await self.send(chat_id, card)
        self._html_went_through()
        return message_id

    async def fetch(self, file_id: str) -> bytes:
        try:
            found = await self._bot.get_file(file_id)
            if found.file_path is None or (found.file_size or 0) > LARGEST_FILE:
                raise ChannelError("a file that cannot be fetched")
            content = await self._bot.download_file(found.file_path)
        except (AiogramError, ClientError, TimeoutError) as error:
            why = error.message if isinstance(error, TelegramAPIError) else type(error).__name__
            raise ChannelError(self._hidden(why)) from None
        assert content is not None
        return content.read()

    async def acknowledge(self, tap_id: str, toast: Toast | None) -> None:
        text = shorten(toast.text, _TOAST) if toast else None
        await self._optional(
            AnswerCallbackQuery(callback_query_id=tap_id, text=text, show_alert=bool(toast and toast.alert))
        )

    async def show_menu(self, chat_id: int, locale: str, entries: list[MenuEntry]) -> None:
        await self._optional(
            SetMyCommands(commands=_commands(entries), scope=BotCommandScopeChat(chat_id=chat_id))
        )

    async def show_default_menu(self, locale: str | None, entries: list[MenuEntry]) -> None:
        """The menu of chats without one of their own; ``locale`` None is for languages that are not ours."""
        await self._optional(
            SetMyCommands(commands=_commands(entries), scope=BotCommandScopeDefault(), language_code=locale)
        )

    async def _send_file(self, chat_id: int, file: File) -> int:
        known = await self._file_ids.find(self.bot_id, file.content) if self._file_ids else None
        if known is not None and self._file_ids is not None:
            try:
                return _message_id(await self._call(self._document(chat_id, file, known)))
            except Refused:
                await self._file_ids.forget(self.bot_id, file.content)
        try:
            sent = await self._call(
                self._document(chat_id, file, BufferedInputFile(file.content, filename=file.name))
            )
        except Refused as refused:
            self._log_once("sendDocument", refused.why)
            return await self.send(chat_id, Card(file.name, (Text(file.words),)))
        if self._file_ids and isinstance(sent, Message) and sent.document is not None:
            await self._file_ids.keep(self.bot_id, file.content, sent.document.file_id)
        return _message_id(sent)

    @staticmethod
    def _document(chat_id: int, file: File, document: str | BufferedInputFile) -> SendDocument:
        return SendDocument(chat_id=chat_id, document=document, caption=shorten(file.words, _CAPTION) or None)

    async def _try_rich(self, method: EditMessageText) -> int | None:
        """The id of the message; None where it should be said in HTML instead."""
        try:
            sent = await self._call(method)
        except NotModified:
            raise
        except Refused as refused:
            self._not_rich(refused)
            return None
        self._refused = 0
        return _message_id(sent)

    def _not_rich(self, error: ChannelError) -> None:
        """Count a rich message that was refused as such; raises what speaks of anything else."""
        if not isinstance(error, Refused):
            raise error from None
        self._log_once("richMessages", error.why)
        self._refused += 1
        if error.is_unknown_method:
            self._rich = False

    def _html_went_through(self) -> None:
        if self._refused >= _REFUSALS:
            self._rich = False

    async def _call(self, method: TelegramMethod[Message] | EditMessageText) -> Message | bool:
        try:
            answer: Message | bool = await self._bot(method)  # type: ignore[arg-type]
            return answer
        except AiogramError as error:
            raise self._said(error) from None

    def _said(self, error: AiogramError) -> ChannelError:
        return meaning_of(error, self._hidden)

    async def _optional(self, method: TelegramMethod[bool]) -> None:
        """What may fail: the bot goes on, and the log says so once a method."""
        try:
            await self._bot(method)
        except AiogramError as error:
            why = error.message if isinstance(error, TelegramAPIError) else type(error).__name__
            self._log_once(method.__api_method__, self._hidden(why))

    def _log_once(self, method: str, why: str) -> None:
        if method not in self._logged:
            self._logged.add(method)
            log.warning("telegram.refused", bot=self.bot_id, method=method, why=why)

    def _hidden(self, text: str) -> str:
        return text.replace(self._bot.token, "•••")


def _message_id(sent: Message | bool) -> int:
    return sent.message_id if isinstance(sent, Message) else 0


def _commands(entries: list[MenuEntry]) -> list[BotCommand]:
    return [
        BotCommand(command=entry.command, description=shorten(entry.words, _WORDS))
        for entry in entries[:_COMMANDS]
    ]
