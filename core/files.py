"""Files that belong to the school, kept under ``var/files`` by the SHA-256 of their bytes."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from core.errors import NotFound

_SHA256 = re.compile(r"[0-9a-f]{64}")


class FileStore:
    """A folder of files named by what is in them: the same bytes are kept once, and never change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise NotFound("file_not_found")
        return self._folder / sha256[:2] / sha256

    def keep(self, content: bytes) -> str:
        """Keep the bytes and return their SHA-256 in hex; a crash in the middle leaves no half file."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._path(sha256)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(f".{os.getpid()}")
            draft.write_bytes(content)
            draft.replace(path)
        return sha256

    def read(self, sha256: str) -> bytes:
        """The bytes. Raises NotFound where they are not kept here."""
        try:
            return self._path(sha256).read_bytes()
        except FileNotFoundError:
            raise NotFound("file_not_found") from None
