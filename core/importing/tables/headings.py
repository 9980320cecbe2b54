"""Where a table begins: its row of headings, or two of them, under titles, and what below it is no row of it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from core.domain.names import fold
from core.importing.tables.reader import Line, Sheet, text_of

_LOOKED_AT = 40
_LONGEST = 200
"""Letters of a heading that are read: a paragraph is none."""
_BELOW = re.compile(
    unicodedata.normalize(
        "NFKC",
        r"(итого|итог|всего|средн(ий|яя|ее|ие)|количество|total|sub-?total|grand total|average|number of"
        r"|подпись|классн\w* руков\w*|директор|завуч|зам\.? ?директора|секретарь|составил\w*|исполнитель|м\.? ?п"
        r"|signature|signed|class teacher|homeroom teacher|form tutor|head ?teacher|principal|secretary|prepared by)"
        r"(?![^\W\d_])"
        r"|(sum|mean|avg)(?=[\s:]*[\d.,]*$)"
        r"|(รวม(ทั้งหมด|ทั้งสิ้น|เงิน)?|เฉลี่ย|ค่าเฉลี่ย|จำนวน\S*|ลงชื่อ|ครูประจำชั้น\S*|ครูที่ปรึกษา\S*|ผู้อำนวยการ\S*)(?=$|[\s:.\d])",
    )
)
"""What stands below the rows: sums, and who signs. Whole words: ``Среднев`` is a pupil."""
_DATA = re.compile(r"\d{3,}|\d{1,2}[./-]\d{1,2}|@")


@dataclass(frozen=True, slots=True)
class Heading:
    """The headings by column, those of two rows put together, and the last row they stand in; ``title`` is what stands
    above them."""

    names: tuple[str, ...]
    last_row: int
    title: str = ""

    @property
    def key(self) -> str:
        """The same for the same headings, so that what was settled for them once holds again."""
        return hashlib.sha256("\n".join(fold(name) for name in self.names).encode()).hexdigest()[:8]


def find_heading(
    sheet: Sheet, count: Callable[[tuple[str, ...]], int], *, has_days: bool = False
) -> Heading | None:
    """The row, or pair of rows, in which the most headings are known; ``count`` says how many of them are. None where no
    row has any. ``has_days``: days and numbers may be headings, too; then the upper row speaks only for the columns that
    it stands in. Raises UnreadableFile."""
    lines = list(islice(sheet.lines(), _LOOKED_AT))
    best: tuple[int, Heading] | None = None
    for place, line in enumerate(lines):
        if _is_title(line):
            continue
        single = tuple(line.text(column)[:_LONGEST] for column in range(len(line.cells)))
        found = [(single, line.number)]
        below = lines[place + 1] if place + 1 < len(lines) else None
        if below is not None and below.number == line.number + 1 and _may_be_lower(line, below, has_days):
            found.append((_joined(line, below, spread=not has_days), below.number))
        for names, last in found:
            known = count(names)
            if known and (best is None or known > best[0]):
                title = " ".join(_title(one) for one in lines[:place])
                best = (known, Heading(names, last, title.strip()))
    return best[1] if best else None


def is_total(line: Line) -> bool:
    """Whether a row sums up those above it, or says who signs for them."""
    first = next((text for cell in line.cells if (text := text_of(cell))), "")
    return bool(_BELOW.match(fold(first)))


def _is_title(line: Line) -> bool:
    """One thing said, in one cell or in many that are merged."""
    return len({text for cell in line.cells if (text := text_of(cell))}) < 2


def _title(line: Line) -> str:
    return " ".join(dict.fromkeys(text for cell in line.cells if (text := text_of(cell))))


def _holds_data(line: Line) -> bool:
    texts = [text for cell in line.cells if (text := text_of(cell))]
    return any(_DATA.search(text) or text.isdigit() for text in texts)


def _may_be_lower(top: Line, below: Line, has_days: bool) -> bool:
    """Whether a row may be the lower one of two of headings: it holds no data, or if days may be headings, no words under
    others."""
    if not has_days:
        return not _holds_data(below)
    both = ((top.text(column), below.text(column)) for column in range(len(below.cells)))
    return not any(
        over and under and over != under and not any(letter.isdigit() for letter in under)
        for over, under in both
    )


def _joined(top: Line, below: Line, *, spread: bool) -> tuple[str, ...]:
    """``Mother`` over ``Name`` and ``Phone`` is ``Mother Name`` and ``Mother Phone``; a group's word stands in its first
    cell, or in all of them."""
    names: list[str] = []
    group = ""
    for column in range(max(len(top.cells), len(below.cells))):
        over, under = top.text(column)[:_LONGEST], below.text(column)[:_LONGEST]
        group = over or (group if under and spread else "")
        names.append(under if not group else group if not under or over == under else f"{group} {under}")
    return tuple(names)
