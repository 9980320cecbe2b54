"""A teacher's own table of marks as a format: pupils down, assessments across, into one course."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from core.db.uow import UnitOfWork
from core.domain.grading import MarkValue, parse_points, scale
from core.domain.marking_words import PRESENCES
from core.domain.matching import match_name
from core.domain.names import fold
from core.errors import MarkOutOfScale, PointsOutOfRange, UnreadableFile
from core.importing.cells import Problem
from core.importing.importer import Asked, Importer, Option, Question
from core.importing.marks.columns import (
    FIELDS,
    Header,
    count_columns,
    day_of_header,
    guess_columns,
    read_header,
)
from core.importing.marks.course import Known, TaughtCourse, courses_of, load_course
from core.importing.register import Ref, Register
from core.importing.register_import import RegisterImport
from core.importing.said import Said
from core.importing.tables.asking import settle_columns
from core.importing.tables.days import Order, look_at_days
from core.importing.tables.headings import Heading, find_heading, is_total
from core.importing.tables.reader import Line, NoValue, Sheet, Table, column_name, hidden_rows, open_table

_MOST_ROWS = 2_000
_COURSE = "course"
_NEW = "new"
_NOTHING = frozenset({"", "-", "–", "—", ".", "·", "x", "х"})


async def read_marks(uow: UnitOfWork, path: Path, asked: Asked) -> RegisterImport:
    """Read a table against a course. Eight statements. Raises UnreadableFile."""
    if asked.school_id is None:
        raise UnreadableFile(Said("A table of marks is one school's: say which."))
    table = open_table(path)
    sheet, heading = _sheet_of(table)
    courses = await courses_of(uow, asked.school_id)
    chosen = asked.option(_COURSE) or asked.answers.get(_COURSE, "")
    title = next((words for number, words in courses if str(number) == chosen), "")
    if asked.option(_COURSE) and not title:
        raise UnreadableFile(Said("There is no course {number} in this school.", number=chosen[:20]))
    question = Question(
        _COURSE,
        Said("Which course are these marks of?"),
        tuple((str(number), words) for number, words in courses),
        chosen if title else "",
        must=True,
    )
    register = Register("marks", f"{path.name}: {title}" if title else path.name)
    if not title:
        return RegisterImport(register, asked, questions=(question,))
    course = await load_course(uow, asked.school_id, int(chosen), title)
    taking = _Taking(sheet, heading, asked.answers, course, register, uow.now.date())
    taking.take()
    questions = () if asked.option(_COURSE) else (question,)
    notes = [*([table.remark] if table.remark else []), *taking.notes]
    return RegisterImport(register, asked, questions=(*questions, *taking.questions), notes=tuple(notes))


@dataclass(frozen=True, slots=True)
class _Column:
    """An assessment of the table."""

    place: int
    ref: Ref
    header: Header
    row: int | None
    """The assessment that it is, where it is there."""


@dataclass(slots=True)
class _Taking:
    """The register that grows out of a table."""

    sheet: Sheet
    heading: Heading
    answers: Mapping[str, str]
    course: TaughtCourse
    register: Register
    today: date
    questions: list[Question] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)
    numbers: set[int] = field(default_factory=set)
    """Columns whose headings are numbers to the spreadsheet."""
    absences: int = 0
    rows: dict[int, int] = field(default_factory=dict)
    """In which row each pupil stands."""

    def take(self) -> None:
        """Every cell, with what has to be asked."""
        self.register.bind("course", _COURSE, self.course.id)
        lines = self._lines()
        guesses = guess_columns(self.heading.names)
        width = max([len(self.heading.names), *(len(line.cells) for line in lines)])
        marks = [column for column in range(width) if self._is_marks(column, guesses)]
        others = {column: name for column, name in guesses.items() if column not in marks}
        # Many columns are assessments, so each of these is settled by itself.
        settled = settle_columns(
            self.sheet,
            self.heading,
            lines,
            {**others, **dict.fromkeys(marks, "mark")},
            FIELDS,
            self.answers,
            several=frozenset({"mark"}),
        )
        self.questions += settled.questions
        for problem in settled.problems:
            self.register.tell(problem)
        self.columns = settled.columns
        if not {"full", "family"} & self.columns.keys():
            self.notes.append(
                Said("{sheet}: no column with pupils' names is settled yet", sheet=self.sheet.place)
            )
            return
        hidden = [line.number for line in lines if line.is_hidden]
        if hidden:
            self.notes.append(hidden_rows(self.sheet, hidden))
        found = self._assessments(marks)
        for line in lines:
            self._take_line(line, found)
        if self.absences:
            self.notes.append(
                Said(
                    "{count} cells say that somebody was not there: those are no marks.", count=self.absences
                )
            )

    def _lines(self) -> list[Line]:
        found = []
        for line in self.sheet.lines():
            if line.number == self.heading.last_row:
                self.numbers = {place for place, cell in enumerate(line.cells) if isinstance(cell, float)}
            if line.number <= self.heading.last_row or line.is_blank or is_total(line):
                continue
            found.append(line)
            if len(found) > _MOST_ROWS:
                words = Said(
                    "{sheet}: has more than {count} rows; refused", sheet=self.sheet.place, count=_MOST_ROWS
                )
                raise UnreadableFile(words)
        return found

    def _is_marks(self, column: int, guesses: Mapping[int, str]) -> bool:
        answer = self.answers.get(f"column {self.heading.key} {column_name(column)}", "")
        return (answer if answer in FIELDS else guesses.get(column, "")) == "mark"

    def _assessments(self, marks: list[int]) -> list[_Column]:
        headers = {
            column: read_header(self.heading.names[column] if column < len(self.heading.names) else "")
            for column in marks
        }
        order = self._order([header.day for header in headers.values()])
        found, used = [], set()
        for column, header in headers.items():
            day = self._day(column, header, order)
            if day is None:
                continue
            if day > self.today:
                self._tell(self.heading.last_row, column, f"{day.isoformat()} is still to come")
                continue
            words = fold(f"{header.title} {header.kind}")
            key = f"{self.course.id} {day.isoformat()} {words} {header.maximum or ''}".strip()
            number = 2
            while key in used:
                key = f"{key.partition(' #')[0]} #{number}"
                number += 1
            used.add(key)
            row = self._row_of(key, column, header, day)
            if row is not None:
                self.register.bind("assessment", key, row)
                ref = Ref("assessment", key)
            else:
                ref = self.register.add(
                    "assessment",
                    key,
                    {
                        "course_id": Ref("course", _COURSE),
                        "title": header.title,
                        "kind": header.kind,
                        "date": day,
                        "maximum": header.maximum,
                    },
                )
            found.append(_Column(column, ref, header, row))
        return found

    def _order(self, days: list[str]) -> Order | None:
        found = look_at_days(
            [day if day.count("/") == 2 else f"{day}/{self.course.ends.year}" for day in days if "/" in day]
        )
        if found.order or not found.is_unsure:
            return found.order
        key = f"days {self.heading.key}"
        answer = self.answers.get(key, "")
        self.questions.append(
            Question(
                key,
                Said("{sheet}: is 03/04 the third of April or the fourth of March?", sheet=self.sheet.place),
                (("dmy", Said("the third of April")), ("mdy", Said("the fourth of March"))),
                answer if answer in ("dmy", "mdy") else "",
                must=True,
            )
        )
        return "dmy" if answer == "dmy" else "mdy" if answer == "mdy" else None

    def _day(self, column: int, header: Header, order: Order | None) -> date | None:
        if header.day:
            day = day_of_header(header.day, order, self.course.starts, self.course.ends)
            if day is None and "/" in header.day and order is None:
                return None
            if day is None or not self.course.starts <= day <= max(self.course.ends, self.today):
                words = f"{header.day!r} is no day of the school year"
                self._tell(self.heading.last_row, column, words)
                return None
            if column not in self.numbers or header.day.partition(".")[2] != "1":
                return day
            # A spreadsheet's number: 12.10 has lost its last sign there, and is 12.1 now.
            other = day_of_header(f"{header.day}0", order, self.course.starts, self.course.ends)
            likely = [one.isoformat() for one in (day, other) if one is not None]
        else:
            likely = [self.today.isoformat()]
        key = f"date {self.heading.key} {column_name(column)}"
        answer = self.answers.get(key, "")
        try:
            day = date.fromisoformat(answer)
        except ValueError:
            day, answer = None, ""
        words = Said(
            "{sheet}: on which day were the marks of column {column} given (2026-09-01)?",
            sheet=self.sheet.place,
            column=column_name(column),
        )
        self.questions.append(Question(key, words, tuple((one, one) for one in likely), answer, must=True))
        return day

    def _row_of(self, key: str, column: int, header: Header, day: date) -> int | None:
        """The assessment that a column is: known from the last time, or said to be one that is there that day."""
        if key in self.course.ties:
            return self.course.ties[key]
        theirs = set(self.course.ties.values())
        that_day = [one for one in self.course.assessments if one.date == day and one.id not in theirs]
        if not that_day:
            return None
        alike: list[Known] = sorted(
            that_day, key=lambda one: (one.kind, one.maximum) != (header.kind, header.maximum)
        )
        question = f"assessment {key}"
        among = {str(one.id) for one in alike} | {_NEW}
        answer = self.answers.get(question, "")
        self.questions.append(
            Question(
                question,
                Said(
                    "{sheet}: column {column} is of {day}, on which there are marks already. Is it one of these?",
                    sheet=self.sheet.place,
                    column=column_name(column),
                    day=day.isoformat(),
                ),
                (*((str(one.id), one.shown) for one in alike), (_NEW, Said("no, another one"))),
                answer if answer in among else "",
                must=True,
            )
        )
        return int(answer) if answer in among and answer != _NEW else None

    def _take_line(self, line: Line, columns: list[_Column]) -> None:
        names = ("full",) if "full" in self.columns else ("family", "given")
        for name in ("id", *names):
            if name in self.columns and isinstance(value := line.value(self.columns[name]), NoValue):
                self._tell(line.number, self.columns[name], str(value))
                return
        words = " ".join(line.text(self.columns[name]) for name in names if name in self.columns).strip()
        number = line.text(self.columns["id"]) if "id" in self.columns else ""
        if not words and not number:
            return
        place = self.columns.get("full", self.columns.get("family"))
        pupil = self._pupil(line.number, place, words, number)
        if pupil is None:
            return
        if pupil in self.rows:
            self._tell(line.number, place, f"{words[:60]!r} stands in row {self.rows[pupil]} too")
            return
        self.rows[pupil] = line.number
        student = self.register.bind("person", f"p{pupil}", pupil)
        for column in columns:
            mark = self._mark(line, column)
            if mark is None:
                continue
            key = f"{column.ref.id} of {pupil}"
            before = self.course.marks.get((pupil, column.row)) if column.row is not None else None
            if before is not None:
                self.register.bind("mark", key, before)
            self.register.add(
                "mark",
                key,
                {
                    "student_id": student,
                    "assessment_id": column.ref,
                    "value": mark.text,
                    "number": mark.number,
                },
                once={"author_id": self.course.teacher_id},
            )

    def _pupil(self, row: int, column: int | None, words: str, number: str) -> int | None:
        """By the register's number, else by the very name; what only resembles one is asked about."""
        if number:
            known = self.course.ids.get(number)
            if known is None:
                self._tell(row, self.columns["id"], f"{number[:40]!r} is no pupil's number in this course")
            return known
        said = fold(words.replace(",", " "))
        very = [
            one.id
            for one in self.course.pupils
            if said
            in {
                fold(f"{one.name.family} {one.name.given}"),
                fold(f"{one.name.given} {one.name.family}"),
                fold(f"{one.name.family} {one.name.given} {one.name.middle}"),
                fold(f"{one.name.given} {one.name.middle} {one.name.family}"),
            }
        ]
        if len(very) == 1:
            return very[0]
        alike = match_name(words, self.course.pupils)
        if not alike:
            self._tell(row, column, f"there is no pupil {words[:60]!r} in this course")
            return None
        question = f"who {said}"
        answer = self.answers.get(question, "")
        among = {str(one.id) for one in alike} | {"-"}
        candidates = tuple((str(one.id), f"{one.name.family} {one.name.given}".strip()) for one in alike)
        self.questions.append(
            Question(
                question,
                Said("Row {row}: who is {name}?", row=row, name=words[:60]),
                (*candidates, ("-", Said("nobody of these; leave the row out"))),
                answer if answer in among else "",
                must=True,
            )
        )
        return int(answer) if answer in among and answer != "-" else None

    def _mark(self, line: Line, column: _Column) -> MarkValue | None:
        value = line.value(column.place)
        text = line.text(column.place)
        if isinstance(value, NoValue):
            self._tell(line.number, column.place, str(value))
            return None
        if isinstance(value, date | datetime):
            self._tell(line.number, column.place, f"{text} is a day, no mark")
            return None
        if fold(text) in _NOTHING:
            return None
        if fold(text).rstrip(".") in PRESENCES:
            self.absences += 1
            return None
        try:
            if column.header.maximum is not None:
                return parse_points(text, column.header.maximum)
            return scale(self.course.scale).parse(text)
        except MarkOutOfScale:
            self._tell(
                line.number,
                column.place,
                f"{text[:40]!r} is no mark of the school's scale ({self.course.scale})",
            )
        except PointsOutOfRange:
            self._tell(
                line.number, column.place, f"{text[:40]!r} is no points out of {column.header.maximum}"
            )
        return None

    def _tell(self, row: int, column: int | None, words: str) -> None:
        problem: Problem = self.sheet.problem(row, column, words)
        self.register.tell(problem)


