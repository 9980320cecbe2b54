"""Every row that speaks of a person, and how those of two become those of one.

The columns are found in the models by their foreign keys, so that a new table cannot be forgotten: where nothing is
unique about a person its rows just move, and where something is, ``RULES`` must say what becomes of two rows that say
the same of both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from core.db.models import (
    Base,
    ChatLinkRole,
    ChatMessage,
    Delivery,
    ExternalId,
    MealAccount,
    MealTransaction,
    NoticePreference,
    OutboxEvent,
    Person,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState
from core.domain.rights import narrower

MERGED = "merged_person"
"""The kind of ``ExternalId`` that says who a vanished number is now."""
_PORTION = 500
_EVENT_NAMES = ("student", "child", "person", "guardian", "teacher")


@dataclass(frozen=True, slots=True)
class Merger:
    """Who vanishes in whom, when, and by whose hand."""

    kept: int
    gone: int
    at: datetime
    officer_id: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of two rows that say the same: new values of the kept person's, and of the other, which goes where
    there are none."""

    kept: Mapping[str, Any] = field(default_factory=dict)
    gone: Mapping[str, Any] | None = None


Row = sa.Row[Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """How two rows of a table become one. ``kind`` is what registers' ids call the table; ``carry`` moves what hangs on
    a row that goes."""

    settle: Callable[[Merger, Row, Row], Settled]
    kind: str = ""
    carry: Callable[[UnitOfWork, Merger, Row, Row], Awaitable[None]] | None = None


def _widest(_: Merger, kept: Row, gone: Row) -> Settled:
    """Both spans of days."""
    starts = None if kept.starts is None or gone.starts is None else min(kept.starts, gone.starts)
    return Settled({"starts": starts, "ends": _later(kept.ends, gone.ends)})


def _later(one: date | None, other: date | None) -> date | None:
    return None if one is None or other is None else max(one, other)


def _guardians(_: Merger, kept: Row, gone: Row) -> Settled:
    """The narrower rights: nobody is rid of a cut by being written down twice."""
    return Settled(
        {
            "rights": narrower(kept.rights, gone.rights),
            "ends": _later(kept.ends, gone.ends),
            "relation": kept.relation or gone.relation,
        }
    )


def _marks(merger: Merger, kept: Row, gone: Row) -> Settled:
    """The mark recorded last stays open, the other is withdrawn: marks are never deleted."""
    withdrawn = {
        "withdrawn_at": merger.at,
        "withdrawn_by": merger.officer_id,
        "withdrawn_why": "people merged",
    }
    return Settled(withdrawn, {}) if gone.recorded_at > kept.recorded_at else Settled({}, withdrawn)


def _newest(*names: str) -> Callable[[Merger, Row, Row], Settled]:
    """What was recorded last."""

    def settle(_: Merger, kept: Row, gone: Row) -> Settled:
        if gone.recorded_at <= kept.recorded_at:
            return Settled()
        return Settled({name: getattr(gone, name) for name in (*names, "recorded_at")})

    return settle


def _receipts(_: Merger, kept: Row, gone: Row) -> Settled:
    acknowledged = [one for one in (kept.acknowledged_at, gone.acknowledged_at) if one is not None]
    return Settled(
        {
            "opened_at": min(kept.opened_at, gone.opened_at),
            "acknowledged_at": min(acknowledged, default=None),
        }
    )


def _links(merger: Merger, kept: Row, gone: Row) -> Settled:
    return Settled({}, {"revoked_at": merger.at, "revoked_why": "merged"})


async def _carry_link(uow: UnitOfWork, _: Merger, kept: Row, gone: Row) -> None:
    """One chat was linked to both: what it was granted, and how it wants to be told."""
    held = sa.select(ChatLinkRole.role).where(ChatLinkRole.link_id == kept.id)
    await uow.write(
        sa.update(ChatLinkRole)
        .where(ChatLinkRole.link_id == gone.id, ChatLinkRole.role.not_in(held))
        .values(link_id=kept.id)
    )
    mine = sa.orm.aliased(NoticePreference)
    said = sa.exists().where(
        mine.link_id == kept.id,
        mine.kind == NoticePreference.kind,
        mine.child_id == NoticePreference.child_id,
    )
    await uow.write(
        sa.update(NoticePreference)
        .where(NoticePreference.link_id == gone.id, sa.not_(said))
        .values(link_id=kept.id)
    )


async def _carry_money(uow: UnitOfWork, _: Merger, kept: Row, gone: Row) -> None:
    """A booking that a register gave to both was one; the balance is the sum of what is left."""
    both = sa.select(MealTransaction.external_id).where(
        MealTransaction.account_id == kept.id, MealTransaction.external_id.is_not(None)
    )
    await uow.write(
        sa.delete(MealTransaction).where(
            MealTransaction.account_id == gone.id, MealTransaction.external_id.in_(both)
        )
    )
    await uow.write(
        sa.update(MealTransaction).where(MealTransaction.account_id == gone.id).values(account_id=kept.id)
    )
    total = sa.select(sa.func.coalesce(sa.func.sum(MealTransaction.amount), 0)).where(
        MealTransaction.account_id == kept.id
    )
    await uow.write(
        sa.update(MealAccount).where(MealAccount.id == kept.id).values(balance=total.scalar_subquery())
    )


def _orders(_: Merger, kept: Row, gone: Row) -> Settled:
    return Settled({"cancelled_at": None}) if gone.cancelled_at is None else Settled()


def _accounts(_: Merger, kept: Row, gone: Row) -> Settled:
    """The kept one's password and authenticator app; the other's where there is none."""
    values: dict[str, Any] = {}
    if not kept.email:
        values |= {"email": gone.email, "password_hash": gone.password_hash}
    if not kept.totp:
        values |= {"totp": gone.totp, "totp_step": gone.totp_step}
    return Settled(values)


RULES: Mapping[str, Rule] = {
    "role_assignment": Rule(_widest, "role"),
    "guardianship": Rule(_guardians, "guardianship"),
    "enrollment": Rule(_widest, "enrollment"),
    "course_teacher": Rule(_widest, "course_teacher"),
    "course_enrollment": Rule(_widest, "course_enrollment"),
    "mark": Rule(_marks, "mark"),
    "term_mark": Rule(_newest("value", "number"), "term_mark"),
    "attendance": Rule(_newest("kind", "minutes", "reason", "recorded_by")),
    "homework_tick": Rule(lambda *_: Settled()),
    "receipt": Rule(_receipts),
    "chat_link": Rule(_links, carry=_carry_link),
    "meal_account": Rule(lambda *_: Settled(), carry=_carry_money),
    "meal_threshold": Rule(lambda _, kept, gone: Settled({"amount": max(kept.amount, gone.amount)})),
    "meal_order": Rule(_orders),
    "panel_account": Rule(_accounts),
}


def references() -> list[sa.Column[Any]]:
    """The columns that are foreign keys to a person, of every table."""
    person = Person.__table__.c.id
    return [
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(key.column is person for key in column.foreign_keys)
    ]


def unique_keys(column: sa.Column[Any]) -> list[tuple[tuple[sa.Column[Any], ...], str]]:
    """The unique keys of its table that a column is part of, each with the condition under which it counts."""
    table = column.table
    assert isinstance(table, sa.Table)
    found: list[tuple[tuple[sa.Column[Any], ...], str]] = [((column,), "")] if column.unique else []
    found += [
        (tuple(one.columns), "")
        for one in table.constraints
        if isinstance(one, sa.UniqueConstraint) and column.name in one.columns
    ]
    for index in table.indexes:
        if index.unique and column.name in index.columns:
            where = index.dialect_options["sqlite"]["where"]
            found.append((tuple(index.columns), "" if where is None else str(where)))
    return found


async def merge_rows(uow: UnitOfWork, merger: Merger) -> dict[str, int]:
    """Give the kept person all that speaks of the other, and delete that one; how many rows moved, by table.

    Needs ``uow.writing()``. The statements grow with the tables, and with the rows that both had.
    """
    moved: dict[str, int] = {}
    for column in references():
        table = column.table
        assert isinstance(table, sa.Table)
        for key, where in unique_keys(column):
            await _settle(uow, merger, column, key, where)
        result = await uow.write(
            sa.update(table).where(column == merger.gone).values({column.name: merger.kept})
        )
        if result.rowcount:
            moved[table.name] = moved.get(table.name, 0) + result.rowcount
    await _move_unkeyed(uow, merger)
    await uow.write(sa.delete(Person).where(Person.id == merger.gone))
    return moved


async def _settle(
    uow: UnitOfWork,
    merger: Merger,
    column: sa.Column[Any],
    key: Sequence[sa.Column[Any]],
    where: str,
) -> None:
    """Resolve the rows of both that agree in the rest of a unique key."""
    table = column.table
    assert isinstance(table, sa.Table)
    others = [one.name for one in key if one.name != column.name]
    statement = sa.select(table).where(column.in_((merger.kept, merger.gone)))
    if where:
        statement = statement.where(sa.text(where))
    mine: dict[tuple[Any, ...], Row] = {}
    theirs: list[Row] = []
    for row in await uow.rows(statement.order_by(table.c.id)):
        values = tuple(getattr(row, name) for name in others)
        if None in values:
            continue  # NULL is equal to nothing: such rows never collide under this key
        if getattr(row, column.name) == merger.kept:
            mine[values] = row
        else:
            theirs.append(row)
    pairs = [
        (mine[values], row)
        for row in theirs
        if (values := tuple(getattr(row, name) for name in others)) in mine
    ]
    if not pairs:
        return
    rule = RULES[table.name]
    for kept, gone in pairs:
        if rule.carry is not None:
            await rule.carry(uow, merger, kept, gone)
    settled = [(kept, gone, rule.settle(merger, kept, gone)) for kept, gone in pairs]
    over = [gone.id for _, gone, one in settled if one.gone is None]
    for start in range(0, len(over), _PORTION):
        await uow.write(sa.delete(table).where(table.c.id.in_(over[start : start + _PORTION])))
    for kept, gone, one in settled:
        if one.kept:
            await uow.write(sa.update(table).where(table.c.id == kept.id).values(**one.kept))
        if one.gone:
            await uow.write(sa.update(table).where(table.c.id == gone.id).values(**one.gone))
    if rule.kind:
        # A register that knows both rows finds the one that stands.
        for kept, gone, one in settled:
            stands, falls = (gone, kept) if one.gone == {} else (kept, gone)
            await _retie(uow, rule.kind, falls.id, stands.id)


async def _retie(uow: UnitOfWork, kind: str, old: int, new: int) -> None:
    await uow.write(
        sa.update(ExternalId)
        .where(ExternalId.kind == kind, ExternalId.target_id == old)
        .values(target_id=new)
    )


async def _move_unkeyed(uow: UnitOfWork, merger: Merger) -> None:
    """What names a person without a foreign key: registers' ids, deliveries, preferences, events to be told."""
    await _retie(uow, "person", merger.gone, merger.kept)
    await _retie(uow, MERGED, merger.gone, merger.kept)
    await uow.insert(
        ExternalId, source="merge", kind=MERGED, external_id=str(merger.gone), target_id=merger.kept
    )
    told: tuple[tuple[Any, tuple[str, str]], ...] = (
        (Delivery, ("event_id", "chat_id")),
        (NoticePreference, ("link_id", "kind")),
    )
    for table, same in told:
        mine = sa.orm.aliased(table)
        there = sa.exists().where(
            mine.child_id == merger.kept, *(getattr(mine, one) == getattr(table, one) for one in same)
        )
        await uow.write(
            sa.update(table).where(table.child_id == merger.gone, sa.not_(there)).values(child_id=merger.kept)
        )
    await uow.write(sa.delete(NoticePreference).where(NoticePreference.child_id == merger.gone))
    await uow.write(
        sa.update(ChatMessage)
        .where(ChatMessage.attachment_of == merger.gone)
        .values(attachment_of=merger.kept)
    )
    waiting = sa.select(Delivery.event_id).where(
        Delivery.state.in_((DeliveryState.PENDING, DeliveryState.SENDING))
    )
    text = sa.cast(OutboxEvent.payload, sa.Text())
    rows = await uow.rows(
        sa.select(OutboxEvent.id, OutboxEvent.payload).where(
            sa.or_(OutboxEvent.fanned_out_at.is_(None), OutboxEvent.id.in_(waiting)),
            sa.or_(*(text.like(f'%"{name}": {merger.gone}%') for name in _EVENT_NAMES)),
        )
    )
    for row in rows:
        payload = {
            name: merger.kept if name in _EVENT_NAMES and value == merger.gone else value
            for name, value in row.payload.items()
        }
        await uow.write(sa.update(OutboxEvent).where(OutboxEvent.id == row.id).values(payload=payload))
