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
from core.domain.ids import PersonId
from core.domain.kinds import Messenger, PostingKind
from core.domain.lessons import LessonKey
from core.domain.marking import GivenMark, parse_line
from core.domain.matching import Named, match_name
from core.domain.name_forms import case_forms
from core.domain.names import PersonName
from core.queries.lessons import choose_lesson
from core.queries.register import register_for

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
    async with demo_database(folder / "bench.db", copies=10) as database:
        await link(database, clock, _KEY, "teacher")
        async with UnitOfWork(database, clock, via="bench") as uow:
            _, actor = await load_actor(uow, _KEY)
            choice = await choose_lesson(uow, actor)
            key = choice.offers[0].key
            pupils = [line.student_id for line in (await register_for(uow, actor, key)).lines]
            # A class of the demo has twenty-five: five pupils get a second mark, so thirty are saved.
            thirty = (pupils * 2)[:30]
            _, for_one = await _save(uow, actor, key, pupils[:1])
            _, for_thirty = await _save(uow, actor, key, thirty)
            assert for_one == for_thirty, "statements must not grow with the marks"
            for number in range(_SAVINGS):
                # A lesson of its own for nearly every saving, as in a school.
                on = key.on - timedelta(days=7 * (number % 3))
                seconds, _ = await _save(uow, actor, LessonKey(on, number % 97, key.course_id), thirty)
                spent.append(seconds)
    return {**percentiles(spent), "statements": for_thirty, "marks": len(thirty)}


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
