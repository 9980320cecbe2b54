"""aSc Timetables XML, the export of 2012 (and its older form): lessons say what is taught, cards where they stand."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from core.domain.kinds import WeekParity
from core.errors import UnreadableFile
from core.importing.cells import read_number
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
from core.importing.timetable.tree import Node
from core.importing.timetable.words import parity_of_mask, read_time, weekdays

_LONGEST = 12


def is_asc(root: Node) -> bool:
    """Whether the root is that of an aSc export."""
    return root.tag.casefold() == "timetable" and any(root.first(tag) for tag in ("lessons", "cards"))


def parse_asc(root: Node, file: str) -> Timetable:
    """Raises UnreadableFile for a file without lessons or cards."""
    return _Asc(root, Findings(file)).timetable()


@dataclass(frozen=True, slots=True)
class _Card:
    line: int
    period: int
    weekdays: tuple[int, ...]
    parity: WeekParity
    rooms: tuple[str, ...]


@dataclass(slots=True)
class _Asc:
    root: Node
    findings: Findings
    days: tuple[int, ...] = ()
    """Weekdays by place in a mask of days."""
    first_day: int = 0
    """The number of the first day, where days have numbers."""
    periods: dict[int, Period] = field(default_factory=dict)
    subjects: dict[str, Named] = field(default_factory=dict)
    teachers: dict[str, Teacher] = field(default_factory=dict)
    rooms: dict[str, str] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    ids: dict[tuple[str, str], str] = field(default_factory=dict)
    """By table and the file's id what it is called here: aSc numbers things anew in every base, so a number that was
    somebody else's last year must not be taken for them. A group that is all of a class is that class."""
    weeks: dict[str, str] = field(default_factory=dict)
    """Masks of weeks by the id of their definition."""

    def timetable(self) -> Timetable:
        self._read_days()
        self._read_periods()
        for node in self._listed("subjects", "subject"):
            one = self._called("subject", node, _name_of(node))
            self.subjects[one] = Named(
                one, _name_of(node), node.attribute("short"), node.attribute("partner_id")
            )
        for node in self._listed("teachers", "teacher"):
            teacher = _teacher(node)
            one = self._called("teacher", node, teacher.name)
            self.teachers[one] = replace(teacher, id=one)
        for node in self._listed("classrooms", "classroom"):
            self.rooms[node.attribute("id")] = node.attribute("name") or node.attribute("short")
        self._read_groups()
        for node in self._listed("weeksdefs", "weeksdef"):
            self.weeks[node.attribute("id")] = node.attribute("weeks")
        activities = tuple(self._activities())
        if not activities:
            raise UnreadableFile(
                Said("{file}: has no lessons, so there is no timetable in it", file=self.findings.file)
            )
        found = self.findings
        version = self.root.attribute("ascttversion")
        return Timetable(
            found.file,
            f"aSc Timetables {version}".strip(),
            self.root.attribute("schoolname") or self._institution(),
            tuple(self.periods[number] for number in sorted(self.periods)),
            self.subjects,
            self.teachers,
            self.groups,
            activities,
            tuple(found.problems),
            found.untold,
            found.rejected,
            tuple(found.notes),
        )

    def _institution(self) -> str:
        for tag in ("school", "schools", "globals", "settings"):
            node = self.root.first(tag)
            if node is not None and node.attribute("name"):
                return node.attribute("name")
        return ""

    def _listed(self, container: str, tag: str, key: str = "id") -> Iterator[Node]:
        seen: set[str] = set()
        for holder in self.root.all(container):
            for node in holder.all(tag):
                one = node.attribute(key)
                if not one:
                    self.findings.tell(node.line, tag, Said("has no {column}", column=key), rejected=True)
                elif one in seen:
                    self.findings.tell(
                        node.line,
                        tag,
                        Said(
                            "the {column} '{name}' is there twice; the first one counts", column=key, name=one
                        ),
                    )
                else:
                    seen.add(one)
                    yield node

    def _read_days(self) -> None:
        """Definitions of single days name them by their place in the mask; older files list days with numbers."""
        names: dict[int, str] = {}
        longest = 0
        for node in self._listed("daysdefs", "daysdef"):
            masks = _masks(node.attribute("days"))
            longest = max([longest, *map(len, masks)])
            if len(masks) == 1 and masks[0].count("1") == 1:
                names.setdefault(masks[0].index("1"), _name_of(node))
        numbered = [node for holder in self.root.all("days") for node in holder.all("day")]
        loose = [node for node in self._cards() if not node.attribute("days")]
        numbers = [one.attribute("day") for one in (*numbered, *loose)]
        is_from_one = "daynumbering1" in self.root.attribute("options") or "0" not in numbers
        self.first_day = 1 if is_from_one else 0
        for node in numbered:
            if node.attribute("day").isdecimal():
                names.setdefault(int(node.attribute("day")) - self.first_day, _name_of(node))
        for node in self._cards():
            longest = max([longest, *map(len, _masks(node.attribute("days")))])
        places = [*names, *(int(one) - self.first_day for one in numbers if one.isdecimal())]
        longest = max([longest, *(place + 1 for place in places)])
        if longest > 7:
            raise UnreadableFile(
                Said(
                    "{file}: its week has {days} days; only weeks of up to 7 can be taken in",
                    file=self.findings.file,
                    days=longest,
                )
            )
        listed = [names.get(place, "") for place in range(longest)]
        self.days, said = weekdays(listed)
        if not said and longest:
            self.findings.note(
                Said("The days {days} are taken as Monday and the days after it.", days=", ".join(listed))
                if any(listed)
                else Said("The days of the file are taken as Monday and the days after it.")
            )

    def _read_periods(self) -> None:
        for node in self._listed("periods", "period", "period"):
            number = node.attribute("period")
            if not number.isdecimal() or int(number) > 99:
                self.findings.tell(
                    node.line,
                    "period",
                    Said("'{text}' is no number of a period", text=number[:20]),
                    rejected=True,
                )
                continue
            starts, ends = read_time(node.attribute("starttime")), read_time(node.attribute("endtime"))
            if starts and ends and starts >= ends:
                self.findings.tell(
                    node.line,
                    "endtime",
                    Said("period {number} ends before it begins; without times", number=number),
                )
                starts = ends = None
            self.periods[int(number)] = Period(int(number), node.attribute("name") or number, starts, ends)

    def _read_groups(self) -> None:
        for node in self._listed("classes", "class"):
            one, grade = self._called("class", node, _name_of(node)), node.attribute("grade")
            self.groups[one] = Group(
                one,
                _name_of(node),
                node.attribute("short"),
                is_class=True,
                grade=int(grade) if grade.isdecimal() and 0 < int(grade) < 20 else None,
                register_id=node.attribute("partner_id"),
            )
        for node in self._listed("groups", "group"):
            of_class = self.ids.get(("class", node.attribute("classid")))
            if of_class is None:
                words = Said("there is no class '{name}'", name=node.attribute("classid"))
                self.findings.tell(node.line, "classid", words, rejected=True)
            elif node.attribute("entireclass") == "1":
                self.ids["group", node.attribute("id")] = of_class
            else:
                one = self._called("group", node, f"{of_class}: {_name_of(node)}")
                self.groups[one] = Group(one, _name_of(node), above=(of_class,), is_class=False)

    def _called(self, table: str, node: Node, name: str) -> str:
        """The name, where it is the first of its table; else what tells it from others of the name."""
        taken = {called for (of_table, _), called in self.ids.items() if of_table == table}
        one, short = node.attribute("id"), node.attribute("short")
        called = next(
            (it for it in (name, f"{name} ({short})" if short else name) if it not in taken),
            f"{name} ({one})",
        )
        self.ids[table, one] = called
        return called

    def _cards(self) -> Iterator[Node]:
        for holder in self.root.all("cards"):
            yield from holder.all("card")

    def _activities(self) -> Iterator[Activity]:
        lessons = {node.attribute("id"): node for node in self._listed("lessons", "lesson")}
        cards: defaultdict[str, list[_Card]] = defaultdict(list)
        loose: list[Activity] = []
        for node in self._cards():
            of_lesson = node.attribute("lessonid")
            if of_lesson and of_lesson not in lessons:
                self.findings.tell(
                    node.line, "lessonid", Said("there is no lesson '{name}'", name=of_lesson), rejected=True
                )
                continue
            card = self._card(node, lessons.get(of_lesson))
            if card is not None and of_lesson:
                cards[of_lesson].append(card)
            elif card is not None:
                # The older form: a card says by itself what is taught.
                loose += self._activity(node, f"card {node.line}", self._placements([card], 1))
        one_by_one = self._is_one_by_one(lessons, cards)
        for number, node in lessons.items():
            length = self._length(node)
            found = cards[number]
            placements = self._placements(found, 1 if one_by_one else length)
            periods = sum(
                one.length * (1 if one.parity is WeekParity.EVERY else Decimal("0.5")) for one in placements
            )
            wanted = read_number(node.attribute("periodsperweek")) or Decimal(0)
            unplaced = max(0, int((wanted - periods) / length)) if found or wanted else 0
            yield from self._activity(node, number, placements, unplaced=unplaced)
        yield from loose

    def _length(self, node: Node) -> int:
        text = node.attribute("periodspercard") or node.attribute("durationperiods") or "1"
        if not text.isdecimal() or not 1 <= int(text) <= _LONGEST:
            self.findings.tell(
                node.line,
                "periodspercard",
                Said("'{text}' is no number of periods; taken as 1", text=text[:20]),
            )
            return 1
        return int(text)

    def _is_one_by_one(self, lessons: dict[str, Node], cards: dict[str, list[_Card]]) -> bool:
        """Whether a double lesson has a card for each of its periods: where cards would overlap if they did not."""
        for number, node in lessons.items():
            length = node.attribute("periodspercard")
            if not length.isdecimal() or int(length) < 2:
                continue
            places = sorted((one.weekdays, one.parity, one.period) for one in cards.get(number, ()))
            if any(
                one[:2] == other[:2] and other[2] - one[2] < int(length)
                for one, other in itertools.pairwise(places)
            ):
                return True
        return False

    def _card(self, node: Node, lesson: Node | None) -> _Card | None:
        period = node.attribute("period")
        if not period or not (node.attribute("days") or node.attribute("day")):
            return None
        if not period.isdecimal() or int(period) > 99:
            self.findings.tell(
                node.line,
                "period",
                Said("'{text}' is no number of a period", text=period[:20]),
                rejected=True,
            )
            return None
        days = self._days_of(node)
        if not days:
            return None
        if self.periods and int(period) not in self.periods:
            self.findings.tell(
                node.line,
                "period",
                Said("there is no period {number}; the lesson stands there all the same", number=period),
            )
        mask = node.attribute("weeks")
        if not mask and lesson is not None:
            mask = self.weeks.get(lesson.attribute("weeksdefid"), "")
        parity = parity_of_mask(mask.split(",")[0]) if "," not in mask else WeekParity.EVERY
        if parity is None:
            self.findings.tell(
                node.line,
                "weeks",
                Said("the weeks '{text}' are neither odd nor even; taken as every week", text=mask),
            )
            parity = WeekParity.EVERY
        terms = node.attribute("terms")
        if "0" in terms and "1" in terms:
            self.findings.note(
                Said("Some lessons are for a part of the year only; they are taken in for all of it.")
            )
        rooms = _list(node.attribute("classroomids")) or (
            _list(lesson.attribute("classroomids"))[:1] if lesson is not None else ()
        )
        return _Card(node.line, int(period), days, parity, tuple(self.rooms.get(one, "") for one in rooms))

    def _days_of(self, node: Node) -> tuple[int, ...]:
        mask, day = node.attribute("days"), node.attribute("day")
        masks = _masks(mask)
        if mask and not masks:
            self.findings.tell(
                node.line, "days", Said("'{text}' are no days of the week", text=mask[:20]), rejected=True
            )
        elif not mask:
            place = int(day) - self.first_day if day.isdecimal() else -1
            if 0 <= place < len(self.days):
                return (self.days[place],)
            self.findings.tell(
                node.line, "day", Said("'{text}' is no day of the week", text=day[:20]), rejected=True
            )
        found = {place for one in masks for place, flag in enumerate(one) if flag == "1"}
        return tuple(self.days[place] for place in sorted(found))

    def _placements(self, cards: Iterable[_Card], length: int) -> tuple[Placement, ...]:
        return tuple(
            Placement(weekday, card.period, length, ", ".join(one for one in card.rooms if one), card.parity)
            for card in cards
            for weekday in card.weekdays
        )

    def _activity(
        self, node: Node, number: str, placements: tuple[Placement, ...], *, unplaced: int = 0
    ) -> Iterator[Activity]:
        subject = self.ids.get(("subject", node.attribute("subjectid")))
        if subject is None:
            words = Said("there is no subject '{name}'", name=node.attribute("subjectid"))
            self.findings.tell(node.line, "subjectid", words, rejected=True)
            return
        teachers = self._known(node, "teacher", "teacherids", "teacherid")
        groups = list(self._known(node, "group", "groupids"))
        classes = self._known(node, "class", "classids", "classid")
        held = {above for one in groups for above in (one, *self.groups[one].above)}
        groups += [one for one in classes if one not in held]
        yield Activity(number, subject, teachers, tuple(dict.fromkeys(groups)), placements, unplaced)

    def _known(self, node: Node, table: str, *columns: str) -> tuple[str, ...]:
        ids = dict.fromkeys(one for column in columns for one in _list(node.attribute(column)))
        for one in ids:
            if (table, one) not in self.ids:
                words = Said(
                    "there is no {kind} '{name}'; the lesson is taken in without", kind=table, name=one
                )
                self.findings.tell(node.line, columns[0], words)
        return tuple(dict.fromkeys(self.ids[table, one] for one in ids if (table, one) in self.ids))


def _masks(text: str) -> list[str]:
    """The masks of ones and zeros in a list of them."""
    return [one for one in re.split(r"[,;\s]+", text) if one and not set(one) - {"0", "1"}]


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _name_of(node: Node) -> str:
    return node.attribute("name") or node.attribute("short") or node.attribute("id")


def _teacher(node: Node) -> Teacher:
    family, given = node.attribute("lastname"), node.attribute("firstname")
    short = node.attribute("short")
    name = node.attribute("name") or f"{given} {family}".strip() or short or node.attribute("id")
    found = Teacher(
        node.attribute("id"),
        name,
        short,
        email=node.attribute("email"),
        register_id=node.attribute("partner_id"),
    )
    return replace(found, family=family, given=given) if family else found
