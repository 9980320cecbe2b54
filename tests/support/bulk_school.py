"""A school of any size written in a few statements, and events for it: for benches and reliability tests.

Families are a pupil and a guardian, each with a chat of their own; ids and messenger accounts are in one order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.cards import Card, Text
from core.db.models import (
    Announcement,
    Chat,
    ChatLink,
    ChatLinkRole,
    Delivery,
    Guardianship,
    Org,
    OutboxEvent,
    Person,
    RoleAssignment,
)
from core.db.outbox import publish
from core.db.uow import UnitOfWork
from core.domain.kinds import AudienceKind, DeliveryState, Messenger, OrgKind, Urgency
from core.domain.rights import GuardianRights, Role
from core.domain.telling import TELLINGS
from core.queries.audiences import Audience, links_of_person
from notifier.notices.notice import Event, Notice, Reader

FIRST = 1_000_000
"""One less than the id of the first person, chat and link."""
_ACCOUNTS = 50_000_000


def account_of(number: int) -> int:
    """The messenger account of the chat with this number, from 1 on."""
    return _ACCOUNTS + number


async def write_school(uow: UnitOfWork, chats: int, *, bots: Sequence[int] = (4242,)) -> int:
    """A school with so many linked chats, dealt out to the bots; its id. Ten statements, in its own transaction."""
    numbers = sa.select(sa.literal(1).label("i")).cte("numbers", recursive=True)
    numbers = numbers.union_all(sa.select(numbers.c.i + 1).where(numbers.c.i < chats))
    i, same = numbers.c.i, FIRST + numbers.c.i
    is_pupil = i % 2 == 1

    def all_of(table: Any, values: Mapping[str, Any], *where: Any) -> sa.Insert:
        chosen = sa.select(*values.values()).select_from(numbers).where(*where)
        return sa.insert(table).from_select(list(values), chosen)

    def one_of(words: Sequence[Any]) -> Any:
        return sa.case(*((i % len(words) == n, word) for n, word in enumerate(words)))

    moment = sa.literal(uow.now, Chat.created_at.type)
    role = sa.case((is_pupil, Role.STUDENT.value), else_=Role.GUARDIAN.value)
    async with uow.writing():
        school = await uow.insert(
            Org, kind=OrgKind.SCHOOL, name="Large School", timezone="Europe/Moscow", scale="five"
        )
        await uow.write(sa.update(Org).where(Org.id == school).values(path=f"/{school}/"))
        given = sa.literal("P") + sa.cast(i, sa.Text())
        await uow.write(all_of(Person, {"id": same, "family": sa.literal("Many"), "given": given}))
        student = {"person_id": same, "org_id": sa.literal(school), "role": sa.literal(Role.STUDENT.value)}
        await uow.write(all_of(RoleAssignment, student, is_pupil))
        rights = sa.literal(GuardianRights.FULL.value)
        await uow.write(
            all_of(Guardianship, {"guardian_id": same, "child_id": same - 1, "rights": rights}, i % 2 == 0)
        )
        await uow.write(
            all_of(
                Chat,
                {
                    "id": same,
                    "messenger": sa.literal(Messenger.TELEGRAM.value),
                    "bot": one_of(bots),
                    "user_id": _ACCOUNTS + i,
                    "locale": one_of(("ru", "en", "th")),
                    "timezone": one_of(("", "Asia/Yekaterinburg")),
                    "created_at": moment,
                },
            )
        )
        await uow.write(
            all_of(ChatLink, {"id": same, "chat_id": same, "person_id": same, "linked_at": moment})
        )
        await uow.write(all_of(ChatLinkRole, {"link_id": same, "role": role}))
    if not uow.database.is_sqlite:
        async with uow.database.writer.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(sa.text("ANALYZE"))
    return school


async def announce(uow: UnitOfWork, school: int, text: str, *, key: str = "") -> int:
    """Publish an announcement to the whole school, to be told at once; the event's id."""
    async with uow.writing():
        announcement = await uow.insert(
            Announcement,
            school_id=school,
            audience=AudienceKind.SCHOOL,
            text=text,
            urgency=Urgency.AT_ONCE,
            published_at=uow.now,
        )
        key = key or f"bulk:{announcement}"
        await publish(uow, "announcement_published", key, payload={"announcement": announcement})
        return int(await uow.value(sa.select(OutboxEvent.id).where(OutboxEvent.key == key)))


async def write_backlog(uow: UnitOfWork, event_id: int, rows: int) -> None:
    """Deliveries of an event to the first chats, all due now, as fan-out would write them. Two statements."""
    moment = sa.literal(uow.now, Delivery.not_before.type)
    values = {
        "event_id": sa.literal(event_id),
        "chat_id": Chat.id,
        "child_id": sa.literal(0),
        "messenger": Chat.messenger,
        "bot": Chat.bot,
        "kind": sa.literal("news"),
        "state": sa.literal(DeliveryState.PENDING.value),
        "priority": sa.literal(3),
        "not_before": moment,
    }
    chosen = sa.select(*values.values()).where(Chat.id > FIRST, Chat.id <= FIRST + rows)
    async with uow.writing():
        await uow.write(sa.insert(Delivery).from_select(list(values), chosen))
        await uow.write(
            sa.update(OutboxEvent).where(OutboxEvent.id == event_id).values(fanned_out_at=uow.now)
        )


async def states_of(uow: UnitOfWork) -> dict[str, int]:
    """How many deliveries are in each state. One statement."""
    rows = await uow.rows(sa.select(Delivery.state, sa.func.count()).group_by(Delivery.state))
    return {DeliveryState(state).value: count for state, count in rows}


async def _person(uow: UnitOfWork, event: Event) -> Audience:
    return Audience(links_of_person(event.payload["person"]), "Europe/Moscow")


async def _words(_uow: UnitOfWork, event: Event, _children: Sequence[int]) -> Mapping[int, str]:
    return {0: event.payload["words"]}


def _card(_reader: Reader, words: Sequence[str]) -> Card:
    return Card("Emergency", (Text(words[0]),))


EMERGENCY = Notice(
    kind="bulk_emergency",
    plain=TELLINGS["emergency"],
    urgent=TELLINGS["emergency"],
    audience=_person,
    load=_words,
    card=_card,
)
"""An emergency to one person, with as little around it as may be: what is measured is the way through the queue."""


async def raise_emergency(uow: UnitOfWork, number: int, words: str) -> None:
    """Tell the person with this number of an emergency."""
    async with uow.writing():
        payload = {"person": FIRST + number, "words": words}
        await publish(uow, EMERGENCY.kind, f"emergency:{words}", payload=payload)
