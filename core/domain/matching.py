"""Which pupil a name means: sure, or several to choose from; never a guess between two."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

from core.domain.keyboard import in_other_layouts
from core.domain.name_forms import case_forms, one_alphabet, skeleton
from core.domain.names import PersonName, fold

_ROLL = re.compile(r"(?:№|#|no\.?|เลขที่)\s*(\d{1,3})", re.IGNORECASE)
_INITIALS = re.compile(r"(?:\w[\u0e31-\u0e4e]*\.)+\w?|\w")


@dataclass(frozen=True, slots=True)
class Named:
    """A pupil as the matcher sees one."""

    id: int
    name: PersonName
    roll_number: int | None = None


@dataclass(frozen=True, slots=True)
class _Spoken:
    """What was said: whole words, and initials of the given and middle name."""

    words: tuple[str, ...]
    initials: tuple[str, ...]


def match_name(spoken: str, pupils: Sequence[Named]) -> tuple[Named, ...]:
    """() is nobody, one is sure, several are to be asked about, by name.

    The first way of reading that fits anybody decides, and all whom it fits are returned: roll number (written
    №12), the very words (family names before given ones), Russian cases, the other alphabet, a typo (one letter in
    words of four to seven, two in longer ones), the keys of another keyboard layout. Initials narrow each of them.
    """
    roll = _ROLL.fullmatch(spoken.strip())
    if roll:
        return tuple(one for one in pupils if one.roll_number == int(roll[1]))
    said = _read(spoken)
    if not said.words:
        return ()
    for fits in (_same, _in_another_case, _in_another_alphabet, _with_a_typo):
        found = _fitting(said, pupils, fits)
        if found:
            return _in_order(found)
    for text in in_other_layouts(" ".join((*said.words, *said.initials))):
        typed = fold(text).split()
        words, initials = typed[: len(said.words)], typed[len(said.words) :]
        found = _fitting(_Spoken(tuple(words), tuple(initials)), pupils, _in_another_case)
        if found:
            return _in_order(found)
    return ()


def match_surely(spoken: str, people: Sequence[Named]) -> tuple[Named, ...]:
    """The same for machines, of whom nobody sees what they take: the very words or their sound in the other alphabet,
    one of which is the family name. Neither cases, for Иванова may be another than Иванов, nor typing errors."""
    said = _read(spoken)
    for fits in (_same, _of_one_sound):
        found = [
            one
            for one in _fitting(said, people, fits)
            if any(fits(word, own) for word in said.words for own in _parts(one.name)[0])
        ]
        if found:
            return _in_order(found)
    return ()


def are_alike(one: str, other: str) -> bool:
    """Whether two folded names of things may be one: the same sound, one the beginning of the other, a typing error."""
    if one == other or (skeleton(one) and skeleton(one) == skeleton(other)):
        return True
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= 4 and longer.startswith(f"{shorter} "):
        return True
    most = 1 if len(shorter) < 8 else 2
    return len(shorter) >= 5 and DamerauLevenshtein.distance(one, other, score_cutoff=most) <= most


def search_names(said: str, people: Sequence[Named], most: int) -> tuple[Named, ...]:
    """Those whom a search means, at most so many: beginnings of words in any order, whole words first; where there are
    none, whatever ``match_name`` makes of it."""
    words = [one_alphabet(word) for word in fold(said).replace(",", " ").replace("-", " ").split()]
    if not words:
        return ()
    found = [(whole, one) for one in people if (whole := _beginnings(words, one.name)) is not None]
    if not found:
        return match_name(said, people)[:most]
    found.sort(key=lambda pair: (-pair[0], pair[1].name.sort_key, pair[1].id))
    return tuple(one for _, one in found[:most])


def _beginnings(words: Sequence[str], name: PersonName) -> int | None:
    """How many of the words are whole ones of the name; None unless each begins one, and each another."""
    family, given, middle = _parts(name)
    left, whole = [*family, *given, *middle], 0
    for word in sorted(words, key=len, reverse=True):
        own = min((one for one in left if one.startswith(word)), key=len, default=None)
        if own is None:
            return None
        left.remove(own)
        whole += own == word
    return whole


def _in_order(found: Sequence[Named]) -> tuple[Named, ...]:
    return tuple(sorted(found, key=lambda one: (one.name.sort_key, one.id)))


def _read(spoken: str) -> _Spoken:
    words: list[str] = []
    initials: list[str] = []
    for part in fold(spoken).replace(",", " ").split():
        if _INITIALS.fullmatch(part):
            initials += [letter for letter in part if letter.isalpha()]
        else:
            words += [one_alphabet(word) for word in part.strip(".").replace("-", " ").split() if word]
    return _Spoken(tuple(words), tuple(initials))


@lru_cache(maxsize=16_384)
def _parts(name: PersonName) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Folded words of the family name, of given name and nickname, and of the middle name."""

    def words(text: str) -> tuple[str, ...]:
        return tuple(fold(text).replace("-", " ").split())

    return words(name.family), words(f"{name.given} {name.nickname}"), words(name.middle)


_Fits = Callable[[str, str], bool]


def _same(said: str, own: str) -> bool:
    return said == own


def _in_another_case(said: str, own: str) -> bool:
    return said == own or said in case_forms(own)


def _of_one_sound(said: str, own: str) -> bool:
    return said == own or (len(said) > 2 and skeleton(said) != "" and skeleton(said) == skeleton(own))


def _in_another_alphabet(said: str, own: str) -> bool:
    return _in_another_case(said, own) or _of_one_sound(said, own)


def _with_a_typo(said: str, own: str) -> bool:
    if _in_another_alphabet(said, own):
        return True
    for one, other in ((said, own), (skeleton(said), skeleton(own))):
        most = 0 if min(len(one), len(other)) < 4 else 1 if len(other) < 8 else 2
        if most and DamerauLevenshtein.distance(one, other, score_cutoff=most) <= most:
            return True
    return False


def _fitting(said: _Spoken, pupils: Sequence[Named], fits: _Fits) -> list[Named]:
    """Those by family name, if any; else those by given name or nickname."""
    by_family: list[Named] = []
    by_given: list[Named] = []
    for pupil in pupils:
        family, given, middle = _parts(pupil.name)
        if not _all_fit(said, family, given, middle, fits):
            continue
        is_family = any(fits(word, own) for word in said.words for own in family)
        (by_family if is_family else by_given).append(pupil)
    return by_family or by_given


def _all_fit(
    said: _Spoken, family: tuple[str, ...], given: tuple[str, ...], middle: tuple[str, ...], fits: _Fits
) -> bool:
    """Every word is one of the name's, each of the name's for one word only; initials are of given or middle names.

    A middle name alone names nobody.
    """
    left = [*family, *given, *middle]
    for word in said.words:
        own = next((one for one in left if fits(word, one)), None)
        if own is None:
            return False
        left.remove(own)
    if all(any(fits(word, one) for one in middle) for word in said.words) and not any(
        fits(word, one) for word in said.words for one in (*family, *given)
    ):
        return False
    firsts = [_initial(one) for one in (*given, *middle)]
    return all(_initial(letter) in firsts for letter in said.initials)


def _initial(word: str) -> str:
    """The first consonant or vowel, in one alphabet; a leading Thai vowel is skipped."""
    for letter in word:
        if not "\u0e40" <= letter <= "\u0e44":
            return skeleton(letter)[:1] or letter
    return word[:1]
