"""What whoever takes data in waits for. One row a kind of import; the last line is one JSON object of all.

Timetables: 1,600 activities of 100 teachers, read, matched and written by each of the three programs into an empty
database, and then another timetable of the same school over it; SQLite, a database already migrated.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop

from bench.measure import MOMENT, SteppingClock
from core.db.engine import Database
from core.db.migrate import migrate
from core.db.uow import UnitOfWork
from core.importing.importer import Asked
from core.importing.timetable import IMPORTER

_ACTIVITIES = int(os.environ.get("BENCH_ACTIVITIES", "1600"))
_TEACHERS = 100
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_PERIODS = 8

Placed = tuple[int, int, int, int, int]
"""Teacher, class, subject, day and period of one activity, each from 0."""


def _week(shift: int) -> list[Placed]:
    """A teacher has one lesson at a time; ``shift`` makes another week of the same courses."""
    found = []
    for number in range(_ACTIVITIES):
        teacher, turn = number % _TEACHERS, number // _TEACHERS
        place = (turn * 2 + teacher + shift) % (len(_DAYS) * _PERIODS)
        course = teacher * 7 + turn // 4
        found.append((teacher, course % 40, course % 60, place // _PERIODS, place % _PERIODS))
    return found


def _class(number: int) -> str:
    return f"{number // 8 + 5}{'ABCDEFGH'[number % 8]}"


def _fet(week: list[Placed]) -> str:
    def listed(tag: str, names: list[str]) -> str:
        inside = "\n".join(f"<{tag}><Name>{name}</Name><Comments></Comments></{tag}>" for name in names)
        return f"<{tag}s_List>\n{inside}\n</{tag}s_List>"

    head = [
        listed("Day", list(_DAYS)),
        listed("Hour", [f"{n + 1} ({8 + n}:00-{8 + n}:45)" for n in range(_PERIODS)]),
        listed("Subject", [f"Subject {n}" for n in range(60)]),
        listed("Teacher", [f"Teacher{n:03}" for n in range(_TEACHERS)]),
    ]
    years = "\n".join(f"<Year><Name>{_class(n)}</Name></Year>" for n in range(40))
    activities, places, rooms = [], [], []
    for number, (teacher, group, subject, day, period) in enumerate(week, 1):
        activities.append(
            f"<Activity>\n<Teacher>Teacher{teacher:03}</Teacher>\n<Subject>Subject {subject}</Subject>\n"
            f"<Students>{_class(group)}</Students>\n<Duration>1</Duration>\n<Id>{number}</Id>\n</Activity>"
        )
        places.append(
            "<ConstraintActivityPreferredStartingTime>\n<Weight_Percentage>100</Weight_Percentage>\n"
            f"<Activity_Id>{number}</Activity_Id>\n<Preferred_Day>{_DAYS[day]}</Preferred_Day>\n"
            f"<Preferred_Hour>{period + 1} ({8 + period}:00-{8 + period}:45)</Preferred_Hour>\n"
            "</ConstraintActivityPreferredStartingTime>"
        )
        rooms.append(
            f"<ConstraintActivityPreferredRoom>\n<Activity_Id>{number}</Activity_Id>\n<Room>{teacher + 100}</Room>\n"
            "</ConstraintActivityPreferredRoom>"
        )
    body = "\n".join(
        [
            *head,
            f"<Students_List>\n{years}\n</Students_List>",
            "<Activities_List>",
            *activities,
            "</Activities_List>\n<Time_Constraints_List>",
            *places,
            "</Time_Constraints_List>\n<Space_Constraints_List>",
            *rooms,
            "</Space_Constraints_List>",
        ]
    )
    return f'<?xml version="1.0"?>\n<fet version="6.1.0">\n<Institution_Name>Bench</Institution_Name>\n{body}\n</fet>\n'


def _asc(week: list[Placed]) -> str:
    def table(name: str, rows: list[str]) -> str:
        return f"<{name}>\n{chr(10).join(rows)}\n</{name}>"

    tables = [
        table(
            "periods",
            [
                f'<period period="{n + 1}" starttime="{8 + n}:00" endtime="{8 + n}:45"/>'
                for n in range(_PERIODS)
            ],
        ),
        table("subjects", [f'<subject id="S{n}" name="Subject {n}"/>' for n in range(60)]),
        table("teachers", [f'<teacher id="T{n}" name="Teacher{n:03}"/>' for n in range(_TEACHERS)]),
        table("classes", [f'<class id="C{n}" name="{_class(n)}"/>' for n in range(40)]),
        table(
            "lessons",
            [
                f'<lesson id="L{n}" subjectid="S{one[2]}" classids="C{one[1]}" teacherids="T{one[0]}"/>'
                for n, one in enumerate(week)
            ],
        ),
        table(
            "cards",
            [
                f'<card lessonid="L{n}" period="{one[4] + 1}" days="{"0" * one[3]}1{"0" * (4 - one[3])}"/>'
                for n, one in enumerate(week)
            ],
        ),
    ]
    return f'<?xml version="1.0"?>\n<timetable ascttversion="2012">\n{chr(10).join(tables)}\n</timetable>\n'


def _untis(week: list[Placed]) -> str:
    return "".join(
        f'{number},"{_class(group)}","Teacher{teacher:03}","Subject {subject}","{teacher + 100}",{day + 1},{period + 1},,\n'
        for number, (teacher, group, subject, day, period) in enumerate(week, 1)
    )


async def _time_timetable(folder: Path, write: Callable[[list[Placed]], str]) -> dict[str, Any]:
    """Seconds of the first import and of another over it, and the statements of the second."""
    database = Database(f"sqlite+aiosqlite:///{folder / 'bench.db'}")
    clock = SteppingClock(MOMENT)
    figures: dict[str, Any] = {"activities": _ACTIVITIES, "teachers": _TEACHERS}
    try:
        await migrate(database)
        for name, shift in (("first_s", 0), ("over_it_s", 3)):
            path = folder / "plan"
            path.write_text(write(_week(shift)), encoding="utf-8")
            async with UnitOfWork(database, clock, via="bench") as uow:
                before, start = uow.statements, time.perf_counter()
                prepared = await IMPORTER.read(uow, path, Asked())
                outcome = await prepared.apply(uow, lambda *_: None)
                figures[name] = round(time.perf_counter() - start, 3)
                figures["statements"] = uow.statements - before
            (slots,) = (line for line in outcome.lines if line.plural == "lessons of the week")
            assert slots.new, "the weeks must differ"
    finally:
        await database.close()
    return figures


def main() -> None:
    """Run and print."""
    found: dict[str, Any] = {}
    for name, write in (("fet", _fet), ("asc", _asc), ("untis", _untis)):
        with tempfile.TemporaryDirectory() as folder:
            found[f"timetable_{name}"] = uvloop.run(_time_timetable(Path(folder), write))
        print(f"{'timetable ' + name:<26}{found[f'timetable_{name}']}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
