"""Files that belong to the school, kept under ``var/files`` by the SHA-256 of their bytes; which kinds are taken."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

import puremagic

from core.errors import FileRefused, NotFound

LARGEST_FILE = 20 * 1024 * 1024
"""What a Telegram bot may download: https://core.telegram.org/bots/api#getfile."""
_LONGEST_NAME = 120
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
# What families open on any phone. Nothing that runs or that a browser would draw with scripts: no HTML, no SVG.
_TAKEN: Mapping[str, str] = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "jfif": "image/jpeg", "png": "image/png", "gif": "image/gif",
    "webp": "image/webp", "heic": "image/heic", "heif": "image/heif", "pdf": "application/pdf",
    "docx": f"{_OFFICE}wordprocessingml.document", "xlsx": f"{_OFFICE}spreadsheetml.sheet",
    "pptx": f"{_OFFICE}presentationml.presentation", "doc": "application/msword", "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint", "odt": f"{_OPEN}text", "ods": f"{_OPEN}spreadsheet",
    "odp": f"{_OPEN}presentation", "rtf": "application/rtf", "mp3": "audio/mpeg", "m4a": "audio/mp4",
    "ogg": "audio/ogg", "wav": "audio/wav", "mp4": "video/mp4", "zip": "application/zip",
}  # fmt: skip
_PICTURES = frozenset(extension for extension, kind in _TAKEN.items() if kind.startswith("image/"))
_TEXTS: Mapping[str, str] = {"txt": "text/plain", "csv": "text/csv", "md": "text/markdown"}
_USUAL: Mapping[str, str] = {"jpeg": "jpg", "jfif": "jpg", "heif": "heic"}
_SHA256 = re.compile(r"[0-9a-f]{64}")


class FileStore:
    """A folder of files named by what is in them: the same bytes are kept once, never change, and only the owner of
    the process may read them."""

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
        if path.exists():
            path.touch()
        else:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            draft = path.with_suffix(f".{os.getpid()}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
            draft.replace(path)
        return sha256

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        """A file that grows piece by piece, on the disk and not in memory; gone at the end unless it was kept."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="draft-", dir=self._folder)
        draft = Draft(Path(name), os.fdopen(handle, "wb"), self)
        try:
            yield draft
        finally:
            draft.file.close()
            draft.path.unlink(missing_ok=True)

    def keep_draft(self, draft: Draft) -> str:
        """Keep what a draft has grown to and return its SHA-256 in hex."""
        draft.file.close()
        sha256 = draft.digest.hexdigest()
        path = self._path(sha256)
        if path.exists():
            path.touch()
        else:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            draft.path.replace(path)
        return sha256

    def forget_drafts(self, *, before: float) -> None:
        """Delete drafts whose process died, last written before then (seconds since the epoch)."""
        for path in self._folder.glob("draft-*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    def where(self, sha256: str) -> Path:
        """The file itself, to be read and not changed. Raises NotFound where it is not kept here."""
        path = self._path(sha256)
        if not path.exists():
            raise NotFound("file_not_found")
        return path

    def forget(self, sha256: str, *, before: float) -> bool:
        """Delete the bytes unless they were kept, again or for the first time, since ``before`` (seconds since the
        epoch); whether they were deleted."""
        path = self._path(sha256)
        try:
            if path.stat().st_mtime >= before:
                return False
            path.unlink()
        except FileNotFoundError:
            return False
        return True

    def read(self, sha256: str) -> bytes:
        """The bytes. Raises NotFound where they are not kept here."""
        try:
            return self._path(sha256).read_bytes()
        except FileNotFoundError:
            raise NotFound("file_not_found") from None


@dataclass(slots=True)
class Draft:
    """A file on its way into the store."""

    path: Path
    file: IO[bytes]
    store: FileStore
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    size: int = 0

    def add(self, piece: bytes) -> None:
        """Write a piece more."""
        self.file.write(piece)
        self.digest.update(piece)
        self.size += len(piece)

    def keep(self) -> str:
        """Keep it; its SHA-256 in hex."""
        return self.store.keep_draft(self)


@dataclass(frozen=True, slots=True)
class FileKind:
    """What a file is by its bytes, and its name made safe: no path, no control characters, the fitting extension."""

    name: str
    media_type: str


def identify(content: bytes, name: str) -> FileKind:
    """What the file is. Raises FileRefused: too_large, empty, or a type that is not taken."""
    if len(content) > LARGEST_FILE:
        raise FileRefused(why="too_large", name=name)
    if not content:
        raise FileRefused(why="empty", name=name)
    shown = safe_name(name)
    said = PurePosixPath(shown).suffix[1:].casefold()
    if said in _TEXTS and _is_plain_text(content):
        return FileKind(shown, _TEXTS[said])
    found = _by_content(content, shown)
    if found is None:
        raise FileRefused(why="type", name=shown)
    media_type = _TAKEN[found]
    if _TAKEN.get(said) == media_type:
        return FileKind(shown, media_type)
    # Messengers name photos by guess: one picture's extension gives way to the other's, a foreign one stays.
    stem = shown[: -len(said) - 1] if said in _PICTURES and found in _PICTURES else shown
    return FileKind(f"{stem}.{_USUAL.get(found, found)}", media_type)


def _by_content(content: bytes, name: str) -> str | None:
    """The extension of the best match, if it is one that is taken."""
    try:
        matches = puremagic.magic_string(content, filename=name)
    except (puremagic.PureError, ValueError):
        return None
    best = str(matches[0].extension).lstrip(".").casefold() if matches else ""
    return best if best in _TAKEN else None


def _is_plain_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return "\0" not in text and not text.lstrip().startswith(("<", "#!", "{\\rtf", "%PDF"))


def safe_name(name: str) -> str:
    """A file's name without a path, control and direction characters, at most 120 characters long."""
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(one for one in last if unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    plain = " ".join(plain.split()).strip(". ") or "file"
    stem, dot, extension = plain.rpartition(".")
    if dot and len(extension) <= 10:
        return f"{stem[: _LONGEST_NAME - len(extension) - 1]}.{extension}"
    return plain[:_LONGEST_NAME]
