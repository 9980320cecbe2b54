"""Choosing how to be told: kinds of news, quiet hours, the digest's hour, emergencies only."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.access import Actor, fresh_actor
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import Chat, MealThreshold, NoticePreference
from core.db.uow import UnitOfWork
from core.domain.telling import TELLINGS, Choice, Hours
from core.errors import Invalid, NotFound


async def choose_telling(
    uow: UnitOfWork, key: ChatKey, kind: str, choice: Choice, *, child_id: int = 0
) -> None:
    """How one kind of news is told in this chat, for one child or (0) for all: then children's own choices end.

    Raises NotFound for a kind, a way of telling or a child that is not the asker's, Invalid("cannot_be_off"). Four
    statements.
    """
    telling = TELLINGS.get(kind)
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        known = {0, *(student.id for student in actor.students)}
        if actor.is_stranger or telling is None or child_id not in known:
            raise NotFound("settings_not_found")
        if not telling.can_be_off:
            raise Invalid("cannot_be_off")
        if choice not in telling.choices:
            raise NotFound("settings_not_found")
        links = [identity.link_id for identity in actor.identities]
        if child_id == 0:
            await uow.write(
                sa.delete(NoticePreference).where(
                    NoticePreference.link_id.in_(links), NoticePreference.kind == kind
                )
            )
        insert = sqlite.insert if uow.database.is_sqlite else postgresql.insert
        statement = insert(NoticePreference)
        await uow.write(
            statement.on_conflict_do_update(
                index_elements=["link_id", "kind", "child_id"], set_={"choice": statement.excluded.choice}
            ),
            [{"link_id": link, "kind": kind, "child_id": child_id, "choice": choice} for link in links],
        )
        await _record(uow, actor, {"kind": kind, "child": child_id, "choice": choice.value})


async def choose_hours(
    uow: UnitOfWork, key: ChatKey, *, quiet: Hours | None = None, digest_at: time | None = None
) -> None:
    """The chat's quiet hours (both ends alike: none) or the hour of its digest. Three statements."""
    values: dict[str, Any] = {}
    if quiet is not None:
        values |= {"quiet_from": quiet.starts, "quiet_to": quiet.ends}
    if digest_at is not None:
        values["digest_at"] = digest_at
    await _change_chat(uow, key, values)


async def choose_emergencies_only(uow: UnitOfWork, key: ChatKey, *, only: bool) -> None:
    """Whether nothing is told but what cannot be turned off. Three statements."""
    await _change_chat(uow, key, {"emergencies_only": only})


async def choose_poor_mark(uow: UnitOfWork, key: ChatKey, number: Decimal | None) -> None:
    """Up to which mark it is told at once; None for what the scale calls poor. Three statements."""
    await _change_chat(uow, key, {"poor_up_to": number})


async def choose_threshold(uow: UnitOfWork, key: ChatKey, child_id: int, amount: int | None) -> None:
    """Below which balance of a child's canteen account its guardian is told, in minor units; None for below nought or
    the price of what is ordered. It holds in every chat of the guardian. Three statements.

    Raises NotFound for a child whose guardian the chat is not linked to.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        guardian = next((ward.guardian_id for ward in actor.wards if ward.student.id == child_id), None)
        if guardian is None:
            raise NotFound("settings_not_found")
        if amount is None:
            await uow.write(
                sa.delete(MealThreshold).where(
                    MealThreshold.guardian_id == guardian, MealThreshold.child_id == child_id
                )
            )
        else:
            insert = sqlite.insert if uow.database.is_sqlite else postgresql.insert
            await uow.write(
                insert(MealThreshold)
                .values(guardian_id=guardian, child_id=child_id, amount=amount)
                .on_conflict_do_update(index_elements=["guardian_id", "child_id"], set_={"amount": amount})
            )
        await _record(uow, actor, {"threshold": amount, "child": child_id})


async def _change_chat(uow: UnitOfWork, key: ChatKey, values: dict[str, Any]) -> None:
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        if actor.is_stranger or actor.chat_id is None:
            raise NotFound("settings_not_found")
        await uow.write(sa.update(Chat).where(Chat.id == actor.chat_id).values(**values))
        await _record(uow, actor, {name: str(value) for name, value in values.items()})


async def _record(uow: UnitOfWork, actor: Actor, after: dict[str, Any]) -> None:
    await record(
        uow,
        "settings.change",
        actor_id=actor.identities[0].person_id,
        subject=("chat", actor.chat_id or 0),
        after=after,
    )
