"""Choosing a class."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.cards import Button, Card, Text
from core.i18n import Translator
from core.queries.classes import ClassRoom

_IN_A_ROW = 4
_MOST = 96


def choose_class_card(t: Translator, rooms: Sequence[ClassRoom], data: Callable[[ClassRoom], str]) -> Card:
    """A button a class; its school's name where there are several schools."""
    several = len({room.school.id for room in rooms}) > 1
    buttons = [
        Button(f"{room.name} · {room.school.name}" if several else room.name, data(room))
        for room in rooms[:_MOST]
    ]
    width = 1 if several else _IN_A_ROW
    rows = tuple(tuple(buttons[i : i + width]) for i in range(0, len(buttons), width))
    words = t("Choose the class.") if buttons else t("There are no classes here.")
    return Card(t("Which class?"), (Text(words),), rows)
