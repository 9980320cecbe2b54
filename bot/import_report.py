"""What an import says on the command line: what changed, what was wrong, and what must be answered before it can go on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

import typer
from rich.console import Console
from rich.table import Table

from core.importing.cells import Problem
from core.importing.importer import Asked, LeftOut, Outcome, Question

_MOST_CANDIDATES = 40
_MOST_UNASKED = 10


def print_outcome(outcome: Outcome, asked: Asked, *, dry_run: bool) -> None:
    """Problems, remarks and questions, then what changes, and how it ended."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for name in ("new", "changed", "ended", "missing", "unchanged"):
        table.add_column(name, justify="right")
    for line in outcome.lines:
        figures = (line.new, line.changed, line.ended, line.missing, line.unchanged)
        if any(figures):
            table.add_row(line.plural, *(str(figure) if figure else "·" for figure in figures))
    told = [
        *map(_told, outcome.problems),
        *(f"… and {more:,} more of {file}" for file, more in outcome.untold.items()),
        *(f"note      {note}" for note in outcome.notes),
        *(
            f"skipped   {one.plural}: {one.count:,} of another school{_first(one)}"
            for one in outcome.left_out
        ),
    ]
    for words in told:
        typer.echo(words)
    questions = list(_questions(outcome.questions, asked)) if dry_run else []
    for words in questions:
        typer.echo(words)
    if told or questions:
        typer.echo()
    Console(highlight=False).print(table)
    typer.echo()
    if outcome.refused and dry_run:
        meant = f" --{outcome.overrule} says that it is meant." if outcome.overrule else ""
        typer.echo(f"This import would be refused: {outcome.refused}{meant}")
    said = "Nothing was written (--dry-run)." if dry_run else "Imported."
    if outcome.is_empty and not dry_run:
        said = "Nothing to change: the database says all this already."
    typer.echo(f"{outcome.title}: {said} {outcome.rejected} rows rejected, {outcome.remarks} remarks.")


def print_open(outcome: Outcome, asked: Asked, *, err: bool = False) -> None:
    """What must be answered before anything is written, and how; nothing where all is answered."""
    unanswered = [one for one in outcome.questions if one.must and not one.answer]
    if not unanswered:
        return
    if err:
        for problem in outcome.problems:
            typer.echo(_told(problem), err=True)
    must = "1 question is" if len(unanswered) == 1 else f"{len(unanswered)} questions are"
    said = [
        f"{outcome.title}: nothing can be written before {must} answered. Write a file of lines like these, with your"
        " answers, and give it with --map FILE:"
    ]
    for one in unanswered:
        likely = one.candidates[0][0] if len(one.candidates) == 1 else "…"
        given = asked.answers.get(one.key)
        is_wrong = given and given not in {value for value, _ in one.candidates}
        said.append(
            f"    {_line(one.key, likely)}" + (f"   ({given!r} is no answer to it)" if is_wrong else "")
        )
    said.append("What each may be is in the report of --dry-run.")
    for words in said:
        typer.echo(words, err=err)


def print_unasked(outcome: Outcome, file: str, answers: Mapping[str, str]) -> None:
    """Answers of a mapping that the file did not ask for, as where a heading was changed since."""
    questions = {one.key for one in outcome.questions}
    unasked = [key for key in answers if key not in questions]
    if unasked:
        more = " …" if len(unasked) > _MOST_UNASKED else ""
        typer.echo(f"{file}: not asked for by this file: {'; '.join(unasked[:_MOST_UNASKED])}{more}")


def _told(problem: Problem) -> str:
    return f"{'rejected' if problem.rejected else 'remark  '}  {problem}"


def _first(left_out: LeftOut) -> str:
    """Some of the names."""
    more = ", …" if left_out.count > len(left_out.names) else ""
    return f" ({', '.join(left_out.names)}{more})" if left_out.names else ""


def _questions(questions: Sequence[Question], asked: Asked) -> Iterator[str]:
    """Each with what it may be; many columns may be the same, which is said once."""
    before: set[frozenset[str]] = set()
    for question in questions:
        state = "must be answered" if question.must else "open"
        if question.answer:
            is_given = asked.answers.get(question.key) == question.answer
            state = f"{'answered' if is_given else 'taken as'} {question.answer!r}"
        yield f"question  {question.key}: {question.words} ({state})"
        values = frozenset(value for value, _ in question.candidates)
        if values in before:
            continue
        before.add(values)
        for value, words in question.candidates[:_MOST_CANDIDATES]:
            yield f"            {value}: {words}"
        if len(question.candidates) > _MOST_CANDIDATES:
            yield f"            … and {len(question.candidates) - _MOST_CANDIDATES} more"


def _line(*cells: str) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()
