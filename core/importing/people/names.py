"""Names in one cell, as lists of three languages write them; who comes first is not guessed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Order = Literal["family", "given"]
_TITLES = re.compile(
    r"^(เด็กชาย|เด็กหญิง|ด\.\s?ช\.|ด\.\s?ญ\.|นางสาว|น\.\s?ส\.|นาย|นาง|(?:mr|mrs|ms|miss|master|dr)\b\.?)\s*",
    re.IGNORECASE,
)
_PATRONYMIC = re.compile(r"(?:ович|евич|ич|овна|евна|инична|ична)$", re.IGNORECASE)
_NUMBER = re.compile(r"^\d{1,3}[.)]\s*(?=[^\W\d_])")
_NO_NAME = re.compile(r"[\d:@_=<>]")
_BETWEEN = re.compile(r"[/;&+()]|\s(?:и|and|и/или|และ|กับ)\s")
_DAY = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}|\d{4}-\d{2}-\d{2}.*")
_DASHES = frozenset({"", "-", "–", "—", "--", "---"})
_NOTHING = frozenset({"нет", "н/д", "none", "n/a", "no", "ไม่มี"})
_LONGEST = 150
_STEM = 4
_TURKIC = frozenset({"оглы", "кызы", "оглу", "угли", "uulu"})


@dataclass(frozen=True, slots=True)
class Parts:
    """A name taken apart."""

    family: str
    given: str
    middle: str = ""

    @property
    def full(self) -> str:
        """``Петров Иван Сергеевич``."""
        return " ".join(filter(None, (self.family, self.given, self.middle)))


def without_title(text: str) -> str:
    """``ด.ช.มาลี`` is ``มาลี``, and ``3. Петров`` is ``Петров``."""
    return _TITLES.sub("", _NUMBER.sub("", " ".join(text.split()), count=1), count=1).strip()


def is_name(text: str) -> bool:
    """Whether it can be one: ``15.09.2026`` and whole paragraphs stand in columns of names, too."""
    plain = without_title(text)
    return len(plain) <= _LONGEST and not _NO_NAME.search(plain)


def is_nothing(text: str, *, is_name: bool = False) -> bool:
    """Whether a cell says that there is nothing to say; “No” may be a name."""
    plain = text.strip().casefold().strip(".")
    return plain in _DASHES or (not is_name and plain in _NOTHING)


def is_phone(text: str) -> bool:
    """Whether it can be one: it has digits, and is no day."""
    return any(letter.isdigit() for letter in text) and not _DAY.fullmatch(text)


def is_one_person(text: str) -> bool:
    """Whether a cell holds one name: not two parents, nor a phone or what somebody is beside it."""
    if not is_name(text) or _BETWEEN.search(text):
        return False
    pieces = [piece.split() for piece in re.split(r"[,\n]", text) if piece.strip()]
    for first, second in itertools.combinations([piece for piece in pieces if len(piece) > 1], 2):
        # “De la Cruz, Maria Elena” is one; “Anna Petrova, Oleg Petrov” have a family name in common.
        stems = [{word[:_STEM].casefold() for word in (piece[0], piece[-1])} for piece in (first, second)]
        if stems[0] & stems[1] or all(_is_patronymic(piece[-1:]) for piece in (first, second)):
            return False
    return True


def order_of(texts: Iterable[str], heading: str) -> Order | None:
    """Which comes first, where the names or their heading tell; None where they do not."""
    said = heading.casefold()
    if re.search(r"ф\.?\s?и\.?\s?о|фамилия.*имя|surname.*(given|first|name)|last.*first|family.*given", said):
        return "family"
    if re.search(r"имя.*фамилия|(given|first).*(surname|last|family)|name and surname", said):
        return "given"
    votes = {"family": 0, "given": 0}
    for text in texts:
        name = without_title(text)
        words = name.split()
        if not words:
            continue
        if "\u0e00" <= words[0][0] <= "\u0e7f":
            votes["given"] += 1
        elif "," in name or (len(words) >= 3 and _is_patronymic(words[2:])):
            votes["family"] += 1
        elif len(words) >= 3 and _is_patronymic([words[1]]):
            votes["given"] += 1
    if votes["family"] and not votes["given"]:
        return "family"
    if votes["given"] and not votes["family"]:
        return "given"
    return None


def parts_of(text: str, order: Order | None) -> Parts | None:
    """The parts; None for two words or more in an order that is not known. A comma says it by itself."""
    name = without_title(text)
    if "," in name:
        family, _, rest = (part.strip() for part in name.partition(","))
        words = rest.split()
        return Parts(family, words[0] if words else "", " ".join(words[1:]))
    words = name.split()
    if not words:
        return Parts("", "")
    if "\u0e00" <= words[0][0] <= "\u0e7f":
        # Thai names are a given name and a family name, which may be of several words.
        return Parts(" ".join(words[1:]), words[0])
    if len(words) == 1:
        return Parts(words[0], "") if order == "family" else Parts("", words[0])
    if len(words) >= 3 and _is_patronymic(words[2:]):
        return Parts(words[0], words[1], " ".join(words[2:]))
    if len(words) >= 3 and _is_patronymic([words[1]]):
        return Parts(" ".join(words[2:]), words[0], words[1])
    if order == "family":
        return Parts(words[0], words[1], " ".join(words[2:]))
    if order == "given":
        return Parts(words[-1], words[0], " ".join(words[1:-1]))
    return None


def _is_patronymic(words: list[str]) -> bool:
    return bool(_PATRONYMIC.search(words[0])) or words[-1].casefold() in _TURKIC
