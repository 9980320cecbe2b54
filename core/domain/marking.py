"""A teacher's line: ``7A algebra: Ivanov 5, Petrova 4 4, Sidorov absent, Kozlov late 10 "overslept"``.

    line    = [target ":"] item {("," | ";" | newline) item}
    item    = name {mark | presence [minutes] | kind | comment} | "rest present"
    mark    = as the school's scale prints it, or points of a maximum, 18/20
    comment = words in quotes; on a scale of words they are the mark

All words are understood in English, Russian and Thai at once (``marking_words``). What a name or a target means is
not decided here. Nothing is guessed: an item is understood whole or told back with the place and the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from core.domain.grading import MarkValue, Scale
from core.domain.kinds import Presence
from core.domain.marking_words import KINDS, MINUTES, PASS_OR_FAIL, PRESENCES, REST_PRESENT, ROLL_NUMBER
from core.domain.names import fold
from core.errors import MarkOutOfScale

LONGEST_LINE = 4_096
LONGEST_COMMENT = 500
MOST_ITEMS = 120
MOST_MINUTES = 300
_MOST_WORDS = 40
_QUOTES = (('"', '"'), ("«", "»"), ("“", "”"))
_TOKEN = re.compile(
    r'"[^"\n]*"|«[^«»\n]*»|“[^“”\n]*”|„[^„“”\n]*[“”]'
    r"|[,;](?!(?<=\d[,;])\d)"
    r'|(?:[^\s,;:"«»“”„]|(?<=\d)[,:](?=\d))+'
    r"|\S"
)
_NUMBER = re.compile(r"\d{1,6}(?:[.,]\d{1,3})?[+\-−–—]?%?", re.ASCII)
_POINTS = re.compile(r"(\d{1,6}(?:[.,]\d{1,3})?)/(\d{1,6}(?:[.,]\d{1,3})?)", re.ASCII)
_TWO = re.compile(r"(\d{1,3}[+\-]?),(\d{1,3}[+\-]?)", re.ASCII)
_GLUED = re.compile(r"([^\W\d]\D+?)(\d.*)")
_SPAN_OF_MINUTES = re.compile(r"(\d{1,6})(\D{0,8})", re.ASCII)
_DASHES = frozenset("-–—−:")
_MINUSES = str.maketrans("−–—", "---")


class Why(StrEnum):
    """Why an item was not understood."""

    NO_NAME = "no_name"
    NOTHING_SAID = "nothing_said"
    UNKNOWN_WORD = "unknown_word"
    OFF_SCALE = "off_scale"
    TWO_READINGS = "two_readings"
    SAID_TWICE = "said_twice"
    MINUTES = "minutes"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class GivenMark:
    """A mark on the scale, or points of ``maximum``."""

    value: MarkValue
    maximum: Decimal | None = None

    def __str__(self) -> str:
        return self.value.text if self.maximum is None else f"{self.value.text}/{_plain(self.maximum)}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One pupil's part, by whatever name; it stands at ``start`` to ``end`` of the text. ``kind`` is empty for none."""

    name: str
    marks: tuple[GivenMark, ...] = ()
    presence: Presence | None = None
    minutes: int | None = None
    kind: str = ""
    comment: str = ""
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Misread:
    """An item that was not understood: its whole text, the word that stopped the reading, where that stands."""

    text: str
    why: Why
    word: str = ""
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Line:
    """What a line says, in its order. ``target`` is the words before the colon: a class, subject, period or day."""

    items: tuple[Entry | Misread, ...] = ()
    target: str = ""
    rest_present: bool = False

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What was understood."""
        return tuple(item for item in self.items if isinstance(item, Entry))

    @property
    def misread(self) -> tuple[Misread, ...]:
        """What was not."""
        return tuple(item for item in self.items if isinstance(item, Misread))

    @property
    def is_marking(self) -> bool:
        """Whether somebody meant to mark: plain words and names alone are none of this parser's business."""
        meant = (Why.OFF_SCALE, Why.TWO_READINGS, Why.SAID_TWICE, Why.MINUTES)
        return bool(self.entries) or self.rest_present or any(one.why in meant for one in self.misread)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int

    @property
    def is_quote(self) -> bool:
        return len(self.text) > 1 and self.text[0] in '"«“„' and self.text[-1] in '"»“”'

    @property
    def folded(self) -> str:
        return fold(self.text).rstrip(".")


