"""Runs of imports: a file is looked at, applied once, and what became of it stays in the history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.access import fresh_actor
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import ImportAnswer, ImportRun
from core.db.uow import UnitOfWork
from core.domain.kinds import ImportState
from core.domain.rights import Role
from core.errors import NotFound
from core.queries.offices import access_office

IMPORTERS = (Role.ADMIN,)
"""Who takes in files for a school."""
LONGEST_RUN = timedelta(hours=2)
"""A run that another process began so long ago has ended without saying so."""
_LONGEST_QUESTION, _LONGEST_ANSWER = 500, 2_000


@dataclass(frozen=True, slots=True)
class RunFile:
    """What is given to an importer: its name, the file's name, where its bytes are kept, what was chosen beside it."""

    importer: str
    name: str
    sha256: str = ""
    size: int = 0
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunResult:
    """What became of a run: ``counts`` by kind, and at length as JSON."""

    counts: Mapping[str, list[int]] = field(default_factory=dict)
    outcome: Mapping[str, Any] = field(default_factory=dict)
    rejected: int = 0
    skipped: int = 0
    refused: str = ""


async def start_run(
    uow: UnitOfWork, key: ChatKey, school_id: int, file: RunFile, result: RunResult, *, readable: bool
) -> int:
    """Note a file that somebody of the school's office uploaded and what it would do; the run's id. One that is not
    ``readable`` is a refused one. Raises NotFound. At most four statements."""
    async with uow.writing():
        office = await access_office(uow, await fresh_actor(uow, key), school_id, IMPORTERS)
        run_id = await uow.insert(
            ImportRun,
            school_id=school_id,
            person_id=office.officer_id,
            via=uow.via,
            importer=file.importer,
            file_name=file.name,
            sha256=file.sha256,
            size=file.size,
            options=dict(file.options),
            state=ImportState.LOOKED if readable else ImportState.REFUSED,
            started_at=uow.now,
            finished_at=None if readable else uow.now,
            **_values(result),
        )
        await record(
            uow,
            "import.looked",
            actor_id=office.officer_id,
            subject=("org", school_id),
            after={"run": run_id, "importer": file.importer},
        )
        return run_id


async def look_again(
    uow: UnitOfWork, key: ChatKey, school_id: int, run_id: int, options: Mapping[str, str], result: RunResult
) -> None:
    """Note what a file would do now, with other options or answers. Raises NotFound once it is no longer only looked at.
    At most four statements."""
    async with uow.writing():
        await access_office(uow, await fresh_actor(uow, key), school_id, IMPORTERS)
        changed = await uow.write(
            sa.update(ImportRun)
            .where(*_is(run_id, school_id), ImportRun.state == ImportState.LOOKED)
            .values(options=dict(options), **_values(result))
        )
        if not changed.rowcount:
            raise NotFound("import_not_found")


async def claim_run(uow: UnitOfWork, key: ChatKey, school_id: int, run_id: int, *, worker: str) -> bool:
    """Take a run that was looked at, to apply it; False where it was taken before: a double click applies once. Raises
    NotFound where the asker imports nothing here. At most four statements."""
    async with uow.writing():
        await access_office(uow, await fresh_actor(uow, key), school_id, IMPORTERS)
        taken = await uow.write(
            sa.update(ImportRun)
            .where(*_is(run_id, school_id), ImportRun.state == ImportState.LOOKED)
            .values(state=ImportState.RUNNING, worker=worker, started_at=uow.now)
        )
        return bool(taken.rowcount)


async def check_importer(uow: UnitOfWork, key: ChatKey, school_id: int) -> None:
    """Whether who began an import may still import, asked in its transaction. Raises NotFound. At most two statements."""
    await access_office(uow, await fresh_actor(uow, key), school_id, IMPORTERS)


