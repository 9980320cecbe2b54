"""Passwords: argon2id with the library's own parameters. Hashing takes tens of milliseconds: keep it off the loop."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

_HASHER = PasswordHasher()


def hash_password(password: str) -> str:
    """What may be kept of a password."""
    return _HASHER.hash(password)


def is_password(kept: str, password: str) -> bool:
    """Whether it is the one; where none is kept it takes as long to say no."""
    try:
        return _HASHER.verify(kept or _nobodys(), password) and bool(kept)
    except (Argon2Error, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody's password")
