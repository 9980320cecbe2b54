"""Untis' DIF files: GPU001.TXT is the timetable, GPU002.TXT the lessons; GPU003 (classes), GPU004 (teachers) and
GPU006 (subjects) give long names where they come along. They have no row of headings: cells are known by their place
(https://help.untis.at/hc/de/articles/4407687117074)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.domain.kinds import WeekParity
from core.errors import UnreadableFile
from core.importing.said import Said
from core.importing.timetable.model import (
    Activity,
    Findings,
    Group,
    Named,
    Period,
    Placement,
    Teacher,
    Timetable,
)
from core.importing.timetable.words import parity_of

Rows = Sequence[tuple[int, list[str]]]
"""The cells of a file's rows that are not blank, each with its number."""
_MOST_WIDTH = 200


def is_lessons_in_time(rows: Rows) -> bool:
    """Whether these are rows of GPU001: a number, a class, a teacher, a subject, a room, a day and a period."""
    looked = [cells for _, cells in rows[:20]]
    return bool(looked) and sum(map(_is_placed, looked)) * 2 > len(looked)


def is_lessons(rows: Rows) -> bool:
    """Whether these are rows of GPU002: a number, weekly periods, and from the fifth on class, teacher and subject."""
    looked = [cells for _, cells in rows[:20]]
    return bool(looked) and sum(map(_is_lesson, looked)) * 2 > len(looked)


def _is_placed(cells: list[str]) -> bool:
    return (
        7 <= len(cells) <= 12
        and cells[0].isdecimal()
        and _number(cells[5]) in range(1, 8)
        and _number(cells[6]) is not None
        and not (cells[1].isdecimal() and cells[2].isdecimal() and cells[3].isdecimal())
    )


