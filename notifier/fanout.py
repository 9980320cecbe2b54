"""From an event to its deliveries: one row for each chat that is to be told, written once however often it runs."""

from __future__ import annotations

from collections.abc import Mapping

from core.db.deliveries import add_deliveries
from core.db.outbox import due_events, mark_fanned_out
from core.db.uow import UnitOfWork
from notifier.notices.notice import Notice

_EVENTS_AT_ONCE = 100


async def fan_out_due(uow: UnitOfWork, notices: Mapping[str, Notice]) -> int:
    """Fan out every due event whose kind has a notice; returns how many events were taken."""
    events = await due_events(uow, tuple(notices), _EVENTS_AT_ONCE)
    for event in events:
        notice = notices[event.kind]
        chats = await notice.audience(uow, event.payload)
        async with uow.writing():
            await add_deliveries(uow, event.id, chats, priority=notice.priority)
            await mark_fanned_out(uow, event.id)
    return len(events)
