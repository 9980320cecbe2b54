"""FET's own files (.fet): https://lalescu.ro/liviu/fet/. A placed activity is one whose starting time is fixed.

FET writes the timetable that it has found as constraints of weight 100 (a starting time and a room for each activity),
whether or not they are locked for good.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.errors import UnreadableFile
from core.importing.said import Said
from core.importing.timetable.model import Activity, Findings, Group, Named, Placement, Teacher, Timetable
from core.importing.timetable.tree import Node, one_line
from core.importing.timetable.words import periods_of, weekdays

_LONGEST = 12
"""Periods on end that one activity lasts at most."""


def is_fet(root: Node) -> bool:
    """Whether the root is that of a FET file."""
    return root.tag.casefold() == "fet"


def parse_fet(root: Node, file: str) -> Timetable:
    """Raises UnreadableFile for a file without days, hours or activities."""
    return _Fet(root, Findings(file)).timetable()


@dataclass(slots=True)
class _Fet:
    root: Node
    findings: Findings
    days: dict[str, int] = field(default_factory=dict)
    hours: dict[str, int] = field(default_factory=dict)
    """Places of the hours, from 0."""
    subjects: dict[str, Named] = field(default_factory=dict)
    teachers: dict[str, Teacher] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)

    def timetable(self) -> Timetable:
        self._read_days()
        names = self._names("Hours_List", "Hour")
        periods = periods_of(names)
        self.hours = {name: place for place, name in enumerate(names)}
        for name in self._names("Subjects_List", "Subject"):
            self.subjects[name] = Named(name, name)
        for node in self._listed("Teachers_List", "Teacher"):
            name = node.said("Name")
            self.teachers[name] = Teacher(
                name, node.said("Long_Name") or name, short=name, register_id=node.said("Code")
            )
        for node in self._listed("Students_List", "Year"):
            self._read_group(node, ())
        activities = tuple(self._activities([one.number for one in periods]))
        if not activities:
            raise UnreadableFile(
                Said("{file}: has no activities, so there is no timetable in it", file=self.findings.file)
            )
        found = self.findings
        return Timetable(
            found.file,
            f"FET {self.root.attribute('version')}".strip(),
            self.root.said("Institution_Name"),
            periods,
            self.subjects,
            self.teachers,
            self.groups,
            activities,
            tuple(found.problems),
            found.untold,
            found.rejected,
            tuple(found.notes),
        )

    def _listed(self, container: str, tag: str) -> Iterator[Node]:
        """The named things of a list; a second one of a name is told and left out."""
        holder = self.root.first(container)
        if holder is None:
            return
        seen: set[str] = set()
        for node in holder.all(tag):
            name = node.said("Name")
            if not name:
                self.findings.tell(node.line, tag, Said("has no name"), rejected=True)
            elif name in seen:
                self.findings.tell(
                    node.line, tag, Said("'{name}' is there twice; the first one counts", name=name)
                )
            else:
                seen.add(name)
                yield node

    def _names(self, container: str, tag: str) -> list[str]:
        holder = self.root.first(container)
        if tag == "Hour" and holder is None:
            raise UnreadableFile(
                Said(
                    "{file}: has no {list}; is this a whole FET file?",
                    file=self.findings.file,
                    list=container,
                )
            )
        found = [node.said("Name") for node in self._listed(container, tag)]
        if not found and holder is not None and tag in ("Day", "Hour"):
            # Before version 5.5 the names stood in the list itself.
            found = [one_line(one.text) for one in holder.all("Name") if one.text.strip()]
        if not found and tag in ("Day", "Hour"):
            raise UnreadableFile(
                Said(
                    "{file}: {list} names none; is this a whole FET file?",
                    file=self.findings.file,
                    list=container,
                )
            )
        return found

    def _read_days(self) -> None:
        if self.root.first("Days_List") is None:
            raise UnreadableFile(
                Said("{file}: has no Days_List; is this a whole FET file?", file=self.findings.file)
            )
        names = self._names("Days_List", "Day")
        if len(names) > 7:
            raise UnreadableFile(
                Said(
                    "{file}: its week has {days} days; only weeks of up to 7 can be taken in",
                    file=self.findings.file,
                    days=len(names),
                )
            )
        numbers, said = weekdays(names)
        if not said:
            self.findings.note(
                Said("The days {days} are taken as Monday and the days after it.", days=", ".join(names))
            )
        self.days = dict(zip(names, numbers, strict=True))

    def _read_group(self, node: Node, above: tuple[str, ...]) -> None:
        name = node.said("Name")
        if not name:
            self.findings.tell(node.line, node.tag, Said("has no name"), rejected=True)
            return
        known = self.groups.get(name)
        # A subgroup may stand in several groups: it is one all the same.
        higher = tuple(
            dict.fromkeys((*(known.above if known else ()), *(one for one in above if one != name)))
        )
        self.groups[name] = Group(name, node.said("Long_Name") or name, above=higher)
        for tag in ("Group", "Subgroup"):
            for child in node.all(tag):
                self._read_group(child, (name,))

    def _activities(self, numbers: list[int]) -> Iterator[Activity]:
        places, rooms = self._places(), self._rooms()
        holder = self.root.first("Activities_List")
        seen: set[str] = set()
        for node in holder.all("Activity") if holder is not None else ():
            number = node.said("Id")
            if not number or number in seen:
                words = (
                    Said("'{number}' is there twice; the first one counts", number=number)
                    if number
                    else Said("has no Id")
                )
                self.findings.tell(node.line, "Activity", words, rejected=True)
                continue
            seen.add(number)
            if node.said("Active").casefold() == "false":
                continue
            found = self._activity(node, number, places.get(number), rooms.get(number, ""), numbers)
            if found is not None:
                yield found
        for number, (_, _, line) in places.items():
            if number not in seen:
                self.findings.tell(
                    line, "Activity_Id", Said("there is no activity '{number}'", number=number)
                )

    def _activity(
        self, node: Node, number: str, place: tuple[str, str, int] | None, room: str, numbers: list[int]
    ) -> Activity | None:
        subject = node.said("Subject")
        if not subject:
            self.findings.tell(
                node.line, "Subject", Said("activity {number} has no subject", number=number), rejected=True
            )
            return None
        if subject not in self.subjects:
            self.findings.tell(
                node.line,
                "Subject",
                Said("'{name}' is not in Subjects_List; it is taken all the same", name=subject),
            )
            self.subjects[subject] = Named(subject, subject)
        length = self._length(node)
        teachers = self._known(node, "Teacher", self.teachers, "Teachers_List")
        groups = self._known(node, "Students", self.groups, "Students_List")
        placement = self._placement(place, room, length, numbers) if place is not None else None
        return Activity(
            number,
            subject,
            teachers,
            groups,
            (placement,) if placement else (),
            unplaced=int(placement is None),
        )

    def _length(self, node: Node) -> int:
        text = node.said("Duration") or "1"
        if not text.isdecimal() or not 1 <= int(text) <= _LONGEST:
            self.findings.tell(
                node.line, "Duration", Said("'{text}' is no number of periods; taken as 1", text=text[:20])
            )
            return 1
        return int(text)

    def _known(
        self, node: Node, tag: str, known: dict[str, Teacher] | dict[str, Group], listed: str
    ) -> tuple[str, ...]:
        names = [one_line(one.text) for one in node.all(tag)]
        for name in names:
            if name and name not in known:
                self.findings.tell(
                    node.line,
                    tag,
                    Said("'{name}' is not in {list}; the lesson is taken in without", name=name, list=listed),
                )
        return tuple(dict.fromkeys(name for name in names if name in known))

    def _placement(
        self, place: tuple[str, str, int], room: str, length: int, numbers: list[int]
    ) -> Placement | None:
        day, hour, line = place
        if day not in self.days:
            self.findings.tell(
                line, "Preferred_Day", Said("'{name}' is not in Days_List; the lesson has no place", name=day)
            )
            return None
        if hour not in self.hours:
            self.findings.tell(
                line,
                "Preferred_Hour",
                Said("'{name}' is not in Hours_List; the lesson has no place", name=hour),
            )
            return None
        first = self.hours[hour]
        if first + length > len(numbers):
            self.findings.tell(
                line, "Preferred_Hour", Said("the lesson lasts longer than the day; it is cut off there")
            )
            length = len(numbers) - first
        return Placement(self.days[day], numbers[first], length, room)

    def _places(self) -> dict[str, tuple[str, str, int]]:
        """Day, hour and line by activity: those that are sure; of two the locked one, then the later."""
        found: dict[str, tuple[str, str, int]] = {}
        locked: set[str] = set()
        for node in self._constraints("Time_Constraints_List", "ConstraintActivityPreferredStartingTime"):
            number, day = node.said("Activity_Id"), node.said("Preferred_Day") or node.said("Day")
            hour = node.said("Preferred_Hour") or node.said("Hour")
            is_locked = node.said("Permanently_Locked").casefold() == "true"
            if not day or not hour:
                continue
            if number in found and found[number][:2] != (day, hour):
                self.findings.tell(
                    node.line,
                    "Activity_Id",
                    Said("activity {number} has two places; one of them counts", number=number),
                )
                if number in locked and not is_locked:
                    continue
            found[number] = (day, hour, node.line)
            if is_locked:
                locked.add(number)
        return found

    def _rooms(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for node in self._constraints("Space_Constraints_List", "ConstraintActivityPreferredRoom"):
            real = [one_line(one.text) for one in node.all("Real_Room")]
            found[node.said("Activity_Id")] = ", ".join(real) or node.said("Room")
        return found

    def _constraints(self, container: str, tag: str) -> Iterator[Node]:
        """The constraints that hold without exception."""
        holder = self.root.first(container)
        doubtful: Counter[str] = Counter()
        for node in holder.all(tag) if holder is not None else ():
            if node.said("Active").casefold() == "false":
                continue
            if float(_weight(node)) < 100:
                doubtful[tag] += 1
                continue
            yield node
        if doubtful:
            self.findings.note(
                Said(
                    "Wishes of the file that are no places ({name}, weight under 100) were left out: {count}.",
                    count=doubtful[tag],
                    name=tag,
                )
            )


def _weight(node: Node) -> str:
    text = node.said("Weight_Percentage") or "100"
    return text if text.replace(".", "", 1).isdecimal() else "100"
