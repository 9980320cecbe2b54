"""Small timetables as FET, aSc and Untis write them, that tests change as they like and take in."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.uow import UnitOfWork
from core.importing.importer import Asked, Outcome
from core.importing.timetable import IMPORTER

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
HOURS = ("1 (8:30-9:15)", "2 (9:25-10:10)", "3 (10:20-11:05)", "4 (11:15-12:00)")


@dataclass(frozen=True)
class Lesson:
    """A subject of a group by a teacher, at (day from 0, period from 1) each; no places: it has none."""

    subject: str
    teacher: str
    group: str
    places: tuple[tuple[int, int], ...] = ()
    room: str = ""
    length: int = 1
    weeks: str = ""


# The cast's timetable, and one lesson more of each.
LESSONS = (
    Lesson("Algebra", "Sokolova Olga", "7A", ((1, 1), (3, 2)), "101"),
    Lesson("Literature", "Orlov Boris", "7A", ((1, 2), (0, 1)), "202"),
    Lesson("Maths", "Orlov Boris", "3B", ((1, 3),), "303"),
    Lesson("Maths", "Orlov Boris", "5A", ((1, 4),), "404"),
)


def fet(
    lessons: Sequence[Lesson] = LESSONS,
    *,
    school: str = "Hill School",
    days: Sequence[str] = DAYS,
    hours: Sequence[str] = HOURS,
    years: Mapping[str, Sequence[str]] | None = None,
    extra: str = "",
    encoding: str = "UTF-8",
) -> str:
    """``years`` are groups by year; without it every group of the lessons is a year."""
    tree = years if years is not None else {one.group: () for one in lessons}
    activities, places, rooms, number = [], [], [], 0
    for lesson in lessons:
        for place in lesson.places or (None,):
            number += 1
            activities.append(
                f"<Activity><Teacher>{escape(lesson.teacher)}</Teacher><Subject>{escape(lesson.subject)}</Subject>"
                f"<Students>{escape(lesson.group)}</Students><Duration>{lesson.length}</Duration><Id>{number}</Id>"
                "<Active>true</Active></Activity>"
            )
            if place is not None:
                places.append(
                    "<ConstraintActivityPreferredStartingTime><Weight_Percentage>100</Weight_Percentage>"
                    f"<Activity_Id>{number}</Activity_Id><Preferred_Day>{days[place[0]]}</Preferred_Day>"
                    f"<Preferred_Hour>{hours[place[1] - 1]}</Preferred_Hour><Active>true</Active>"
                    "</ConstraintActivityPreferredStartingTime>"
                )
                rooms.append(
                    "<ConstraintActivityPreferredRoom><Weight_Percentage>100</Weight_Percentage>"
                    f"<Activity_Id>{number}</Activity_Id><Room>{lesson.room}</Room><Active>true</Active>"
                    "</ConstraintActivityPreferredRoom>"
                )
    named = {
        "Subject": dict.fromkeys(one.subject for one in lessons),
        "Teacher": dict.fromkeys(one.teacher for one in lessons),
    }
    listed = {
        tag: "\n".join(f"<{tag}><Name>{escape(name)}</Name></{tag}>" for name in names)
        for tag, names in {**named, "Day": days, "Hour": hours}.items()
    }
    students = "\n".join(
        f"<Year><Name>{year}</Name>"
        + "".join(f"<Group><Name>{group}</Name></Group>" for group in groups)
        + "</Year>"
        for year, groups in tree.items()
    )
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<fet version="6.1.0">\n'
        f"<Institution_Name>{escape(school)}</Institution_Name>\n"
        f"<Days_List>\n{listed['Day']}\n</Days_List>\n<Hours_List>\n{listed['Hour']}\n</Hours_List>\n"
        f"<Subjects_List>\n{listed['Subject']}\n</Subjects_List>\n"
        f"<Teachers_List>\n{listed['Teacher']}\n</Teachers_List>\n<Students_List>\n{students}\n</Students_List>\n"
        f"<Activities_List>\n{chr(10).join(activities)}\n</Activities_List>\n"
        f"<Time_Constraints_List>\n{chr(10).join(places)}\n</Time_Constraints_List>\n"
        f"<Space_Constraints_List>\n{chr(10).join(rooms)}\n</Space_Constraints_List>\n{extra}</fet>\n"
    )


def asc(
    lessons: Sequence[Lesson] = LESSONS,
    *,
    groups: Sequence[tuple[str, str]] = (),
    encoding: str = "UTF-8",
    teachers: Mapping[str, str] | None = None,
) -> str:
    """``groups`` are (name, class) beside the classes; ``teachers`` further attributes of each by name."""
    classes = dict.fromkeys(
        [*(one for _, one in groups), *(one.group for one in lessons if one.group not in dict(groups))]
    )
    class_ids = {name: f"C{place}" for place, name in enumerate(classes)}
    group_ids = {name: f"G{place}" for place, (name, _) in enumerate(groups)}
    subject_ids = {
        name: f"S{place}" for place, name in enumerate(dict.fromkeys(one.subject for one in lessons))
    }
    teacher_ids = {
        name: f"T{place}" for place, name in enumerate(dict.fromkeys(one.teacher for one in lessons))
    }
    room_ids = {name: f"R{place}" for place, name in enumerate(dict.fromkeys(one.room for one in lessons))}
    more = teachers or {}
    rows = ['<daysdef id="any" name="Any day" days="10000,01000,00100,00010,00001"/>']
    rows += [
        f'<daysdef id="D{place}" name="{name}" short="{name[:2]}" days="{"0" * place}1{"0" * (4 - place)}"/>'
        for place, name in enumerate(DAYS)
    ]
    lesson_rows, card_rows = [], []
    for place, one in enumerate(lessons):
        of_class = dict(groups).get(one.group, one.group)
        whole = f"W{class_ids[of_class]}"
        lesson_rows.append(
            f'<lesson id="L{place}" subjectid="{subject_ids[one.subject]}" classids="{class_ids[of_class]}" '
            f'groupids="{group_ids.get(one.group, whole)}" teacherids="{teacher_ids[one.teacher]}" '
            f'periodspercard="{one.length}" periodsperweek="{max(len(one.places), 1) * one.length}.0"/>'
        )
        card_rows += [
            f'<card lessonid="L{place}" period="{period}" days="{"0" * day}1{"0" * (4 - day)}" '
            f'weeks="{one.weeks or "1"}" classroomids="{room_ids[one.room]}"/>'
            for day, period in one.places
        ]
    tables = {
        "periods": [
            f'<period name="{number}" period="{number}" starttime="{7 + number}:00" endtime="{7 + number}:45"/>'
            for number in range(1, 8)
        ],
        "daysdefs": rows,
        "subjects": [
            f"<subject id={quoteattr(one)} name={quoteattr(name)}/>" for name, one in subject_ids.items()
        ],
        "teachers": [
            f"<teacher id={quoteattr(one)} name={quoteattr(name)} {more.get(name, '')}/>"
            for name, one in teacher_ids.items()
        ],
        "classrooms": [f'<classroom id="{one}" name="{name}"/>' for name, one in room_ids.items()],
        "classes": [f'<class id="{one}" name="{name}"/>' for name, one in class_ids.items()],
        "groups": [
            *(
                f'<group id="W{one}" classid="{one}" name="Entire class" entireclass="1"/>'
                for one in class_ids.values()
            ),
            *(
                f'<group id="{group_ids[name]}" classid="{class_ids[of_class]}" name="{name}" entireclass="0"/>'
                for name, of_class in groups
            ),
        ],
        "lessons": lesson_rows,
        "cards": card_rows,
    }
    body = "\n".join(
        f'<{name} options="canadd">\n{chr(10).join(rows)}\n</{name}>' for name, rows in tables.items()
    )
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n'
        '<timetable ascttversion="2012.1.1" importtype="database" options="idprefix:T,daynumbering1">\n'
        f"{body}\n</timetable>\n"
    )


def gpu001(lessons: Sequence[Lesson] = LESSONS, delimiter: str = ",") -> str:
    """The placed lessons as Untis writes them."""
    rows = [
        (
            f"{number}",
            f'"{one.group}"',
            f'"{one.teacher}"',
            f'"{one.subject}"',
            f'"{one.room}"',
            f"{day + 1}",
            f"{period}",
            "",
            "",
        )
        for number, one in enumerate(lessons, start=1)
        for day, first in one.places
        for period in range(first, first + one.length)
    ]
    return "".join(delimiter.join(row) + "\r\n" for row in rows)


def gpu002(lessons: Sequence[Lesson] = LESSONS, delimiter: str = ",") -> str:
    """All lessons; ``weeks`` is the group that says when they meet."""
    found = []
    for number, one in enumerate(lessons, start=1):
        cells = [""] * 43
        periods = max(len(one.places), 1) * one.length
        cells[:7] = [
            f"{number}",
            f"{periods}",
            "",
            "",
            f'"{one.group}"',
            f'"{one.teacher}"',
            f'"{one.subject}"',
        ]
        cells[11] = f'"{one.weeks}"'
        found.append(delimiter.join(cells) + "\r\n")
    return "".join(found)


def write(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    """A file with that content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def write_zip(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """A zip of them."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


async def look(
    database: Database, clock: FrozenClock, path: Path, *, school: int | None = None, **given: str
) -> Outcome:
    """What importing it would do. ``given`` are options; ``answers`` of them by ``key=answer`` lines."""
    asked = _asked(school, given)
    async with UnitOfWork(database, clock, via="test") as uow:
        return await (await IMPORTER.read(uow, path, asked)).look(uow)


async def take_in(
    database: Database, clock: FrozenClock, path: Path, *, school: int | None = None, **given: str
) -> Outcome:
    """Import it, and say what that did."""
    asked = _asked(school, given)
    async with UnitOfWork(database, clock, via="test") as uow:
        return await (await IMPORTER.read(uow, path, asked)).apply(uow, lambda *_: None)


def _asked(school: int | None, given: Mapping[str, str]) -> Asked:
    options = {name: value for name, value in given.items() if name != "answers"}
    options = {"from": options.pop("starts", ""), **options}
    lines = [line for line in given.get("answers", "").splitlines() if line]
    return Asked(school, None, options, dict(line.split("=", 1) for line in lines))


def figures(outcome: Outcome) -> dict[str, tuple[int, int, int, int]]:
    """New, changed, ended and unchanged by kind."""
    return {one.plural: (one.new, one.changed, one.ended, one.unchanged) for one in outcome.lines}
