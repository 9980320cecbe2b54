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

from core.domain.grading import MarkValue, Scale
from core.domain.kinds import Presence
from core.domain.marking_tokens import DASHES, NUMBER, POINTS, TWO_MARKS, Reader, Token, plain_number
from core.domain.marking_words import (
    CHATTER,
    GLUED_PRESENCES,
    KINDS,
    MINUTES,
    PRESENCES,
    REST_PRESENT,
    ROLL_NUMBER,
    TWO_WORD_PRESENCES,
)
from core.domain.names import fold
from core.errors import MarkOutOfScale

LONGEST_LINE = 4_096
LONGEST_COMMENT = 500
MOST_ITEMS = 120
MOST_MINUTES = 300
_MOST_WORDS = 40
_FIRST_WORDS = 6
_QUOTES = (('"', '"'), ("«", "»"), ("“", "”"))
_QUOTATION_MARKS = frozenset('"«»“”„')
_GLUED = re.compile(r"([^\W\d]\D+?)(\d.*)")
_SPAN_OF_MINUTES = re.compile(r"(\d{1,6})(\D{0,8})", re.ASCII)


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
        return self.value.text if self.maximum is None else f"{self.value.text}/{plain_number(self.maximum)}"


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

    @property
    def is_meant(self) -> bool:
        """Whether a pupil was to be marked, and these are no plain words that sound alike."""
        return not _is_chatter(self.name)


@dataclass(frozen=True, slots=True)
class Misread:
    """An item that was not understood: its whole text, the word that stopped the reading, where that stands.

    ``name`` is whose it seems to be, where a mark or a presence was read behind it, also one off the scale.
    """

    text: str
    why: Why
    word: str = ""
    name: str = ""
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    @property
    def is_meant(self) -> bool:
        """As of an entry: ``Ivanov 5 great`` was to mark somebody, ``see you at 9`` was not."""
        return bool(self.name) and not _is_chatter(self.name)


def _is_chatter(name: str) -> bool:
    """Whether a "name" holds little words that stand in no name: ``see you at``. A capital makes one of any."""
    return any(word in CHATTER for word in name.split())


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
        return self.rest_present or any(item.is_meant for item in self.items)


class _Stop(Exception):
    """The item cannot be understood, because of one word."""

    def __init__(self, why: Why, token: Token | None = None) -> None:
        self.why = why
        self.token = token


def parse_line(text: str, scale: Scale) -> Line:
    """What the line says on this scale. Never raises, and reads no more than LONGEST_LINE characters."""
    read, too_much = text[:LONGEST_LINE], text[LONGEST_LINE:]
    reader = Reader(scale)
    items: list[Entry | Misread] = []
    target, target_kind, rest_present = "", "", False
    is_first = True
    for line_start, line in _lines(read):
        tokens = reader.tokens(line, line_start)
        if not tokens:
            continue
        if is_first:
            is_first = False
            colon = _target_ends(tokens, more_lines=line_start + len(line) < len(read.rstrip()))
            if colon is not None:
                target, target_kind = _read_target(tokens[:colon])
                tokens = tokens[colon + 1 :]
        for group in _groups(tokens):
            if len(items) == MOST_ITEMS:
                cut = group[0].start
                items.append(Misread(read[cut:].strip(), Why.TOO_LONG, start=cut, end=len(text)))
                return Line(tuple(items), target, rest_present)
            if len(group) <= 3 and " ".join(token.folded for token in group) in REST_PRESENT:
                rest_present = True
                continue
            items.append(_read_item(read, group, reader, target_kind))
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
        rows.insert(0, f"{line.target}:" if rows else f"{line.target}:,")
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


