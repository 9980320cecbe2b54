"""The canteen: accounts, transactions, menu and orders. Amounts are whole minor units of the school's currency."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, Id, one_of, reference
from core.domain.kinds import TransactionKind


class MealAccount(Base):
    """A student's account; ``balance`` is the sum of its transactions. No constraint says so: whoever writes a
    transaction writes the balance in the same database transaction, and reads the sum where it must be right."""

    __tablename__ = "meal_account"
    id: Mapped[Id]
    student_id: Mapped[int] = reference("person.id", index=False)
    school_id: Mapped[int] = reference("org.id")
    balance: Mapped[int] = mapped_column(default=0)
    __table_args__ = (sa.UniqueConstraint("student_id", "school_id"),)


class MealTransaction(Base):
    """Money in (positive) or out (negative); the same external id of an account is taken once."""

    __tablename__ = "meal_transaction"
    id: Mapped[Id]
    account_id: Mapped[int] = reference("meal_account.id", index=False)
    kind: Mapped[TransactionKind] = one_of(TransactionKind)
    amount: Mapped[int]
    item: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    external_id: Mapped[str | None]
    __table_args__ = (
        sa.UniqueConstraint("account_id", "external_id"),
        sa.Index(None, "account_id", "at"),
        sa.CheckConstraint(
            "(kind IN ('top_up', 'refund') AND amount > 0) OR (kind = 'debit' AND amount < 0) OR kind = 'correction'",
            name="amount_has_the_sign_of_its_kind",
        ),
    )


class MealThreshold(Base):
    """Below which balance a guardian wants to be told."""

    __tablename__ = "meal_threshold"
    id: Mapped[Id]
    guardian_id: Mapped[int] = reference("person.id")
    child_id: Mapped[int] = reference("person.id")
    amount: Mapped[int]
    __table_args__ = (sa.UniqueConstraint("guardian_id", "child_id"),)


class MenuItem(Base):
    """A set or dish that the canteen of a school offers on a day; ``meal`` is breakfast, lunch, …"""

    __tablename__ = "menu_item"
    id: Mapped[Id]
    school_id: Mapped[int] = reference("org.id", index=False)
    date: Mapped[date]
    meal: Mapped[str]
    name: Mapped[str]
    price: Mapped[int | None]
    __table_args__ = (sa.Index(None, "school_id", "date"), sa.CheckConstraint("price >= 0", name="price"))


class MealOrder(Base):
    """That a student is to get a menu item."""

    __tablename__ = "meal_order"
    id: Mapped[Id]
    student_id: Mapped[int] = reference("person.id")
    menu_item_id: Mapped[int] = reference("menu_item.id")
    ordered_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    __table_args__ = (sa.UniqueConstraint("student_id", "menu_item_id"),)
