"""Telling again who has not read an announcement: by itself where it asks to be acknowledged, or as its author wishes.

Whom that concerns is asked when the events are told: who has read it meanwhile hears nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.access import fresh_actor
from core.actions.announcements import speaker
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import Announcement, Org, OutboxEvent
from core.db.outbox import publish
from core.db.uow import UnitOfWork
from core.domain.announcing import MOST_NUDGES, Resends, nudge_key, unread_key
from core.errors import Invalid
from core.queries.announcements import Announced, own_announcement

NUDGE_EVERY = timedelta(hours=1)


async def resend_unread(uow: UnitOfWork, resends: Resends | None = None) -> int:
    """Write the re-sends that are due, one for each announcement at most, and with its last one the author's count;
    how many announcements are told again. May run at any time, twice or on two replicas: keys are unique.

    At most three statements, however many announcements there are.
    """
    plan = resends or Resends()
    rows = await uow.rows(
        sa.select(Announcement.id, Announcement.published_at, Org.timezone)
        .join(Org, Org.id == Announcement.school_id)
        .where(
            Announcement.asks,
            Announcement.withdrawn_at.is_(None),
            Announcement.published_at <= uow.now,
            Announcement.published_at > uow.now - plan.span,
        )
    )
    due = {
        row.id: number
        for row in rows
        if (number := plan.due(row.published_at, ZoneInfo(row.timezone), uow.now))
    }
    keys = {unread_key(announcement, number): announcement for announcement, number in due.items()}
    if not keys:
        return 0
    there = await uow.rows(sa.select(OutboxEvent.key).where(OutboxEvent.key.in_(keys)))
    new = {keys[key]: due[keys[key]] for key in keys.keys() - {row.key for row in there}}
    if new:
        async with uow.writing():
            await _write(uow, new, plan)
    return len(new)


async def _write(uow: UnitOfWork, new: dict[int, int], plan: Resends) -> None:
    def event(kind: str, key: str, announcement: int, wait: timedelta = timedelta(0)) -> dict[str, Any]:
        return {
            "kind": kind,
            "key": key,
            "payload": {"announcement": announcement},
            "created_at": uow.now,
            "not_before": uow.now + wait,
        }

    events = [
        event("announcement_unread", unread_key(announcement, number), announcement)
        for announcement, number in new.items()
    ]
    events += [
        event(
            "announcement_unread_counted",
            f"announcement_unread_counted:{announcement}",
            announcement,
            plan.spans[0],
        )
        for announcement, number in new.items()
        if number == plan.most
    ]
    insert = sqlite.insert if uow.database.is_sqlite else postgresql.insert
    uow.after_commit.append(uow.database.on_publish)
    await uow.write(insert(OutboxEvent).on_conflict_do_nothing(index_elements=["key"]), events)


async def nudge_unread(uow: UnitOfWork, key: ChatKey, announcement_id: int) -> Announced:
    """Tell those again now who have not read it or, where it asks, not acknowledged it: the announcement. Quiet hours
    hold as for every delivery. At most seven statements.

    Raises NotFound, Invalid("not_out_yet"), Invalid("nudged_already") within the hour, and Invalid("nudged_enough").
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        own = await own_announcement(uow, actor, announcement_id)
        if own.is_scheduled(uow.now):
            raise Invalid("not_out_yet")
        keys = [nudge_key(own.id, number) for number in range(1, MOST_NUDGES + 1)]
        nudges = await uow.rows(sa.select(OutboxEvent.created_at).where(OutboxEvent.key.in_(keys)))
        if any(uow.now - row.created_at < NUDGE_EVERY for row in nudges):
            raise Invalid("nudged_already")
        if len(nudges) >= MOST_NUDGES:
            raise Invalid("nudged_enough")
        author = speaker(actor, own.audience)
        payload = {"announcement": int(own.id)}
        nudge = nudge_key(own.id, len(nudges) + 1)
        await publish(uow, "announcement_nudged", nudge, payload=payload, actor_id=author)
        await record(uow, "announcement.nudge", actor_id=author, subject=("announcement", own.id))
    return own
