"""How telling a school's families goes: today's messages by outcome, what waits, and chats that cannot be reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import sqlalchemy as sa

from core.db.engine import LONG
from core.db.models import Chat, ChatLink, Delivery
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState
from core.queries.offices import Office, ever_of_school


@dataclass(frozen=True, slots=True)
class TellingHealth:
    """``today`` are the messages settled today by outcome; ``overdue`` counts those due and not sent, ``oldest`` is when
    the first of them became due; ``held`` those that wait for their hour."""

    today: dict[DeliveryState, int]
    held: int
    overdue: int
    oldest: datetime | None
    blocked: int


async def telling_health(uow: UnitOfWork, office: Office) -> TellingHealth:
    """Three statements."""
    midnight = datetime.combine(office.school.today(uow.now), time(), office.school.zone)
    chats: sa.Select[Any] = sa.select(ChatLink.chat_id).where(
        ChatLink.revoked_at.is_(None),
        ever_of_school(ChatLink.person_id, office.school.id),
    )
    settled = await uow.rows(
        sa.select(Delivery.state, sa.func.count().label("number"))
        .where(Delivery.chat_id.in_(chats), Delivery.settled_at >= midnight)
        .group_by(Delivery.state)
        .execution_options(**LONG)
    )
    is_due = Delivery.not_before <= uow.now
    waiting = await uow.row(
        sa.select(
            sa.func.sum(sa.case((is_due, 0), else_=1)).label("held"),
            sa.func.sum(sa.case((is_due, 1), else_=0)).label("overdue"),
            sa.func.min(sa.case((is_due, Delivery.not_before))).label("oldest"),
        )
        .where(
            Delivery.state.in_((DeliveryState.PENDING, DeliveryState.SENDING)),
            Delivery.settled_at.is_(None),
            Delivery.chat_id.in_(chats),
        )
        .execution_options(**LONG)
    )
    blocked = await uow.value(
        sa.select(sa.func.count())
        .select_from(Chat)
        .where(Chat.blocked_since.is_not(None), Chat.id.in_(chats))
    )
    assert waiting is not None
    return TellingHealth(
        {row.state: row.number for row in settled},
        int(waiting.held or 0),
        int(waiting.overdue or 0),
        waiting.oldest,
        int(blocked or 0),
    )
