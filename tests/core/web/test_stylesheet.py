"""The one stylesheet is whole, and has no rules for what no page shows."""

from __future__ import annotations

import re
from pathlib import Path

import core.web

_ROOM = Path(core.web.__file__).parent
_SHEET = (_ROOM / "static" / "panel.css").read_text(encoding="utf-8")
_FROM_OUTSIDE = {"card-heading", "note"}
"""What a message's own markup in ``core.cards`` is called."""


def test_every_rule_stands_in_no_other_but_a_condition_of_the_device() -> None:
    inside: list[str] = []
    for selector, brace in re.findall(r"([^{}]*)([{}])", re.sub(r"/\*.*?\*/", "", _SHEET, flags=re.DOTALL)):
        if brace == "}":
            assert inside, "a brace closes nothing"
            inside.pop()
            continue
        said = selector.rpartition(";")[2].strip()
        assert all(one.startswith("@media") for one in inside), f"{said} stands in {inside[-1]}"
        assert not (inside and said.startswith("@")), f"{said} stands in {inside[-1]}"
        inside.append(said)
    assert not inside, f"{inside} is not closed"


def test_every_class_is_one_that_a_page_has() -> None:
    sources = [*_ROOM.rglob("*.html"), *_ROOM.rglob("*.py"), *_ROOM.rglob("*.js")]
    shown = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    styled = set(re.findall(r"\.([a-z][\w-]*)(?=[^{}]*\{)", re.sub(r"\{[^{}]*\}", "{}", _SHEET)))
    assert styled - _FROM_OUTSIDE - set(re.findall(r"[\w-]+", shown)) == set()
