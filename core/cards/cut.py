"""Cutting a card to a budget: at the borders of blocks, rows and items first, inside a text last."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice

from core.cards.card import Block, Card, Facts, Listing, Note, Picture, Section, Table, Text

ELLIPSIS = "…"

# A shorter scrap of a text tells nothing; the text is then dropped whole.
_WORTH_KEEPING = 40

# How far back from a cut a space is looked for, so that a word is not broken.
_WORD_REACH = 24

_ZERO_WIDTH_JOINER = "\u200d"

# Thai and Lao AM: letters by category, yet half of each stands above the consonant before it.
_CLINGING_VOWELS = "\u0e33\u0eb3"


def fit(card: Card, measure: Callable[[Card], int], limit: int) -> Card:
    """The card itself if ``measure(card) <= limit``, else as much of its beginning as fits.

    Dropped from the end are blocks, table rows, facts, list items and what a section holds; a long text at
    the border is cut by characters. Whatever was cut ends in "…". Only when nothing but the heading is left
    is the heading cut too. Buttons always stay. ``measure`` need not grow steadily with the card: what is
    returned has been measured. It is called about 2·log2(units) + 2·log2(characters of one text) times, on
    cards not much larger than the answer (after the first call, on the whole card).

    Raises ValueError if even a heading of "…" alone measures more than ``limit``.
    """
    if measure(card) <= limit:
        return card

    def opening(units: int) -> Card:
        return replace(card, blocks=(*_take(card.blocks, units), Text(ELLIPSIS)))

    if measure(opening(0)) > limit:
        return _fit_heading(card, measure, limit)

    total = sum(1 for _ in _units(card.blocks))
    kept = _largest(total, lambda units: measure(opening(units)) <= limit)
    if kept == total:
        return opening(kept)

    def scrap(characters: int) -> Card:
        return replace(card, blocks=_take(card.blocks, kept + 1, characters))

    border = next(islice(_units(card.blocks), kept, None))
    longest = max(map(len, border), default=0)
    characters = _largest(longest - 1, lambda most: measure(scrap(most)) <= limit)
    if characters >= _WORTH_KEEPING or (characters > 1 and kept == 0):
        return scrap(characters)
    return opening(kept)


def shorten(text: str, limit: int) -> str:
    """The text in at most ``limit`` code points (at least 1), ending in "…" if anything was cut.

    Cuts before a word where one ends near, and never between a letter and the marks it carries.
    """
    if len(text) <= limit:
        return text
    end = max(limit - 1, 0)
    while end and _clings(text, end):
        end -= 1
    if not text[end].isspace():
        space = text.rfind(" ", max(end - _WORD_REACH, 0), end)
        if space > 0:
            end = space
    return text[:end].rstrip() + ELLIPSIS


def _fit_heading(card: Card, measure: Callable[[Card], int], limit: int) -> Card:
    def headed(characters: int) -> Card:
        # The mark is there even under a whole heading: the blocks are gone.
        return replace(card, heading=shorten(card.heading + ELLIPSIS, characters), blocks=())

    most = len(card.heading) + 1
    if measure(headed(1)) > limit:
        raise ValueError(f"a limit of {limit} leaves no room for even {ELLIPSIS!r}")
    return headed(max(1, _largest(most, lambda characters: measure(headed(characters)) <= limit)))


def _largest(most: int, fits: Callable[[int], bool]) -> int:
    """The largest number in 1…``most`` that fits, or 0; gallops, so that large ones are seldom tried."""
    good, step = 0, 1
    while good + step <= most and fits(good + step):
        good += step
        step *= 2
    bad = min(good + step, most + 1)
    while bad - good > 1:
        middle = (good + bad) // 2
        if fits(middle):
            good = middle
        else:
            bad = middle
    return good


def _units(blocks: Iterable[Block]) -> Iterator[tuple[str, ...]]:
    """What can be dropped one by one, in reading order: the texts of each.

    A table's header goes with its first row, for a header alone says nothing.
    """
    for block in blocks:
        match block:
            case Text() | Note():
                yield (block.text,)
            case Picture():
                yield (block.words,)
            case Facts():
                yield from block.rows or ((),)
            case Table():
                yield (block.caption, *block.header, *(block.rows[0] if block.rows else ()))
                yield from block.rows[1:]
            case Listing():
                yield from (((item.text,) for item in block.items) if block.items else ((),))
            case Section():
                yield (block.title,)
                yield from _units(block.blocks)


def _take(blocks: Iterable[Block], count: int, characters: int | None = None) -> tuple[Block, ...]:
    """The first ``count`` units; the last one's texts cut to ``characters`` each, if given."""
    taken: list[Block] = []
    for block in blocks:
        if count <= 0:
            break
        size = sum(1 for _ in _units((block,)))
        if size < count or (size == count and characters is None):
            taken.append(block)
        else:
            taken.append(_part(block, count, characters))
        count -= size
    return tuple(taken)


def _part(block: Block, count: int, characters: int | None) -> Block:
    def cut(text: str) -> str:
        return text if characters is None else shorten(text, characters)

    match block:
        case Text() | Note():
            return replace(block, text=cut(block.text))
        case Picture():
            return replace(block, words=cut(block.words))
        case Facts():
            *pairs, (label, value) = block.rows[:count] or (("", ""),)
            return Facts((*pairs, (cut(label), cut(value))))
        case Table():
            *rows, last = block.rows[:count] or ((),)
            shorter = replace(block, rows=(*rows, tuple(map(cut, last))))
            if count > 1:
                return shorter
            return replace(shorter, header=tuple(map(cut, block.header)), caption=cut(block.caption))
        case Listing():
            if not block.items:
                return block
            *items, item = block.items[:count]
            return replace(block, items=(*items, replace(item, text=cut(item.text))))
        case Section():
            if count == 1:
                return replace(block, title=cut(block.title), blocks=())
            return replace(block, blocks=_take(block.blocks, count - 1, characters))


def _clings(text: str, at: int) -> bool:
    """Whether the character at this place belongs to the one before it."""
    return (
        unicodedata.category(text[at]).startswith("M")
        or text[at] == _ZERO_WIDTH_JOINER
        or text[at - 1] == _ZERO_WIDTH_JOINER
        or "\U0001f3fb" <= text[at] <= "\U0001f3ff"
        or text[at] in _CLINGING_VOWELS
    )
