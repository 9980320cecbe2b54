"""What all tables share: the declarative base, ids, moments in UTC, exact decimals and closed lists of words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC; a naive one is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Thousandths(TypeDecorator[Decimal]):
    """An exact decimal with three places, stored as a whole number: the same on both databases."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else int((value * 1000).to_integral_value())

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], Decimal | None]:
        return _decimal


@lru_cache(maxsize=4_096)
def _decimal(thousandths: int | None) -> Decimal | None:
    """Marks and weights are the same few numbers again and again."""
    return None if thousandths is None else Decimal(thousandths) / 1000


class Base(DeclarativeBase):
    """The declarative base; names of constraints follow one convention, so that migrations can name them."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - declared so by SQLAlchemy
        datetime: UtcDateTime(),
        date: sa.Date(),
        Decimal: Thousandths(),
        int: BigId,
        str: sa.Text(),
        dict[str, Any]: sa.JSON(),
    }


Id = Annotated[int, mapped_column(BigId, primary_key=True, autoincrement=True)]


def reference(target: str, *, index: bool = True, on_delete: str = "CASCADE") -> Any:
    """A foreign key to ``table.id``; a mapped_column to annotate with ``Mapped[int]`` or ``Mapped[int | None]``."""
    return mapped_column(BigId, sa.ForeignKey(target, ondelete=on_delete), index=index)


def unique_where(name: str, columns: Sequence[str], where: str) -> sa.Index:
    """That no two of the rows which ``where`` chooses agree in these columns; both databases have such indexes."""
    return sa.Index(
        f"uq_{name}", *columns, unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


class _Word(sa.Enum):
    """A word of a closed list. One that a column is compared with stands in the statement itself: of what is unlike a
    parameter, PostgreSQL expects hardly a row, and SQLite does not see that an index's condition holds."""

    class Comparator(sa.Enum.Comparator):
        """As any text's, but for the words."""

        def operate(self, op: Any, *other: Any, **options: Any) -> Any:
            if op in (operators.eq, operators.ne) and isinstance(other[0], StrEnum):
                other = (sa.text(f"'{other[0]}'"),)
            return super().operate(op, *other, **options)

    comparator_factory = Comparator


def one_of(words: type[StrEnum]) -> Any:
    """A column that holds one word of a closed list, as text with a check."""
    kind = _Word(
        words,
        native_enum=False,
        create_constraint=True,
        length=max(len(word.value) for word in words) + 8,
        values_callable=lambda members: [member.value for member in members],
        name=words.__name__.lower(),
    )
    return mapped_column(kind)
