"""Secrets that must be read again, such as a bot's token: sealed with the installation's key before they are kept."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken


def _box(key: bytes) -> Fernet:
    # A key of its own, so that no two uses of the installation's key share one.
    return Fernet(base64.urlsafe_b64encode(hmac.new(key, b"sealing", hashlib.sha256).digest()))


def seal(key: bytes, secret: str) -> str:
    """The secret as it may be kept."""
    return _box(key).encrypt(secret.encode()).decode()


def unseal(key: bytes, sealed: str) -> str | None:
    """The secret; None where it was sealed with another key."""
    try:
        return _box(key).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None
