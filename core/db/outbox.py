"""Writing down that something happened, to be told later; part of the transaction of what happened."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.db.models import OutboxEvent
from core.db.uow import UnitOfWork


async def publish(
    uow: UnitOfWork,
    kind: str,
    key: str,
    *,
    payload: dict[str, Any],
    actor_id: int | None = None,
    not_before: datetime | None = None,
) -> None:
    """Add one event; a key that is there already changes nothing. Needs ``uow.writing()``. One statement."""
    insert = sqlite.insert if uow.database.is_sqlite else postgresql.insert
    uow.after_commit.append(uow.database.on_publish)
    await uow.write(
        insert(OutboxEvent)
        .values(
            kind=kind,
            key=key,
            payload=payload,
            actor_id=actor_id,
            created_at=uow.now,
            not_before=not_before or uow.now,
        )
        .on_conflict_do_nothing(index_elements=["key"])
    )


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be written with others of its kind. It is told from ``since`` on, which may be over already; after
    ``until`` it is of no use and nobody is told any more."""

    key: str
    payload: dict[str, Any]
    since: datetime
    until: datetime


_KEYS_AT_ONCE = 5_000


async def unpublished(uow: UnitOfWork, keys: Collection[str]) -> set[str]:
    """Of these keys, those that no event has yet. One statement for each five thousand."""
    left = set(keys)
    ordered = sorted(left)
    for start in range(0, len(ordered), _KEYS_AT_ONCE):
        some = ordered[start : start + _KEYS_AT_ONCE]
        left -= {
            row.key for row in await uow.rows(sa.select(OutboxEvent.key).where(OutboxEvent.key.in_(some)))
        }
    return left


async def publish_all(uow: UnitOfWork, kind: str, events: Sequence[NewEvent]) -> int:
    """Write those events whose key is not there yet, in one transaction; how many were new.

    Where two do the same at the same time, one finds the other's. Two statements, one where nothing is new.
    """
    new = await unpublished(uow, [one.key for one in events])
    rows = [
        {
            "kind": kind,
            "key": one.key,
            "payload": {**one.payload, "until": one.until.isoformat()},
            "created_at": uow.now,
            "not_before": one.since,
        }
        for one in events
        if one.key in new
    ]
    if not rows:
        return 0
    insert = sqlite.insert if uow.database.is_sqlite else postgresql.insert
    async with uow.writing():
        uow.after_commit.append(uow.database.on_publish)
        await uow.write(insert(OutboxEvent).on_conflict_do_nothing(index_elements=["key"]), rows)
    return len(rows)


async def publish_change(
    uow: UnitOfWork,
    kind: str,
    key: str,
    *,
    before: Any,
    after: Any,
    payload: dict[str, Any],
    actor_id: int | None = None,
    not_before: datetime | None = None,
) -> None:
    """Tell how a thing is now that may change again before anybody hears of it. One event of a key waits at most.

    ``before`` and ``after`` are JSON and stand in the payload: a further change replaces the waiting event and keeps
    its ``before``, which is what people know; a change back to that tells nothing. An event that was told gives its
    key up to the next. Needs ``uow.writing()`` and a lock on the thing. At most three statements.
    """
    known = await uow.row(
        sa.select(OutboxEvent.id, OutboxEvent.payload, OutboxEvent.fanned_out_at, OutboxEvent.cancelled_at)
        .where(OutboxEvent.key == key)
        .with_for_update()
    )
    if known is not None and known.fanned_out_at is not None:
        await uow.write(
            sa.update(OutboxEvent).where(OutboxEvent.id == known.id).values(key=f"{key}:{known.id}")
        )
        known = None
    if known is not None and known.cancelled_at is None:
        before = known.payload["before"]
    values: dict[str, Any] = {
        "payload": {**payload, "before": before, "after": after},
        "actor_id": actor_id,
        "created_at": uow.now,
        "not_before": not_before or uow.now,
        "cancelled_at": uow.now if before == after else None,
        "attempts": 0,
        "why": "",
    }
    uow.after_commit.append(uow.database.on_publish)
    if known is not None:
        await uow.write(sa.update(OutboxEvent).where(OutboxEvent.id == known.id).values(**values))
    elif before != after:
        await uow.insert(OutboxEvent, kind=kind, key=key, **values)


