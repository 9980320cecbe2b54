"""Keeping that somebody other than the homeroom teacher looked into a class's diary."""

from __future__ import annotations

from core.db.audit import record
from core.db.uow import UnitOfWork
from core.queries.classes import ClassRoom


async def note_class_look(uow: UnitOfWork, room: ClassRoom) -> None:
    """One audit entry for head, deputy and administrator; none for who leads the class. One statement, or none."""
    if room.leads:
        return
    async with uow.writing():
        await record(uow, "look.class", actor_id=room.asker_id, subject=("school_class", room.id))
