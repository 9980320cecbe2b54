"""A teacher's own table: which columns say who the pupils are, and which are assessments with their day, kind and most."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.domain.marking_words import KINDS
from core.domain.names import fold
from core.importing.said import Said
from core.importing.tables.asking import LEFT_OUT
from core.importing.tables.days import Order, day_of

FIELDS: dict[str, str] = {
    "full": Said("pupil: whole name"),
    "family": Said("pupil: family name"),
    "given": Said("pupil: given name"),
    "id": Said("pupil: number in the register"),
    "mark": Said("marks of one assessment"),
    LEFT_OUT: Said("not taken in"),
}
_WORDS = [
    (name, re.compile(unicodedata.normalize("NFKC", pattern)))
    for name, pattern in (
        ("id", r"\b(student|pupil|register|sis).?(id|no|number)\b|^id$|รหัส|เลขประจำตัว"),
        ("full", r"ф\.?\s?и\.?\s?о?\b|фамилия.*имя|full name|name and surname|ชื่อ.*สกุล"),
        ("family", r"\b(surname|family( name)?|last( name)?|фамилия)\b|^นามสกุล|^สกุล"),
        ("given", r"\b(given|first|forename|имя)\b|^ชื่อ$"),
        ("full", r"\b(name|student|pupil|ученик\w*|учащ\w*|обучающ\w*)\b|นักเรียน|^ชื่อ"),
    )
]
_NO_ASSESSMENT = re.compile(
    unicodedata.normalize("NFKC", r"средн|итог|average|mean|total|рейтинг|เฉลี่ย|รวม|сумма")
)
_DAY = re.compile(
    r"(?<!\d)\d{4}-\d{1,2}-\d{1,2}|(?<!\d)\d{1,2}\.\d{1,2}(?:\.(?:\d{4}|\d{2}))?(?!\d)"
    r"|(?<!\d)\d{1,2}/\d{1,2}(?:/(?:\d{4}|\d{2}))?"
    r"|(?<!\d)\d{1,2}\s+[^\W\d_]{3,}\.?(?:\s+\d{4})?|[^\W\d_]{3,}\.?\s+\d{1,2}(?:,?\s+\d{4})?"
)
_MOST = re.compile(
    r"(?:/|из|of|max\.?|макс\.?|เต็ม|out of)\s*(\d{1,4}(?:[.,]\d)?)\b|\((\d{1,4})\)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Header:
    """What stands above an assessment; ``day`` is as it was written, empty where none was."""

    day: str
    kind: str
    title: str
    maximum: Decimal | None


def read_header(text: str) -> Header:
    """``12.11 контрольная (20)``: the day, then the most, then the words that are left."""
    day = ""
    rest = text
    place = 0
    while found := _DAY.search(text, place):
        if _is_day(found[0]):
            day = found[0]
            rest = f"{text[: found.start()]} {text[found.end() :]}"
            break
        place = found.start() + 1
    most = _MOST.search(rest)
    maximum = None
    if most:
        maximum = Decimal((most[1] or most[2]).replace(",", "."))
        rest = f"{rest[: most.start()]} {rest[most.end() :]}"
    words = " ".join(rest.strip(" .,;:-–—\n()").split())
    kind = KINDS.get(fold(words).rstrip("."), "")
    if not kind and words:
        first = fold(words).split()[0].rstrip(".")
        kind = KINDS.get(first, "")
    is_only_kind = fold(words).rstrip(".") in KINDS
    return Header(day, kind, "" if is_only_kind else words[:200], maximum or None)


def day_of_header(written: str, order: Order | None, starts: date, ends: date) -> date | None:
    """The day; without a year it is the one in the school year. None where that is not sure."""
    day = day_of(written, order, ends)
    if day is not None:
        return day
    joint = next((sign for sign in (".", "/") if sign in written), " ")
    for year in range(starts.year, ends.year + 1):
        day = day_of(f"{written}{joint}{year}", order, ends)
        if day is not None and starts <= day <= ends:
            return day
    return None


def guess_columns(names: Sequence[str]) -> dict[int, str]:
    """By the headings: what has a day above it is an assessment."""
    found: dict[int, str] = {}
    for column, heading in enumerate(names):
        text = fold(heading)
        name = next(
            (
                name
                for name, pattern in _WORDS
                if text and pattern.search(text) and name not in found.values()
            ),
            "",
        )
        if not name and not _NO_ASSESSMENT.search(text) and read_header(heading).day:
            name = "mark"
        found[column] = name
    return found


def count_columns(names: Sequence[str]) -> int:
    """How many of the headings are known; none without a pupil."""
    found = list(guess_columns(names).values())
    if not {"full", "family"} & set(found):
        return 0
    return sum(bool(name) for name in found)


def _is_day(text: str) -> bool:
    return day_of_header(text, "dmy", date(2023, 9, 1), date(2024, 8, 31)) is not None or (
        day_of_header(text, "mdy", date(2023, 9, 1), date(2024, 8, 31)) is not None
    )
