"""How long it is kept what was told about a pupil: as the pupil's school has settled."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from core.actions.clean_up import clean_up
from core.db.models import Delivery, Org, OutboxEvent, RoleAssignment
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState, Messenger
from core.domain.rights import Role
from tests.cast import BOT_ID, Cast


async def _told(uow: UnitOfWork, child_id: int, days: int) -> None:
    at = uow.now - timedelta(days=days)
    event = await uow.insert(
        OutboxEvent, kind="x", key=f"{child_id} {days}", created_at=at, not_before=at, fanned_out_at=at
    )
    await uow.insert(
        Delivery,
        event_id=event,
        chat_id=await uow.value(sa.text("SELECT min(id) FROM chat")),
        child_id=child_id,
        messenger=Messenger.TELEGRAM,
        bot=BOT_ID,
        kind="mark",
        state=DeliveryState.SENT,
        priority=3,
        not_before=at,
    )


async def test_each_school_keeps_what_was_told_for_its_own_time_and_of_two_the_longer(
    uow: UnitOfWork, cast: Cast
) -> None:
    short, long, nobody = cast["ivan"].person_id, cast["maria"].person_id, 0
    both = cast["alexei"].person_id
    async with uow.writing():
        for child in (short, long, both, nobody):
            for days in (20, 40, 100, 250):
                await _told(uow, child, days)
        for school, days in ((cast.school_id, 30), (cast.other_school_id, 200)):
            await uow.write(sa.update(Org).where(Org.id == school).values(settings={"told_days": days}))
        pupil = (RoleAssignment.role == Role.STUDENT, RoleAssignment.org_id == cast.school_id)
        await uow.write(
            sa.update(RoleAssignment)
            .where(*pupil, RoleAssignment.person_id == long)
            .values(org_id=cast.other_school_id)
        )
        await uow.insert(RoleAssignment, person_id=both, org_id=cast.other_school_id, role=Role.STUDENT)
    await clean_up(uow)
    rows = await uow.rows(sa.select(Delivery.child_id, Delivery.not_before))
    kept: dict[int, set[int]] = {}
    for row in rows:
        kept.setdefault(row.child_id, set()).add((uow.now - row.not_before).days)
    assert kept == {short: {20}, long: {20, 40, 100}, both: {20, 40, 100}, nobody: {20, 40}}
