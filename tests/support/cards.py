"""Cards of any shape and size, for property tests of what renders them."""

from __future__ import annotations

from hypothesis import strategies as st

from core.cards.card import (
    Align,
    Block,
    Button,
    Card,
    Facts,
    Item,
    Listing,
    Note,
    Picture,
    Section,
    Table,
    Text,
)

# What breaks naive renderers: markup, entities, controls, marks, joined emoji, direction marks, blanks.
_AWKWARD = (
    "<b>", "</blockquote>", "&amp;", "&", '"', "'", "]]>", "\x00", "\x1b[2J", "\r\n", "\n\n\n", "\t", "\u202e",
    "\u2028", "\u3164", "น้ำ", "e\u0301\u0301", "👨‍👩‍👧", "👍🏽", "漢字", " ", "\u00a0", "…", "a" * 300,
)  # fmt: skip

texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.lists(st.sampled_from(_AWKWARD), max_size=6).map("".join),
)
long_texts = st.builds(lambda text, times: text * times, texts, st.integers(1, 3000))
_words = st.one_of(texts, texts, texts, long_texts)


def _tables() -> st.SearchStrategy[Table]:
    cells = st.lists(texts, max_size=25).map(tuple)
    rows = st.one_of(
        st.lists(cells, max_size=5), st.builds(lambda row, times: [row] * times, cells, st.integers(1, 700))
    )
    return st.builds(
        Table, cells, rows.map(tuple), st.lists(st.sampled_from(Align), max_size=25).map(tuple), caption=texts
    )


def _listings() -> st.SearchStrategy[Listing]:
    # Long words or many lines: both at once would be gigabytes, and break the test instead of what it tests.
    ticks = st.sampled_from([None, True, False])
    long_items, items = st.builds(Item, _words, ticks), st.builds(Item, texts, ticks)
    lists = st.one_of(
        st.lists(long_items, max_size=5),
        st.builds(lambda item, times: [item] * times, items, st.integers(1, 700)),
    )
    return st.builds(Listing, lists.map(tuple), st.booleans())


_facts = st.builds(
    Facts,
    st.one_of(
        st.lists(st.tuples(texts, _words), max_size=5),
        st.builds(lambda pair, times: [pair] * times, st.tuples(texts, texts), st.integers(1, 700)),
    ).map(tuple),
)

_leaves: st.SearchStrategy[Block] = st.one_of(
    st.builds(Text, _words),
    st.builds(Note, _words),
    st.builds(Picture, st.just(b"\x89PNG"), st.just("image/png"), texts),
    _facts,
    _tables(),
    _listings(),
)


def _buried(block: Block, depth: int) -> Block:
    for level in range(depth):
        block = Section(f"Level {level}", (block,))
    return block


blocks: st.SearchStrategy[Block] = st.one_of(
    st.recursive(
        _leaves,
        lambda inner: st.builds(Section, _words, st.lists(inner, max_size=4).map(tuple), st.booleans()),
        max_leaves=8,
    ),
    st.builds(_buried, _leaves, st.integers(1, 40)),
)

_labels = st.one_of(texts, long_texts)
buttons: st.SearchStrategy[Button] = st.one_of(
    st.builds(Button, _labels, data=st.text(st.characters(codec="ascii"), min_size=1, max_size=64)),
    st.builds(
        Button,
        _labels,
        url=st.one_of(
            texts.filter(bool),
            st.sampled_from(
                ["https://school.example/x?a=1&b=2", "javascript:alert(1)", "java\nscript:x", "http://[",
                 "mailto:a@school.example", "tg://resolve?domain=x", "http://localhost:8080/", "data:text/html,x"]
            ),
        ),
    ),
)  # fmt: skip


def cards() -> st.SearchStrategy[Card]:
    """Any card: awkward texts, huge tables, deep sections, many buttons; no lone surrogates."""
    rows = st.lists(st.lists(buttons, max_size=12).map(tuple), max_size=15).map(tuple)
    return st.builds(Card, _words, st.lists(blocks, max_size=6).map(tuple), rows)
