"""A teacher's own table: which cell becomes which mark, what is asked, and that a second run corrects and never doubles."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import (
    Assessment,
    AuditEntry,
    Course,
    Mark,
    MarkCorrection,
    OutboxEvent,
    Person,
    Subject,
)
from core.db.uow import UnitOfWork
from core.errors import UnreadableFile
from core.importing.importer import Asked, Outcome, discover
from core.importing.marks import IMPORTER
from core.importing.marks.columns import Header, count_columns, read_header
from core.importing.tables import open_table
from core.importing.tables.headings import find_heading
from tests.cast import Cast
from tests.support.registers import rows
from tests.support.tables import write_rows

TABLE: list[list[object]] = [
    ["Algebra, 7A: my marks"],
    ["№", "Name", "test", None, "answer", "Average"],
    [None, None, "5.11", "12.11 (20)", datetime(2026, 11, 19), None],
    [1, "Petrov Ivan", 5, 17, "4-", 4.5],
    [2, "Smirnov Alexei", "н", None, "3", 3],
    ["Average", None, 5, 17, 3.5, None],
]


@pytest.fixture
async def algebra(database: Database, cast: Cast, clock: FrozenClock) -> tuple[int, int]:
    """The school's id and the course's, with nothing marked in it."""
    async with UnitOfWork(database, clock) as uow, uow.writing():
        row = await uow.row(
            sa.select(Course.school_id, Course.id)
            .join(Subject, Subject.id == Course.subject_id)
            .where(Subject.name == "Algebra")
            .order_by(Course.id)
        )
        assert row is not None
        of_course = sa.select(Assessment.id).where(Assessment.course_id == row.id)
        await uow.write(sa.delete(Mark).where(Mark.assessment_id.in_(of_course)))
        await uow.write(sa.delete(Assessment).where(Assessment.course_id == row.id))
    return row.school_id, row.id


async def take(
    database: Database, clock: FrozenClock, path: Path, algebra: tuple[int, int], **answers: str
) -> Outcome:
    """Say yes to the columns as they are guessed, answer the rest by how the question begins, and take it in."""
    school, course = algebra
    given: dict[str, str] = {}
    async with UnitOfWork(database, clock, via="test") as uow:
        for _ in range(3):
            prepared = await IMPORTER.read(uow, path, Asked(school, None, {"course": str(course)}, given))
            outcome = await prepared.look(uow)
            for one in outcome.questions:
                kind = one.key.split()[0]
                if one.must and not one.answer:
                    given[one.key] = "yes" if kind == "columns" else answers.get(kind, "")
        return await prepared.apply(uow, lambda *_: None)


MARKS = (
    sa.select(Person.given, Assessment.date, Assessment.kind, Assessment.maximum, Mark.value)
    .join(Mark, Mark.student_id == Person.id)
    .join(Assessment, Assessment.id == Mark.assessment_id)
    .join(Course, Course.id == Assessment.course_id)
    .join(Subject, Subject.id == Course.subject_id)
    .where(Subject.name == "Algebra")
    .order_by(Assessment.date, Person.given)
)


async def test_a_table_becomes_assessments_and_marks_once_and_is_told_to_nobody(
    database: Database, clock: FrozenClock, tmp_path: Path, algebra: tuple[int, int]
) -> None:
    events = sa.select(sa.func.count()).select_from(OutboxEvent)
    before = await rows(database, clock, events)
    path = write_rows(tmp_path / "marks.xlsx", TABLE)
    outcome = await take(database, clock, path, algebra)
    assert not outcome.problems
    assert any("1 cells say that somebody was not there" in note for note in outcome.notes)
    assert await rows(database, clock, MARKS) == [
        ("Ivan", date(2026, 11, 5), "test", None, "5"),
        ("Ivan", date(2026, 11, 12), "", Decimal(20), "17"),
        ("Alexei", date(2026, 11, 19), "answer", None, "3"),
        ("Ivan", date(2026, 11, 19), "answer", None, "4-"),
    ]
    assert (await take(database, clock, path, algebra)).is_empty
    assert await rows(database, clock, events) == before
    audits = sa.select(AuditEntry.action).where(AuditEntry.action == "register.imported")
    assert len(await rows(database, clock, audits)) == 1


async def test_a_changed_cell_is_a_correction_and_an_emptied_one_takes_nothing_away(
    database: Database, clock: FrozenClock, tmp_path: Path, algebra: tuple[int, int]
) -> None:
    await take(database, clock, write_rows(tmp_path / "a.xlsx", TABLE), algebra)
    changed = [*TABLE[:3], [1, "Petrov Ivan", 4, None, "4-"], *TABLE[4:]]
    outcome = await take(database, clock, write_rows(tmp_path / "b.xlsx", changed), algebra)
    assert [(line.plural, line.new, line.changed) for line in outcome.lines if line.new or line.changed] == [
        ("marks", 0, 1)
    ]
    history = sa.select(MarkCorrection.value, Mark.value).join(Mark, Mark.id == MarkCorrection.mark_id)
    assert await rows(database, clock, history) == [("5", "4")]
    assert len(await rows(database, clock, MARKS)) == 4


async def test_marks_that_are_there_already_are_asked_about_and_not_doubled(
    database: Database, clock: FrozenClock, tmp_path: Path, algebra: tuple[int, int]
) -> None:
    async with UnitOfWork(database, clock) as uow, uow.writing():
        ivan = await uow.value(sa.select(Person.id).where(Person.given == "Ivan"))
        there = await uow.insert(Assessment, course_id=algebra[1], kind="test", date=date(2026, 11, 5))
        await uow.insert(
            *(Mark,), student_id=ivan, assessment_id=there, value="4", number=Decimal(4), recorded_at=uow.now
        )
    path = write_rows(tmp_path / "marks.xlsx", TABLE)
    with pytest.raises(UnreadableFile, match="must be answered"):
        await take(database, clock, path, algebra)
    await take(database, clock, path, algebra, assessment=str(there))
    ivans = [row for row in await rows(database, clock, MARKS) if row[:2] == ("Ivan", date(2026, 11, 5))]
    assert ivans == [("Ivan", date(2026, 11, 5), "test", None, "5")]
    assert (await take(database, clock, path, algebra, assessment=str(there))).is_empty


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("row", "cell", "words"),
    [
        (["Nobody Here", "5"], "A", "no pupil"),
        (["Petrov Ivan", "9"], "B", "no mark of the school's scale (five)"),
        (["Petrov Ivan", "=1+1"], "B", "never worked out"),
        (["Petrov Ivan", date(2026, 4, 5)], "B", "is a day, no mark"),
    ],
)
async def test_a_cell_that_is_no_mark_is_told_and_the_others_go_in(
    database: Database,
    clock: FrozenClock,
    tmp_path: Path,
    algebra: tuple[int, int],
    row: list[object],
    cell: str,
    words: str,
) -> None:
    path = write_rows(tmp_path / "marks.xlsx", [["Name", "5.11"], row, ["Smirnov Alexei", 4]])
    outcome = await take(database, clock, path, algebra)
    (problem,) = outcome.problems
    assert str(problem).startswith(f"marks.xlsx, Sheet1, row 2, {cell}: ")
    assert words in problem.words
    assert [one[0] for one in await rows(database, clock, MARKS)] == ["Alexei"]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_the_course_is_asked_for_and_a_name_that_only_resembles_is_too(
    database: Database, clock: FrozenClock, tmp_path: Path, algebra: tuple[int, int]
) -> None:
    path = write_rows(tmp_path / "marks.xlsx", [["Name", "5.11"], ["Petrof Ivan", 5]])
    async with UnitOfWork(database, clock, via="test") as uow:
        outcome = await (await IMPORTER.read(uow, path, Asked(algebra[0]))).look(uow)
        (question,) = outcome.questions
        assert str(algebra[1]) in {number for number, _ in question.candidates}
        with pytest.raises(UnreadableFile, match="no course"):
            await IMPORTER.read(uow, path, Asked(algebra[0], options={"course": "999"}))
    with pytest.raises(UnreadableFile, match="must be answered"):
        await take(database, clock, path, algebra)
    assert await rows(database, clock, MARKS) == []


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("12.11", Header("12.11", "", "", None)),
        ("2026-11-12", Header("2026-11-12", "", "", None)),
        ("12.11 контрольная", Header("12.11", "test", "", None)),
        ("Контрольная 12.11.2026", Header("12.11.2026", "test", "", None)),
        ("12 ноября к/р №2 (20)", Header("12 ноября", "test", "к/р №2", Decimal(20))),
        ("Quiz 3 /10, Nov 12", Header("Nov 12", "quiz", "Quiz 3", Decimal(10))),
        ("Average", Header("", "", "Average", None)),
    ],
)
def test_what_stands_above_a_column_is_taken_apart(text: str, header: Header) -> None:
    assert read_header(text) == header


def test_tables_of_each_kind_open_as_their_own(tmp_path: Path) -> None:
    found = discover()
    for name, table in (
        ("marks", TABLE),
        ("people", [["Name", "Class", "Birth date"], ["Petrov Ivan", "7A", "2013-04-02"]]),
        ("meals", [["Account", "Time", "Amount", "Receipt"], ["p1", "2026-11-23", 5, "r1"]]),
    ):
        path = write_rows(tmp_path / f"{name}.xlsx", table)
        opening = [one for one in ("marks", "meals", "people") if found[one].opens(path)]
        assert opening == [name], name


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_number_above_marks_that_may_have_been_the_twelfth_of_october_is_asked_about(
    database: Database, clock: FrozenClock, tmp_path: Path, algebra: tuple[int, int]
) -> None:
    table: list[list[object]] = [["Name", 12.1, 5.11], ["Petrov Ivan", 4, 5]]
    path = write_rows(tmp_path / "marks.xlsx", table)
    with pytest.raises(UnreadableFile, match="must be answered"):
        await take(database, clock, path, algebra)
    await take(database, clock, path, algebra, date="2026-10-12")
    assert [row[1] for row in await rows(database, clock, MARKS)] == [date(2026, 10, 12), date(2026, 11, 5)]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_day_of_another_school_year_above_marks_is_told(
    database: Database, clock: FrozenClock, tmp_path: Path, algebra: tuple[int, int]
) -> None:
    path = write_rows(tmp_path / "marks.xlsx", [["Name", "12.11.2024", "5.11"], ["Petrov Ivan", 4, 5]])
    outcome = await take(database, clock, path, algebra)
    assert [str(one) for one in outcome.problems] == [
        "marks.xlsx, Sheet1, row 1, B: '12.11.2024' is no day of the school year"
    ]
    assert [row[1] for row in await rows(database, clock, MARKS)] == [date(2026, 11, 5)]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_name_that_is_a_formula_without_a_value_is_told(
    database: Database, clock: FrozenClock, tmp_path: Path, algebra: tuple[int, int]
) -> None:
    path = write_rows(tmp_path / "marks.xlsx", [["Name", "5.11"], ["=List!A1", 4], ["Petrov Ivan", 5]])
    outcome = await take(database, clock, path, algebra)
    assert [str(one) for one in outcome.problems] == [
        "marks.xlsx, Sheet1, row 2, A: a formula that was never worked out; open and save the file in a spreadsheet"
    ]


def test_no_more_of_a_heading_is_read_than_a_heading_is(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "marks.xlsx", [["Name", "5.11", "1 " * 10_000], ["Petrov Ivan", 5, 4]])
    heading = find_heading(open_table(path).sheets[0], count_columns, has_days=True)
    assert heading is not None
    assert max(map(len, heading.names)) <= 200, "days are looked for in them, letter by letter"
