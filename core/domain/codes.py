"""The invitation code: ten symbols of Crockford's base32 (https://www.crockford.com/base32.html), 50 random bits."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata

from core.domain.keyboard import from_wrong_layout

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10

_LOOK_ALIKE = str.maketrans(
    "OILUАВЕЗКМНОРСТУХЅІЈΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "011VABE3KMH0PCTYXS1JABEZH1KMN0PTYX",
)
_SEPARATORS = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\-\u2010-\u2015\u2212_.·]+")


def new_code() -> str:
    """A fresh code in canonical form: ten capitals and digits, a digit among them, so that it is never a word.

    The 2 % of draws without a digit are drawn again, which costs 0.03 of the 50 bits.
    """
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if not code.isalpha():
            return code


def show_code(code: str) -> str:
    """``K7QM-4XPA-2T``."""
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def read_code(text: str) -> str | None:
    """The canonical code that was meant, or None where it cannot be one.

    Case, spaces and dashes of all kinds do not matter; look-alike letters (O I L U, Cyrillic, Greek, full width),
    Thai digits and the wrong keyboard layout are forgiven.
    """
    if len(text) > 200:
        return None
    direct = _canonical(text)
    if direct is not None:
        return direct
    retyped = from_wrong_layout(text.strip())
    return _canonical(retyped) if retyped is not None else None


def _canonical(text: str) -> str | None:
    symbols = []
    for character in unicodedata.normalize("NFKC", _SEPARATORS.sub("", text)).upper():
        digit = unicodedata.digit(character, -1)
        symbols.append(str(digit) if digit >= 0 else character)
    code = "".join(symbols).translate(_LOOK_ALIKE)
    return code if len(code) == LENGTH and all(symbol in ALPHABET for symbol in code) else None


def looks_like_code(text: str) -> bool:
    """Whether plain words are meant as a code: one group, or three as printed, with a digit or a dash in it.

    Ten letters without a digit or dash are taken for a word ("STATISTICS"), unless a wrong layout made them.
    """
    words = _SEPARATORS.sub(" ", text).split()
    if not 1 <= len(words) <= 3 or read_code(text) is None:
        return False
    as_printed = [len(word) for word in words] == [4, 4, 2]
    in_latin = unicodedata.normalize("NFKC", "".join(words))
    retyped = from_wrong_layout(text.strip()) or ""
    has_digit = any(unicodedata.digit(c, -1) >= 0 for c in in_latin + retyped)
    return as_printed or (len(words) == 1 and has_digit)


def hash_code(code: str, key: bytes) -> str:
    """What is kept of a canonical code: HMAC-SHA256 under the installation's key, in hex."""
    return hmac.new(key, code.encode(), hashlib.sha256).hexdigest()
