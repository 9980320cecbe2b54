"""The single words of a teacher's line: where each stands, and what it can say on the school's scale."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from core.domain.grading import MarkValue, Scale
from core.domain.marking_words import KINDS, PASS_OR_FAIL, PRESENCES
from core.domain.names import fold, western_digits
from core.errors import MarkOutOfScale

DASHES = frozenset("-–—−:")
NUMBER = re.compile(r"\d{1,6}(?:[.,]\d{1,3})?[+\-−–—]?%?", re.ASCII)
POINTS = re.compile(r"(\d{1,6}(?:[.,]\d{1,3})?)/(\d{1,6}(?:[.,]\d{1,3})?)", re.ASCII)
TWO_MARKS = re.compile(r"(\d{1,3}[+\-]?),(\d{1,3}[+\-]?)", re.ASCII)
_TOKEN = re.compile(
    r'"[^"\n]*"|«[^«»\n]*»|“[^“”\n]*”|„[^„“”\n]*[“”]'
    r"|[,;](?!(?<=\d[,;])\d)"
    r'|(?:[^\s,;:"«»“”„]|(?<=\d)[,:](?=\d))+'
    r"|\S"
)
_MINUS_SIGNS = frozenset("−–—")
_SIGNS_AND_DIGITS = frozenset("-−–—0123456789")
_MINUSES = str.maketrans("−–—", "---")
_LONGEST_MARK = 8
# Longer words say nothing, and are not worth folding: some single characters fold to eighteen.
_LONGEST_WORD = 24


class Word(NamedTuple):
    """What a word can say of a pupil, wherever it stands."""

    text: str
    folded: str
    is_quote: bool
    is_mark: bool
    is_said: bool
    """Whether it says anything, so that a name ends before it."""


class Token(NamedTuple):
    """A word at ``start`` to ``end`` of the text; Thai digits are western ones in ``text``, but for quotes."""

    word: Word
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.word.text

    @property
    def folded(self) -> str:
        """In one way of writing, without a full stop behind."""
        return self.word.folded


class Reader:
    """Words on one scale; each is looked at once, however often it is said."""

    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self._symbols = _symbols(scale)
        self._known: dict[str, Word] = {}

    def tokens(self, line: str, start: int) -> list[Token]:
        """The words of a line that begins at ``start`` of the text."""
        return [
            Token(self.word(match[0]), start + match.start(), start + match.end())
            for match in _TOKEN.finditer(line)
        ]

    def token(self, text: str, start: int) -> Token:
        """A part of a word, as a word of its own."""
        return Token(self.word(text), start, start + len(text))

    def word(self, text: str) -> Word:
        """What the word can say."""
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = self._look_at(text)
        return known

    def _look_at(self, text: str) -> Word:
        if len(text) > 1 and text[0] in '"«“„' and text[-1] in '"»“”':
            return Word(text, "", True, False, True)
        if text.isascii():
            folded = text.lower()
        else:
            text = western_digits(text)
            folded = fold(text) if len(text) <= _LONGEST_WORD else ""
        is_mark = self._is_mark(text, folded)
        plain = folded.rstrip(".") if folded[-1:] == "." else folded
        is_said = is_mark or plain in PRESENCES or plain in KINDS or text in DASHES
        return Word(text, plain, False, is_mark, is_said)

    def _is_mark(self, text: str, folded: str) -> bool:
        """Whether it looks like one, also off the scale."""
        if folded in self._symbols:
            return len(text) <= _LONGEST_MARK
        if text[:1] in _SIGNS_AND_DIGITS:
            plain = text.lstrip("-−–—")
            return any(one.fullmatch(plain) for one in (NUMBER, POINTS, TWO_MARKS))
        return folded[-1:] in _MINUS_SIGNS and len(text) <= _LONGEST_MARK and _symbol(text) in self._symbols

    def on_scale(self, text: str) -> MarkValue | None:
        """The scale's own mark; None where it has none like that."""
        known = self._symbols.get(_symbol(text))
        if known is not None or self.scale.span is None:
            return known
        try:
            return self.scale.parse(text.rstrip("%"))
        except MarkOutOfScale:
            return None


def plain_number(number: Decimal) -> str:
    """Without zeros behind the point."""
    return str(int(number)) if number == number.to_integral_value() else str(number.normalize())


def _symbol(text: str) -> str:
    """A mark's text for looking it up: one kind of minus, a point for decimals, no zeros behind it."""
    symbol = fold(text).translate(_MINUSES).replace(",", ".")
    whole, point, decimals = symbol.partition(".")
    return whole if point and decimals and not decimals.strip("0") else symbol


@lru_cache(maxsize=32)
def _symbols_of(key: str, values: tuple[tuple[str, Decimal | None], ...]) -> Mapping[str, MarkValue]:
    found = {_symbol(text): MarkValue(text, number) for text, number in values}
    if key == "letters":
        look_alike = str.maketrans("abce", "авсе")
        found |= {symbol.translate(look_alike): value for symbol, value in found.items()}
    if key == "passfail":
        found |= {word: found[meant] for word, meant in PASS_OR_FAIL.items()}
    return found


def _symbols(scale: Scale) -> Mapping[str, MarkValue]:
    return _symbols_of(scale.key, tuple(scale.values.items())) if scale.values else {}