class _Stop(Exception):
    """The item cannot be understood, because of one word."""

    def __init__(self, why: Why, token: _Token | None = None) -> None:
        self.why = why
        self.token = token


def parse_line(text: str, scale: Scale) -> Line:
    """What the line says on this scale. Never raises, and reads no more than LONGEST_LINE characters."""
    read, too_much = text[:LONGEST_LINE], text[LONGEST_LINE:]
    items: list[Entry | Misread] = []
    target, target_kind, rest_present = "", "", False
    is_first = True
    for line_start, line in _lines(read):
        tokens = [
            _Token(match[0], line_start + match.start(), line_start + match.end())
            for match in _TOKEN.finditer(line)
        ]
        if not tokens:
            continue
        if is_first:
            is_first = False
            colon = _target_ends(tokens, scale, more_lines=line_start + len(line) < len(read.rstrip()))
            if colon is not None:
                target, target_kind = _read_target(tokens[:colon])
                tokens = tokens[colon + 1 :]
        for group in _groups(tokens):
            if len(items) == MOST_ITEMS:
                cut = group[0].start
                items.append(Misread(read[cut:].strip(), Why.TOO_LONG, start=cut, end=len(text)))
                return Line(tuple(items), target, rest_present)
            said = " ".join(token.folded for token in group[:4])
            if len(group) <= 3 and said in REST_PRESENT:
                rest_present = True
                continue
            items.append(_read_item(read, group, scale, target_kind))
    if too_much.strip():
        items.append(Misread(too_much.strip(), Why.TOO_LONG, start=LONGEST_LINE, end=len(text)))
    return Line(tuple(items), target, rest_present)


def print_line(line: Line, scale: Scale) -> str:
    """The line in its plainest form, an item a row; parsing it on the same scale gives the same line again."""
    rows = [_print_entry(item, scale) if isinstance(item, Entry) else item.text for item in line.items]
    if line.rest_present:
        rows.append("rest present")
    if line.target or (rows and ":" in rows[0]):
        # A colon alone says that there is no target, so that none is read out of the first item.
        rows.insert(0, f"{line.target}:")
    return "\n".join(rows)


def _print_entry(entry: Entry, scale: Scale) -> str:
    # Marks stand before the presence: a number behind "late" is minutes.
    marks = [str(mark) for mark in entry.marks]
    parts = [entry.name] if scale.is_words else [entry.name, *marks]
    if entry.presence is not None:
        parts.append(entry.presence.value)
        if entry.minutes is not None:
            parts.append(str(entry.minutes))
    if entry.kind:
        parts.append(entry.kind)
    in_quotes = marks if scale.is_words else [entry.comment] if entry.comment else []
    return " ".join([*parts, *(_quoted(text) for text in in_quotes)])


def _quoted(text: str) -> str:
    opening, closing = next((o, c) for o, c in _QUOTES if o not in text and c not in text)
    return f"{opening}{text}{closing}"


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.split("\n"):
        yield start, line
        start += len(line) + 1


def _groups(tokens: Sequence[_Token]) -> Iterator[list[_Token]]:
    group: list[_Token] = []
    for token in tokens:
        if token.text in (",", ";"):
            if group:
                yield group
            group = []
        else:
            group.append(token)
    if group:
        yield group


def _target_ends(tokens: Sequence[_Token], scale: Scale, *, more_lines: bool) -> int | None:
    """Where the target's colon stands; None where there is no target. ``Ivanov: 5`` has none."""
    for place, token in enumerate(tokens):
        if token.text in (",", ";") or token.is_quote:
            return None
        if token.text == ":":
            if place + 1 == len(tokens):
                return place if more_lines else None
            return None if _is_said(tokens[place + 1], scale) else place
    return None


def _read_target(tokens: Sequence[_Token]) -> tuple[str, str]:
    """The target's words without a kind that is meant for all, and that kind."""
    kinds = [token for token in tokens if token.folded in KINDS]
    if len(kinds) == 1 and len(tokens) > 1:
        words = [token.text for token in tokens if token is not kinds[0]]
        return " ".join(words), KINDS[kinds[0].folded]
    return " ".join(token.text for token in tokens), ""


def _is_said(token: _Token, scale: Scale) -> bool:
    """Whether a token says something of a pupil, so that a name ends before it."""
    return (
        token.is_quote
        or token.text in _DASHES
        or token.folded in PRESENCES
        or token.folded in KINDS
        or _looks_like_mark(token.text, scale)
    )