def _sheet_of(table: Table) -> tuple[Sheet, Heading]:
    """The sheet with marks; of several the one with the most headings that are known."""
    found = [
        (count_columns(heading.names), sheet, heading)
        for sheet in table.seen
        if (heading := find_heading(sheet, count_columns, has_days=True)) is not None
    ]
    if not found:
        raise UnreadableFile(
            Said(
                "{file}: no row of headings was found; expected a column of names and days above marks",
                file=table.file,
            )
        )
    _, sheet, heading = max(found, key=lambda one: one[0])
    return sheet, heading


def opens_marks(path: Path) -> bool:
    """Whether it is a table with pupils down and days across."""
    try:
        _, heading = _sheet_of(open_table(path))
    except UnreadableFile:
        return False
    return "mark" in guess_columns(heading.names).values()


IMPORTER = Importer(
    name="marks",
    title=Said("A teacher's table of marks"),
    help=Said(
        "A table of marks (.xlsx or .csv): pupils down, assessments with their days across, into one course. Families"
        " see the marks; nobody is sent a message about them."
    ),
    suffixes=(".xlsx", ".xlsm", ".csv"),
    opens=opens_marks,
    read=read_marks,
    options=(Option(_COURSE, "text", Said("The course by our number; asked for where it is not said.")),),
    asks=True,
    needs_school=True,
)
