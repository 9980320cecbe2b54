"""Which class a list, or a part of it, is of: where it says so above its rows."""

from __future__ import annotations

import re

from core.importing.tables.reader import Line, NoValue, text_of

_CLASS_NAME = re.compile(
    r"(?<![\w./])((?:[1-9]|1[0-2])\s?[-–]?\s?[«\"“]?[A-Za-zА-Яа-я][»\"”]?(?![\w])|[มปอ]\.\s?\d{1,2}(?:/\d{1,2})?)"
)
_LONGEST = 300
_CLASS_WORD = re.compile(r"\s*\b(?:класс\w*|кл\.|class|form|grade|ชั้น)\s*", re.IGNORECASE)


def class_in(text: str) -> str:
    """The class that a title names; empty for none."""
    found = _CLASS_NAME.search(_CLASS_WORD.sub(" ", _beginning(text)))
    return " ".join(found[1].split()) if found else ""


def section_of(line: Line) -> str:
    """The class, of a row in which nothing but a class stands: the rows below it are that class's."""
    if any(isinstance(cell, NoValue) for cell in line.cells):
        return ""
    texts = {text for cell in line.cells if (text := text_of(cell))}
    if len(texts) != 1:
        return ""
    text = _beginning(texts.pop())
    plain = _CLASS_WORD.sub(" ", text).strip(" .,:")
    # “7А класс, руководитель Петрова” is one, too; “1 И. Петров” is a pupil.
    found = _CLASS_NAME.match(plain) if _CLASS_WORD.search(text) else _CLASS_NAME.fullmatch(plain)
    return " ".join(found[1].split()) if found else ""


def _beginning(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]
