"""How telling goes is counted for the school's own chats, at the school's day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.db.models import Chat, Delivery, OutboxEvent
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState, Messenger
from core.domain.rights import Role
from core.queries.offices import list_offices
from core.queries.telling_health import TellingHealth, telling_health
from tests.cast import Cast, actor_of, chat_key


async def _health(uow: UnitOfWork, cast: Cast, name: str) -> TellingHealth:
    (office,) = await list_offices(uow, await actor_of(uow, cast, name), (Role.ADMIN,))
    return await telling_health(uow, office)


async def _decide(uow: UnitOfWork, cast: Cast, name: str, state: DeliveryState, **fields: Any) -> None:
    chat_id = await uow.value(sa.select(Chat.id).where(Chat.user_id == chat_key(cast, name).user_id))
    key = f"{name} {state} {fields}"
    event_id = await uow.insert(OutboxEvent, kind="news", key=key, created_at=uow.now, not_before=uow.now)
    known = {"event_id": event_id, "chat_id": chat_id, "bot": 1, "priority": 3, "attempts": 0, "kind": "news"}
    await uow.insert(
        Delivery, **known, messenger=Messenger.TELEGRAM, state=state, **({"not_before": uow.now} | fields)
    )


async def test_each_outcome_wait_and_blocked_chat_of_the_school_is_counted_once(
    uow: UnitOfWork, cast: Cast
) -> None:
    nothing = TellingHealth({}, 0, 0, None, 0)
    assert await _health(uow, cast, "admin") == nothing
    soon, late = uow.now + timedelta(hours=2), uow.now - timedelta(minutes=20)
    async with uow.writing():
        await _decide(uow, cast, "mother", DeliveryState.SENT, settled_at=uow.now)
        await _decide(uow, cast, "ivan", DeliveryState.SENT, settled_at=uow.now)
        await _decide(uow, cast, "mother", DeliveryState.FAILED, settled_at=uow.now)
        await _decide(uow, cast, "mother", DeliveryState.SENT, settled_at=uow.now - timedelta(days=1))
        await _decide(uow, cast, "mother", DeliveryState.PENDING, not_before=soon)
        await _decide(uow, cast, "mother", DeliveryState.PENDING)
        await _decide(uow, cast, "ivan", DeliveryState.SENDING, not_before=late)
        blocked = sa.update(Chat).where(Chat.user_id == chat_key(cast, "ivan").user_id)
        await uow.write(blocked.values(blocked_since=uow.now))
    for _ in range(3):  # a statement that is kept says the same
        assert await _health(uow, cast, "admin") == TellingHealth(
            {DeliveryState.SENT: 2, DeliveryState.FAILED: 1}, held=1, overdue=2, oldest=late, blocked=1
        )
    assert await _health(uow, cast, "other_admin") == nothing