async def finish_run(uow: UnitOfWork, run_id: int, state: ImportState, result: RunResult) -> None:
    """Note what became of a run that was taken; within the transaction of what it wrote, where it wrote. Raises NotFound
    where somebody has given it up meanwhile, so that nothing of it stays. Two statements."""
    async with uow.writing():
        ended = await uow.write(
            sa.update(ImportRun)
            .where(ImportRun.id == run_id, ImportRun.state == ImportState.RUNNING)
            .values(state=state, finished_at=uow.now, worker="", **_values(result))
        )
        if not ended.rowcount:
            raise NotFound("import_not_found")
        run = await uow.row(
            sa.select(ImportRun.school_id, ImportRun.person_id, ImportRun.importer).where(
                ImportRun.id == run_id
            )
        )
        assert run is not None
        await record(
            uow,
            f"import.{state.value}",
            actor_id=run.person_id,
            subject=None if run.school_id is None else ("org", run.school_id),
            after={"run": run_id, "importer": run.importer, "counts": dict(result.counts)},
        )


async def note_done(
    uow: UnitOfWork, file: RunFile, result: RunResult, state: ImportState, *, school_id: int | None
) -> int:
    """Note an import that was done in one go, as the command line does; the run's id. Two statements."""
    async with uow.writing():
        run_id = await uow.insert(
            ImportRun,
            school_id=school_id,
            via=uow.via,
            importer=file.importer,
            file_name=file.name,
            size=file.size,
            options=dict(file.options),
            state=state,
            started_at=uow.now,
            finished_at=uow.now,
            **_values(result),
        )
        await record(
            uow,
            f"import.{state.value}",
            actor_id=None,
            subject=None if school_id is None else ("org", school_id),
            after={"run": run_id, "importer": file.importer, "counts": dict(result.counts)},
        )
        return run_id


async def give_up_lost_runs(uow: UnitOfWork, *, worker: str, going_on: frozenset[int]) -> int:
    """Runs that nobody applies any more have failed, and wrote nothing; how many. One statement, and one more where there
    are any.

    Those are the process's own that it does not know of, on SQLite all of others, too, since only one process runs, and
    on PostgreSQL others that are older than any import takes.
    """
    lost = sa.or_(
        ImportRun.worker == worker,
        sa.true() if uow.database.is_sqlite else ImportRun.started_at < uow.now - LONGEST_RUN,
    )
    condition = (ImportRun.state == ImportState.RUNNING, lost, ImportRun.id.not_in(sorted(going_on)))
    if not await uow.rows(sa.select(ImportRun.id).where(*condition).limit(1)):
        return 0
    async with uow.writing():
        given_up = await uow.write(
            sa.update(ImportRun)
            .where(*condition)
            .values(state=ImportState.FAILED, finished_at=uow.now, worker="")
        )
        return int(given_up.rowcount)


async def keep_answers(
    uow: UnitOfWork,
    importer: str,
    answers: Mapping[str, str],
    *,
    school_id: int | None,
    person_id: int | None = None,
) -> None:
    """Keep what was settled for the next time; an empty answer forgets it. Two statements where there is anything."""
    kept = {
        question[:_LONGEST_QUESTION]: answer[:_LONGEST_ANSWER]
        for question, answer in answers.items()
        if question
    }
    if not kept:
        return
    async with uow.writing():
        await uow.write(
            sa.delete(ImportAnswer).where(
                ImportAnswer.importer == importer,
                ImportAnswer.school_id.is_(None)
                if school_id is None
                else ImportAnswer.school_id == school_id,
                ImportAnswer.question.in_(kept),
            )
        )
        rows = [
            {
                "school_id": school_id,
                "importer": importer,
                "question": question,
                "answer": answer,
                "person_id": person_id,
                "answered_at": uow.now,
            }
            for question, answer in kept.items()
            if answer
        ]
        if rows:
            await uow.write(sa.insert(ImportAnswer), rows)


def _is(run_id: int, school_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return ImportRun.id == run_id, ImportRun.school_id == school_id


def _values(result: RunResult) -> dict[str, Any]:
    return {
        "counts": dict(result.counts),
        "outcome": dict(result.outcome),
        "rejected": result.rejected,
        "skipped": result.skipped,
        "refused": result.refused,
    }
