"""Class lists read into pupils with their parents: what each row says, and what has to be asked for it to say anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from core.errors import UnreadableFile
from core.importing.cells import Problem, Rejected
from core.importing.importer import Question
from core.importing.people.columns import FIELDS, by_headings, guess
from core.importing.people.names import (
    Order,
    Parts,
    is_name,
    is_nothing,
    is_one_person,
    is_phone,
    order_of,
    parts_of,
)
from core.importing.people.pupils import Parent, Pupil
from core.importing.people.sections import class_in, section_of
from core.importing.said import Said
from core.importing.tables.asking import LEFT_OUT, settle_columns
from core.importing.tables.days import Order as DayOrder
from core.importing.tables.days import day_of, look_at_days
from core.importing.tables.headings import Heading, find_heading, is_total
from core.importing.tables.reader import (
    Line,
    NoValue,
    Sheet,
    Table,
    column_name,
    cut_off,
    hidden_rows,
    number_of,
    text_of,
)

_MOST_ROWS = 20_000
_NAMES = ("full", "family", "given", "middle")
_LONGEST_ID = 100
_LONGEST_CLASS = 60
_PARENTS = {"mother": "mother", "father": "father", "parent1": "parent", "parent2": "parent"}


@dataclass(slots=True)
class Lists:
    """All sheets of a file, read as far as the answers go."""

    table: Table
    answers: Mapping[str, str]
    today: date
    default_class: str = ""
    pupils: list[Pupil] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    questions: dict[str, Question] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def read(self) -> None:
        """Raises UnreadableFile where no sheet has headings that are known."""
        if self.table.remark:
            self.notes.append(self.table.remark)
        found = False
        for sheet in self.table.seen:
            heading = find_heading(sheet, lambda names: by_headings(names).known)
            if heading is None:
                if any(True for _ in sheet.lines()):
                    self.notes.append(
                        Said("{sheet}: no headings of a class list; left out", sheet=sheet.place)
                    )
                continue
            found = True
            _SheetReading(self, sheet, heading).read()
        hidden = [one.name for one in self.table.sheets if one not in self.table.seen]
        if hidden:
            self.notes.append(Said("Hidden sheets are left out: {sheets}.", sheets=", ".join(hidden)))
        if not found:
            raise UnreadableFile(
                Said(
                    "{file}: no row of headings was found; expected such as Name, Class, Birth date",
                    file=self.table.file,
                )
            )

    def ask(self, question: Question) -> str:
        """The answer that holds."""
        self.questions.setdefault(question.key, question)
        return self.questions[question.key].answer

    def answered(self, key: str, among: Sequence[str]) -> str:
        """What was answered before or now, where it is an answer."""
        answer = self.answers.get(key, "")
        return answer if answer in among else ""


class _SheetReading:
    def __init__(self, lists: Lists, sheet: Sheet, heading: Heading) -> None:
        self._lists = lists
        self._sheet = sheet
        self._heading = heading
        self._lines: list[Line] = []
        self._columns: dict[str, int] = {}
        self._orders: dict[str, Order | None] = {}
        self._days: DayOrder | None = None
        self._sections: dict[int, str] = {}
        """The class that stands in a row of its own above a row."""

    def read(self) -> None:
        section = ""
        for line in self._sheet.lines():
            if line.number <= self._heading.last_row or line.is_blank:
                continue
            if is_total(line):
                self._tell(line.number, None, "a total, or a signature: left out", rejected=False)
                continue
            if tuple(line.text(column) for column in range(len(line.cells))) == self._heading.names:
                continue
            if found := section_of(line):
                section = found
                continue
            if section:
                self._sections[line.number] = section
            self._lines.append(line)
            if len(self._lines) > _MOST_ROWS:
                raise UnreadableFile(
                    Said(
                        "{sheet}: has more than {count} rows; refused",
                        sheet=self._sheet.place,
                        count=_MOST_ROWS,
                    )
                )
        hidden = [line.number for line in self._lines if line.is_hidden]
        if hidden:
            self._lists.notes.append(hidden_rows(self._sheet, hidden))
        self._settle_columns()
        if not {"full", "family", "given"} & self._columns.keys():
            self._lists.notes.append(
                Said("{sheet}: no column with pupils' names is settled yet", sheet=self._sheet.place)
            )
            return
        self._settle_orders()
        self._settle_days()
        is_said = "class" in self._columns or len(self._sections) == len(self._lines)
        class_name = "" if is_said else self._settle_class()
        for line in self._lines:
            try:
                pupil = self._pupil(line, self._sections.get(line.number, class_name))
            except Rejected as fault:
                column = self._columns.get(fault.column)
                self._tell(line.number, column, fault.words)
                continue
            if pupil is not None:
                self._lists.pupils.append(pupil)

    def _tell(self, row: int, column: int | None, words: str, *, rejected: bool = True) -> None:
        self._lists.problems.append(self._sheet.problem(row, column, words, rejected=rejected))

    def _values(self, column: int) -> list[object]:
        return [line.value(column) for line in self._lines]

    def _settle_columns(self) -> None:
        """A question a column, answered by the guess; and one whether they are understood rightly."""
        width = max([len(self._heading.names), *(len(line.cells) for line in self._lines)])
        columns = [[line.value(column) for line in self._lines] for column in range(width)]
        guesses = guess(self._heading.names, columns, self._lists.today).by_column
        names = {column: one.name for column, one in guesses.items()}
        settled = settle_columns(self._sheet, self._heading, self._lines, names, FIELDS, self._lists.answers)
        for question in settled.questions:
            self._lists.ask(question)
        self._lists.problems += settled.problems
        self._columns = settled.columns

    def _settle_orders(self) -> None:
        """Which comes first where whole names stand in one cell; parents' are as the pupils' where nothing tells."""
        lists = self._lists
        for name, column in self._columns.items():
            if not name.endswith("full"):
                continue
            texts = [text for value in self._values(column) if (text := text_of(value))]  # type: ignore[arg-type]
            order = order_of(texts, self._heading.names[column] if column < len(self._heading.names) else "")
            order = order or (self._orders.get("full") if name != "full" else None)
            unsure = [text for text in texts if parts_of(text, order) is None]
            if unsure:
                key = f"order {self._heading.key} {column_name(column)}"
                answer = lists.ask(
                    Question(
                        key,
                        Said(
                            "{sheet}: in column {column}, which comes first in “{name}”?",
                            sheet=self._sheet.place,
                            column=column_name(column),
                            name=unsure[0],
                        ),
                        (("family", Said("the family name")), ("given", Said("the given name"))),
                        lists.answered(key, ("family", "given")),
                        must=True,
                    )
                )
                order = "family" if answer == "family" else "given" if answer == "given" else None
            self._orders[name] = order

    def _settle_days(self) -> None:
        lists = self._lists
        if "birth" not in self._columns:
            return
        column = self._columns["birth"]
        found = look_at_days(self._values(column))  # type: ignore[arg-type]
        self._days = found.order
        if found.conflict:
            self._tell(
                self._heading.last_row,
                column,
                "some days are 31/12 and some 12/31: the unsure are left out",
                rejected=False,
            )
        elif found.is_unsure:
            key = f"days {self._heading.key} {column_name(column)}"
            answer = lists.ask(
                Question(
                    key,
                    Said(
                        "{sheet}: in column {column}, is 03/04 the third of April or the fourth of March?",
                        sheet=self._sheet.place,
                        column=column_name(column),
                    ),
                    (("dmy", Said("the third of April")), ("mdy", Said("the fourth of March"))),
                    lists.answered(key, ("dmy", "mdy")),
                    must=True,
                )
            )
            self._days = "dmy" if answer == "dmy" else "mdy" if answer == "mdy" else None

    def _settle_class(self) -> str:
        """A list of one class names it on its sheet or above its headings; or it is said."""
        lists = self._lists
        if lists.default_class:
            return lists.default_class
        titles = (self._heading.title, self._sheet.name)
        seems = next((found for one in titles if (found := class_in(one))), "")
        key = f"class {self._sheet.name or self._sheet.file}"
        candidates = [(seems, seems)] if seems else []
        return lists.ask(
            Question(
                key,
                Said("{sheet}: which class is this? (“-” for none)", sheet=self._sheet.place),
                (*candidates, (LEFT_OUT, Said("no class"))),
                lists.answers.get(key, "") or seems,
                must=True,
            )
        ).replace(LEFT_OUT, "")

    def _pupil(self, line: Line, class_name: str) -> Pupil | None:
        for field_name, column in self._columns.items():
            value = line.value(column)
            if isinstance(value, NoValue):
                raise Rejected(field_name, str(value))
        said = {
            name: text
            for name, column in self._columns.items()
            if (text := line.text(column)) and not is_nothing(text, is_name=name in _NAMES)
        }
        if not {"full", "family", "given"} & said.keys():
            if said.keys() - {"roll", "class"}:
                raise Rejected("full" if "full" in self._columns else "family", "the pupil has no name")
            if said and not said.get("roll", "").rstrip(".").isdigit():
                self._tell(line.number, None, "there is no pupil in it: left out", rejected=False)
            return None
        self._read_numbers(line, said)
        for field_name, most in (("id", _LONGEST_ID), ("class", _LONGEST_CLASS)):
            if len(said.get(field_name, "")) > most:
                raise Rejected(field_name, f"{said[field_name][:40]!r} and more: longer than any is")
        name = self._name(said)
        born = None
        if "birth" in said:
            column = self._columns["birth"]
            born = day_of(
                line.value(column), self._days, self._lists.today, starts_1904=self._lists.table.starts_1904
            )
            if born is None:
                raise Rejected("birth", f"{said['birth'][:40]!r} is no day that is sure; write 2013-09-01")
            if born > self._lists.today:
                raise Rejected("birth", f"{born.isoformat()} is still to come")
        parents = tuple(
            parent for prefix in _PARENTS if (parent := self._parent(line, prefix, said)) is not None
        )
        return Pupil(self._sheet, line.number, name, said.get("class", class_name), born, parents, said)

    def _read_numbers(self, line: Line, said: dict[str, str]) -> None:
        """The register's number, phones and addresses as they were meant; what is none of these is left out."""
        for name in [one for one in said if one == "id" or one.endswith(("phone", "email"))]:
            text = said[name]
            number = text if name.endswith("email") else number_of(text)
            if name == "id":
                if number is None:
                    raise Rejected(name, cut_off(text))
                said[name] = number
                continue
            words = ""
            if number is None:
                words = cut_off(text)
            elif name.endswith("email") and "@" not in text:
                words = f"{text[:40]!r} is no e-mail address"
            elif name.endswith("phone") and not is_phone(text):
                words = f"{text[:40]!r} is no phone"
            said[name] = "" if words or number is None else number
            if words:
                self._tell(line.number, self._columns[name], f"{words}: left out", rejected=False)

    def _name(self, said: Mapping[str, str]) -> Parts:
        for name in _NAMES:
            if not is_name(said.get(name, "")):
                raise Rejected(name, f"{said[name][:40]!r} is no name")
        if "full" in said and not {"family", "given"} & said.keys():
            parts = parts_of(said["full"], self._orders.get("full"))
            if parts is None:
                raise Rejected("full", "which part is the family name is not settled yet")
            return Parts(parts.family, parts.given, said.get("middle", parts.middle))
        given = parts_of(said.get("given", ""), "given")
        plain = f"{given.given} {given.family}".strip() if given else said.get("given", "")
        return Parts(said.get("family", ""), plain, said.get("middle", ""))

    def _parent(self, line: Line, prefix: str, said: Mapping[str, str]) -> Parent | None:
        text = said.get(f"{prefix}.full", "")
        more = [said.get(f"{prefix}.{one}", "") for one in ("phone", "email")]
        if is_nothing(text):
            if any(more):
                column = self._columns[f"{prefix}.phone" if more[0] else f"{prefix}.email"]
                self._tell(
                    line.number, column, "belongs to a parent without a name: left out", rejected=False
                )
            return None
        if not is_one_person(text):
            words = f"{text[:80]!r} is more than one name: left out; give each parent a column, and phones another"
            self._tell(line.number, self._columns[f"{prefix}.full"], words, rejected=False)
            return None
        parts = parts_of(text, self._orders.get(f"{prefix}.full"))
        if parts is None:
            raise Rejected(f"{prefix}.full", "which part is the family name is not settled yet")
        relation = said.get(f"{prefix}.relation", "").casefold() or _PARENTS[prefix]
        return Parent(parts, relation, *more)