@dataclass(frozen=True, slots=True)
class DueEvent:
    """An event that is to be told now."""

    id: int
    kind: str
    payload: dict[str, Any]
    actor_id: int | None
    created_at: datetime
    not_before: datetime


_WAITS = (OutboxEvent.fanned_out_at.is_(None), OutboxEvent.cancelled_at.is_(None))


async def due_events(uow: UnitOfWork, kinds: tuple[str, ...], most: int) -> list[int]:
    """The ids of events to be told now and not yet fanned out, oldest first. One statement."""
    rows = await uow.rows(
        sa.select(OutboxEvent.id)
        .where(*_WAITS, OutboxEvent.not_before <= uow.now, OutboxEvent.kind.in_(kinds))
        .order_by(OutboxEvent.id)
        .limit(most)
    )
    return [row.id for row in rows]


async def next_event(uow: UnitOfWork, kinds: tuple[str, ...]) -> datetime | None:
    """When the next event is to be told; None where none waits. One statement."""
    found: datetime | None = await uow.value(
        sa.select(sa.func.min(OutboxEvent.not_before)).where(*_WAITS, OutboxEvent.kind.in_(kinds))
    )
    return found


async def take_event(uow: UnitOfWork, event_id: int) -> DueEvent | None:
    """Lock an event that is still to be told, as it stands now: it may have been replaced or taken back meanwhile.

    None where it is not, or another process has it in hand. Needs ``uow.writing()``. One statement.
    """
    row = await uow.row(
        sa.select(
            *(OutboxEvent.id, OutboxEvent.kind, OutboxEvent.payload, OutboxEvent.actor_id),
            *(OutboxEvent.created_at, OutboxEvent.not_before),
        )
        .where(OutboxEvent.id == event_id, *_WAITS, OutboxEvent.not_before <= uow.now)
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return None
    return DueEvent(row.id, row.kind, row.payload, row.actor_id, row.created_at, row.not_before)


async def mark_fanned_out(uow: UnitOfWork, event_id: int) -> None:
    """Note that an event has its deliveries; needs ``uow.writing()``. One statement."""
    await uow.write(
        sa.update(OutboxEvent).where(OutboxEvent.id == event_id).values(fanned_out_at=uow.now, why="")
    )


async def attempts_at(uow: UnitOfWork, event_id: int) -> int:
    """How often an event could not be fanned out. One statement."""
    return int(await uow.value(sa.select(OutboxEvent.attempts).where(OutboxEvent.id == event_id)) or 0)


async def put_off_event(uow: UnitOfWork, event_id: int, why: str, until: datetime) -> None:
    """Note that an event could not be fanned out, and when to try again. One statement in its own transaction."""
    async with uow.writing():
        await uow.write(
            sa.update(OutboxEvent)
            .where(OutboxEvent.id == event_id, *_WAITS)
            .values(attempts=OutboxEvent.attempts + 1, why=why, not_before=until)
        )


async def cancel_event(uow: UnitOfWork, key: str) -> bool:
    """Take back an event that nobody was told of yet; False where it is fanned out already, or was never written.

    Needs ``uow.writing()``. One statement.
    """
    return await cancel_events(uow, [key]) > 0


async def cancel_events(uow: UnitOfWork, keys: Sequence[str]) -> int:
    """As ``cancel_event``, of several; how many were taken back. One statement."""
    result = await uow.write(
        sa.update(OutboxEvent)
        .where(
            OutboxEvent.key.in_(keys),
            OutboxEvent.fanned_out_at.is_(None),
            OutboxEvent.cancelled_at.is_(None),
        )
        .values(cancelled_at=uow.now)
        .returning(OutboxEvent.id)
    )
    return len(result.all())
