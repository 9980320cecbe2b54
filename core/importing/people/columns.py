"""What the columns of a class list are: read from their headings in three languages, and from what stands in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from core.domain.names import fold
from core.importing.people.names import is_nothing
from core.importing.said import Said
from core.importing.tables.asking import LEFT_OUT
from core.importing.tables.days import day_of
from core.importing.tables.reader import Value, text_of

FIELDS: dict[str, str] = {
    "full": Said("pupil: whole name"),
    "family": Said("pupil: family name"),
    "given": Said("pupil: given name"),
    "middle": Said("pupil: middle name"),
    "nickname": Said("pupil: nickname"),
    "id": Said("pupil: number in the register"),
    "class": Said("class"),
    "roll": Said("number in the class list"),
    "birth": Said("pupil: birth date"),
    "phone": Said("pupil: phone"),
    "email": Said("pupil: e-mail"),
    "mother.full": Said("mother: name"),
    "mother.phone": Said("mother: phone"),
    "mother.email": Said("mother: e-mail"),
    "father.full": Said("father: name"),
    "father.phone": Said("father: phone"),
    "father.email": Said("father: e-mail"),
    "parent1.full": Said("first parent: name"),
    "parent1.phone": Said("first parent: phone"),
    "parent1.email": Said("first parent: e-mail"),
    "parent1.relation": Said("first parent: relation"),
    "parent2.full": Said("second parent: name"),
    "parent2.phone": Said("second parent: phone"),
    "parent2.email": Said("second parent: e-mail"),
    "parent2.relation": Said("second parent: relation"),
    LEFT_OUT: Said("not taken in"),
}
"""What a column may be, in words for people."""

_WHOSE = (
    ("mother", r"\b(mother|mum|mom|мать|матери|мама|мамы)\b|มารดา|แม่"),
    ("father", r"\b(father|dad|отец|отца|папа|папы)\b|บิดา|พ่อ"),
    ("parent", r"\b(parent|guardian|родител\w*|законн\w*|опекун\w*|представител\w*)\b|ผู้ปกครอง|ผู้ปก"),
)
_WHAT = (
    ("relation", r"\b(relation\w*|кем\b.*|родств\w*|отношени\w*)\b|ความสัมพันธ์|เกี่ยวข้อง"),
    ("phone", r"\b(phone|tel|telephone|mobile|cell|тел|телефон\w*|моб\w*|сотов\w*)\b|โทร|มือถือ|เบอร์"),
    ("email", r"\be-?mail|почт|электронн|อีเมล|อีเมล์"),
    ("birth", r"\b(birth\w*|born|dob|d\.o\.b|рожд\w*|д\.?\s?р)\b|วันเกิด|เกิด"),
    ("class", r"\b(class|homeroom|form|grade and class|класс\w*)\b|^(кл)\.?$|ชั้น|ห้อง"),
    (
        "id",
        r"\b(id|sis|student (no|number|id)|л/с|личное дело|табельн\w*|лицев\w*|идентификатор)\b|รหัส|เลขประจำตัว",
    ),
    ("roll", r"^(no\.?|#|n|(no\.?)?\s*п/?п|номер|п/п|ลำดับ.*|เลขที่|ที่)$"),
    ("nickname", r"\b(nick\s?name|прозвищ\w*)\b|ชื่อเล่น"),
    ("full", r"ф\.?\s?и\.?\s?о|фамилия.*имя|full name|name and surname|surname and name|(ชื่อ.*(สกุล|นามสกุล))"),
    ("family", r"\b(surname|family( name)?|last( name)?|фамилия)\b|^นามสกุล|^สกุล"),
    ("middle", r"\b(middle|patronymic|отчество)\b"),
    ("given", r"\b(given|first|forename|имя)\b|^ชื่อ$|^ชื่อตัว"),
    ("full", r"\b(name|student|pupil|ученик\w*|учащ\w*|обучающ\w*)\b|นักเรียน|^ชื่อ"),
)
_WHOSE_WORDS, _WHAT_WORDS = (
    # Headings are folded, which takes some Thai letters apart.
    [(name, re.compile(unicodedata.normalize("NFKC", pattern))) for name, pattern in words]
    for words in (_WHOSE, _WHAT)
)
_PHONE = re.compile(r"\+?[\d\s().-]{7,20}")
_CLASS = re.compile(r"(?:\d{1,2}\s*[-–]?\s*[«\"“]?[^\W\d_]?[»\"”]?|[มปอ]\.\s?\d{1,2}(?:/\d{1,2})?)")


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column seems to be, empty for nothing that is known; ``sure`` where heading and content agree."""

    name: str
    sure: bool


