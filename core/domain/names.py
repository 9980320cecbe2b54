"""People's names: how they are written out, shortened and sorted."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PersonName:
    """The parts of a name, any of which may be empty."""

    family: str
    given: str
    middle: str = ""
    nickname: str = ""

    @property
    def full_name(self) -> str:
        """``Ivan Petrov``."""
        return f"{self.given} {self.family}".strip()

    @property
    def short_name(self) -> str:
        """``Ivan P.``: enough for those who know, little for those who do not."""
        initial = _first_letter(self.family)
        return f"{self.given} {initial}." if self.given and initial else self.full_name

    @property
    def formal_name(self) -> str:
        """``Ольга Петровна`` where there is a middle name, as teachers are called in Russian; else the full name."""
        return f"{self.given} {self.middle}".strip() if self.middle and self.given else self.full_name

    @property
    def called(self) -> str:
        """What the person is called: the nickname, else the given name, else the family name."""
        return self.nickname or self.given or self.family

    @property
    def sort_key(self) -> str:
        """By family name, then given; case and ё/е do not matter."""
        return fold(f"{self.family} {self.given} {self.middle}")


def list_names(pupils: Sequence[tuple[PersonName, int | None]]) -> tuple[str, ...]:
    """Names as a class list has them, family name first, of people with their roll numbers.

    Two of one name get the middle name, else the roll number, as far as that tells them apart.
    """
    plain = [f"{name.family} {name.given}".strip() for name, _ in pupils]
    fuller = [f"{words} {name.middle}".strip() for words, (name, _) in zip(plain, pupils, strict=True)]
    how_often = Counter(map(fold, plain))
    how_often_fuller = Counter(map(fold, fuller))
    found = []
    for words, more, (_, roll) in zip(plain, fuller, pupils, strict=True):
        if how_often[fold(words)] == 1:
            found.append(words)
        elif how_often_fuller[fold(more)] == 1 and fold(more) != fold(words):
            found.append(more)
        else:
            found.append(f"{words} №{roll}" if roll is not None else more)
    return tuple(found)


def fold(text: str) -> str:
    """Text for comparing: compatible characters, no case, ё as е, single spaces."""
    # Plain letters are what normalising would make of them.
    known = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return " ".join(known.casefold().replace("ё", "е").split())


_THAI_DIGIT = re.compile("[๐-๙]")
_THAI_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")


def western_digits(text: str) -> str:
    """Text with Thai digits as western ones, each in its place."""
    return text.translate(_THAI_DIGITS) if _THAI_DIGIT.search(text) else text


def _first_letter(text: str) -> str:
    # A leading Thai vowel (เ แ โ ใ ไ) is written before its consonant; alone it is no initial.
    for position, character in enumerate(text):
        if "\u0e40" <= character <= "\u0e44":
            return text[position : position + 2]
        if character.isalpha():
            return character.upper()
    return ""
