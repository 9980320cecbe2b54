"""How one name is written in other ways: Russian cases, Latin for Cyrillic, look-alike letters."""

from __future__ import annotations

import re
from functools import lru_cache

from core.domain.names import fold

_VOWELS = "аеиоуыэюя"
# A word's ending and what its other cases end in (accusative, genitive, dative, instrumental, prepositional).
_CASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ский", ("ского", "скому", "ским", "ском")),
    ("цкий", ("цкого", "цкому", "цким", "цком")),
    ("ская", ("скую", "ской", "скою")),
    ("цкая", ("цкую", "цкой", "цкою")),
    ("ый", ("ого", "ому", "ым", "ом")),
    ("ой", ("ого", "ому", "ым", "ом", "оя", "ою", "оем")),
    ("ий", ("его", "ему", "им", "ем", "ия", "ию", "ием", "ии")),
    ("ая", ("ую", "ой", "ою")),
    ("яя", ("юю", "ей", "ею")),
    ("ова", ("овой", "ову", "овою")),
    ("ева", ("евой", "еву", "евою")),
    ("ина", ("иной", "ину", "иною", "ины", "ине")),
    ("ына", ("ыной", "ыну", "ыною")),
    ("ия", ("ию", "ии", "ией", "иею")),
    ("а", ("у", "ы", "и", "е", "ой", "ою", "ей")),
    ("я", ("ю", "и", "е", "ей", "ею")),
    ("й", ("я", "ю", "ем", "е", "и")),
    ("ь", ("я", "ю", "ем", "е", "и", "ью")),
    ("ов", ("ова", "ову", "овым", "ове")),
    ("ев", ("ева", "еву", "евым", "еве")),
    ("ин", ("ина", "ину", "иным", "ине", "ином")),
    ("ын", ("ына", "ыну", "ыным", "ыне")),
)
_LATIN_FOR = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "й": "i", "к": "k",
    "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h",
    "ц": "c", "ч": "ch", "ш": "sh", "щ": "sch", "ъ": "", "ы": "i", "ь": "", "э": "e", "ю": "u", "я": "a",
}  # fmt: skip
_LOOK_ALIKE = str.maketrans("abcehkmoptxy", "авсенкмортху")
# Ways of writing the same sound in Latin letters, brought to one; the order matters.
_SAME_SOUND = (
    ("shch", "sch"), ("kh", "h"), ("ts", "c"), ("tz", "c"), ("iu", "u"), ("yu", "u"), ("ju", "u"), ("ia", "a"),
    ("ya", "a"), ("ja", "a"), ("yo", "e"), ("jo", "e"), ("ye", "e"), ("je", "e"), ("ie", "e"), ("iy", "i"), ("ij", "i"),
    ("yi", "i"), ("ei", "e"), ("ey", "e"), ("ks", "x"), ("w", "v"), ("y", "i"), ("j", "i"), ("'", ""),
)  # fmt: skip
_CYRILLIC = re.compile(r"[а-я]")
_LATIN = re.compile(r"[a-z]")
_DOUBLED = re.compile(r"(.)\1+")


@lru_cache(maxsize=8_192)
def case_forms(word: str) -> frozenset[str]:
    """The other cases of a folded Russian name; empty for any other."""
    if not _CYRILLIC.search(word) or len(word) < 3:
        return frozenset()
    for ending, cases in _CASES:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            stem = word[: -len(ending)]
            return frozenset(stem + case for case in cases)
    if word[-1] not in _VOWELS:
        return frozenset(word + case for case in ("а", "у", "ом", "ем", "ым", "е"))
    return frozenset()


@lru_cache(maxsize=8_192)
def skeleton(word: str) -> str:
    """A folded Latin or Cyrillic word in one rough Latin spelling; "" for other scripts."""
    if not (_CYRILLIC.search(word) or _LATIN.search(word)):
        return ""
    latin = "".join(_LATIN_FOR.get(letter, letter) for letter in word)
    for written, sound in _SAME_SOUND:
        latin = latin.replace(written, sound)
    return _DOUBLED.sub(r"\1", latin)


@lru_cache(maxsize=8_192)
def one_alphabet(word: str) -> str:
    """A folded word in which a stray Latin letter among Cyrillic ones is the Cyrillic one that looks like it."""
    if _CYRILLIC.search(word) and _LATIN.search(word):
        return word.translate(_LOOK_ALIKE)
    return word


def class_key(name: str) -> str:
    """A class's name for comparing: ``7А``, ``7 a`` and ``7-A`` are one, whichever alphabet the letter is from."""
    return "".join(letter for letter in fold(name).translate(_LOOK_ALIKE) if letter.isalnum())
