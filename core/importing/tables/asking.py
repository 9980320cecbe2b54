"""What the columns of a table are: a question for each, answered by a guess, and one whether the guesses are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.importing.cells import Problem
from core.importing.importer import Question
from core.importing.said import Said
from core.importing.tables.headings import Heading
from core.importing.tables.reader import Line, Sheet, column_name

LEFT_OUT = "-"
_SAMPLES = 3


@dataclass(slots=True)
class Settled:
    """Where each thing stands, with the questions that were asked for that and what is to be told."""

    columns: dict[str, int] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def settle_columns(
    sheet: Sheet,
    heading: Heading,
    lines: Sequence[Line],
    guesses: Mapping[int, str],
    fields: Mapping[str, str],
    answers: Mapping[str, str],
    *,
    several: frozenset[str] = frozenset(),
) -> Settled:
    """``lines`` are those below the headings, some of them are enough; ``guesses`` may be empty for a column, ``fields``
    are what a column may be, in words, and ``several`` what many may be. What was answered for the same headings before
    holds again."""
    settled = Settled()
    is_unsure = False
    width = max([len(heading.names), *(len(line.cells) for line in lines)])
    for column in range(width):
        name = heading.names[column] if column < len(heading.names) else ""
        samples = list(dict.fromkeys(text for line in lines if (text := line.text(column))))
        if not name and not samples:
            continue
        key = f"column {heading.key} {column_name(column)}"
        guess = guesses.get(column, "")
        given = answers.get(key, "")
        if given and given not in fields:
            words = f"{given[:40]!r} was answered, which no column can be: guessed anew"
            settled.problems.append(sheet.problem(heading.last_row, column, words, rejected=False))
            is_unsure = True
        answer = given if given in fields else guess or LEFT_OUT
        first = [one for one in (answer, guess) if one]
        settled.questions.append(
            Question(
                key,
                Said(
                    "{sheet}: what is column {column}, “{name}” ({samples})?",
                    sheet=sheet.place,
                    column=column_name(column),
                    name=name,
                    samples="; ".join(samples[:_SAMPLES]),
                ),
                tuple((one, fields[one]) for one in dict.fromkeys([*first, *fields])),
                answer,
            )
        )
        if answer == LEFT_OUT:
            continue
        if answer in settled.columns and answer not in several:
            words = f"is {fields[answer]} a second time: left out"
            settled.problems.append(sheet.problem(heading.last_row, column, words, rejected=False))
        else:
            settled.columns[answer] = column
    confirm = f"columns {heading.key}"
    settled.questions.append(
        Question(
            confirm,
            Said("{sheet}: are its columns understood rightly?", sheet=sheet.place),
            (("yes", Said("yes, as they stand above")),),
            "yes" if answers.get(confirm) == "yes" and not is_unsure else "",
            must=True,
        )
    )
    return settled
