"""How a chat wants to be told, and what it was told last with the decision behind each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

import sqlalchemy as sa

from core.access import Actor
from core.db.models import Chat, ChatLink, Delivery, NoticePreference, OutboxEvent, Person
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState
from core.domain.names import PersonName
from core.domain.telling import DIGEST_AT, QUIET, TELLINGS, Choice, Hours
from core.errors import NotFound


@dataclass(frozen=True, slots=True)
class Preferences:
    """One chat's choices; ``choices`` are by kind and child, 0 for all of them. Without quiet hours ``quiet`` is
    empty; where none were chosen it is the school's, of several the first one's."""

    quiet: Hours
    digest_at: time
    emergencies_only: bool
    poor_up_to: Decimal | None
    choices: Mapping[tuple[str, int], Choice]

    def choice(self, kind: str, child_id: int = 0) -> Choice:
        """What holds for a child: the child's own choice, else the one for all, else the agreed one."""
        telling = TELLINGS[kind]
        chosen = self.choices.get((kind, child_id)) or self.choices.get((kind, 0)) or telling.default
        return Choice.AT_ONCE if chosen is Choice.OFF and not telling.can_be_off else chosen


async def preferences_for(uow: UnitOfWork, actor: Actor) -> Preferences:
    """The choices of the asker's own chat. One statement. Raises NotFound for a stranger."""
    if actor.is_stranger or actor.chat_id is None:
        raise NotFound("settings_not_found")
    rows = await uow.rows(
        sa.select(
            *(Chat.quiet_from, Chat.quiet_to, Chat.digest_at, Chat.emergencies_only, Chat.poor_up_to),
            *(NoticePreference.kind, NoticePreference.child_id, NoticePreference.choice),
        )
        .outerjoin(ChatLink, (ChatLink.chat_id == Chat.id) & ChatLink.revoked_at.is_(None))
        .outerjoin(NoticePreference, NoticePreference.link_id == ChatLink.id)
        .where(Chat.id == actor.chat_id)
    )
    chat = rows[0]
    own = chat.quiet_from is not None and chat.quiet_to is not None
    usual = actor.school.quiet if actor.school else QUIET
    return Preferences(
        Hours(chat.quiet_from, chat.quiet_to) if own else usual,
        chat.digest_at or DIGEST_AT,
        chat.emergencies_only,
        chat.poor_up_to,
        {(row.kind, row.child_id): row.choice for row in rows if row.kind is not None},
    )


@dataclass(frozen=True, slots=True)
class Decision:
    """One delivery of the chat: what it is about, what was decided, and when it is or was told.

    ``at`` is when it was settled, or for one that waits when it will go.
    """

    kind: str
    event_kind: str
    child: str
    happened_at: datetime
    state: DeliveryState
    why: str
    at: datetime | None


async def decisions_for(uow: UnitOfWork, actor: Actor, *, most: int = 12) -> tuple[Decision, ...]:
    """The newest deliveries of the asker's own chat. One statement. Raises NotFound for a stranger."""
    if actor.is_stranger or actor.chat_id is None:
        raise NotFound("settings_not_found")
    rows = await uow.rows(
        sa.select(
            *(Delivery.kind, Delivery.state, Delivery.why, Delivery.not_before, Delivery.settled_at),
            *(OutboxEvent.kind.label("event_kind"), OutboxEvent.created_at),
            *(Person.family, Person.given, Person.nickname),
        )
        .join(OutboxEvent, OutboxEvent.id == Delivery.event_id)
        .outerjoin(Person, Person.id == Delivery.child_id)
        .where(Delivery.chat_id == actor.chat_id)
        .order_by(Delivery.id.desc())
        .limit(most)
    )
    return tuple(
        Decision(
            row.kind,
            row.event_kind,
            PersonName(row.family, row.given, "", row.nickname).called if row.given is not None else "",
            row.created_at,
            row.state,
            row.why,
            row.not_before if row.state is DeliveryState.PENDING else row.settled_at,
        )
        for row in rows
    )
