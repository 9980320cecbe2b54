"""A canteen's year taken in: so many rows of CSV into SQLite, the seconds that takes and the memory over idle.

The file is written first, then read in a process of its own, whose memory is looked at when it is idle and at its peak.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.measure import MOMENT
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.migrate import migrate
from core.db.models import ExternalId, MealAccount, MealTransaction, Org, Person, RoleAssignment
from core.db.uow import UnitOfWork
from core.domain.kinds import OrgKind
from core.domain.rights import Role
from core.importing.importer import Asked
from core.importing.meals import IMPORTER

_ROWS = int(os.environ.get("BENCH_MEAL_ROWS", "1000000"))
_PUPILS = 1_000


def write_file(path: Path, rows: int) -> None:
    """As a till writes it."""
    chance = random.Random(7)
    at = datetime(2025, 9, 1, 8)  # noqa: DTZ001 - of the school's wall
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["account", "time", "kind", "amount", "item", "external id"])
        for number in range(rows):
            at += timedelta(seconds=25)
            is_money = number % 12 == 0
            writer.writerow(
                [
                    f"p{chance.randrange(_PUPILS)}",
                    at.isoformat(" "),
                    "top-up" if is_money else "debit",
                    "2000.00" if is_money else f"{chance.randrange(50, 200)}.50",
                    "" if is_money else chance.choice(("lunch", "breakfast", "juice", "bun")),
                    f"r{number}",
                ]
            )


async def write_school(database: Database, clock: FrozenClock) -> int:
    """A school of pupils with numbers; its id."""
    async with UnitOfWork(database, clock) as uow, uow.writing():
        school = await uow.insert(
            Org, kind=OrgKind.SCHOOL, name="Large School", currency="RUB", timezone="Europe/Moscow"
        )
        numbers = range(1, _PUPILS + 1)
        await uow.write(sa.insert(Person), [{"id": n, "family": "Many", "given": f"P{n}"} for n in numbers])
        roles = [{"person_id": n, "org_id": school, "role": Role.STUDENT} for n in numbers]
        await uow.write(sa.insert(RoleAssignment), roles)
        ids = [
            {"source": "bench", "kind": "person", "external_id": f"p{n - 1}", "target_id": n} for n in numbers
        ]
        await uow.write(sa.insert(ExternalId), ids)
    return school


def _memory() -> float:
    """Resident megabytes at the peak so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def take_in(folder: Path) -> dict[str, Any]:
    """Look, apply, apply again."""
    database, clock = Database(f"sqlite+aiosqlite:///{folder / 'school.db'}"), FrozenClock(MOMENT)
    await migrate(database)
    school = await write_school(database, clock)
    path = folder / "meals.csv"
    async with UnitOfWork(database, clock, via="bench") as uow:
        idle = _memory()
        answers: dict[str, str] = {}
        prepared = await IMPORTER.read(uow, path, Asked(school))
        for question in prepared.questions:  # type: ignore[attr-defined]
            answers[question.key] = question.answer or "yes"
        figures: dict[str, Any] = {"rows": _ROWS}
        for name in ("look", "apply", "again"):
            prepared = await IMPORTER.read(uow, path, Asked(school, answers=answers))
            begun, worked = time.perf_counter(), time.process_time()
            outcome = (
                await prepared.look(uow) if name == "look" else await prepared.apply(uow, lambda *_: None)
            )
            figures[f"{name}_s"] = round(time.perf_counter() - begun, 1)
            figures[f"{name}_cpu_s"] = round(time.process_time() - worked, 1)
            figures[f"{name}_new"] = outcome.lines[1].new
        total = await uow.value(sa.select(sa.func.sum(MealAccount.balance)))
        figures["balances_right"] = total == await uow.value(sa.select(sa.func.sum(MealTransaction.amount)))
        figures["over_idle_mb"] = round(_memory() - idle, 1)
    await database.close()
    return figures


def main() -> None:
    """Write the file, then take it in where nothing else was done."""
    if len(sys.argv) > 1:
        print(json.dumps(asyncio.run(take_in(Path(sys.argv[1])))))
        return
    with tempfile.TemporaryDirectory() as folder:
        write_file(Path(folder) / "meals.csv", _ROWS)
        subprocess.run([sys.executable, "-m", "bench.meals_import", folder], check=True)


if __name__ == "__main__":
    main()
