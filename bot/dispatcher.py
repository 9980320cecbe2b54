"""From an update to a capability: aiogram's Dispatcher with our middlewares and one handler per kind of update."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiogram import Dispatcher
from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.types import CallbackQuery, ChatMemberUpdated, Message, TelegramObject, Update
from pydantic import ValidationError

from bot import greeting, groups, intake
from bot.capability import Capability, Services, Table, Turn, posting
from bot.middlewares.chat import ChatMiddleware
from bot.middlewares.chat_lock import ChatLockMiddleware
from bot.middlewares.errors import ErrorsMiddleware
from bot.middlewares.reply import ReplyMiddleware
from bot.middlewares.throttle import ThrottleMiddleware
from bot.middlewares.unit_of_work import UnitOfWorkMiddleware
from bot.steps import meant_for_another, open_step
from bot.views.cancel import which_card
from bot.views.errors import file_kept, gone_toast, not_understood, nothing_open, only_text, with_refusal
from core.cards import Reply
from core.clock import Clock
from core.db.conversation import set_blocked
from core.db.engine import Database
from core.domain.keyboard import from_wrong_layout
from core.errors import Invalid, NotFound, SchoolbellError

Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]
_OVER = frozenset(("draft_over", "lesson_in_future", "not_in_year", "term_closed", "no_lesson"))


def build_dispatcher(table: Table, database: Database, clock: Clock, services: Services) -> Dispatcher:
    """A Dispatcher of its own, ready for ``feed_update(bot, update, channel=…)``.

    The middlewares stand on ``update``, the only place that sees every update and every return value, outermost first.
    They are one to aiogram, put together once, and behind them the table decides, not aiogram's routers: those would
    wrap every middleware and ask every filter anew for each update.
    """
    handle: Handler = _answer
    for middleware in reversed(
        (
            ReplyMiddleware(table),
            ErrorsMiddleware(),
            ThrottleMiddleware(clock),
            ChatLockMiddleware(),
            UnitOfWorkMiddleware(database, clock),
            ChatMiddleware(table, services),
        )
    ):
        handle = partial(middleware, handle)

    async def ours(_routers: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        return await handle(event, data)

    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.update.outer_middleware(ours)
    return dispatcher


async def _answer(event: TelegramObject, data: dict[str, Any]) -> Any:
    """One handler for each kind of update that a person sends."""
    assert isinstance(event, Update)
    turn: Turn = data["turn"]
    if event.message is not None:
        return await on_message(event.message, turn)
    if event.callback_query is not None:
        return await on_tap(event.callback_query, turn)
    if event.my_chat_member is not None:
        return await on_membership(event.my_chat_member, turn)
    return UNHANDLED


async def on_message(message: Message, turn: Turn) -> Reply:
    """A message: a command, an answer to an open question, or plain words."""
    text = (message.text or message.caption or "").strip()
    if message.chat.type != "private":
        return (
            await groups.answer(turn, text) if _is_for_us(message, text) else await groups.listen(turn, text)
        )
    taken = await intake.take_in(turn, message) if posting(turn.actor) else intake.Intake()
    if taken.follows:
        return None
    if taken.refused is not None:
        if not text:
            raise taken.refused
        return with_refusal(turn.t, await _words(turn, text), taken.refused)
    if text:
        return await _words(turn, text)
    return await _file_alone(turn) if turn.attached else only_text(turn.t)


async def _file_alone(turn: Turn) -> Reply:
    """A file without words: for the open step that takes files, else kept until it is answered."""
    step = open_step(turn)
    return await step.take(turn, "") if step and step.takes_files else file_kept(turn.t)


async def _words(turn: Turn, text: str) -> Reply:
    command, arguments = read_command(text, turn.table)
    if command is not None:
        capability = turn.table.by_command.get(command)
        if capability is None or not capability.for_whom(turn.actor):
            return greeting.unknown_command(turn, command)
        turn.chat.leave()
        return await capability.on_command(turn, arguments)
    return await _plain_words(turn, text)


async def _plain_words(turn: Turn, text: str) -> Reply:
    step = open_step(turn)
    over: SchoolbellError | None = None
    if step is not None:
        other = await meant_for_another(turn, step, text)
        if other is not None:
            turn.chat.set_aside(words=text, files=turn.attached, links=turn.links, other=other.name)
            return which_card(turn.t, text, other.title)
        try:
            return await step.take(turn, text)
        except SchoolbellError as error:
            if not _is_over(error):
                raise
            # What the step was about is saved, dropped, old or gone: nobody is kept in it, the words are fresh ones.
            over = error
            turn.chat.leave()
            await turn.chat.save(turn.uow)
    for capability in turn.table.capabilities:
        if capability.claims and capability.for_whom(turn.actor) and capability.claims(turn, text):
            return await capability.on_command(turn, text)
    named = turn.table.by_word.get(text.casefold())
    if named is not None and named.for_whom(turn.actor):
        return await named.on_command(turn, "")
    if turn.actor.is_stranger:
        return await greeting.to_stranger(turn)
    if over is not None:
        raise over
    return not_understood(turn.t, [entry.commands[0] for entry in turn.table.offered_to(turn.actor)])


def _is_over(error: SchoolbellError) -> bool:
    """Whether no other words can help the step that raised it."""
    return isinstance(error, NotFound) or (isinstance(error, Invalid) and error.key in _OVER)


async def on_tap(query: CallbackQuery, turn: Turn) -> Reply:
    """A tap on a button, however old; forged and stale data is answered like a thing that is gone."""
    data = query.data or ""
    capability: Capability | None = turn.table.by_prefix.get(data.split(":", 1)[0])
    if query.message is not None and query.message.chat.type != "private":
        return gone_toast(turn.t)
    if capability is None or capability.tap is None or capability.on_tap is None:
        return gone_toast(turn.t)
    if not capability.for_whom(turn.actor):
        return nothing_open(turn.t) if turn.actor.is_stranger else gone_toast(turn.t)
    try:
        tap = capability.tap.unpack(data)
    except (TypeError, ValueError, ValidationError):
        return gone_toast(turn.t)
    if turn.chat.state.get("capability") != capability.name and not capability.keeps_steps:
        turn.chat.leave()
    return await capability.on_tap(turn, tap)


async def on_membership(update: ChatMemberUpdated, turn: Turn) -> Reply:
    """The person blocked the bot or let it in again: kept, so that nothing is sent into the void."""
    if update.chat.type == "private":
        blocked = update.new_chat_member.status in ("kicked", "left")
        await set_blocked(turn.uow, turn.chat.id, blocked=blocked)
    return None


def read_command(text: str, table: Table) -> tuple[str | None, str]:
    """The command's word in lower case and what follows it; (None, text) where it is no command.

    ``/grades@school_bot x`` and ``/ grades`` are understood, and so is a command of ours that was typed in the
    wrong keyboard layout.
    """
    if text.startswith("/"):
        word, _, rest = text[1:].lstrip().partition(" ")
        first, newline, more = word.partition("\n")
        return first.split("@", 1)[0].casefold(), (more + " " + rest if newline else rest).strip()
    word, _, rest = text.partition(" ")
    meant = from_wrong_layout(word)
    if meant and meant.startswith("/") and meant[1:].casefold() in table.by_command:
        return meant[1:].casefold(), rest.strip()
    return None, text


def _is_for_us(message: Message, text: str) -> bool:
    """Whether a group's message speaks to the bot: a command, or an answer to what it said."""
    answered = message.reply_to_message
    return text.startswith("/") or bool(answered and answered.from_user and answered.from_user.is_bot)
