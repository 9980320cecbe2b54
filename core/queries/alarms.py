"""What somebody in charge should look at now: guessing of codes and passwords, and news that does not go out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.db.models import CodeTry, OutboxEvent, SignInTry
from core.db.uow import UnitOfWork

LOOK_BACK = timedelta(hours=24)
MANY_CODES, MANY_CODES_FROM_ONE = 50, 10
MANY_SIGN_INS, MANY_SIGN_INS_FROM_ONE = 30, 10
LATE_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Guessing:
    """Wrong tries of the last day: how many, and the most from one chat, address or account."""

    tries: int
    most_from_one: int


@dataclass(frozen=True, slots=True)
class Alarms:
    """What is wrong in the whole installation; None where nothing is. ``undecided_since`` is when the oldest event became
    due that nobody has turned into messages: then the programme that sends stands still."""

    codes: Guessing | None
    sign_ins: Guessing | None
    undecided_since: datetime | None


async def alarms_now(uow: UnitOfWork) -> Alarms:
    """Nothing of it is about anybody. Three statements."""
    codes = await _guessing(uow, CodeTry, (CodeTry.chat_id, CodeTry.address_hash))
    sign_ins = await _guessing(uow, SignInTry, (SignInTry.address_hash,))
    undecided = await uow.value(
        sa.select(OutboxEvent.not_before)
        .where(
            OutboxEvent.fanned_out_at.is_(None),
            OutboxEvent.cancelled_at.is_(None),
            OutboxEvent.attempts == 0,
            OutboxEvent.not_before < uow.now - LATE_AFTER,
        )
        .order_by(OutboxEvent.not_before)
        .limit(1)
    )
    return Alarms(
        codes if codes.tries >= MANY_CODES or codes.most_from_one >= MANY_CODES_FROM_ONE else None,
        sign_ins
        if sign_ins.tries >= MANY_SIGN_INS or sign_ins.most_from_one >= MANY_SIGN_INS_FROM_ONE
        else None,
        undecided,
    )


async def _guessing(uow: UnitOfWork, table: Any, source: tuple[Any, ...]) -> Guessing:
    by_source = (
        sa.select(sa.func.count().label("number"))
        .where(table.at > uow.now - LOOK_BACK)
        .group_by(*source)
        .subquery()
    )
    number = by_source.c.number
    row = await uow.row(sa.select(sa.func.sum(number).label("tries"), sa.func.max(number).label("most")))
    assert row is not None
    return Guessing(int(row.tries or 0), int(row.most or 0))
