"""A form that ends with a file: its words first, and the file onto the disk only when the guard has let it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import BodyPartReader, web

from core.files import Draft, safe_name
from core.http import words_of

LARGEST_UPLOAD = 100 * 1024 * 1024
"""Bytes: what a region's register or a year of canteen bookings takes as a zip."""
_MOST_READ = 2 * LARGEST_UPLOAD
"""So much is read, and what is too much thrown away, before the connection is cut: so that a browser that is still
sending hears why."""
_LARGEST_WORD = 64 * 1024
_MOST_WORDS = 100


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent: its name made safe, and its bytes as a draft, which is gone after the request unless kept."""

    name: str
    draft: Draft
    is_too_large: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing was chosen, or nothing is in it."""
        return self.draft.size == 0


@dataclass(frozen=True, slots=True)
class SentFile:
    """The file of a form, not yet read."""

    part: BodyPartReader

    async def receive(self, draft: Draft) -> Upload:
        """Write it to the disk; of one that is too large nothing stays. Raises HTTPRequestEntityTooLarge where it does
        not end."""
        read = 0
        while piece := await self.part.read_chunk(64 * 1024):
            read += len(piece)
            if read <= LARGEST_UPLOAD:
                draft.add(piece)
            elif read > _MOST_READ:
                raise web.HTTPRequestEntityTooLarge(LARGEST_UPLOAD, read)
        draft.file.flush()
        return Upload(safe_name(self.part.filename or ""), draft, read > LARGEST_UPLOAD)


async def form_of(request: web.Request) -> tuple[Mapping[str, str], SentFile | None]:
    """The words of a form up to its file, and that file, which stands last. Raises HTTPBadRequest for anything else."""
    if request.content_type != "multipart/form-data":
        return await words_of(request), None
    words: dict[str, str] = {}
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None or len(words) >= _MOST_WORDS:
                raise web.HTTPBadRequest(text="not a form")
            if part.filename is not None:
                return words, SentFile(part)
            words[part.name] = await _word(part)
    except (ValueError, LookupError):
        raise web.HTTPBadRequest(text="not a form") from None
    return words, None


async def _word(part: BodyPartReader) -> str:
    found = b""
    while piece := await part.read_chunk(8 * 1024):
        found += piece
        if len(found) > _LARGEST_WORD:
            raise web.HTTPRequestEntityTooLarge(_LARGEST_WORD, len(found))
    return found.decode().replace("\0", "")
