"""How telling a school's families goes: today's messages by outcome, what waits, and chats that cannot be reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

import sqlalchemy as sa

from core.db.engine import LONG
from core.db.models import Chat, ChatLink, Delivery
from core.db.models.base import UtcDateTime
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
    """One statement."""
    midnight = datetime.combine(office.school.today(uow.now), time(), office.school.zone)
    rows = await uow.rows(_HEALTH, {"school_id": office.school.id, "midnight": midnight, "moment": uow.now})
    waiting = next(row for row in rows if row.what == _WAITING)
    return TellingHealth(
        {DeliveryState(row.what): row.number for row in rows if row.what not in (_WAITING, _BLOCKED)},
        int(waiting.number - waiting.overdue),
        int(waiting.overdue),
        waiting.oldest,
        next(row.number for row in rows if row.what == _BLOCKED),
    )


_WAITING, _BLOCKED = "waiting", "blocked"
_CHATS = (
    sa.select(ChatLink.chat_id)
    .where(
        ChatLink.revoked_at.is_(None),
        ever_of_school(ChatLink.person_id, sa.bindparam("school_id", type_=sa.BigInteger())),
    )
    .distinct()
    .cte("chats")
)
_IS_DUE = Delivery.not_before <= sa.bindparam("moment", type_=UtcDateTime())
_NO_MOMENT = sa.cast(sa.null(), UtcDateTime())
# Each kind of count is a line of its own, so that the school's chats are gathered once for all.
_HEALTH = sa.union_all(
    sa.select(
        sa.cast(Delivery.state, sa.Text()).label("what"),
        sa.func.count().label("number"),
        sa.literal_column("0", sa.BigInteger()).label("overdue"),
        _NO_MOMENT.label("oldest"),
    )
    .join(_CHATS, _CHATS.c.chat_id == Delivery.chat_id)
    .where(Delivery.settled_at >= sa.bindparam("midnight", type_=UtcDateTime()))
    .group_by(Delivery.state),
    sa.select(
        sa.literal_column(f"'{_WAITING}'", sa.Text()),
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(sa.case((_IS_DUE, 1), else_=0)), 0),
        sa.func.min(sa.case((_IS_DUE, Delivery.not_before))),
    )
    .join(_CHATS, _CHATS.c.chat_id == Delivery.chat_id)
    .where(
        (Delivery.state == DeliveryState.PENDING) | (Delivery.state == DeliveryState.SENDING),
        Delivery.settled_at.is_(None),
    ),
    sa.select(
        sa.literal_column(f"'{_BLOCKED}'", sa.Text()),
        sa.func.count(),
        sa.literal_column("0", sa.BigInteger()),
        _NO_MOMENT,
    )
    .select_from(Chat)
    .join(_CHATS, _CHATS.c.chat_id == Chat.id)
    .where(Chat.blocked_since.is_not(None)),
).execution_options(**LONG)
