"""What a teacher waits for: reading a line of thirty pupils, and saving thirty marks.

Reading is pure: the parser, then each name matched against the class; the lines are written in every way that the
matcher knows (very words, Russian cases, the other alphabet, typos, initials). Saving is one transaction on SQLite,
the demo school ten times over; its statements are counted for one mark and for thirty.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvloop

from bench.measure import MOMENT, SteppingClock, demo_database, link, percentiles
from core.access import Actor, load_actor
from core.actions.marks import NewEntry, save_marks
from core.actions.postings import start_posting
from core.db.conversation import ChatKey
from core.db.uow import UnitOfWork
from core.domain.drafts import MarkingDraft
from core.domain.grading import SCALES
from core.domain.ids import CourseId, PersonId
from core.domain.kinds import Messenger, PostingKind
from core.domain.lessons import LessonKey
from core.domain.marking import GivenMark, parse_line
from core.domain.matching import Named, match_name
from core.domain.name_forms import case_forms
from core.domain.names import PersonName
from core.queries.register import register_for
from core.queries.schedule import own_lessons

_READINGS = int(os.environ.get("BENCH_READINGS", "1500"))
_SAVINGS = int(os.environ.get("BENCH_SAVINGS", "400"))
_FIVE = SCALES["five"]
_KEY = ChatKey(Messenger.TELEGRAM, 4242, 500_002)
_FAMILIES = [
    "Иванов",
    "Петрова",
    "Сидоров",
    "Козлова",
    "Смирнов",
    "Кузнецова",
    "Попов",
    "Васильева",
    "Соколов",
    "Михайлова",
    "Новиков",
    "Фёдорова",
    "Морозов",
    "Волкова",
    "Алексеев",
    "Лебедева",
    "Семёнов",
    "Егорова",
    "Павлов",
    "Степанова",
    "Николаев",
    "Орлова",
    "Андреев",
    "Макарова",
    "Никитин",
    "Захарова",
    "Зайцев",
    "Соловьёва",
    "Борисов",
    "Яковлева",
]
_GIVEN = ("Иван", "Мария", "Алексей", "Анна", "Дмитрий", "Ольга")
_LATIN = {"Иванов": "Ivanov", "Козлова": "Kozlova", "Попов": "Popov", "Орлова": "Orlova", "Павлов": "Pavlov"}


def _class() -> list[Named]:
    return [
        Named(number, PersonName(family, _GIVEN[number % len(_GIVEN)], "", ""), number)
        for number, family in enumerate(_FAMILIES, 1)
    ]


def _spoken(chance: random.Random, one: Named) -> str:
    family = one.name.family
    way = chance.randrange(5)
    if way == 1:
        return sorted(case_forms(family.casefold()))[0]
    if way == 2:
        return _LATIN.get(family, family.casefold())
    if way == 3:
        place = chance.randrange(1, len(family) - 1)
        return family[:place] + family[place + 1 :]
    return f"{family} {one.name.given[0]}." if way == 4 else family


def _line(chance: random.Random, pupils: list[Named]) -> str:
    said = ("5", "4 4", "3+", "н", "оп 10", '5 к/р "чисто"')
    return "7А алгебра: " + ", ".join(f"{_spoken(chance, one)} {chance.choice(said)}" for one in pupils)


def _time_reading() -> dict[str, float]:
    chance, pupils = random.Random(7), _class()
    lines = [_line(chance, pupils) for _ in range(50)]
    spent, found, names = [], 0, 0
    for number in range(_READINGS):
        start = time.perf_counter()
        line = parse_line(lines[number % len(lines)], _FIVE)
        matched = [match_name(entry.name, pupils) for entry in line.entries]
        spent.append(time.perf_counter() - start)
        names += len(pupils)
        found += sum(bool(one) for one in matched)
    return {**percentiles(spent), "found_share": round(found / names, 4)}


async def _lessons(uow: UnitOfWork, actor: Actor) -> list[tuple[LessonKey, list[PersonId]]]:
    """The teacher's lessons of these three weeks, today's first, each with thirty pupils to mark: a class of the demo
    has twenty-five, so five get a second mark."""
    today = MOMENT.date()
    plan = await own_lessons(uow, actor, since=today - timedelta(days=20), until=today)
    found = []
    for one in reversed([lesson for day in plan for lesson in day.lessons if lesson.is_held_here]):
        key = LessonKey(one.on, one.period, CourseId(one.course_id))
        lines = (await register_for(uow, actor, key)).lines
        found.append((key, ([line.student_id for line in lines] * 2)[:30]))
    return found


async def _save(uow: UnitOfWork, actor: Actor, key: LessonKey, pupils: list[PersonId]) -> tuple[float, int]:
    """Seconds and statements of saving one mark for each pupil."""
    mark = GivenMark(_FIVE.parse("5"))
    posting = await start_posting(uow, actor, PostingKind.MARKS, MarkingDraft("").as_json())
    before = uow.statements
    start = time.perf_counter()
    await save_marks(uow, _KEY, posting, key, [NewEntry(pupil, (mark,)) for pupil in pupils])
    return time.perf_counter() - start, uow.statements - before


async def _time_saving(folder: Path) -> dict[str, Any]:
    clock = SteppingClock(MOMENT, timedelta(0))
    spent: list[float] = []
    most = 0
    async with demo_database(folder / "bench.db", copies=10) as database:
        await link(database, clock, _KEY, "teacher")
        async with UnitOfWork(database, clock, via="bench") as uow:
            _, actor = await load_actor(uow, _KEY)
            lessons = await _lessons(uow, actor)
            key, pupils = lessons[0]
            await _save(uow, actor, key, pupils[:1])  # which makes the lesson's row
            _, for_one = await _save(uow, actor, key, pupils[:1])
            _, for_thirty = await _save(uow, actor, key, pupils)
            assert for_one == for_thirty, "statements must not grow with the marks"
            for number in range(_SAVINGS):
                seconds, statements = await _save(uow, actor, *lessons[number % len(lessons)])
                spent.append(seconds)
                most = max(most, statements)
    return {**percentiles(spent), "statements": most, "marks": len(pupils), "lessons": len(lessons)}


def main() -> None:
    """Run and print; bounded by the counts above."""
    reading = _time_reading()
    print(f"reading 30 pupils' line   {reading}")
    with tempfile.TemporaryDirectory() as name:
        saving = uvloop.run(_time_saving(Path(name)))
    print(f"saving 30 marks           {saving}")
    print(json.dumps({"reading": reading, "saving": saving}))


if __name__ == "__main__":
    main()
