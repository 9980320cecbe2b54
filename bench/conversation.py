"""What the conversation costs: a bare aiogram handler, a hand-written one on aiosqlite, and ours, in one run.

(a) answers a constant; (b) checks the link and fetches the same rows in one aiosqlite query and an f-string;
(c) is Schoolbell whole: middlewares, actor, access, read model, card, rendering. All get the same recorded updates
through the same in-memory session, on uvloop and SQLite with the demo school ten times over. The turns of the
contestants alternate, so that a busy moment of the machine hits all of them.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiosqlite
import uvloop
from aiogram import Bot, Dispatcher
from aiogram.client.session.base import BaseSession
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import Chat, Message, Update

from bench.measure import MOMENT, SteppingClock, demo_database, link, percentiles
from bot.capability import Services, discover
from bot.dispatcher import build_dispatcher
from core.clock import Clock
from core.db.conversation import ChatKey
from core.db.engine import Database
from core.domain.kinds import Messenger
from core.files import FileStore
from notifier.channels.telegram.send import TelegramChannel

_COMMANDS = ("grades", "schedule", "homework")
_ROUNDS = int(os.environ.get("BENCH_ROUNDS", "12"))
_UPDATES = int(os.environ.get("BENCH_UPDATES", "60"))
_TOKEN = "4242:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

Feed = Callable[[str], Awaitable[None]]


class MemorySession(BaseSession):
    """Takes every request and answers at once, as a server without a network would."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = 0

    async def close(self) -> None:
        """Nothing is open."""

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,
    ) -> TelegramType:
        self.taken += 1
        return Message(message_id=1, date=MOMENT, chat=Chat(id=1, type="private"))  # type: ignore[return-value]

    async def stream_content(self, *_args: Any, **_kwargs: Any) -> AsyncGenerator[bytes, None]:
        raise NotImplementedError
        yield b""


def _update(bot: Bot, user_id: int, text: str) -> Update:
    raw = {
        "update_id": 1,
        "message": {
            "message_id": 1,
            "date": 1,
            "chat": {"id": user_id, "type": "private"},
            "from": {"id": user_id, "is_bot": False, "first_name": "Anna", "language_code": "en"},
            "text": text,
        },
    }
    return Update.model_validate(raw, context={"bot": bot})


async def _bare(bot: Bot, user_id: int) -> Feed:
    dispatcher = Dispatcher(disable_fsm=True)

    @dispatcher.message()
    async def answer(message: Message) -> None:
        await message.answer("constant")

    async def feed(command: str) -> None:
        await dispatcher.feed_update(bot, _update(bot, user_id, f"/{command}"))

    return feed


_LINK = """
    SELECT student.id, student.given FROM chat
    JOIN chat_link ON chat_link.chat_id = chat.id AND chat_link.revoked_at IS NULL
    JOIN guardianship ON guardianship.guardian_id = chat_link.person_id AND guardianship.rights <> 'none'
    JOIN person AS student ON student.id = guardianship.child_id
    WHERE chat.messenger = 'telegram' AND chat.bot = ? AND chat.user_id = ? ORDER BY student.id LIMIT 1
"""
_QUERIES = {
    "grades": f"""
        SELECT pupil.given, subject.name, mark.value, mark.number, assessment.date, assessment.kind
        FROM ({_LINK}) AS pupil
        JOIN mark ON mark.student_id = pupil.id AND mark.withdrawn_at IS NULL
        JOIN assessment ON assessment.id = mark.assessment_id AND assessment.date >= '2026-11-02'
        JOIN course ON course.id = assessment.course_id JOIN subject ON subject.id = course.subject_id
        ORDER BY subject.name, assessment.date""",
    "schedule": f"""
        SELECT pupil.given, subject.name, slot.period, bell.starts, bell.ends, slot.room, teacher.family
        FROM ({_LINK}) AS pupil
        JOIN course_enrollment AS enrolled ON enrolled.student_id = pupil.id
        JOIN course ON course.id = enrolled.course_id JOIN subject ON subject.id = course.subject_id
        JOIN timetable_slot AS slot ON slot.course_id = course.id AND slot.weekday = 2
        LEFT JOIN bell_period AS bell ON bell.schedule_id = slot.schedule_id AND bell.number = slot.period
        LEFT JOIN course_teacher ON course_teacher.course_id = course.id
        LEFT JOIN person AS teacher ON teacher.id = course_teacher.teacher_id
        ORDER BY slot.period""",
    "homework": f"""
        SELECT pupil.given, subject.name, homework.due_on, homework.text, homework.minutes, tick.id
        FROM ({_LINK}) AS pupil
        JOIN course_enrollment AS enrolled ON enrolled.student_id = pupil.id
        JOIN course ON course.id = enrolled.course_id JOIN subject ON subject.id = course.subject_id
        JOIN homework ON homework.course_id = course.id AND homework.due_on BETWEEN '2026-11-03' AND '2026-12-22'
        LEFT JOIN homework_tick AS tick ON tick.homework_id = homework.id AND tick.student_id = pupil.id
        ORDER BY homework.due_on""",
}


