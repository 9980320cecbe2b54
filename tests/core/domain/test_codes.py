"""Invitation codes: random enough, forgiving to read, never kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.codes import ALPHABET, hash_code, looks_like_code, new_code, read_code, show_code
from core.domain.keyboard import from_wrong_layout

_codes = st.text(alphabet=ALPHABET, min_size=10, max_size=10)


def test_a_code_is_fifty_bits_and_holds_a_digit() -> None:
    codes = {new_code() for _ in range(2_000)}
    assert len(codes) == 2_000
    assert all(len(code) == 10 and set(code) <= set(ALPHABET) and not code.isalpha() for code in codes)
    assert set("".join(codes)) == set(ALPHABET)


@given(_codes)
def test_a_code_is_read_however_it_was_typed(code: str) -> None:
    shown = show_code(code)
    for typed in (
        code,
        shown,
        shown.lower(),
        shown.replace("-", " "),
        shown.replace("-", "—"),
        f"  {shown}\n",
        code.replace("0", "O").replace("1", "l"),
        "".join(chr(ord(c) + 0xFEE0) for c in code),
    ):
        assert read_code(typed) == code


def test_cyrillic_look_alikes_and_the_wrong_layout_are_forgiven() -> None:
    assert read_code("К7РМ-4ХРА-2Т") == "K7PM4XPA2T"
    russian = "л7йь-4чзф-2е"
    assert from_wrong_layout(russian) == "k7qm-4xpa-2t"
    assert read_code(russian) == "K7QM4XPA2T"


@given(st.text(max_size=40))
def test_reading_gives_a_canonical_code_or_nothing(text: str) -> None:
    found = read_code(text)
    assert found is None or (len(found) == 10 and set(found) <= set(ALPHABET))


@pytest.mark.parametrize(
    "words", ["STATISTICS", "good morning", "/grades", "homework", "", "Иванов 5", "89161234567"]
)
def test_words_are_not_taken_for_codes(words: str) -> None:
    assert not looks_like_code(words)


@given(_codes.filter(lambda code: not code.isalpha()))
def test_every_code_we_make_is_taken_for_one(code: str) -> None:
    assert looks_like_code(code)
    assert looks_like_code(show_code(code))
    assert looks_like_code(show_code(code).lower().replace("-", " "))


def test_the_hash_depends_on_the_key() -> None:
    assert hash_code("K7QM4XPA2T", b"a") != hash_code("K7QM4XPA2T", b"b")
    assert "K7QM" not in hash_code("K7QM4XPA2T", b"a")