def _looks_like_mark(text: str, scale: Scale) -> bool:
    plain = text.lstrip("-−–—")
    if _NUMBER.fullmatch(plain) or _POINTS.fullmatch(plain) or _TWO.fullmatch(plain):
        return True
    return len(text) <= 8 and _symbol(text) in _symbols(scale)


def _read_item(text: str, tokens: list[_Token], scale: Scale, kind: str) -> Entry | Misread:
    start, end = tokens[0].start, tokens[-1].end
    try:
        if len(tokens) > _MOST_WORDS:
            raise _Stop(Why.TOO_LONG)
        entry = _read_entry(tokens, scale)
    except _Stop as stop:
        where = stop.token or _Token("", start, end)
        return Misread(text[start:end], stop.why, where.text, where.start, where.end)
    if kind and entry.marks and not entry.kind:
        entry = replace(entry, kind=kind)
    return replace(entry, start=start, end=end)


def _read_entry(tokens: Sequence[_Token], scale: Scale) -> Entry:
    name, rest = _read_name(tokens, scale)
    marks: list[GivenMark] = []
    presence: Presence | None = None
    minutes: int | None = None
    kind = comment = ""
    place = 0
    while place < len(rest):
        token = rest[place]
        place += 1
        two_words = f"{token.folded} {rest[place].folded}" if place < len(rest) else ""
        if token.is_quote:
            words = " ".join(token.text[1:-1].split())
            if scale.is_words and words:
                marks.append(_mark_of_words(words, scale, token))
            elif comment:
                raise _Stop(Why.SAID_TWICE, token)
            elif len(words) > LONGEST_COMMENT:
                raise _Stop(Why.TOO_LONG, token)
            else:
                comment = words
        elif two_words in PRESENCES or token.folded in PRESENCES:
            if presence is not None:
                raise _Stop(Why.SAID_TWICE, token)
            place += two_words in PRESENCES
            presence = PRESENCES.get(two_words) or PRESENCES[token.folded]
            if presence is Presence.LATE:
                minutes, place = _read_minutes(rest, place)
        elif token.folded in KINDS:
            if kind and kind != KINDS[token.folded]:
                raise _Stop(Why.SAID_TWICE, token)
            kind = KINDS[token.folded]
        elif _looks_like_mark(token.text, scale):
            marks += _read_marks(token, scale)
        else:
            raise _Stop(Why.UNKNOWN_WORD, token)
    if not marks and presence is None:
        raise _Stop(Why.NOTHING_SAID)
    return Entry(name, tuple(marks), presence, minutes, kind, comment)


def _read_name(tokens: Sequence[_Token], scale: Scale) -> tuple[str, list[_Token]]:
    """The leading words, the first of them in any case, and the tokens behind."""
    first = tokens[0]
    if fold(first.text) in ROLL_NUMBER and len(tokens) > 1 and tokens[1].text.isdecimal():
        return f"№{int(tokens[1].text)}", _behind_the_name(tokens, 2)
    if first.is_quote or first.text in _DASHES or _NUMBER.fullmatch(first.text) or "/" in first.text:
        raise _Stop(Why.NO_NAME, first)
    words: list[str] = []
    for place, token in enumerate(apart := _unglued(tokens, scale)):
        if words and _is_said_here(apart, place, scale):
            return " ".join(words), _behind_the_name(apart, place)
        words.append(token.text)
    raise _Stop(Why.NOTHING_SAID)


def _unglued(tokens: Sequence[_Token], scale: Scale) -> list[_Token]:
    """The tokens with the word of the name that a mark is glued to, ``Ivanov5``, in two."""
    for place, token in enumerate(tokens):
        if place and _is_said(token, scale):
            break
        glued = _GLUED.fullmatch(token.text)
        if glued and _looks_like_mark(glued[2], scale) and fold(glued[1]) not in ROLL_NUMBER:
            cut = token.start + len(glued[1])
            parts = [_Token(glued[1], token.start, cut), _Token(glued[2], cut, token.end)]
            return [*tokens[:place], *parts, *tokens[place + 1 :]]
    return list(tokens)


