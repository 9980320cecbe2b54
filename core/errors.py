"""The errors Schoolbell raises on purpose.

An error carries a key and parameters; prose in the reader's language is made at the edge
(``bot/views/errors.py``).

    SchoolbellError
    ├── NotFound            absent, or not yours: never told apart
    ├── Forbidden           you may see this, yet not do that
    ├── Invalid             what was asked makes no sense as it stands
    │   ├── MarkOutOfScale
    │   ├── PointsOutOfRange
    │   ├── CodeRefused     wrong, used, revoked, expired: never told apart
    │   ├── FileRefused     too large, or of a kind that is not taken
    │   └── Ambiguous       fits several; carries the candidates
    ├── TooManyTries        wait, and when to come back
    └── UnreadableFile      a file that cannot be taken in; one clear line
"""

from __future__ import annotations

from datetime import datetime
from typing import Any


class SchoolbellError(Exception):
    """A fault with a name: ``key`` names it, ``params`` fill the sentence made from it."""

    key = "error"

    def __init__(self, key: str | None = None, /, **params: Any) -> None:
        self.key = key or type(self).key
        self.params = params
        super().__init__(self.key, params)

    def __str__(self) -> str:
        inside = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.key}({inside})" if inside else self.key


class NotFound(SchoolbellError):
    """It does not exist, or it is not yours: the same answer."""

    key = "not_found"


class Forbidden(SchoolbellError):
    """The thing is yours to see, but not to do this with."""

    key = "forbidden"


class Invalid(SchoolbellError):
    """The request makes no sense as it stands."""

    key = "invalid"


class MarkOutOfScale(Invalid):
    """A mark that the school's scale does not know; ``value`` and ``scale``."""

    key = "mark_out_of_scale"


class PointsOutOfRange(Invalid):
    """Points that are no number from 0 to their maximum; ``value`` and ``maximum``."""

    key = "points_out_of_range"


class CodeRefused(Invalid):
    """An invitation code that is wrong, used, revoked or expired."""

    key = "code_refused"


class FileRefused(Invalid):
    """A file that is not taken: ``why`` is too_large, type, empty, voice or gone; ``name`` is the file's."""

    key = "file_refused"


class Ambiguous(Invalid):
    """Several things fit; ``candidates`` describes each."""

    key = "ambiguous"


class TooManyTries(SchoolbellError):
    """Too many wrong tries; ``until`` is when the next one counts."""

    key = "too_many_tries"

    def __init__(self, until: datetime) -> None:
        super().__init__(until=until)
        self.until = until


class UnreadableFile(SchoolbellError):
    """A file that cannot be taken in: ``reason`` is one clear line, with file and row where known; ``overrule`` names
    the flag of the importer that says that it is meant, where there is one."""

    key = "unreadable_file"

    def __init__(self, reason: str, *, overrule: str = "") -> None:
        super().__init__(reason=reason)
        self.reason = reason
        self.overrule = overrule

    def __str__(self) -> str:
        return self.reason
