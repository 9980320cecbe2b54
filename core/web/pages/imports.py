"""/admin/import: files that a school has are uploaded, looked at, applied and remembered."""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import suppress
from datetime import date

from aiohttp import web

from core.actions.imports import (
    IMPORTERS,
    RunFile,
    RunResult,
    claim_run,
    give_up_lost_runs,
    look_again,
    start_run,
)
from core.domain.kinds import ImportState
from core.errors import NotFound, UnreadableFile
from core.i18n import N_
from core.importing.desk import refusal
from core.importing.importer import Asked, Importer, Option
from core.importing.told import unpack
from core.queries.imports import Run, kept_answers, list_runs, run_of, run_state
from core.web.page import Page, Visit
from core.web.said import say
from core.web.table_file import table_file
from core.web.take_away import note_export
from core.web.upload import LARGEST_UPLOAD
from core.words import IMPORT_STATES

_MEGABYTE = 1024 * 1024
_MOST_IN_A_FILE = 20_000
_LONGEST_ANSWER = 300
_EVERY = 0.4
"""Seconds between two looks at how far a run is."""


async def show(visit: Visit) -> web.StreamResponse:
    """The form, and the school's imports so far."""
    await _give_up_lost(visit)
    return await _page(visit)


async def _page(visit: Visit, *, status: int = 200) -> web.StreamResponse:
    lines, following = await list_runs(
        visit.uow,
        visit.office,
        sort=visit.query("sort", 30) or "-when",
        after=visit.after,
    )
    return visit.render(
        "imports.html",
        status=status,
        lines=lines,
        after=following,
        formats=visit.panel.desk.formats,
        states=IMPORT_STATES,
        say=say,
        largest=LARGEST_UPLOAD,
    )


async def upload(visit: Visit) -> web.StreamResponse:
    """Keep the file, see what it would do, and show that; nothing of it is taken in yet."""
    t, desk, sent = visit.t, visit.panel.desk, visit.upload
    importer_name = visit.form.get("format", "")
    if sent is None or sent.is_empty:
        visit.faults["file"] = t("Choose a file that is not empty.")
    elif sent.is_too_large:
        visit.faults["file"] = t(
            "The file is larger than {size} MB. Export less of it, or have it taken in with the command line.",
            size=LARGEST_UPLOAD // _MEGABYTE,
        )
    elif importer_name and importer_name not in desk.formats:
        visit.faults["format"] = t("Choose one of the formats.")
    elif not importer_name:
        found = await desk.recognise(sent.draft.path)
        if len(found) == 1:
            importer_name = found[0]
        else:
            visit.faults["format"] = (
                t("Several formats fit the file. Choose the one that is meant.")
                if found
                else t("The file looks like none of the formats. Choose one, to read what is wrong with it.")
            )
    if visit.faults or sent is None:
        return await _page(visit, status=400)
    importer = desk.formats[importer_name]
    options = {one.name: one.default for one in importer.options if one.on_page and one.default}
    file = RunFile(importer.name, sent.name, sent.draft.keep(), sent.draft.size, options)
    answers = await kept_answers(visit.uow, importer.name, visit.school.id)
    readable = True
    try:
        result = await desk.look(file, _asked(visit, file, answers))
    except UnreadableFile as error:
        result, readable = refusal(file.name, error), False
    except Exception:
        # The file is kept by now: only what a run names is ever forgotten.
        await start_run(visit.uow, visit.session.key, visit.school.id, file, RunResult(), readable=False)
        raise
    run_id = await start_run(visit.uow, visit.session.key, visit.school.id, file, result, readable=readable)
    return visit.go(f"/import/{run_id}")


async def show_run(visit: Visit) -> web.StreamResponse:
    """What a file would change, how far it is, or what became of it."""
    await _give_up_lost(visit)
    return _run_page(visit, await run_of(visit.uow, visit.office, visit.number()))


def _run_page(visit: Visit, run: Run, *, status: int = 200) -> web.StreamResponse:
    importer = visit.panel.desk.formats.get(run.line.importer)
    outcome = unpack(run.outcome)
    return visit.render(
        "import_run.html",
        status=status,
        run=run,
        line=run.line,
        importer=importer,
        options=_options(importer),
        pairs={one.name: [(value, value) for value in one.choices] for one in _options(importer)},
        outcome=outcome,
        open_questions=[one for one in outcome.questions if one.must and not one.answer],
        states=IMPORT_STATES,
        say=say,
        step=visit.panel.desk.steps.get(run.line.id),
        seen=_seal(run),
    )


