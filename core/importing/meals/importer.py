"""A canteen's bookings as a format: streamed, so that a million rows need no more memory than a few thousand."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from babel.numbers import get_currency_precision

from core.db.audit import record
from core.db.models import Enrollment, ExternalId, Org, Person, RoleAssignment, SchoolClass
from core.db.uow import UnitOfWork
from core.domain.names import fold
from core.domain.rights import Role
from core.errors import UnreadableFile
from core.importing.cells import Problem
from core.importing.importer import Asked, Importer, Line, OnStep, Outcome, Question
from core.importing.meals.booking import BATCH, Booked, Books
from core.importing.meals.columns import FIELDS, count_columns, guess_columns
from core.importing.meals.rows import Booking, Reading
from core.importing.people.school import class_key
from core.importing.said import Said
from core.importing.tables.asking import settle_columns
from core.importing.tables.days import Order, look_at_days
from core.importing.tables.headings import Heading, find_heading
from core.importing.tables.reader import Line as TableLine
from core.importing.tables.reader import Sheet, Table, hidden_rows, open_table

_LOOKED_AT = 2_000
_MOST_TOLD = 50
_NEEDED = ("id", "day", "amount")


@dataclass(slots=True)
class _Told:
    """What is to be said of the rows: the first problems, and how many there were."""

    problems: list[Problem]
    rejected: int = 0
    remarks: int = 0
    untold: Counter[str] = field(default_factory=Counter)

    def tell(self, problem: Problem) -> None:
        self.rejected += problem.rejected
        self.remarks += not problem.rejected
        if len(self.problems) < _MOST_TOLD:
            self.problems.append(problem)
        else:
            self.untold[problem.file] += 1


@dataclass(frozen=True, slots=True)
class MealsImport:
    """A file that is understood; its rows are read when it is looked at, and again when it is applied."""

    file: str
    sheet: Sheet
    asked: Asked
    reading: Reading | None
    """None while the columns are not settled."""
    questions: tuple[Question, ...]
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]

    async def look(self, uow: UnitOfWork) -> Outcome:
        """What booking would do. A statement for 2,000 rows that may have been booked before."""
        told = _Told(list(self.problems))
        booked = Booked()
        if self.reading is not None:
            books = Books(uow, self._school)
            await books.open()
            async for batch in self._batches(told, lambda *_: None):
                await books.look(batch, booked)
        return self._outcome(booked, told)

    async def apply(self, uow: UnitOfWork, on_step: OnStep) -> Outcome:
        """Book what is new, in one transaction. Raises UnreadableFile where something must be answered first."""
        unanswered = [one for one in self.questions if one.must and not one.answer]
        if unanswered or self.reading is None:
            raise UnreadableFile(Said("{count} questions must be answered first.", count=len(unanswered)))
        told = _Told(list(self.problems))
        booked = Booked()
        async with uow.writing():
            books = Books(uow, self._school)
            await books.open()
            before, money_before = await books.count()
            async for batch in self._batches(told, on_step):
                await books.book(batch, booked)
            after, money_after = await books.count()
            doubles = booked.new - (after - before)
            booked.new, booked.money = after - before, money_after - money_before
            booked.known += doubles
            booked.doubles = doubles
            if booked.new or booked.accounts:
                wrong = await books.settle()
                assert not wrong, "a balance is not the sum of its bookings"
                await record(
                    uow,
                    "meals.imported",
                    actor_id=self.asked.person_id,
                    subject=("org", self._school),
                    after={"file": self.file[:200], "new": booked.new, "money": booked.money},
                )
        return self._outcome(booked, told)

    @property
    def _school(self) -> int:
        assert self.asked.school_id is not None
        return self.asked.school_id

    async def _batches(self, told: _Told, on_step: OnStep) -> AsyncIterator[list[Booking]]:
        assert self.reading is not None
        total = self.sheet.about()
        rows = self.reading.rows()
        done = 0
        while some := list(islice(rows, BATCH)):
            batch = []
            for one in some:
                if isinstance(one, Booking):
                    batch.append(one)
                else:
                    told.tell(one)
            if batch:
                yield batch
            done += len(some)
            on_step(Said("bookings"), done, max(total, done) if total else 0)

    def _outcome(self, booked: Booked, told: _Told) -> Outcome:
        for one in booked.differing:
            words = f"{one.external_id[:40]!r} was booked before with another kind or amount, which stays"
            told.tell(self.sheet.problem(one.row, None, words, rejected=False))
        notes = self.notes
        if self.reading is not None and self.reading.hidden:
            notes = (*notes, hidden_rows(self.sheet, self.reading.hidden))
        if booked.doubles:
            notes = (
                *notes,
                Said(
                    "{count} rows have a number that stands further up in the file: each number is booked once.",
                    count=booked.doubles,
                ),
            )
        return Outcome(
            self.file,
            lines=(
                Line(Said("canteen accounts"), new=booked.accounts),
                Line(Said("bookings"), new=booked.new, unchanged=booked.known),
            ),
            problems=tuple(told.problems),
            untold=dict(told.untold),
            notes=notes,
            questions=self.questions,
            rejected=told.rejected,
            remarks=told.remarks,
        )


async def read_meals(uow: UnitOfWork, path: Path, asked: Asked) -> MealsImport:
    """Understand a file's columns, and who the pupils are. Three statements. Raises UnreadableFile."""
    if asked.school_id is None:
        raise UnreadableFile(Said("A canteen's bookings are one school's: say which."))
    table = open_table(path)
    sheet, heading = _sheet_of(table)
    lines = list(islice((one for one in sheet.lines() if one.number > heading.last_row), _LOOKED_AT))
    settled = settle_columns(sheet, heading, lines, guess_columns(heading.names), FIELDS, asked.answers)
    questions = list(settled.questions)
    notes = [table.remark] if table.remark else []
    columns = settled.columns
    lacking = [name for name in _NEEDED if name not in columns]
    if not {"account", "name"} & columns.keys():
        lacking.append("account")
    reading = None
    if lacking:
        words = ", ".join(FIELDS[name] for name in lacking)
        questions.append(
            Question(
                f"lacking {heading.key}",
                Said("{sheet}: no column is settled for: {names}", sheet=sheet.place, names=words),
                (),
                must=True,
            )
        )
    else:
        order = _order_of_days(sheet, heading, lines, columns["day"], asked, questions)
        by_sign = "" if "kind" in columns else _kinds(sheet, heading, asked, questions)
        reading = await _reading(uow, table, sheet, heading, asked, columns, order, by_sign)
    return MealsImport(
        path.name, sheet, asked, reading, tuple(questions), tuple(notes), tuple(settled.problems)
    )


