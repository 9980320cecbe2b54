"""What happens when: APScheduler runs every job again and again, and the jobs themselves know what is due.

A job looks at the clocks of the schools and writes events under unique keys. So running it twice, late or in two
processes at once changes nothing, and what was missed while nobody ran comes on return if it still makes sense. The
schedule therefore keeps nothing of its own: no times, no state, no store of jobs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import partial

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from core.actions.absence_sweeps import sweep_absences
from core.actions.balance_checks import check_balances, tell_top_ups
from core.actions.clean_up import clean_up, forget_files, forget_imports
from core.actions.homework_reminders import remind_of_homework
from core.actions.lesson_nudges import nudge_teachers
from core.actions.timetable_notices import tell_tomorrow
from core.actions.unread import resend_unread
from core.actions.weekly_reviews import review_the_week
from core.clock import Clock, SystemClock
from core.db.engine import Database
from core.db.uow import UnitOfWork
from core.domain.announcing import USUAL_RESENDS, Resends
from core.files import FileStore

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """What is done ``every`` so often; ``run`` returns how much there was to do."""

    name: str
    every: timedelta
    run: Callable[[UnitOfWork], Awaitable[int]]


_MINUTE = timedelta(minutes=1)
_SHORTLY = timedelta(seconds=10)

# Announcements for later need no job: their event waits for its time.
JOBS: tuple[Job, ...] = (
    Job("homework reminder", _MINUTE, remind_of_homework),
    Job("tomorrow's timetable", _MINUTE, tell_tomorrow),
    Job("absence sweep", _MINUTE, sweep_absences),
    Job("lessons left empty", 10 * _MINUTE, nudge_teachers),
    Job("weekly digest", 5 * _MINUTE, review_the_week),
    Job("low balances", 5 * _MINUTE, check_balances),
    Job("top-ups", 5 * _MINUTE, tell_top_ups),
)


def resending(resends: Resends) -> Job:
    """Telling again who has not read what wants to be acknowledged, after these spans."""
    return Job(
        "unread re-sends",
        _MINUTE if resends == USUAL_RESENDS else _SHORTLY,
        partial(resend_unread, resends=resends),
    )


def cleaning(files: FileStore) -> Job:
    """The clean-up, which also forgets files that nobody used."""

    async def run(uow: UnitOfWork) -> int:
        return await clean_up(uow) + await forget_files(uow, files) + await forget_imports(uow, files)

    return Job("expiry and clean-up", 10 * _MINUTE, run)


class Schedule:
    """Runs the jobs of one process until it is stopped."""

    def __init__(self, database: Database, clock: Clock, jobs: Sequence[Job]) -> None:
        self._database = database
        self._clock = clock
        self.jobs = jobs

    async def run_once(self) -> int:
        """Every job once, now; how much there was to do. For tests and tools."""
        return sum([await self._run(job) for job in self.jobs])

    async def run(self) -> None:
        """Every job at once and then each at its own pace, until cancelled."""
        scheduler = AsyncIOScheduler(timezone=UTC)
        for job in self.jobs:
            scheduler.add_job(
                self._run,
                "interval",
                [job],
                seconds=job.every.total_seconds(),
                id=job.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
                next_run_time=SystemClock().now(),
            )
        scheduler.start()
        try:
            await asyncio.Event().wait()
        finally:
            scheduler.shutdown(wait=False)

    async def _run(self, job: Job) -> int:
        """A fault is logged; the next run finds the same things due."""
        try:
            async with UnitOfWork(self._database, self._clock, via="schedule") as uow:
                done = await job.run(uow)
        except Exception:
            log.exception("job.failed", job=job.name)
            return 0
        if done:
            log.info("job.done", job=job.name, count=done)
        return done
