"""The canteen's bookings: booked once, in money of the school, and every balance the sum of its bookings."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import AuditEntry, MealAccount, MealTransaction, Org, Person
from core.db.uow import UnitOfWork
from core.domain.kinds import TransactionKind
from core.errors import UnreadableFile
from core.importing.importer import Asked, Outcome
from core.importing.meals import IMPORTER
from core.importing.meals.amounts import amount_of
from core.importing.meals.booking import Books
from tests.cast import Cast
from tests.support.registers import rows
from tests.support.tables import write_rows

HEAD = ["Name", "Class", "Time", "Kind", "Amount", "Item", "Receipt no"]
LUNCH = ["Petrov Ivan", "7A", "2026-11-23 12:30", "debit", "150.50", "Lunch", "r1"]
MONEY = ["Petrov Ivan", "7A", "23.11.2026 08:05", "Top-up", "1 000", "", "r2"]


async def read(uow: UnitOfWork, path: Path, school: int, **answers: str) -> Any:
    given: dict[str, str] = {}
    for _ in range(2):
        prepared = await IMPORTER.read(uow, path, Asked(school, answers=given))
        for question in prepared.questions:  # type: ignore[attr-defined]
            kind = question.key.split()[0]
            given[question.key] = answers.get(kind, question.answer or ("yes" if kind == "columns" else ""))
    return prepared


async def take(database: Database, clock: FrozenClock, path: Path, school: int, **answers: str) -> Outcome:
    async with UnitOfWork(database, clock, via="test") as uow:
        prepared = await read(uow, path, school, **answers)
        return await prepared.apply(uow, lambda *_: None)


@pytest.fixture
async def school(database: Database, cast: Cast, clock: FrozenClock) -> int:
    """The cast's, with nothing booked yet."""
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await uow.write(sa.delete(MealTransaction))
        await uow.write(sa.delete(MealAccount))
        return int(await uow.value(sa.select(sa.func.min(Org.id)).where(Org.kind == "school")))


async def balances(database: Database, clock: FrozenClock) -> list[tuple[Any, ...]]:
    found = sa.select(Person.given, MealAccount.balance).join(Person, Person.id == MealAccount.student_id)
    return await rows(database, clock, found.order_by(Person.given))


