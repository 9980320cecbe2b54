"""The rows of telling: claiming those of one bot under a lease, and settling them with what became of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from core.db.conversation import ChatKey
from core.db.models import Chat, Delivery, OutboxEvent
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId
from core.domain.kinds import DeliveryState, Messenger
from core.domain.telling import TELLINGS, Held

LEASE = timedelta(minutes=2)
_PRIORITIES = sorted({one.priority for one in TELLINGS.values()})
_LONGEST_WHY = 500
_NO_FAULT = (Held.NONE, Held.QUIET_HOURS, Held.DIGEST, Held.WEEKLY)


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A claimed delivery with its event and its chat; ``locale``, ``timezone`` and the quiet hours are empty where the chat
    chose none.

    ``told_as`` is the kind of news. ``attempts`` counts this one; ``tried_at`` is the moment of the first.
    """

    id: int
    event_id: int
    event_kind: str
    payload: dict[str, Any]
    actor_id: int | None
    happened_at: datetime
    chat_id: ChatId
    key: ChatKey
    child_id: int
    told_as: str
    bundle: str
    priority: int
    attempts: int
    locale: str
    timezone: str
    quiet_from: time | None
    quiet_to: time | None
    not_before: datetime
    tried_at: datetime


@dataclass(frozen=True, slots=True)
class _Event:
    """What a delivery needs of its event."""

    kind: str
    payload: dict[str, Any]
    actor_id: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a claimed delivery. PENDING is due again at ``retry_at``, or unchanged where that is None;
    ``counts`` is False where the messenger only asked to wait, which is no attempt."""

    delivery_id: int
    state: DeliveryState
    why: str = ""
    message_id: int | None = None
    retry_at: datetime | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Waiting:
    """What may not be claimed now, so that the order within a chat is kept: ``behind`` maps a priority to the chats whose
    rows of this and every lesser urgency wait; ``first`` are the rows that they wait for, which may be claimed."""

    behind: Mapping[int, Collection[int]] = field(default_factory=dict)
    first: Collection[int] = ()

    def allows(self) -> sa.ColumnElement[bool]:
        """Whether a row may be claimed."""
        allowed = sa.and_(
            sa.true(),
            *(
                sa.or_(Delivery.priority < priority, Delivery.chat_id.not_in(chats))
                for priority, chats in sorted(self.behind.items())
                if chats
            ),
        )
        return sa.or_(allowed, Delivery.id.in_(self.first)) if self.first else allowed


NOTHING_WAITS = Waiting()


def _of(messenger: Messenger, bot: int, state: DeliveryState) -> sa.ColumnElement[bool]:
    return sa.and_(Delivery.messenger == messenger, Delivery.bot == bot, Delivery.state == state)


async def release_leases(
    uow: UnitOfWork, messenger: Messenger, bot: int, *, expired_only: bool = True
) -> None:
    """What a dispatcher took and never settled is due again; all of it where no other can be at work on it.

    One statement in its own transaction.
    """
    async with uow.writing():
        await uow.write(
            sa.update(Delivery)
            .where(
                _of(messenger, bot, DeliveryState.SENDING),
                *([Delivery.leased_until < uow.now] if expired_only else []),
            )
            .values(state=DeliveryState.PENDING, leased_until=None)
        )


async def claim_due(
    uow: UnitOfWork,
    messenger: Messenger,
    bot: int,
    most: int,
    *,
    waiting: Waiting = NOTHING_WAITS,
    more_urgent_than: int | None = None,
    events: MutableMapping[int, _Event] | None = None,
) -> list[DueDelivery]:
    """Take due rows of one bot for sending, urgent first, with all due rows of the bundles they belong to.

    ``events`` keeps what is read of events from claim to claim. At most four statements in one transaction of its own;
    on PostgreSQL two dispatchers never claim the same row.
    """
    due = sa.and_(
        _of(messenger, bot, DeliveryState.PENDING), Delivery.not_before <= uow.now, waiting.allows()
    )
    columns = (
        *(
            Delivery.id,
            Delivery.event_id,
            Delivery.chat_id,
            Delivery.child_id,
            Delivery.kind,
            Delivery.bundle,
        ),
        *(Delivery.priority, Delivery.attempts, Delivery.not_before, Delivery.tried_at),
        *(Chat.user_id, Chat.locale, Chat.timezone, Chat.quiet_from, Chat.quiet_to),
    )
    chosen = (
        sa.select(*columns)
        .join(Chat, Chat.id == Delivery.chat_id)
        .where(due)
        .order_by(Delivery.priority, Delivery.not_before, Delivery.id)
        .with_for_update(skip_locked=True, of=Delivery)
    )
    first = chosen.limit(most)
    if more_urgent_than is not None:
        first = first.where(Delivery.priority < more_urgent_than)
    async with uow.writing():
        rows = {row.id: row for row in await uow.rows(first)}
        if not rows:
            return []
        bundles = {(row.chat_id, row.bundle) for row in rows.values() if row.bundle}
        if bundles:
            together = chosen.where(sa.tuple_(Delivery.chat_id, Delivery.bundle).in_(bundles))
            rows |= {row.id: row for row in await uow.rows(together)}
        await uow.write(
            sa.update(Delivery)
            .where(Delivery.id.in_(list(rows)))
            .values(
                state=DeliveryState.SENDING,
                leased_until=uow.now + LEASE,
                attempts=Delivery.attempts + 1,
                tried_at=sa.func.coalesce(Delivery.tried_at, sa.literal(uow.now, Delivery.tried_at.type)),
            )
        )
        known = await _events(uow, {row.event_id for row in rows.values()}, {} if events is None else events)
    return [
        _due_delivery(row, known[row.event_id], messenger, bot, uow.now)
        for row in sorted(rows.values(), key=lambda row: (row.priority, row.not_before, row.id))
    ]


def _due_delivery(
    row: sa.Row[Any], event: _Event, messenger: Messenger, bot: int, now: datetime
) -> DueDelivery:
    return DueDelivery(
        row.id,
        row.event_id,
        event.kind,
        event.payload,
        event.actor_id,
        event.created_at,
        ChatId(row.chat_id),
        ChatKey(messenger, bot, row.user_id),
        row.child_id,
        row.kind,
        row.bundle,
        row.priority,
        row.attempts + 1,
        row.locale or "",
        row.timezone,
        row.quiet_from,
        row.quiet_to,
        row.not_before,
        row.tried_at or now,
    )


async def _events(
    uow: UnitOfWork, ids: Collection[int], known: MutableMapping[int, _Event]
) -> Mapping[int, _Event]:
    """Kind, payload, actor and moment of events; what was fanned out no longer changes."""
    missing = [one for one in ids if one not in known]
    if missing:
        for row in await uow.rows(
            sa.select(
                *(OutboxEvent.id, OutboxEvent.kind, OutboxEvent.payload),
                *(OutboxEvent.actor_id, OutboxEvent.created_at),
            ).where(OutboxEvent.id.in_(missing))
        ):
            known[row.id] = _Event(row.kind, row.payload, row.actor_id, row.created_at)
    return known


async def settle(uow: UnitOfWork, settlements: Sequence[Settlement]) -> None:
    """Write what became of claimed deliveries; only SENT holds against what others made of them meanwhile.

    At most three statements in one transaction.
    """
    if not settlements:
        return
    sent = [one for one in settlements if one.state is DeliveryState.SENT]
    waiting = [one for one in settlements if one.state is DeliveryState.PENDING]
    ended = [one for one in settlements if one.state not in (DeliveryState.SENT, DeliveryState.PENDING)]
    table = cast(sa.Table, Delivery.__table__)
    sending = table.c.state == DeliveryState.SENDING
    columns = {
        "of": Delivery.id.type,
        "state": sa.Text(),
        "why": sa.Text(),
        "message": Delivery.message_id.type,
        "retry": Delivery.not_before.type,
        "free": Delivery.attempts.type,
    }
    async with uow.writing():
        for some, names, where in (
            (sent, ("state", "why", "message"), sa.true()),
            (ended, ("state", "why", "message"), sending),
        ):
            await _update(
                uow,
                some,
                {name: columns[name] for name in ("of", *names)},
                lambda given: {
                    "state": given["state"],
                    "why": given["why"],
                    "message_id": given["message"],
                    "settled_at": uow.now,
                    "leased_until": None,
                },
                where,
            )
        await _update(
            uow,
            waiting,
            {name: columns[name] for name in ("of", "why", "retry", "free")},
            lambda given: {
                "state": DeliveryState.PENDING,
                "why": sa.case((given["retry"].is_(None), table.c.why), else_=given["why"]),
                "not_before": sa.func.coalesce(given["retry"], table.c.not_before),
                "attempts": table.c.attempts - given["free"],
                "leased_until": None,
            },
            sending,
        )


async def _update(
    uow: UnitOfWork, settlements: Sequence[Settlement], columns: Mapping[str, Any], values: Any, where: Any
) -> None:
    """One UPDATE of many rows, each with values of its own: from arrays on PostgreSQL, row by row on SQLite."""
    if not settlements:
        return
    table = cast(sa.Table, Delivery.__table__)
    rows = [
        {
            "of": one.delivery_id,
            "state": one.state.value,
            "why": one.why.replace("\0", "")[:_LONGEST_WHY],
            "message": one.message_id,
            "retry": one.retry_at,
            "free": 0 if one.counts else 1,
        }
        for one in settlements
    ]
    if uow.database.is_sqlite:
        given = {name: sa.bindparam(f"g_{name}", type_=kind) for name, kind in columns.items()}
        statement = sa.update(table).where(table.c.id == given["of"], where).values(values(given))
        await uow.write(statement, [{f"g_{name}": row[name] for name in columns} for row in rows])
        return
    arrays = [
        sa.cast(sa.literal([row[name] for row in rows], ARRAY(kind)), ARRAY(kind))
        for name, kind in columns.items()
    ]
    new = (
        sa.func.unnest(*arrays)
        .table_valued(*(sa.column(name, kind) for name, kind in columns.items()))
        .render_derived(name="new")
    )
    await uow.write(
        sa.update(table).where(table.c.id == new.c.of, where).values(values({n: new.c[n] for n in columns}))
    )


async def suppress_pending(uow: UnitOfWork, chat_id: int, why: str) -> None:
    """Give up what still waits for a chat that cannot be reached. One statement in its own transaction."""
    async with uow.writing():
        await uow.write(
            sa.update(Delivery)
            .where(Delivery.chat_id == chat_id, Delivery.state == DeliveryState.PENDING)
            .values(state=DeliveryState.SUPPRESSED, why=why, settled_at=uow.now)
        )


async def next_due(
    uow: UnitOfWork, messenger: Messenger, bot: int, *, waiting: Waiting = NOTHING_WAITS
) -> datetime | None:
    """When the bot's next row that may be claimed is due; None where none waits. One statement."""
    pending = _of(messenger, bot, DeliveryState.PENDING)
    # One look into the index for each priority: it stands before the moment there.
    earliest = [
        sa.select(sa.func.min(Delivery.not_before).label("at")).where(
            pending, Delivery.priority == priority, waiting.allows()
        )
        for priority in _PRIORITIES
    ]
    rows = await uow.rows(sa.union_all(*earliest))
    return min((row.at for row in rows if row.at is not None), default=None)


async def retried(
    uow: UnitOfWork, messenger: Messenger, bot: int, *, of: Collection[int] | None = None
) -> dict[int, tuple[int, int, int]]:
    """The rows that wait to be tried again after a fault, of all or of some: id to chat, priority and attempts.

    One statement.
    """
    rows = await uow.rows(
        sa.select(Delivery.id, Delivery.chat_id, Delivery.priority, Delivery.attempts).where(
            _of(messenger, bot, DeliveryState.PENDING),
            Delivery.why.not_in(_NO_FAULT),
            *([Delivery.id.in_(of)] if of is not None else []),
        )
    )
    return {row.id: (row.chat_id, row.priority, row.attempts) for row in rows}