def _groups(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    group: list[Token] = []
    for token in tokens:
        if token.word.text in (",", ";"):
            if group:
                yield group
            group = []
        else:
            group.append(token)
    if group:
        yield group


def _target_ends(tokens: Sequence[Token], *, more_lines: bool) -> int | None:
    """Where the target's colon stands; None where there is no target. ``Ivanov: 5`` has none."""
    for place, token in enumerate(tokens):
        if token.text in (",", ";") or token.word.is_quote:
            return None
        if token.text == ":":
            if place + 1 == len(tokens):
                return place if more_lines else None
            return None if tokens[place + 1].word.is_said else place
    return None


def _read_target(tokens: Sequence[Token]) -> tuple[str, str]:
    """The target's words without a kind that is meant for all, and that kind."""
    kinds = [token for token in tokens if token.folded in KINDS]
    if len(kinds) == 1:
        words = [token.text for token in tokens if token is not kinds[0]]
        return " ".join(words), KINDS[kinds[0].folded]
    return " ".join(token.text for token in tokens), ""


def _read_item(text: str, tokens: list[Token], reader: Reader, kind: str) -> Entry | Misread:
    start, end = tokens[0].start, tokens[-1].end
    reading = _Reading(reader)
    try:
        if len(tokens) > _MOST_WORDS:
            reading.glance(tokens[:_FIRST_WORDS])
            raise _Stop(Why.TOO_LONG)
        entry = reading.read(tokens)
    except _Stop as stop:
        where = stop.token or Token(reader.word(""), start, end)
        name = reading.name if reading.says_something else ""
        return Misread(text[start:end], stop.why, where.text, name, where.start, where.end)
    if kind and entry.marks and not entry.kind:
        entry = replace(entry, kind=kind)
    return replace(entry, start=start, end=end)


class _Reading:
    """One item on its way to being understood; ``name`` is known even where the rest makes it stop."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.name = ""
        self.says_something = False
        """Whether a mark, also one off the scale, or a presence stands behind the name."""
        self.marks: list[GivenMark] = []
        self.presence: Presence | None = None
        self.minutes: int | None = None
        self.kind = ""
        self.comment = ""

    def glance(self, tokens: Sequence[Token]) -> None:
        """Whose it is, and whether it says anything, of an item that is too long to be read."""
        try:
            self.name, rest = _read_name(tokens, self.reader)
        except _Stop:
            return
        self.says_something = any(token.word.is_mark or token.folded in PRESENCES for token in rest)

    def read(self, tokens: Sequence[Token]) -> Entry:
        """The whole item. Raises _Stop."""
        self.name, rest = _read_name(tokens, self.reader)
        place = 0
        while place < len(rest):
            place = self._read_word(rest, place)
        if not self.marks and self.presence is None:
            raise _Stop(Why.NOTHING_SAID)
        if self.marks and fold(self.name) in ROLL_NUMBER:
            raise _Stop(Why.NO_NAME, tokens[0])
        return Entry(self.name, tuple(self.marks), self.presence, self.minutes, self.kind, self.comment)

    def _read_word(self, rest: Sequence[Token], place: int) -> int:
        """What stands at a place; the next place to read at."""
        token = rest[place]
        place += 1
        two_words = _with_next(rest, place - 1)
        if token.word.is_quote:
            self._read_quote(token)
        elif two_words in PRESENCES or token.folded in PRESENCES:
            self.says_something = True
            if self.presence is not None:
                raise _Stop(Why.SAID_TWICE, token)
            place += two_words in PRESENCES
            self.presence = PRESENCES.get(two_words) or PRESENCES[token.folded]
            if self.presence is Presence.LATE:
                self.minutes, place = _read_minutes(rest, place)
        elif token.folded in KINDS:
            if self.kind and self.kind != KINDS[token.folded]:
                raise _Stop(Why.SAID_TWICE, token)
            self.kind = KINDS[token.folded]
        elif token.word.is_mark:
            self.says_something = True
            self.marks += _read_marks(token, self.reader)
        else:
            raise _Stop(Why.UNKNOWN_WORD, token)
        return place

    def _read_quote(self, token: Token) -> None:
        scale = self.reader.scale
        words = " ".join(token.text[1:-1].split())
        if scale.is_words and words:
            self.marks.append(_mark_of_words(words, scale, token))
        elif self.comment:
            raise _Stop(Why.SAID_TWICE, token)
        elif len(words) > LONGEST_COMMENT:
            raise _Stop(Why.TOO_LONG, token)
        else:
            self.comment = words


def _with_next(tokens: Sequence[Token], place: int) -> str:
    """Two words of presence that begin here, ``not here``; "" where none do."""
    words = TWO_WORD_PRESENCES.get(tokens[place].folded)
    if words is None or place + 1 == len(tokens):
        return ""
    both = f"{tokens[place].folded} {tokens[place + 1].folded}"
    return both if both in words else ""


def _read_name(tokens: Sequence[Token], reader: Reader) -> tuple[str, list[Token]]:
    """The leading words, the first of them in any case, and the tokens behind."""
    first = tokens[0]
    if (
        len(tokens) > 1
        and tokens[1].text.isdecimal()
        and len(first.text) <= 8
        and fold(first.text) in ROLL_NUMBER
    ):
        return f"№{int(tokens[1].text)}", _behind_the_name(tokens, 2, reader)
    if first.word.is_quote or first.text in DASHES or NUMBER.fullmatch(first.text) or "/" in first.text:
        raise _Stop(Why.NO_NAME, first)
    words: list[str] = []
    for place, token in enumerate(apart := _unglued(tokens, reader)):
        if words and _is_said_here(apart, place):
            return " ".join(words), _behind_the_name(apart, place, reader)
        if token.text in _QUOTATION_MARKS:
            raise _Stop(Why.UNKNOWN_WORD, token)
        words.append(token.text)
    raise _Stop(Why.NOTHING_SAID)


def _unglued(tokens: Sequence[Token], reader: Reader) -> Sequence[Token]:
    """The tokens with the word of the name that a mark is glued to, ``Ivanov5``, in two.

    Where nothing else is said, so is one that ends in a Thai word of presence, ``ทองดีขาด``.
    """
    for place, token in enumerate(tokens):
        if place and token.word.is_said:
            return tokens
        glued = _GLUED.fullmatch(token.text)
        if glued and reader.word(glued[2]).is_mark and fold(glued[1]) not in ROLL_NUMBER:
            return _in_two(tokens, place, len(glued[1]), reader)
    last = tokens[-1].text
    ending = next((word for word in GLUED_PRESENCES if last.endswith(word)), "")
    name = last[: -len(ending)] if ending else ""
    if len(name) > 1 and name[0].isalpha() and not any(map(str.isdigit, name)):
        return _in_two(tokens, len(tokens) - 1, len(name), reader)
    return tokens


def _in_two(tokens: Sequence[Token], place: int, length: int, reader: Reader) -> list[Token]:
    """The tokens with the one at a place cut behind its first ``length`` letters."""
    text, start = tokens[place].text, tokens[place].start
    parts = [reader.token(text[:length], start), reader.token(text[length:], start + length)]
    return [*tokens[:place], *parts, *tokens[place + 1 :]]


def _is_said_here(tokens: Sequence[Token], place: int) -> bool:
    """An initial, ``Ivanov B 5``, is no "ill": a capital alone before something else that is said is a name's."""
    token = tokens[place]
    if not token.word.is_said:
        return token.word.folded in TWO_WORD_PRESENCES and bool(_with_next(tokens, place))
    if _with_next(tokens, place):
        return True
    is_initial = len(token.text) == 1 and token.text.isupper() and token.folded in PRESENCES
    is_initial = is_initial or (len(token.text) == 2 and token.text[0].isupper() and token.text[1] == ".")
    return not (is_initial and place + 1 < len(tokens) and tokens[place + 1].word.is_said)


def _behind_the_name(tokens: Sequence[Token], place: int, reader: Reader) -> list[Token]:
    """The tokens from a place on, without the dash or colon that parts them from the name."""
    rest = list(tokens[place:])
    if rest and rest[0].text in DASHES:
        return rest[1:]
    if rest and rest[0].text[0] in DASHES and len(rest[0].text) > 1:
        return [reader.token(rest[0].text[1:], rest[0].start + 1), *rest[1:]]
    return rest


def _read_minutes(tokens: Sequence[Token], place: int) -> tuple[int | None, int]:
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


def _mark_of_words(words: str, scale: Scale, token: Token) -> GivenMark:
    try:
        return GivenMark(scale.parse(words))
    except MarkOutOfScale:
        raise _Stop(Why.TOO_LONG, token) from None


def _read_marks(token: Token, reader: Reader) -> list[GivenMark]:
    """The one mark of a word, or the two of ``5,4`` where that is no decimal."""
    points = POINTS.fullmatch(token.text)
    if points:
        return [_read_points(token, points, reader)]
    whole = reader.on_scale(token.text)
    two = TWO_MARKS.fullmatch(token.text)
    halves = [reader.on_scale(part) for part in two.groups()] if two else []
    both = [half for half in halves if half is not None]
    if len(both) == 2:
        if whole is not None:
            raise _Stop(Why.TWO_READINGS, token)
        return [GivenMark(half) for half in both]
    if whole is None:
        raise _Stop(Why.OFF_SCALE, token)
    return [GivenMark(whole)]


def _read_points(token: Token, points: re.Match[str], reader: Reader) -> GivenMark:
    """Points; where both numbers are marks of a short scale, ``5/4`` may be two marks and is not guessed."""
    got, most = (Decimal(number.replace(",", ".")) for number in points.groups())
    if reader.scale.choices() and all(reader.on_scale(number) for number in points.groups()):
        raise _Stop(Why.TWO_READINGS, token)
    if most <= 0 or got > most or reader.scale.is_words:
        raise _Stop(Why.OFF_SCALE, token)
    value = MarkValue(plain_number(got), Decimal(plain_number(got)))
    return GivenMark(value, Decimal(plain_number(most)))
