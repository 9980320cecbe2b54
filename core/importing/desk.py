"""The desk where files are taken in while the application runs: looked at and applied beside it, one at a time.

Reading and comparing are work for the processor, so they are done in a thread with a loop and a database of its own;
whoever taps in a chat meanwhile does not wait.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import structlog

from core.actions.imports import RunFile, RunResult, check_importer, finish_run, keep_answers
from core.clock import Clock
from core.db.conversation import ChatKey
from core.db.engine import Database
from core.db.uow import UnitOfWork
from core.domain.kinds import ImportState
from core.errors import SchoolbellError, UnreadableFile
from core.files import FileStore
from core.importing.importer import Asked, Importer, Outcome, discover
from core.importing.told import counts_of, pack

log = structlog.get_logger(__name__)
T = TypeVar("T")
_LONGEST_NAME = 200
"""Bytes of a file's name that every disk takes."""


@dataclass(slots=True)
class Step:
    """How far a run is: what is done now, how much of it, and how much there is (0: not known)."""

    what: str = ""
    done: int = 0
    total: int = 0


@dataclass(slots=True)
class ImportDesk:
    """One to a process; ``worker`` is its name."""

    database: Database
    clock: Clock
    files: FileStore
    via: str = "panel"
    worker: str = field(default_factory=lambda: secrets.token_hex(8))
    steps: dict[int, Step] = field(default_factory=dict)
    """The runs that are being applied here."""
    claiming: list[int] = field(default_factory=list)
    """The runs that somebody is about to have applied here: theirs in the database, and not yet begun."""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _found: dict[str, Importer] | None = None

    @property
    def formats(self) -> Mapping[str, Importer]:
        """What can be taken in, by name."""
        if self._found is None:
            self._found = discover()
        return self._found

    @property
    def going_on(self) -> frozenset[int]:
        """The runs that this process has in hand: none of them is lost."""
        return frozenset((*self.steps, *self.claiming))

    async def recognise(self, path: Path) -> list[str]:
        """The formats that the file's content looks like."""

        def ask() -> list[str]:
            return [name for name, one in self.formats.items() if _opens(one, path)]

        return await asyncio.to_thread(ask)

    async def look(self, file: RunFile, asked: Asked) -> RunResult:
        """What applying would do. Raises UnreadableFile."""
        importer = self.formats[file.importer]

        async def work(uow: UnitOfWork, path: Path) -> Outcome:
            return await (await importer.read(uow, path, asked)).look(uow)

        async with self._turn:
            return result_of(await asyncio.to_thread(self._run, file, work))

    def begin(self, run_id: int, key: ChatKey, file: RunFile, asked: Asked) -> None:
        """Apply a run that was claimed; it goes on when whoever asked has left."""
        self.steps[run_id] = Step()
        task = asyncio.create_task(self._apply(run_id, key, file, asked))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Wait until nothing is being applied."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def _apply(self, run_id: int, key: ChatKey, file: RunFile, asked: Asked) -> None:
        step = self.steps[run_id]
        importer = self.formats[file.importer]

        def on_step(what: str, done: int, total: int) -> None:
            step.what, step.done, step.total = what, done, total

        async def work(uow: UnitOfWork, path: Path) -> Outcome:
            prepared = await importer.read(uow, path, asked)
            async with uow.writing():
                assert asked.school_id is not None
                await check_importer(uow, key, asked.school_id)
                outcome = await prepared.apply(uow, on_step)
                await keep_answers(
                    uow, importer.name, asked.answers, school_id=asked.school_id, person_id=asked.person_id
                )
                # In the same transaction: it is applied if and only if the history says so.
                await finish_run(uow, run_id, ImportState.APPLIED, result_of(outcome))
            return outcome

        try:
            async with self._turn, self._writers_wait():
                await asyncio.to_thread(self._run, file, work)
        except UnreadableFile as error:
            await self._failed(run_id, ImportState.REFUSED, refusal(file.name, error))
        except SchoolbellError as error:
            log.info("import.given_up", run=run_id, key=error.key)
            await self._failed(run_id, ImportState.FAILED, RunResult())
        except Exception:
            log.exception("import.failed", run=run_id, importer=importer.name)
            await self._failed(run_id, ImportState.FAILED, RunResult())
        finally:
            self.steps.pop(run_id, None)

    async def _failed(self, run_id: int, state: ImportState, result: RunResult) -> None:
        try:
            async with UnitOfWork(self.database, self.clock, via=self.via) as uow:
                await finish_run(uow, run_id, state, result)
        except Exception:
            log.exception("import.unfinished", run=run_id)

    @asynccontextmanager
    async def _writers_wait(self) -> AsyncIterator[None]:
        """On SQLite the process's other writes queue for their connection meanwhile, as they do for each other, rather
        than fail for finding the file locked."""
        if not self.database.is_sqlite:
            yield
            return
        async with self.database.writer.connect():
            yield

    def _run(self, file: RunFile, work: Callable[[UnitOfWork, Path], Awaitable[T]]) -> T:
        with tempfile.TemporaryDirectory(prefix="schoolbell-import-") as folder:
            # Importers name the file in what they say, so it stands there under the name that it came with.
            path = Path(folder) / disk_name(file.name)
            path.symlink_to(self.files.where(file.sha256).resolve())
            return asyncio.run(self._with_database(path, work))

    async def _with_database(self, path: Path, work: Callable[[UnitOfWork, Path], Awaitable[T]]) -> T:
        database = Database(self.database.url.render_as_string(hide_password=False))
        database.on_publish = self.database.on_publish
        try:
            async with UnitOfWork(database, self.clock, via=self.via) as uow:
                return await work(uow, path)
        finally:
            await database.close()


def result_of(outcome: Outcome) -> RunResult:
    """What is kept of an outcome."""
    return RunResult(
        counts_of(outcome),
        pack(outcome),
        rejected=outcome.rejected,
        skipped=outcome.skipped,
        refused=str(outcome.refused),
    )


def refusal(title: str, error: UnreadableFile) -> RunResult:
    """What is kept of a file that could not be taken in."""
    outcome = Outcome(title, refused=error.reason, overrule=error.overrule)
    return replace(result_of(outcome), counts={})


def disk_name(name: str) -> str:
    """A file's name short enough for every disk, with its extension."""
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    stem, _, extension = name.rpartition(".")
    extension = extension[:10]
    cut = (stem or name).encode()[: _LONGEST_NAME - 41].decode(errors="ignore")
    return f"{cut}.{extension}" if stem else cut


def _opens(importer: Importer, path: Path) -> bool:
    try:
        return importer.opens(path)
    except Exception:
        log.exception("import.opens_failed", importer=importer.name)
        return False
