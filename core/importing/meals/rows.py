"""A canteen's rows, read one by one: whose account, when, what for and how much, in minor units."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.domain.kinds import TransactionKind
from core.domain.names import fold
from core.importing.cells import Problem, Rejected
from core.importing.meals.amounts import amount_of
from core.importing.meals.columns import read_kind
from core.importing.people.school import class_key
from core.importing.tables.days import Order, day_of
from core.importing.tables.headings import Heading, is_total
from core.importing.tables.reader import Line, NoValue, Sheet, Value, cut_off, number_of, text_of

LARGEST_AMOUNT = 100_000_000
_LONGEST = 200
_AHEAD = timedelta(days=1)
"""The school's day may have begun before that of UTC."""
_SERIAL = re.compile(r"(\d{5})\.(\d+)")
_CLOCK = re.compile(r"(.*?)[ T,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:\.\d+)?\s*(am|pm)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Booking:
    """One row, understood."""

    row: int
    student_id: int
    external_id: str
    kind: TransactionKind
    amount: int
    item: str
    at: datetime


@dataclass(slots=True)
class Reading:
    """How the rows of a sheet are read. ``by_sign`` is the rule where no column names the kind: by the amount's sign, or
    all rows are of one kind."""

    sheet: Sheet
    heading: Heading
    columns: Mapping[str, int]
    zone: ZoneInfo
    places: int
    today: date
    order: Order | None
    by_sign: str
    by_account: Mapping[str, int]
    by_name: Mapping[tuple[str, str], tuple[int, ...]]
    """Pupils by class, empty for any, and name."""
    starts_1904: bool = False
    hidden: list[int] = field(default_factory=list)
    """The rows that were booked though the spreadsheet does not show them."""
    _whose: dict[tuple[str, str, str], int | str] = field(default_factory=dict)
    _kinds: dict[str, TransactionKind | None] = field(default_factory=dict)

    def rows(self) -> Iterator[Booking | Problem]:
        """In the order of the file; a row that cannot be used is its problem."""
        self.hidden.clear()
        for line in self.sheet.lines():
            if line.number <= self.heading.last_row:
                continue
            try:
                booking = self._booking(line)
                if line.is_hidden:
                    self.hidden.append(line.number)
                yield booking
            except Rejected as fault:
                if line.is_blank:
                    continue
                if is_total(line):
                    yield self.sheet.problem(line.number, None, "a total: left out", rejected=False)
                else:
                    yield self.sheet.problem(line.number, self.columns.get(fault.column), fault.words)

    def _text(self, line: Line, name: str) -> str:
        column = self.columns.get(name)
        if column is None:
            return ""
        value = line.value(column)
        if type(value) is str:
            return value.strip()
        if isinstance(value, NoValue):
            raise Rejected(name, str(value))
        return text_of(value)

    def _number(self, line: Line, name: str) -> str:
        text = self._text(line, name)
        number = number_of(text) if "E" in text or "e" in text else text
        if number is None:
            raise Rejected(name, cut_off(text))
        return number

    def _booking(self, line: Line) -> Booking:
        external = self._number(line, "id")
        if not external:
            raise Rejected("id", "has no number; without one it would be booked again each time")
        student = self._student(line)
        amount = self._amount(line)
        kind = self._kind(line, amount)
        if kind is TransactionKind.DEBIT:
            amount = -abs(amount)
        elif kind is not TransactionKind.CORRECTION and amount < 0:
            raise Rejected("amount", f"is below nought, yet the row is a {kind.value.replace('_', ' ')}")
        item = self._text(line, "item")[:_LONGEST]
        return Booking(line.number, student, external[:_LONGEST], kind, amount, item, self._at(line))

    def _student(self, line: Line) -> int:
        said = (self._number(line, "account"), self._text(line, "name"), self._text(line, "class"))
        found = self._whose.get(said)
        if found is None:
            found = self._whose[said] = self._find(*said)
        if isinstance(found, str):
            column = "account" if said[0] else "name"
            raise Rejected(column, found)
        return found

    def _find(self, account: str, name: str, class_name: str) -> int | str:
        if account:
            found = self.by_account.get(account)
            return found if found is not None else f"{account[:40]!r} is no pupil's number in this school"
        if not name:
            return "says no pupil"
        key = fold(name.replace(",", " "))
        pupils = self.by_name.get((class_key(class_name) if class_name else "", key), ())
        where = f" in {class_name[:20]}" if class_name else ""
        if not pupils:
            return f"there is no pupil {name[:40]!r}{where}"
        if len(pupils) > 1:
            return f"there are {len(pupils)} pupils {name[:40]!r}{where}; give their numbers"
        return pupils[0]

    def _amount(self, line: Line) -> int:
        amount = amount_of(line.value(self.columns["amount"]), self.places)
        if amount is None:
            raise Rejected("amount", f"{self._text(line, 'amount')[:40]!r} is no amount")
        if not amount:
            raise Rejected("amount", "is nought")
        if abs(amount) > LARGEST_AMOUNT:
            raise Rejected("amount", f"{self._text(line, 'amount')[:40]!r} is too much")
        return amount

    def _kind(self, line: Line, amount: int) -> TransactionKind:
        word = self._text(line, "kind")
        if word:
            if word not in self._kinds:
                self._kinds[word] = read_kind(word)
            known = self._kinds[word]
            if known is None:
                raise Rejected(
                    "kind", f"{word[:40]!r} is no kind of booking; one of top-up, debit, refund, correction"
                )
            return known
        if "kind" in self.columns or not self.by_sign:
            raise Rejected("kind", "says no kind of booking")
        if self.by_sign == "sign":
            return TransactionKind.TOP_UP if amount > 0 else TransactionKind.DEBIT
        return TransactionKind(self.by_sign)

    def _at(self, line: Line) -> datetime:
        moment = _read_moment(line.value(self.columns["day"]), self.order, self.today, self.starts_1904)
        if moment is None:
            text = self._text(line, "day")
            raise Rejected("day", f"{text[:40]!r} is no day that is sure; write 2026-09-01 12:30")
        if moment.date() > self.today + _AHEAD:
            raise Rejected("day", f"{moment.date().isoformat()} is still to come")
        if "clock" in self.columns and moment.time() == time():
            moment = datetime.combine(moment.date(), self._clock(line))
        elif moment.time() == time() and moment.tzinfo is None:
            moment = moment.replace(hour=12)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        return moment.astimezone(UTC)

    def _clock(self, line: Line) -> time:
        value = line.value(self.columns["clock"])
        if isinstance(value, time):
            return value
        if isinstance(value, datetime):
            return value.time()
        found = _CLOCK.match(f"x {self._text(line, 'clock')}")
        clock = _time_of(found) if found else None
        if clock is None:
            raise Rejected("clock", f"{self._text(line, 'clock')[:40]!r} is no time of day")
        return clock


def _read_moment(value: Value, order: Order | None, today: date, starts_1904: bool) -> datetime | None:
    if isinstance(value, datetime):
        return _on(_day(value.date().isoformat(), order, today, starts_1904), value.timetz())
    text = text_of(value)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        return _on(_day(moment.date().isoformat(), order, today, starts_1904), moment.timetz())
    if serial := _SERIAL.fullmatch(text):
        # Days since the spreadsheet's first, and the part of the day that is over.
        seconds = round(float(f"0.{serial[2]}") * 86_400)
        day = _day(serial[1], order, today, starts_1904)
        return None if day is None else datetime.combine(day, time()) + timedelta(seconds=seconds)
    found = _CLOCK.match(text)
    day = _day(found[1] if found else text, order, today, starts_1904)
    return _on(day, _time_of(found) if found else time())


def _on(day: date | None, clock: time | None) -> datetime | None:
    return None if day is None or clock is None else datetime.combine(day, clock)


def _time_of(found: re.Match[str]) -> time | None:
    hour = int(found[2])
    if found[5]:
        hour = hour % 12 + (12 if found[5].casefold() == "pm" else 0)
    if hour > 23 or int(found[3]) > 59:
        return None
    return time(hour, int(found[3]), min(int(found[4] or 0), 59))


@lru_cache(maxsize=4_096)
def _day(text: str, order: Order | None, today: date, starts_1904: bool) -> date | None:
    return day_of(text, order, today, starts_1904=starts_1904)
