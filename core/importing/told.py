"""What was told of a file, as it is kept with its run: an Outcome as plain JSON and back, sentences with their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.importing.cells import Problem
from core.importing.importer import LeftOut, Line, Outcome, Question
from core.importing.said import Said

_MOST_PROBLEMS = 500
_MOST_NOTES = 100


def pack(outcome: Outcome) -> dict[str, Any]:
    """As JSON holds it; of very many problems and notes the first."""
    return {
        "title": outcome.title,
        "lines": [
            [_words(one.plural), one.new, one.changed, one.ended, one.missing, one.unchanged]
            for one in outcome.lines
        ],
        "problems": [
            [one.file, one.row, one.column, _words(one.words), one.rejected]
            for one in outcome.problems[:_MOST_PROBLEMS]
        ],
        "untold": dict(outcome.untold),
        "notes": [_words(one) for one in outcome.notes[:_MOST_NOTES]],
        "questions": [
            [
                one.key,
                _words(one.words),
                [[value, _words(said)] for value, said in one.candidates],
                one.answer,
                one.must,
            ]
            for one in outcome.questions
        ],
        "samples": [[_words(one) for one in sample] for sample in outcome.samples],
        "left_out": [[_words(one.plural), one.count, list(one.names)] for one in outcome.left_out],
        "rejected": outcome.rejected,
        "remarks": outcome.remarks,
        "skipped": outcome.skipped,
        "refused": _words(outcome.refused),
        "overrule": outcome.overrule,
        "empty": outcome.is_empty,
    }


def unpack(kept: Mapping[str, Any]) -> Outcome:
    """The outcome that was packed; an empty one of nothing."""
    return Outcome(
        str(kept.get("title", "")),
        lines=tuple(Line(_said(plural), *figures) for plural, *figures in kept.get("lines", ())),
        problems=tuple(
            Problem(file, row, column, _said(words), rejected)
            for file, row, column, words, rejected in kept.get("problems", ())
        ),
        untold=dict(kept.get("untold", {})),
        notes=tuple(_said(one) for one in kept.get("notes", ())),
        questions=tuple(
            Question(key, _said(words), tuple((value, _said(one)) for value, one in candidates), answer, must)
            for key, words, candidates, answer, must in kept.get("questions", ())
        ),
        samples=tuple(
            (_said(what), _said(was), _said(becomes)) for what, was, becomes in kept.get("samples", ())
        ),
        left_out=tuple(
            LeftOut(_said(plural), count, tuple(names)) for plural, count, names in kept.get("left_out", ())
        ),
        rejected=kept.get("rejected", 0),
        remarks=kept.get("remarks", 0),
        skipped=kept.get("skipped", 0),
        refused=_said(kept.get("refused", "")),
        overrule=kept.get("overrule", ""),
        unchanged_at_all=kept.get("empty"),
    )


def counts_of(outcome: Outcome) -> dict[str, list[int]]:
    """What changed, by kind: new, changed, ended."""
    return {
        str(one.plural): [one.new, one.changed, one.ended]
        for one in outcome.lines
        if one.new or one.changed or one.ended
    }


def _words(text: str) -> Any:
    if not isinstance(text, Said):
        return str(text)
    return {"said": text.message, "values": {name: _plain(value) for name, value in text.values.items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, Said):
        return _words(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _said(kept: Any) -> str:
    if not isinstance(kept, Mapping):
        return str(kept)
    values = {
        name: _said(value) if isinstance(value, Mapping) else value for name, value in kept["values"].items()
    }
    message = kept["said"]
    return Said(message, **values)