async def test_bookings_arrive_once_and_the_balance_is_their_sum(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    path = write_rows(
        tmp_path / "meals.xlsx", [["Canteen, November"], [], HEAD, LUNCH, MONEY, ["Total", "", "", "", 849.5]]
    )
    outcome = await take(database, clock, path, school)
    assert [(line.plural, line.new, line.unchanged) for line in outcome.lines] == [
        ("canteen accounts", 1, 0),
        ("bookings", 2, 0),
    ]
    assert [str(one) for one in outcome.problems] == ["meals.xlsx, Sheet1, row 6: a total: left out"]
    booked = sa.select(MealTransaction.kind, MealTransaction.amount, MealTransaction.item, MealTransaction.at)
    assert await rows(database, clock, booked.order_by(MealTransaction.id)) == [
        (TransactionKind.DEBIT, -15050, "Lunch", datetime(2026, 11, 23, 9, 30, tzinfo=UTC)),
        (TransactionKind.TOP_UP, 100000, "", datetime(2026, 11, 23, 5, 5, tzinfo=UTC)),
    ]
    assert await balances(database, clock) == [("Ivan", 84950)]
    outcome = await take(database, clock, path, school)
    assert outcome.is_empty
    assert outcome.lines[1].unchanged == 2
    audits = sa.select(AuditEntry.after).where(AuditEntry.action == "meals.imported")
    assert [after["new"] for (after,) in await rows(database, clock, audits)] == [2]


async def test_looking_says_what_applying_does_and_books_nothing(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    path = write_rows(tmp_path / "meals.xlsx", [HEAD, LUNCH, MONEY])
    async with UnitOfWork(database, clock, via="test") as uow:
        looked = await (await read(uow, path, school)).look(uow)
    assert await rows(database, clock, sa.select(MealTransaction.id)) == []
    assert (await take(database, clock, path, school)).lines == looked.lines


async def test_a_balance_counts_what_was_booked_before_and_a_changed_row_is_told(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    await take(database, clock, write_rows(tmp_path / "a.xlsx", [HEAD, LUNCH]), school)
    changed = [*LUNCH[:4], "99.00", *LUNCH[5:]]
    outcome = await take(
        database, clock, write_rows(tmp_path / "b.xlsx", [HEAD, changed, MONEY, MONEY]), school
    )
    assert [(one.rejected, str(one)) for one in outcome.problems] == [
        (False, "b.xlsx, Sheet1, row 2: 'r1' was booked before with another kind or amount, which stays")
    ]
    assert outcome.lines[1].new == 1
    assert await balances(database, clock) == [("Ivan", 84950)]


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("place", "value", "column", "words"),
    [
        (0, "Nobody Here", "A", "there is no pupil"),
        (0, "", "A", "says no pupil"),
        (2, "03.13.2026", "C", "no day that is sure"),
        (3, "gift", "D", "no kind of booking"),
        (4, "much", "E", "no amount"),
        (4, "0", "E", "is nought"),
        (4, "=1+1", "E", "a formula that was never worked out"),
        (6, "", "G", "has no number"),
    ],
)
async def test_a_row_that_cannot_be_booked_is_told_by_cell_and_the_others_are(
    database: Database,
    clock: FrozenClock,
    tmp_path: Path,
    school: int,
    place: int,
    value: str,
    column: str,
    words: str,
) -> None:
    broken = [value if number == place else cell for number, cell in enumerate(LUNCH)]
    path = write_rows(tmp_path / "meals.xlsx", [HEAD, broken, MONEY])
    outcome = await take(database, clock, path, school)
    (problem,) = outcome.problems
    assert problem.rejected
    assert str(problem).startswith(f"meals.xlsx, Sheet1, row 2, {column}: ")
    assert words in problem.words
    assert await balances(database, clock) == [("Ivan", 100000)]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_without_a_column_of_kinds_it_is_asked_what_the_amounts_are(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    path = tmp_path / "meals.csv"
    path.write_text(
        "Name;Date;Sum;Receipt\nPetrov Ivan;23.11.2026;-150,50;r1\nPetrov Ivan;23.11.2026;1 000,00;r2\n"
    )
    with pytest.raises(UnreadableFile, match="must be answered"):
        await take(database, clock, path, school)
    await take(database, clock, path, school, kinds="sign")
    assert await balances(database, clock) == [("Ivan", 84950)]


async def test_nothing_is_half_booked(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_books: Books) -> int:
        raise RuntimeError("the machine went off")

    monkeypatch.setattr(Books, "settle", fail)
    with pytest.raises(RuntimeError):
        await take(database, clock, write_rows(tmp_path / "meals.xlsx", [HEAD, LUNCH]), school)
    assert await rows(database, clock, sa.select(MealTransaction.id)) == []
    assert await balances(database, clock) == []


@pytest.mark.parametrize(
    ("value", "minor"),
    [
        ("(120,50)", -12050),
        ("120.50-", -12050),
        ("−1 234,50 ₽", -123450),
        ("1\u202f234,50 руб.", 123450),
        ("1,234.50", 123450),
        ("1.234", 123400),
        ("฿120", 12000),
        (150.5, 15050),
        (0.1 + 0.2, 30),
        (150.505, None),
        (True, None),
        ("100 руб. 50 коп.", None),
        ("10 20", None),
        ("1/2", None),
        ("1,2,3", None),
        ("100..5", None),
        ("(120", None),
    ],
)
def test_an_amount_is_below_nought_in_parentheses_and_never_two_numbers_put_together(
    value: Any, minor: int | None
) -> None:
    assert amount_of(value, 2) == minor


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_purchase_in_parentheses_is_not_paid_in(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    path = tmp_path / "meals.csv"
    path.write_text("Name;Date;Sum;Receipt\nPetrov Ivan;23.11.2026;(150,50);r1\n")
    await take(database, clock, path, school, kinds="sign")
    assert await balances(database, clock) == [("Ivan", -15050)]


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("day", "at"),
    [
        ("2569-11-23 12:30", datetime(2026, 11, 23, 9, 30, tzinfo=UTC)),
        (datetime(2569, 11, 23, 12, 30), datetime(2026, 11, 23, 9, 30, tzinfo=UTC)),
        ("46349.520833", datetime(2026, 11, 23, 9, 30, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", "no day that is sure"),
        ("2026-12-23", "still to come"),
    ],
)
async def test_a_booking_is_of_a_day_that_has_been_by_whichever_calendar(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int, day: Any, at: Any
) -> None:
    path = write_rows(tmp_path / "meals.xlsx", [HEAD, [*LUNCH[:2], day, *LUNCH[3:]]])
    outcome = await take(database, clock, path, school)
    booked = await rows(database, clock, sa.select(MealTransaction.at))
    if isinstance(at, datetime):
        assert booked == [(at,)]
    else:
        assert booked == []
        assert at in outcome.problems[0].words


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_half_past_two_in_the_afternoon_is_not_at_night(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    head = ["Name", "Date", "Time of day", "Kind", "Amount", "Receipt no"]
    row = ["Petrov Ivan", "2026-11-23", "2:30 PM", "debit", "150.50", "r1"]
    await take(database, clock, write_rows(tmp_path / "meals.xlsx", [head, row]), school)
    assert await rows(database, clock, sa.select(MealTransaction.at)) == [
        (datetime(2026, 11, 23, 11, 30, tzinfo=UTC),)
    ]


async def test_two_amounts_under_one_number_in_one_file_are_told(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    other = [*LUNCH[:4], "99.00", *LUNCH[5:]]
    path = write_rows(tmp_path / "meals.xlsx", [HEAD, LUNCH, other])
    async with UnitOfWork(database, clock, via="test") as uow:
        looked = await (await read(uow, path, school)).look(uow)
    outcome = await take(database, clock, path, school)
    assert outcome.lines == looked.lines
    for one in (looked, outcome):
        assert [str(problem) for problem in one.problems] == [
            "meals.xlsx, Sheet1, row 3: 'r1' was booked before with another kind or amount, which stays"
        ]
    assert await balances(database, clock) == [("Ivan", -15050)]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_numbers_that_a_spreadsheet_has_cut_are_not_taken_for_one_booking(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    path = tmp_path / "meals.csv"
    path.write_text(
        "Name,Date,Kind,Sum,Receipt\nPetrov Ivan,2026-11-23,debit,150,2.02611E+15\n"
        "Petrov Ivan,2026-11-23,debit,99,2.0261123E+7\n"
    )
    outcome = await take(database, clock, path, school)
    assert [str(one) for one in outcome.problems] == [
        "meals.csv, row 2, E: '2.02611E+15' has lost its last digits in a spreadsheet; "
        "format the column as text and type it anew"
    ]
    assert await rows(database, clock, sa.select(MealTransaction.external_id)) == [("20261123",)]
