"""A read that runs again and again says the same as the first time, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from core.db.engine import LONG
from core.db.kept_statements import KeptStatements
from core.db.models import Person
from core.db.models.base import Thousandths, UtcDateTime
from core.db.uow import UnitOfWork
from core.domain.kinds import WeekParity

_TYPES: dict[str, Any] = {
    "day": sa.Date(),
    "clock": sa.Time(),
    "moment": UtcDateTime(),
    "amount": Thousandths(),
    "word": sa.Enum(
        WeekParity, native_enum=False, values_callable=lambda words: [one.value for one in words]
    ),
    "state": sa.JSON(none_as_null=True),
    "flag": sa.Boolean(),
    "number": sa.BigInteger(),
    "words": sa.Text(),
    "content": sa.LargeBinary(),
}
_VALUES: dict[str, Any] = {
    "day": date(2026, 11, 24),
    "clock": time(9, 10),
    "moment": datetime(2026, 11, 24, 6, 10, 0, 250, tzinfo=UTC),
    "amount": Decimal("4.125"),
    "word": WeekParity.ODD,
    "state": {"step": "words", "ids": [1, 2]},
    "flag": True,
    "number": 2**53 + 1,
    "words": "Ёлка? ' %s :day",
    "content": b"\x00\xff",
}
_TIMES = 3
"""Once by SQLAlchemy, once more to be made ready, and once as kept."""


async def test_every_type_comes_back_as_it_went_in(uow: UnitOfWork) -> None:
    statement = sa.select(*(sa.bindparam(name, type_=kind).label(name) for name, kind in _TYPES.items()))
    for _ in range(_TIMES):
        row = await uow.row(statement, _VALUES)
        assert row is not None
        assert dict(row._mapping) == _VALUES
        assert [type(value) for value in tuple(row)] == [type(value) for value in _VALUES.values()]
        assert (row.moment.tzinfo, row[0], row.word) == (UTC, row.day, WeekParity.ODD)


async def test_nothing_is_nothing_in_every_type(uow: UnitOfWork) -> None:
    statement = sa.select(*(sa.bindparam(name, type_=kind).label(name) for name, kind in _TYPES.items()))
    for _ in range(_TIMES):
        assert [tuple(row) for row in await uow.rows(statement, dict.fromkeys(_TYPES))] == [
            (None,) * len(_TYPES)
        ]


async def test_parameters_values_and_rows_may_differ_from_run_to_run(uow: UnitOfWork) -> None:
    by_name = sa.select(Person.given, sa.literal("of"), Person.family).where(
        Person.family == sa.bindparam("family", "B")
    ).order_by(Person.given).limit(2)  # fmt: skip
    among = sa.select(Person.given).where(Person.given.in_(sa.bindparam("names", expanding=True)))
    by_hand = sa.text("SELECT family AS of_family, birth_date FROM person WHERE given = :given").bindparams(
        given="A"
    )
    async with uow.writing():
        for given, family in (("A", "B"), ("C", "B"), ("D", "B"), ("E", "F")):
            await uow.insert(Person, given=given, family=family, birth_date=None)
    for _ in range(_TIMES):
        assert [tuple(row) for row in await uow.rows(by_name)] == [("A", "of", "B"), ("C", "of", "B")]
        assert [tuple(row) for row in await uow.rows(by_name, {"family": "F"})] == [("E", "of", "F")]
        assert await uow.rows(by_name, {"family": "nobody"}) == []
        # What is built upon a kept statement is another one.
        assert await uow.value(by_name.where(Person.given == "D")) == "D"
        assert {row.given for row in await uow.rows(among, {"names": ["A", "E"]})} == {"A", "E"}
        assert {row.given for row in await uow.rows(among, {"names": ["C"]})} == {"C"}
        assert await uow.rows(among, {"names": []}) == []
        assert [row.of_family for row in await uow.rows(by_hand)] == ["B"]
        assert [row.of_family for row in await uow.rows(by_hand, {"given": "E", "more": 1})] == ["F"]


async def test_a_write_is_seen_by_the_next_run(uow: UnitOfWork) -> None:
    count = sa.select(sa.func.count()).select_from(Person)
    for number in range(_TIMES + 1):
        assert await uow.value(count) == number
        async with uow.writing():
            await uow.insert(Person, given="A", family="B")
            assert await uow.value(count) == number + 1


async def test_what_is_wrong_is_said_as_on_the_first_run_and_without_words_of_people(uow: UnitOfWork) -> None:
    statement = sa.select(Person.id).where(
        Person.given == sa.bindparam("given"), Person.birth_date == sa.bindparam("day")
    )
    for _ in range(_TIMES):
        assert await uow.rows(statement, {"given": "her words", "day": date(2020, 1, 1)}) == []
    with pytest.raises(sa.exc.StatementError, match="required for bind parameter 'day'"):
        await uow.rows(statement, {"given": "her words"})
    with pytest.raises(sa.exc.StatementError) as misfit:
        await uow.rows(statement, {"given": "her words", "day": 24})
    assert "her words" not in str(misfit.value)
    assert await uow.rows(statement, {"given": "A", "day": None}) == []


async def test_a_long_read_is_kept_too(uow: UnitOfWork) -> None:
    statement = sa.select(sa.bindparam("day", type_=sa.Date()).label("day")).execution_options(**LONG)
    for _ in range(_TIMES):
        assert await uow.value(statement, {"day": date(2026, 11, 24)}) == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        (sa.select(Person.id).where(Person.id.in_([1, 2])), ["id"]),
        (sa.select(Person.id.label("class")), ["class"]),
        (sa.select(Person.id.label("two words")), ["two words"]),
        (sa.select(Person.id, Person.id.label("id")), ["id", "id"]),
        (sa.select(Person.id).where(Person.given == sa.bindparam("given", callable_=lambda: "A")), ["id"]),
        (sa.insert(Person).returning(Person.id), ["id"]),
    ],
    ids=["values in a list", "a keyword", "no name", "a name twice", "a value made for each run", "no read"],
)
def test_what_does_not_fit_is_left_to_sqlalchemy(statement: sa.Executable, names: list[str]) -> None:
    kept = KeptStatements(sa.create_engine("sqlite://").dialect)
    for _ in range(_TIMES):
        assert kept.find(statement) is None
        kept.has_run(statement, names)


def test_a_statement_made_for_one_run_is_not_remembered() -> None:
    kept = KeptStatements(sa.create_engine("sqlite://").dialect)
    kept.has_run(sa.select(Person.id), ["id"])
    assert not kept._ran_once


def test_a_statement_that_runs_again_is_compiled_once() -> None:
    kept, statement = KeptStatements(sa.create_engine("sqlite://").dialect), sa.select(Person.id)
    kept.has_run(statement, ["id"])
    assert kept.find(statement) is None
    kept.has_run(statement, ["id"])
    assert kept.find(statement) is kept.find(statement) is not None
