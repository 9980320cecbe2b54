"""Choosing a class."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.cards import Button, Card, Text
from core.cards.cut import shorten
from core.i18n import Translator
from core.queries.classes import ClassRoom

_IN_A_ROW = 4
_MOST = 96
_LONGEST_WORDS = 60


def choose_class_card(
    t: Translator, rooms: Sequence[ClassRoom], data: Callable[[ClassRoom], str], *, unknown: str = ""
) -> Card:
    """A button a class; its school's name where there are several schools. ``unknown`` are words that named none."""
    several = len({room.school.id for room in rooms}) > 1
    buttons = [
        Button(f"{room.name} · {room.school.name}" if several else room.name, data(room))
        for room in rooms[:_MOST]
    ]
    width = 1 if several else _IN_A_ROW
    rows = tuple(tuple(buttons[i : i + width]) for i in range(0, len(buttons), width))
    blocks = [Text(t("Choose the class.") if buttons else t("There are no classes here."))]
    if unknown:
        said = t("“{words}” is none of the classes that you may see.", words=shorten(unknown, _LONGEST_WORDS))
        blocks.insert(0, Text(said))
    return Card(t("Which class?"), tuple(blocks), rows)