@dataclass(slots=True)
class Guesses:
    """The guesses by column, no thing named twice."""

    by_column: dict[int, Guess] = field(default_factory=dict)

    @property
    def known(self) -> int:
        """How many columns are something."""
        return sum(bool(one.name) for one in self.by_column.values())


def by_headings(names: Sequence[str]) -> Guesses:
    """Guesses by the headings alone."""
    found = Guesses()
    taken: set[str] = set()
    whose_last = ""
    parents = 0
    for column, heading in enumerate(names):
        whose, what = _read(heading)
        if not what and whose and heading:
            what = "full"
        if whose == "parent":
            number = re.search(r"[12]", heading)
            if number:
                whose_last = f"parent{number[0]}"
            elif what == "full" and "parent1.full" in taken:
                whose_last = "parent2"
            elif not whose_last.startswith("parent"):
                parents += 1
                whose_last = "parent1" if "parent1.full" not in taken else "parent2"
            whose = whose_last
        elif whose:
            whose_last = whose
        elif what in ("phone", "email", "relation") and whose_last and f"{whose_last}.{what}" not in taken:
            # “Mother | Phone”: a phone right after a parent is that parent's.
            whose = whose_last
        name = f"{whose}.{what}" if whose else what
        if name not in FIELDS or name in taken:
            name = ""
        if name:
            taken.add(name)
        found.by_column[column] = Guess(name, bool(name))
    return found


def guess(names: Sequence[str], columns: Sequence[Sequence[Value]], today: date) -> Guesses:
    """The same, checked against what stands in the columns: what contradicts its heading is not sure; what has no
    heading that is known may be known by its content."""
    found = by_headings(names)
    taken = {one.name for one in found.by_column.values() if one.name}
    for column in range(max(len(names), len(columns))):
        texts = [
            text
            for value in (columns[column] if column < len(columns) else ())
            if not is_nothing(text := text_of(value))
        ]
        now = found.by_column.get(column, Guess("", False))
        what = now.name.rpartition(".")[2]
        if now.name:
            found.by_column[column] = Guess(now.name, _agrees(what, texts, today))
            continue
        by_content = _by_content(texts, today)
        if by_content and by_content not in taken:
            taken.add(by_content)
            found.by_column[column] = Guess(by_content, False)
    return found


def _read(heading: str) -> tuple[str, str]:
    text = fold(heading)
    whose = next((name for name, pattern in _WHOSE_WORDS if pattern.search(text)), "")
    what = next((name for name, pattern in _WHAT_WORDS if pattern.search(text)), "")
    if whose and what not in ("phone", "email", "relation"):
        what = "full" if what in ("", "full", "given", "family", "middle") else ""
    return whose, what


def _agrees(what: str, texts: Sequence[str], today: date) -> bool:
    if not texts:
        return True
    if what == "birth":
        return _share(texts, lambda text: day_of(text, "dmy", today) or day_of(text, "mdy", today)) > 0.5
    if what == "phone":
        return _share(texts, lambda text: sum(letter.isdigit() for letter in text) >= 6) > 0.5
    if what == "email":
        return _share(texts, lambda text: "@" in text) > 0.5
    if what == "roll":
        return _share(texts, lambda text: text.rstrip(".").isdigit()) > 0.5
    if what in ("full", "family", "given", "middle"):
        return _share(texts, lambda text: not any(letter.isdigit() for letter in text)) > 0.8
    return True


def _by_content(texts: Sequence[str], today: date) -> str:
    if not texts:
        return ""
    if _share(texts, lambda text: "@" in text) > 0.8:
        return "email"
    if (
        _share(
            texts, lambda text: len(text) >= 8 and (day_of(text, "dmy", today) or day_of(text, "mdy", today))
        )
        > 0.8
    ):
        return "birth"
    if _share(texts, _PHONE.fullmatch) > 0.8:
        return "phone"
    if _share(texts, _CLASS.fullmatch) > 0.8 and not all(text.isdigit() for text in texts):
        return "class"
    return ""


def _share(texts: Sequence[str], is_so: Callable[[str], object]) -> float:
    return sum(bool(is_so(text)) for text in texts) / len(texts)