def _sheet_of(table: Table) -> tuple[Sheet, Heading]:
    """The sheet with bookings; of several the one with the most headings that are known."""
    found = [
        (count_columns(heading.names), sheet, heading)
        for sheet in table.seen
        if (heading := find_heading(sheet, count_columns)) is not None
    ]
    if not found:
        raise UnreadableFile(
            Said(
                "{file}: no row of headings was found; expected such as Account, Time, Amount",
                file=table.file,
            )
        )
    _, sheet, heading = max(found, key=lambda one: one[0])
    return sheet, heading


def _order_of_days(
    sheet: Sheet,
    heading: Heading,
    lines: list[TableLine],
    column: int,
    asked: Asked,
    questions: list[Question],
) -> Order | None:
    found = look_at_days([line.text(column).split(" ")[0].split("T")[0] for line in lines])
    if found.order or not found.is_unsure:
        return found.order
    key = f"days {heading.key}"
    answer = asked.answers.get(key, "")
    questions.append(
        Question(
            key,
            Said("{sheet}: is 03/04 the third of April or the fourth of March?", sheet=sheet.place),
            (("dmy", Said("the third of April")), ("mdy", Said("the fourth of March"))),
            answer if answer in ("dmy", "mdy") else "",
            must=True,
        )
    )
    return "dmy" if answer == "dmy" else "mdy" if answer == "mdy" else None


def _kinds(sheet: Sheet, heading: Heading, asked: Asked, questions: list[Question]) -> str:
    key = f"kinds {heading.key}"
    candidates = (
        ("sign", Said("amounts above nought are paid in, those below are bought")),
        ("debit", Said("all of them are bought")),
        ("top_up", Said("all of them are paid in")),
    )
    answer = asked.answers.get(key, "")
    answer = answer if answer in {one for one, _ in candidates} else ""
    words = Said("{sheet}: no column says what kind a booking is. What are they?", sheet=sheet.place)
    questions.append(Question(key, words, candidates, answer, must=True))
    return answer


async def _reading(
    uow: UnitOfWork,
    table: Table,
    sheet: Sheet,
    heading: Heading,
    asked: Asked,
    columns: dict[str, int],
    order: Order | None,
    by_sign: str,
) -> Reading:
    org = await uow.row(sa.select(Org.timezone, Org.currency).where(Org.id == asked.school_id))
    assert org is not None
    ours = sa.select(RoleAssignment.person_id).where(
        RoleAssignment.org_id == asked.school_id, RoleAssignment.role == Role.STUDENT
    )
    ids: dict[str, set[int]] = {}
    for row in await uow.rows(
        sa.select(ExternalId.external_id, ExternalId.target_id).where(
            ExternalId.kind == "person", ExternalId.target_id.in_(ours)
        )
    ):
        for name in {row.external_id, row.external_id.removeprefix("id ")}:
            ids.setdefault(name, set()).add(row.target_id)
    names: dict[tuple[str, str], set[int]] = {}
    pupils = (
        sa.select(Person.id, Person.family, Person.given, Person.middle, SchoolClass.name.label("class_name"))
        .outerjoin(Enrollment, Enrollment.student_id == Person.id)
        .outerjoin(SchoolClass, SchoolClass.id == Enrollment.class_id)
        .where(Person.id.in_(ours))
    )
    for row in await uow.rows(pupils):
        for name in (f"{row.family} {row.given}", f"{row.family} {row.given} {row.middle}"):
            for place in ("", class_key(row.class_name) if row.class_name else ""):
                names.setdefault((place, fold(name)), set()).add(row.id)
    return Reading(
        sheet,
        heading,
        columns,
        ZoneInfo(org.timezone),
        get_currency_precision(org.currency),
        uow.now.date(),
        order,
        by_sign,
        {name: next(iter(found)) for name, found in ids.items() if len(found) == 1},
        {key: tuple(sorted(found)) for key, found in names.items()},
        table.starts_1904,
    )


def opens_meals(path: Path) -> bool:
    """Whether it is a table of bookings: numbers, days, amounts."""
    try:
        _, heading = _sheet_of(open_table(path))
    except UnreadableFile:
        return False
    found = set(guess_columns(heading.names).values())
    return "amount" in found and "day" in found and bool({"account", "name"} & found)


IMPORTER = Importer(
    name="meals",
    title=Said("Canteen bookings"),
    help=Said(
        "The canteen's bookings (.csv or .xlsx): whose account, when, what for, how much, and a number of each."
    ),
    suffixes=(".csv", ".xlsx"),
    opens=opens_meals,
    read=read_meals,
    asks=True,
    needs_school=True,
)
