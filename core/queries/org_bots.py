"""The bots that schools brought: which of them are to run, what a school sees of its own, and whose links slips carry."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.db.models import Chat, ChatLink, Org, OrgBot, Person
from core.db.uow import UnitOfWork
from core.domain.kinds import Messenger
from core.domain.names import PersonName


@dataclass(frozen=True, slots=True)
class SchoolBot:
    """A school's open bot as its office sees it: never its token. ``refused_at`` is since when the messenger does not know
    the token any more; ``chats`` counts the linked ones there."""

    bot: int
    username: str
    set_at: datetime
    set_by: str
    refused_at: datetime | None
    chats: int


@dataclass(frozen=True, slots=True)
class BotToken:
    """A bot that is to run; ``token`` is sealed."""

    id: int
    bot: int
    token: str
    refused_at: datetime | None


_OPEN = (OrgBot.messenger == Messenger.TELEGRAM, OrgBot.ended_at.is_(None))


def linked_chats(bot: sa.ColumnElement[int] | int) -> sa.Select[Any]:
    """How many linked chats a Telegram bot has."""
    return (
        sa.select(sa.func.count(Chat.id.distinct()))
        .join(ChatLink, sa.and_(ChatLink.chat_id == Chat.id, ChatLink.revoked_at.is_(None)))
        .where(Chat.messenger == Messenger.TELEGRAM, Chat.bot == bot)
    )


async def bot_of(uow: UnitOfWork, school_id: int) -> SchoolBot | None:
    """The school's own bot. One statement."""
    row = await uow.row(
        sa.select(
            *(OrgBot.bot, OrgBot.username, OrgBot.set_at, OrgBot.refused_at),
            *(Person.family, Person.given),
            linked_chats(OrgBot.__table__.c.bot).correlate(OrgBot).scalar_subquery().label("chats"),
        )
        .outerjoin(Person, Person.id == OrgBot.set_by)
        .where(OrgBot.org_id == school_id, *_OPEN)
    )
    if row is None:
        return None
    who = PersonName(row.family, row.given).full_name if row.family is not None else ""
    return SchoolBot(row.bot, row.username, row.set_at, who, row.refused_at, row.chats)


async def open_bots(uow: UnitOfWork) -> list[BotToken]:
    """Every bot that a school brought and has not taken away. One statement."""
    rows = await uow.rows(
        sa.select(OrgBot.id, OrgBot.bot, OrgBot.token, OrgBot.refused_at).where(*_OPEN).order_by(OrgBot.id)
    )
    return [BotToken(row.id, row.bot, row.token, row.refused_at) for row in rows]


async def bot_names(uow: UnitOfWork, schools: Collection[int]) -> dict[int, str]:
    """What the schools' own bots are called, by school: their own or the nearest above, where it works; the others have
    none. One statement, or none."""
    if not schools:
        return {}
    above = sa.orm.aliased(Org)
    rows = await uow.rows(
        sa.select(Org.id, OrgBot.username)
        .join(above, Org.path.startswith(above.path))
        .join(OrgBot, OrgBot.org_id == above.id)
        .where(Org.id.in_(schools), above.path != "", OrgBot.refused_at.is_(None), *_OPEN)
        .order_by(sa.func.length(above.path))
    )
    return {row.id: row.username for row in rows}
