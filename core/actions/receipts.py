"""Receipts of announcements: that somebody has opened one, and has said so where it asks for that."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.access import Actor
from core.db.conversation import ChatKey
from core.db.models import Receipt
from core.db.uow import UnitOfWork
from core.domain.ids import PersonId
from core.domain.kinds import Messenger
from core.queries.announcements import Announced


def _readers(uow: UnitOfWork, actor: Actor, key: ChatKey, announced: Announced) -> list[PersonId]:
    """For whom the chat reads. Support's terminal reads nothing, and neither does the author."""
    if key.messenger is Messenger.TERMINAL or announced.is_scheduled(uow.now):
        return []
    return [one.person_id for one in actor.identities if one.person_id != announced.author_id]


async def note_opened(uow: UnitOfWork, actor: Actor, key: ChatKey, announced: Announced) -> None:
    """Keep that the chat's persons have opened it. One statement, or none."""
    readers = _readers(uow, actor, key, announced)
    if not readers or announced.opened:
        return
    insert = sqlite.insert if uow.database.is_sqlite else postgresql.insert
    async with uow.writing():
        await uow.write(
            insert(Receipt).on_conflict_do_nothing(index_elements=["announcement_id", "person_id"]),
            [
                {"announcement_id": announced.id, "person_id": person_id, "opened_at": uow.now}
                for person_id in readers
            ],
        )


async def acknowledge(uow: UnitOfWork, actor: Actor, key: ChatKey, announced: Announced) -> datetime | None:
    """Keep that all the chat's persons have read one that asks; of each the first time stands. When it was
    acknowledged; None where nobody here is asked. One statement, or none."""
    readers = _readers(uow, actor, key, announced)
    if not readers or not announced.asks or announced.acknowledged_at is not None:
        return announced.acknowledged_at
    insert = sqlite.insert if uow.database.is_sqlite else postgresql.insert
    added = insert(Receipt)
    async with uow.writing():
        await uow.write(
            added.on_conflict_do_update(
                index_elements=["announcement_id", "person_id"],
                set_={
                    "acknowledged_at": sa.func.coalesce(
                        Receipt.acknowledged_at, added.excluded.acknowledged_at
                    )
                },
            ),
            [
                {
                    "announcement_id": announced.id,
                    "person_id": person_id,
                    "opened_at": uow.now,
                    "acknowledged_at": uow.now,
                }
                for person_id in readers
            ],
        )
    return uow.now
