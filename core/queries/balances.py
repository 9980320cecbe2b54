"""Canteen accounts that run out, and money that came in: which guardians are to be told, and the facts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.access import Actor
from core.db.engine import LONG
from core.db.models import (
    ChatLink,
    ChatLinkRole,
    Guardianship,
    MealAccount,
    MealOrder,
    MealThreshold,
    MealTransaction,
    MenuItem,
    Org,
    Person,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import TransactionKind
from core.domain.names import PersonName
from core.domain.rights import GuardianRights, Role

IN_USE = timedelta(days=14)
"""An account that nothing went into or out of for so long is not warned of: in the holidays nobody eats."""


@dataclass(frozen=True, slots=True)
class LowAccount:
    """An account below what one guardian wants to be told at; ``moved`` is whether money moved today."""

    account_id: int
    student_id: int
    school_id: int
    guardian_id: int
    below: int
    moved: bool


@dataclass(frozen=True, slots=True)
class BalanceTold:
    """What is left; ``ordered`` is the price of what is ordered for the day after, both in minor units."""

    child_id: int
    child: str
    balance: int
    ordered: int
    currency: str


@dataclass(frozen=True, slots=True)
class TopUpTold:
    """Money that came in, and what there is now, in minor units."""

    transaction_id: int
    child_id: int
    child: str
    amount: int
    balance: int
    currency: str


def _ordered(student: Any, day: date) -> sa.ScalarSelect[Any]:
    """The price of all that is ordered for the day; what has no price counts nothing."""
    return (
        sa.select(sa.cast(sa.func.coalesce(sa.func.sum(MenuItem.price), 0), sa.BigInteger()))
        .select_from(MealOrder)
        .join(MenuItem, MenuItem.id == MealOrder.menu_item_id)
        .where(MealOrder.student_id == student, MealOrder.cancelled_at.is_(None), MenuItem.date == day)
        .correlate(MealAccount)
        .scalar_subquery()
    )


def _is_linked() -> sa.ColumnElement[bool]:
    return sa.exists().where(
        ChatLink.person_id == Guardianship.guardian_id,
        ChatLink.revoked_at.is_(None),
        ChatLinkRole.link_id == ChatLink.id,
        ChatLinkRole.role == Role.GUARDIAN,
    )


def _moved(since: datetime, until: datetime) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        MealTransaction.account_id == MealAccount.id,
        MealTransaction.at >= since,
        MealTransaction.at <= until,
    )


async def low_accounts(
    uow: UnitOfWork, schools: Collection[int], today: date, midnight: datetime
) -> list[LowAccount]:
    """The accounts of schools whose date is ``today`` that are below what a linked guardian chose, else below nought or
    the price of what is ordered for the day after. One statement."""
    limit = sa.func.coalesce(
        MealThreshold.amount, _ordered(MealAccount.student_id, today + timedelta(days=1))
    )
    rows = await uow.rows(
        sa.select(
            *(MealAccount.id, MealAccount.student_id, MealAccount.school_id, Guardianship.guardian_id),
            limit.label("below"),
            _moved(midnight, uow.now).label("moved"),
        )
        .join(Guardianship, Guardianship.child_id == MealAccount.student_id)
        .outerjoin(
            MealThreshold,
            (MealThreshold.guardian_id == Guardianship.guardian_id)
            & (MealThreshold.child_id == MealAccount.student_id),
        )
        .where(
            MealAccount.school_id.in_(schools),
            Guardianship.rights != GuardianRights.NONE,
            sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= today),
            MealAccount.balance < limit,
            _moved(uow.now - IN_USE, uow.now),
            _is_linked(),
        )
        .execution_options(**LONG)
    )
    return [
        LowAccount(row.id, row.student_id, row.school_id, row.guardian_id, row.below, bool(row.moved))
        for row in rows
    ]


async def balance_told(uow: UnitOfWork, account_id: int, below: int, day: date) -> dict[int, BalanceTold]:
    """The account's facts by its pupil, while it is below; ``day`` is whose orders count. One statement."""
    row = await uow.row(
        sa.select(
            *(MealAccount.student_id, MealAccount.balance, Org.currency),
            *(Person.family, Person.given, Person.nickname),
            _ordered(MealAccount.student_id, day).label("ordered"),
        )
        .join(Org, Org.id == MealAccount.school_id)
        .join(Person, Person.id == MealAccount.student_id)
        .where(MealAccount.id == account_id, MealAccount.balance < below)
    )
    if row is None:
        return {}
    name = PersonName(row.family, row.given, "", row.nickname).called
    return {row.student_id: BalanceTold(row.student_id, name, row.balance, row.ordered, row.currency)}


@dataclass(frozen=True, slots=True)
class TopUp:
    """A top-up to be told."""

    transaction_id: int
    student_id: int
    school_id: int
    at: datetime


async def recent_top_ups(uow: UnitOfWork, since: datetime) -> list[TopUp]:
    """Money that came into accounts of pupils with a linked guardian. One statement."""
    guarded = sa.exists().where(Guardianship.child_id == MealAccount.student_id, _is_linked())
    rows = await uow.rows(
        sa.select(MealTransaction.id, MealAccount.student_id, MealAccount.school_id, MealTransaction.at)
        .join(MealAccount, MealAccount.id == MealTransaction.account_id)
        .where(
            MealTransaction.at >= since,
            MealTransaction.at <= uow.now,
            MealTransaction.kind == TransactionKind.TOP_UP,
            guarded,
        )
        .execution_options(**LONG)
    )
    return [TopUp(row.id, row.student_id, row.school_id, row.at) for row in rows]


async def top_up_told(uow: UnitOfWork, transaction_id: int) -> dict[int, TopUpTold]:
    """A top-up's facts by its pupil. One statement."""
    row = await uow.row(
        sa.select(
            *(MealAccount.student_id, MealAccount.balance, MealTransaction.amount, Org.currency),
            *(Person.family, Person.given, Person.nickname),
        )
        .join(MealAccount, MealAccount.id == MealTransaction.account_id)
        .join(Org, Org.id == MealAccount.school_id)
        .join(Person, Person.id == MealAccount.student_id)
        .where(MealTransaction.id == transaction_id)
    )
    if row is None:
        return {}
    name = PersonName(row.family, row.given, "", row.nickname).called
    told = TopUpTold(transaction_id, row.student_id, name, row.amount, row.balance, row.currency)
    return {row.student_id: told}


async def thresholds_for(uow: UnitOfWork, actor: Actor) -> dict[int, int]:
    """Below which balance the asker wants to be told, by child, in minor units; children without a choice of the
    asker's own are not in it. One statement, or none."""
    guardians = {ward.guardian_id for ward in actor.wards}
    if not guardians:
        return {}
    rows = await uow.rows(
        sa.select(MealThreshold.child_id, MealThreshold.amount).where(
            MealThreshold.guardian_id.in_(guardians),
            MealThreshold.child_id.in_([ward.student.id for ward in actor.wards]),
        )
    )
    return {row.child_id: row.amount for row in rows}