def _is_said_here(tokens: Sequence[_Token], place: int, scale: Scale) -> bool:
    """An initial, ``Ivanov B 5``, is no "ill": a capital alone before something else that is said is a name's."""
    token = tokens[place]
    if place + 1 < len(tokens) and f"{token.folded} {tokens[place + 1].folded}" in PRESENCES:
        return True
    if not _is_said(token, scale):
        return False
    is_initial = len(token.text) == 1 and token.text.isupper() and token.folded in PRESENCES
    is_initial = is_initial or (len(token.text) == 2 and token.text[0].isupper() and token.text[1] == ".")
    return not (is_initial and place + 1 < len(tokens) and _is_said(tokens[place + 1], scale))


def _behind_the_name(tokens: Sequence[_Token], place: int) -> list[_Token]:
    """The tokens from a place on, without the dash or colon that parts them from the name."""
    rest = list(tokens[place:])
    if rest and rest[0].text in _DASHES:
        return rest[1:]
    if rest and rest[0].text[0] in _DASHES and len(rest[0].text) > 1:
        return [_Token(rest[0].text[1:], rest[0].start + 1, rest[0].end), *rest[1:]]
    return rest


def _read_minutes(tokens: Sequence[_Token], place: int) -> tuple[int | None, int]:
    if place == len(tokens):
        return None, place
    token = tokens[place]
    found = _SPAN_OF_MINUTES.fullmatch(token.text)
    if found is None or (found[2] and fold(found[2]).rstrip(".") not in MINUTES):
        return None, place
    if not 1 <= int(found[1]) <= MOST_MINUTES:
        raise _Stop(Why.MINUTES, token)
    place += 1
    if not found[2] and place < len(tokens) and tokens[place].folded in MINUTES:
        place += 1
    return int(found[1]), place


def _mark_of_words(words: str, scale: Scale, token: _Token) -> GivenMark:
    try:
        return GivenMark(scale.parse(words))
    except MarkOutOfScale:
        raise _Stop(Why.TOO_LONG, token) from None


def _read_marks(token: _Token, scale: Scale) -> list[GivenMark]:
    """The one mark of a word, or the two of ``5,4`` where that is no decimal."""
    points = _POINTS.fullmatch(token.text)
    if points:
        return [_read_points(token, points, scale)]
    whole = _on_scale(token.text, scale)
    two = _TWO.fullmatch(token.text)
    halves = [_on_scale(part, scale) for part in two.groups()] if two else []
    both = [half for half in halves if half is not None]
    if len(both) == 2:
        if whole is not None:
            raise _Stop(Why.TWO_READINGS, token)
        return [GivenMark(half) for half in both]
    if whole is None:
        raise _Stop(Why.OFF_SCALE, token)
    return [GivenMark(whole)]


def _read_points(token: _Token, points: re.Match[str], scale: Scale) -> GivenMark:
    """Points; where both numbers are marks of a short scale, ``5/4`` may be two marks and is not guessed."""
    got, most = (Decimal(number.replace(",", ".")) for number in points.groups())
    if scale.choices() and all(_on_scale(number, scale) for number in points.groups()):
        raise _Stop(Why.TWO_READINGS, token)
    if most <= 0 or got > most or scale.is_words:
        raise _Stop(Why.OFF_SCALE, token)
    return GivenMark(MarkValue(_plain(got), Decimal(_plain(got))), Decimal(_plain(most)))


def _plain(number: Decimal) -> str:
    return str(int(number)) if number == number.to_integral_value() else str(number.normalize())


def _on_scale(text: str, scale: Scale) -> MarkValue | None:
    known = _symbols(scale).get(_symbol(text))
    if known is not None or scale.span is None:
        return known
    try:
        return scale.parse(text.rstrip("%"))
    except MarkOutOfScale:
        return None


def _symbol(text: str) -> str:
    """A mark's text for looking it up: one kind of minus, a point for decimals, no zeros behind it."""
    symbol = fold(text).translate(_MINUSES).replace(",", ".")
    whole, point, decimals = symbol.partition(".")
    return whole if point and decimals and not decimals.strip("0") else symbol


@lru_cache(maxsize=32)
def _symbols_of(key: str, values: tuple[tuple[str, Decimal | None], ...]) -> dict[str, MarkValue]:
    found = {_symbol(text): MarkValue(text, number) for text, number in values}
    if key == "letters":
        look_alike = str.maketrans("abce", "авсе")
        found |= {symbol.translate(look_alike): value for symbol, value in found.items()}
    if key == "passfail":
        found |= {word: found[meant] for word, meant in PASS_OR_FAIL.items()}
    return found


def _symbols(scale: Scale) -> dict[str, MarkValue]:
    return _symbols_of(scale.key, tuple(scale.values.items())) if scale.values else {}