def _is_lesson(cells: list[str]) -> bool:
    return (
        len(cells) > 12
        and cells[0].isdecimal()
        and _float(cells[1]) is not None
        and bool(cells[6] or cells[4])
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def _float(text: str) -> float | None:
    plain = text.replace(",", ".", 1)
    return float(plain) if plain.replace(".", "", 1).isdecimal() and plain.isascii() else None


def parse_untis(tables: Mapping[str, Rows], file: str) -> Timetable:
    """``tables`` are the rows by ``GPU001`` and so on. Raises UnreadableFile without a row of the timetable."""
    return _Untis(tables, Findings(file)).timetable()


@dataclass(slots=True)
class _Lesson:
    """A row of GPU002."""

    row: int
    periods: float
    group: str = ""
    part: str = ""


@dataclass(slots=True)
class _Untis:
    tables: Mapping[str, Rows]
    findings: Findings
    lessons: dict[tuple[str, str, str, str], _Lesson] = field(default_factory=dict)
    """By number, class, teacher and subject."""
    teachers: dict[str, Teacher] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    subjects: dict[str, Named] = field(default_factory=dict)
    periods: set[int] = field(default_factory=set)
    placed: defaultdict[tuple[str, str, str, str], dict[Placement, None]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def timetable(self) -> Timetable:
        self._read_lists()
        self._read_lessons()
        self._read_places()
        activities = tuple(self._activities())
        if not activities:
            raise UnreadableFile(
                Said("{file}: has no lessons, so there is no timetable in it", file=self.findings.file)
            )
        first, last = min(self.periods, default=1), max(self.periods, default=0)
        found = self.findings
        return Timetable(
            found.file,
            "Untis",
            "",
            tuple(Period(number, str(number)) for number in range(min(first, 1), last + 1)),
            self.subjects,
            self.teachers,
            self.groups,
            activities,
            tuple(found.problems),
            found.untold,
            found.rejected,
            tuple(found.notes),
        )

    def _read_lists(self) -> None:
        for _, cells in self.tables.get("GPU003", ()):
            self._class(cells[0], _cell(cells, 1))
        for _, cells in self.tables.get("GPU004", ()):
            self._teacher(cells[0], _cell(cells, 1), _cell(cells, 28))
        for _, cells in self.tables.get("GPU006", ()):
            self._subject(cells[0], _cell(cells, 1))

    def _class(self, short: str, name: str = "") -> None:
        if short and short not in self.groups:
            # The short name is what everybody calls a class; the long one is often its teacher or a sentence.
            self.groups[short] = Group(short, short, short=name, is_class=True)

    def _teacher(self, short: str, family: str = "", given: str = "") -> None:
        if short and short not in self.teachers:
            given = given if given and not given.isdecimal() else ""
            self.teachers[short] = Teacher(
                short, f"{given} {family}".strip() or short, short, family if given else "", given
            )

    def _subject(self, short: str, name: str = "") -> None:
        if short and short not in self.subjects:
            self.subjects[short] = Named(short, name or short, short)

    def _read_lessons(self) -> None:
        for row, cells in self.tables.get("GPU002", ()):
            number, teacher, subject = cells[0], _cell(cells, 5), _cell(cells, 6)
            if not number.isdecimal():
                self._tell_unless_heading("GPU002", row, cells)
                continue
            periods = _float(_cell(cells, 1))
            if periods is None:
                self.findings.tell(
                    row,
                    "2",
                    Said("'{text}' is no number of periods", text=_cell(cells, 1)[:20]),
                    file="GPU002.TXT",
                )
                periods = 0
            for class_name in _classes(_cell(cells, 4)):
                key = (number, class_name, teacher, subject)
                if key not in self.lessons:
                    self.lessons[key] = _Lesson(row, periods, _cell(cells, 11), _cell(cells, 41))

    def _tell_unless_heading(self, table: str, row: int, cells: list[str]) -> None:
        if row > 2 or any(cell.isdecimal() for cell in cells):
            self.findings.tell(
                row,
                "1",
                Said("'{text}' is no number of a lesson", text=cells[0][:20]),
                rejected=True,
                file=f"{table}.TXT",
            )

    def _read_places(self) -> None:
        for row, cells in self.tables.get("GPU001", ()):
            if len(cells) < 7:
                words = Said("has only {count} cells; was the file cut off?", count=len(cells))
                self.findings.tell(row, "", words, rejected=True, file="GPU001.TXT")
                continue
            number, teacher, subject, room = cells[0], cells[2], cells[3], cells[4]
            if not number.isdecimal():
                self._tell_unless_heading("GPU001", row, cells)
                continue
            weekday, period = _number(cells[5]), _number(cells[6])
            if weekday is None or not 1 <= weekday <= 7:
                words = Said("'{text}' is no day of the week; write 1 (Monday) to 7", text=cells[5][:20])
                self.findings.tell(row, "6", words, rejected=True, file="GPU001.TXT")
                continue
            if period is None or period > 99:
                words = Said("'{text}' is no number of a period", text=cells[6][:20])
                self.findings.tell(row, "7", words, rejected=True, file="GPU001.TXT")
                continue
            if not subject:
                self.findings.tell(
                    row, "4", Said("the lesson has no subject"), rejected=True, file="GPU001.TXT"
                )
                continue
            self.periods.add(period)
            for class_name in _classes(cells[1]):
                key = (number, class_name, teacher, subject)
                parity = self._parity(key)
                self.placed[key].setdefault(Placement(weekday, period, 1, room, parity))

    def _parity(self, key: tuple[str, str, str, str]) -> WeekParity:
        lesson = self.lessons.get(key)
        group = lesson.group if lesson is not None else ""
        if not group:
            return WeekParity.EVERY
        found = parity_of(group)
        if found is None:
            self.findings.note(
                Said(
                    "Lessons of '{group}' do not meet every week; which weeks is not said, so they are taken for all.",
                    group=group,
                )
            )
            return WeekParity.EVERY
        return found

    def _activities(self) -> Iterator[Activity]:
        """The classes of one lesson, teacher and subject are taught together where they stand at the same places."""
        keys = [*self.placed, *(key for key in self.lessons if key not in self.placed)]
        together: defaultdict[tuple[str, str, str, str, tuple[Placement, ...]], list[str]] = defaultdict(list)
        wanted: dict[tuple[str, str, str, str, tuple[Placement, ...]], float] = {}
        for key in keys:
            number, class_name, teacher, subject = key
            if not subject:
                continue
            lesson = self.lessons.get(key)
            part = lesson.part if lesson is not None else ""
            places = tuple(self.placed.get(key, ()))
            bundle = (number, teacher, subject, part, places)
            wanted[bundle] = max(wanted.get(bundle, 0), lesson.periods if lesson is not None else 0)
            together[bundle].append(class_name)
        teams: defaultdict[tuple[str, str, str, tuple[Placement, ...], tuple[str, ...], str], list[str]]
        teams = defaultdict(list)
        missing: dict[tuple[str, str, str, tuple[Placement, ...], tuple[str, ...], str], int] = {}
        for bundle, classes in together.items():
            number, teacher, subject, part, places = bundle
            held = sum(1 if one.parity is WeekParity.EVERY else 0.5 for one in places)
            # Two teachers of one lesson in one room teach together; in two, each has a group.
            alone = "" if places and all(one.room for one in places) else teacher
            team = (number, subject, part, places, tuple(classes), alone)
            teams[team].append(teacher)
            missing[team] = max(missing.get(team, 0), round(wanted[bundle] - held))
        for team, named in teams.items():
            number, subject, part, places, pupils, _ = team
            for teacher in named:
                self._teacher(teacher)
            self._subject(subject)
            yield Activity(
                f"{number} {named[0]} {subject}".strip(),
                subject,
                tuple(dict.fromkeys(one for one in named if one)),
                tuple(self._groups(pupils, part)),
                places,
                missing[team],
            )

    def _groups(self, classes: Sequence[str], part: str) -> Iterator[str]:
        named = [one for one in dict.fromkeys(classes) if one]
        for one in named:
            self._class(one)
        if not part:
            yield from named
            return
        # A group of pupils is a part of all the classes that come to it.
        known = self.groups.get(f"group {part}")
        above = tuple(dict.fromkeys((*(known.above if known else ()), *named)))
        self.groups[f"group {part}"] = Group(f"group {part}", part, above=above, is_class=False)
        yield f"group {part}"


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _classes(text: str) -> list[str]:
    return [part for part in text.replace(";", "~").split("~") if part] or [""]