def _seal(run: Run) -> str:
    """Names what a look has shown: with other options or answers, or of a database that has changed, it is another."""
    shown = json.dumps([dict(run.options), dict(run.outcome)], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(shown.encode()).hexdigest()[:24]


async def change(visit: Visit) -> web.StreamResponse:
    """Look again, with other options and answers."""
    run, importer = await _open_run(visit)
    options = _chosen(visit, importer)
    if visit.faults:
        return _run_page(visit, run, status=400)
    answers = _answers(visit, run)
    file = RunFile(importer.name, run.line.file_name, run.sha256, run.size, options)
    kept = await kept_answers(visit.uow, importer.name, visit.school.id)
    try:
        result = await visit.panel.desk.look(file, _asked(visit, file, {**kept, **answers}))
    except UnreadableFile as error:
        visit.faults[""] = say(visit.t, error.reason)
        return _run_page(visit, run, status=400)
    await look_again(visit.uow, visit.session.key, visit.school.id, run.line.id, options, result)
    return visit.go(f"/import/{run.line.id}")


async def apply(visit: Visit) -> web.StreamResponse:
    """Begin to write it, just as it was shown; a second click finds it begun."""
    run = await run_of(visit.uow, visit.office, visit.number())
    importer = visit.panel.desk.formats.get(run.line.importer)
    if importer is None:
        raise NotFound("import_not_found")
    outcome = unpack(run.outcome)
    if run.line.state is ImportState.LOOKED and run.sha256:
        if any(one.must and not one.answer for one in outcome.questions):
            visit.faults[""] = visit.t("Answer the questions first.")
        elif visit.form.get("seen") != _seal(run):
            visit.faults[""] = visit.t("It has changed meanwhile: please look again.")
        if visit.faults:
            return _run_page(visit, run, status=400)
        answers = {one.key: one.answer for one in outcome.questions if one.answer}
        kept = await kept_answers(visit.uow, importer.name, visit.school.id)
        file = RunFile(importer.name, run.line.file_name, run.sha256, run.size, run.options)
        asked = _asked(visit, file, {**kept, **answers})
        desk = visit.panel.desk
        desk.claiming.append(run.line.id)
        try:
            if await claim_run(
                visit.uow, visit.session.key, visit.school.id, run.line.id, worker=desk.worker
            ):
                desk.begin(run.line.id, visit.session.key, file, asked)
        finally:
            desk.claiming.remove(run.line.id)
    return visit.go(f"/import/{run.line.id}")


async def progress(visit: Visit) -> web.StreamResponse:
    """How far a run is, as it happens (server-sent events); ends with it."""
    run = await run_of(visit.uow, visit.office, visit.number())
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await response.prepare(visit.request)
    steps = visit.panel.desk.steps
    told = ""
    with suppress(ConnectionError):
        while True:
            step = steps.get(run.line.id)
            if step is None and await run_state(visit.uow, run.line.id) is not ImportState.RUNNING:
                await response.write(b"event: done\ndata: \n\n")
                return response
            words = json.dumps(
                {"words": visit.t(step.what) if step and step.what else "", "share": _share(step)}
            )
            if words != told:
                told = words
                await response.write(f"data: {words}\n\n".encode())
            await asyncio.sleep(_EVERY)
    return response


async def export(visit: Visit) -> web.StreamResponse:
    """The history as a table file; audited."""
    lines, _ = await list_runs(
        visit.uow, visit.office, sort=visit.query("sort", 30) or "-when", most=_MOST_IN_A_FILE
    )
    await note_export(visit, "import.export", imports=len(lines))
    t = visit.t
    header = [t("When"), t("Who"), t("File"), t("Format"), t("State")]
    header += [t("New"), t("Changed"), t("Ended"), t("Rejected rows"), t("Skipped rows")]
    rows = [
        [
            one.started_at.astimezone(visit.school.zone).isoformat(timespec="seconds"),
            *(one.who or one.via, one.file_name, one.importer, t(IMPORT_STATES[one.state])),
            *(str(figure) for figure in (*one.changed, one.rejected, one.skipped)),
        ]
        for one in lines
    ]
    return table_file("imports.csv", header, rows)


async def _give_up_lost(visit: Visit) -> None:
    desk = visit.panel.desk
    await give_up_lost_runs(visit.uow, worker=desk.worker, going_on=desk.going_on)


async def _open_run(visit: Visit) -> tuple[Run, Importer]:
    run = await run_of(visit.uow, visit.office, visit.number())
    importer = visit.panel.desk.formats.get(run.line.importer)
    if importer is None or run.line.state is not ImportState.LOOKED or not run.sha256:
        raise NotFound("import_not_found")
    return run, importer


def _asked(visit: Visit, file: RunFile, answers: dict[str, str]) -> Asked:
    return Asked(visit.school.id, visit.office.officer_id, file.options, answers)


def _options(importer: Importer | None) -> list[Option]:
    return [] if importer is None else [one for one in importer.options if one.on_page]


def _chosen(visit: Visit, importer: Importer) -> dict[str, str]:
    chosen = {}
    for option in _options(importer):
        value = visit.form.get(f"option-{option.name}", "")[:_LONGEST_ANSWER].strip()
        if option.kind == "flag":
            value = "1" if value else ""
        elif option.kind == "day" and value and not _is_day(value):
            visit.faults[f"option-{option.name}"] = visit.t("This is no day.")
        elif option.kind == "choice" and value and value not in option.choices:
            visit.faults[f"option-{option.name}"] = visit.t("Choose one of these.")
        if value:
            chosen[option.name] = value
    return chosen


def _answers(visit: Visit, run: Run) -> dict[str, str]:
    """What was settled on the page; only what the file itself asks is taken."""
    questions = unpack(run.outcome).questions
    return {
        one.key: visit.form[f"answer-{place}"][:_LONGEST_ANSWER]
        for place, one in enumerate(questions)
        if f"answer-{place}" in visit.form
    }


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _share(step: object) -> float:
    done, total = getattr(step, "done", 0), getattr(step, "total", 0)
    return round(done / total, 3) if total else 0.0


PAGES = (
    Page("GET", "/import", show, IMPORTERS, entry=(N_("Import"), 70)),
    Page("POST", "/import", upload, IMPORTERS, takes_file=True),
    Page("POST", "/import/export", export, IMPORTERS, needs_code=True),
    Page("GET", r"/import/{id:\d{1,18}}", show_run, IMPORTERS),
    Page("POST", r"/import/{id:\d{1,18}}/look", change, IMPORTERS),
    Page("POST", r"/import/{id:\d{1,18}}/apply", apply, IMPORTERS),
    Page("GET", r"/import/{id:\d{1,18}}/progress", progress, IMPORTERS),
)
