"""A school's own bot: brought, replaced and taken away by its administrator or an operator. Its token is kept sealed and is
never read back by anybody but the process that speaks through it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import sqlalchemy as sa

from core.access import fresh_actor
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import Chat, Delivery, OrgBot
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState, Messenger
from core.domain.rights import Role
from core.domain.telling import Held
from core.errors import Invalid, NotFound
from core.queries.offices import access_office
from core.queries.org_bots import linked_chats
from core.sealing import seal

SETTERS = (Role.ADMIN, Role.OPERATOR)
_TOKEN = re.compile(r"(\d{3,18}):[A-Za-z0-9_-]{10,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class BotFound:
    """What the messenger says of a token."""

    bot: int
    username: str


AskBot = Callable[[str], Awaitable[BotFound]]
"""Asks the messenger whose token it is. Raises Invalid("token_unknown"), or Invalid("messenger_unreachable")."""


async def set_bot(
    uow: UnitOfWork,
    key: ChatKey,
    school_id: int,
    token: str,
    *,
    ask: AskBot,
    sealing_key: bytes,
    own_bot: int,
    sure: bool = False,
) -> str:
    """Make the token's bot the school's, in place of an older one; what it is called. ``own_bot`` is the installation's.

    A bot with linked chats is replaced by another only when ``sure``. Raises NotFound; Invalid("token_malformed"),
    Invalid("token_unknown"), Invalid("messenger_unreachable"), Invalid("bot_taken"), and Invalid("bot_has_chats") with
    how many, ``n``, and the old one's ``username``.
    """
    await access_office(uow, await fresh_actor(uow, key), school_id, SETTERS)
    well_formed = _TOKEN.fullmatch(token.strip())
    if well_formed is None:
        raise Invalid("token_malformed")
    if int(well_formed[1]) == own_bot:
        raise Invalid("bot_taken")
    # Outside of the transaction: nobody waits for a messenger's server.
    found = await ask(well_formed[0])
    if found.bot != int(well_formed[1]):
        raise Invalid("token_unknown")
    try:
        async with uow.writing():
            await _put(uow, key, school_id, found, seal(sealing_key, well_formed[0]), sure=sure)
    except sa.exc.IntegrityError:
        raise Invalid("bot_taken") from None  # another school was first, a moment ago
    return found.username


async def _put(
    uow: UnitOfWork, key: ChatKey, school_id: int, found: BotFound, sealed: str, *, sure: bool
) -> None:
    office = await access_office(uow, await fresh_actor(uow, key), school_id, SETTERS)
    of_bot = (OrgBot.messenger == Messenger.TELEGRAM, OrgBot.bot == found.bot)
    taken = await uow.value(
        sa.select(OrgBot.id).where(*of_bot, OrgBot.org_id != school_id, OrgBot.ended_at.is_(None))
    )
    if taken is not None:
        raise Invalid("bot_taken")
    older = await uow.row(sa.select(OrgBot.id, OrgBot.bot, OrgBot.username).where(*_open(school_id)))
    if older is not None and older.bot != found.bot:
        chats = int(await uow.value(linked_chats(older.bot)) or 0)
        if chats and not sure:
            raise Invalid("bot_has_chats", n=chats, username=older.username)
        await _fall_silent(uow, older.bot)
    if older is not None:
        await uow.write(sa.update(OrgBot).where(OrgBot.id == older.id).values(ended_at=uow.now))
    if older is None or older.bot != found.bot:
        await _speak_again(uow, school_id, found.bot)
    await uow.insert(
        OrgBot,
        org_id=school_id,
        messenger=Messenger.TELEGRAM,
        bot=found.bot,
        username=found.username,
        token=sealed,
        set_at=uow.now,
        set_by=office.officer_id,
    )
    await record(
        uow,
        "bot.set",
        actor_id=office.officer_id,
        subject=("org", school_id),
        before={"bot": older.bot, "username": older.username} if older is not None else {},
        after={"bot": found.bot, "username": found.username},
    )


async def remove_bot(uow: UnitOfWork, key: ChatKey, school_id: int) -> None:
    """Take the school's bot away: its chats can no longer be told, until the same bot comes back. Raises NotFound."""
    async with uow.writing():
        office = await access_office(uow, await fresh_actor(uow, key), school_id, SETTERS)
        row = await uow.row(sa.select(OrgBot.id, OrgBot.bot, OrgBot.username).where(*_open(school_id)))
        if row is None:
            raise NotFound("bot_not_found")
        await uow.write(sa.update(OrgBot).where(OrgBot.id == row.id).values(ended_at=uow.now))
        await _fall_silent(uow, row.bot)
        await record(
            uow,
            "bot.remove",
            actor_id=office.officer_id,
            subject=("org", school_id),
            before={"bot": row.bot, "username": row.username},
        )


async def note_refusal(uow: UnitOfWork, row_id: int, *, refused: bool) -> None:
    """Whether the messenger refuses a bot's token; the first moment of it is kept. One statement."""
    async with uow.writing():
        await uow.write(
            sa.update(OrgBot)
            .where(OrgBot.id == row_id, OrgBot.refused_at.is_(None) if refused else sa.true())
            .values(refused_at=uow.now if refused else None)
        )


def _open(school_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        OrgBot.org_id == school_id,
        OrgBot.messenger == Messenger.TELEGRAM,
        OrgBot.ended_at.is_(None),
    )


async def _fall_silent(uow: UnitOfWork, bot: int) -> None:
    """Nothing can reach the bot's chats any more: they count as blocked, and what waits for them is given up. Two
    statements."""
    await uow.write(
        sa.update(Chat)
        .where(Chat.messenger == Messenger.TELEGRAM, Chat.bot == bot, Chat.blocked_since.is_(None))
        .values(blocked_since=uow.now)
    )
    await uow.write(
        sa.update(Delivery)
        .where(
            Delivery.messenger == Messenger.TELEGRAM,
            Delivery.bot == bot,
            Delivery.state == DeliveryState.PENDING,
        )
        .values(state=DeliveryState.SUPPRESSED, why=Held.BLOCKED.value, settled_at=uow.now)
    )


async def _speak_again(uow: UnitOfWork, school_id: int, bot: int) -> None:
    """The school's own bot comes back: whoever was reachable when it went is so again. Two statements at most."""
    ended = await uow.value(
        sa.select(sa.func.max(OrgBot.ended_at, type_=OrgBot.ended_at.type)).where(
            OrgBot.org_id == school_id, OrgBot.messenger == Messenger.TELEGRAM, OrgBot.bot == bot
        )
    )
    if ended is not None:
        await uow.write(
            sa.update(Chat)
            .where(Chat.messenger == Messenger.TELEGRAM, Chat.bot == bot, Chat.blocked_since == ended)
            .values(blocked_since=None)
        )