async def _handwritten(bot: Bot, user_id: int, path: Path, stack: AsyncExitStack) -> Feed:
    connection = await stack.enter_async_context(aiosqlite.connect(path))
    dispatcher = Dispatcher(disable_fsm=True)

    @dispatcher.message()
    async def answer(message: Message) -> None:
        assert message.text
        rows = await connection.execute_fetchall(_QUERIES[message.text[1:]], (bot.id, message.from_user.id))  # type: ignore[union-attr]
        lines = "\n".join(f"{row[1]}: {' · '.join(str(cell) for cell in row[2:])}" for row in rows)
        await message.answer(f"<b>{next(iter(rows))[0]}</b>\n{lines}"[:4096], parse_mode="HTML")

    async def feed(command: str) -> None:
        await dispatcher.feed_update(bot, _update(bot, user_id, f"/{command}"))

    return feed


async def _ours(bot: Bot, user_id: int, database: Database, clock: Clock, folder: Path) -> Feed:
    services = Services(b"k" * 32, "http://127.0.0.1:8080", FileStore(folder))
    dispatcher = build_dispatcher(discover(), database, clock, services)
    channel = TelegramChannel(bot)

    async def feed(command: str) -> None:
        await dispatcher.feed_update(bot, _update(bot, user_id, f"/{command}"), channel=channel)

    return feed


async def _time(feed: Feed, command: str) -> list[float]:
    spent = []
    for _ in range(_UPDATES):
        start = time.perf_counter()
        await feed(command)
        spent.append(time.perf_counter() - start)
    return spent


def _figures(spent: list[float]) -> dict[str, float]:
    return {"updates_per_s": round(len(spent) / sum(spent), 1), **percentiles(spent)}


async def _run(folder: Path) -> dict[str, Any]:
    path, clock, user_id = folder / "bench.db", SteppingClock(), 500_001
    session = MemorySession()
    bot = Bot(_TOKEN, session=session)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(demo_database(path, copies=10))
        await link(database, clock, ChatKey(Messenger.TELEGRAM, bot.id, user_id), "mother")
        contestants: dict[str, Feed] = {
            "bare": await _bare(bot, user_id),
            "handwritten": await _handwritten(bot, user_id, path, stack),
            "ours": await _ours(bot, user_id, database, clock, folder),
        }
        spent: dict[tuple[str, str], list[float]] = {}
        for round_number in range(_ROUNDS + 1):
            for command in _COMMANDS:
                for name, feed in contestants.items():
                    found = await _time(feed, command)
                    if round_number:  # the first round only warms up
                        spent.setdefault((name, command), []).extend(found)
        assert session.taken == (_ROUNDS + 1) * _UPDATES * len(_COMMANDS) * len(contestants), (
            "every update was answered"
        )
    result: dict[str, Any] = {}
    for command in _COMMANDS:
        figures = {name: _figures(spent[name, command]) for name in contestants}
        ours = figures["ours"]
        ours["vs_bare"] = round(ours["updates_per_s"] / figures["bare"]["updates_per_s"], 3)
        ours["vs_handwritten"] = round(ours["updates_per_s"] / figures["handwritten"]["updates_per_s"], 3)
        ours["handwritten_vs_bare"] = round(
            figures["handwritten"]["updates_per_s"] / figures["bare"]["updates_per_s"], 3
        )
        result[command] = ours
        for name, shown in figures.items():
            print(f"{command:<10}{name:<13}{shown}")
    return result


_START = """
import re, time
start = time.perf_counter()
{body}
status = open("/proc/self/status").read()
print(time.perf_counter() - start, int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024)
"""
_SERVE = """
import asyncio, os
from pathlib import Path
from bot.app import open_app
from bot.channels.site import build_site
from core.settings import load_settings
async def main():
    async with open_app(load_settings()) as app:
        build_site(app)
asyncio.run(main())
"""


def _start_up(folder: Path) -> dict[str, float]:
    """Seconds and megabytes of `schoolbell run` until it serves, beside importing aiogram alone; best of three."""
    figures: dict[str, float] = {}
    for name, body in (("aiogram_import", "import aiogram"), ("schoolbell_run", _SERVE)):
        runs = []
        for number in range(3):
            environment = {
                **os.environ,
                "SCHOOLBELL_DATABASE_URL": f"sqlite+aiosqlite:///{folder / f'start{number}.db'}",
                "SCHOOLBELL_VAR_DIR": str(folder),
            }
            done = subprocess.run(
                [sys.executable, "-c", _START.replace("{body}", body)],
                env=environment, capture_output=True, text=True, check=True,
            )  # fmt: skip
            seconds, megabytes = done.stdout.split()[-2:]
            runs.append((float(seconds), float(megabytes)))
        figures[f"{name}_s"] = round(min(run[0] for run in runs), 2)
        figures[f"{name}_mb"] = round(min(run[1] for run in runs), 1)
    return figures


def main() -> None:
    """Run and print; bounded by the rounds."""
    with tempfile.TemporaryDirectory() as name:
        result = uvloop.run(_run(Path(name)))
        result["start_up"] = _start_up(Path(name))
    result["start_up"]["bench_peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    print(result["start_up"])
    print(json.dumps(result))


if __name__ == "__main__":
    main()
