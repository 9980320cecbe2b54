"""Which encoding a text file is in: UTF-8 or UTF-16, else the Cyrillic code page, unless that makes no words."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import IO, TextIO

from core.errors import UnreadableFile
from core.importing.said import Said

Opener = Callable[[], AbstractContextManager[IO[bytes]]]
"""Opens a file anew from its beginning."""
WINDOWS = "cp1251"
WESTERN = "cp1252"
_HEAD = 4096
_AT_ONCE = 65_536
_WORD = re.compile(r"[^\W\d_]+(?:[¤¦§©¬®±¶·№][^\W\d_]+)*")
# Typed by mistake among Cyrillic letters, for they look the same.
_LOOK_ALIKES = frozenset("ABCEHIKMOPTXYaceiopxy")
_WESTERN_WORD = re.compile(r"(?=.*[A-Za-zß])[A-Za-zÀ-ÖØ-öø-ÿŠšŽžŒœŸ]?(?:[a-zß-öø-ÿšžœ]+|[A-ZÀ-ÖØ-ÞŠŽŒŸ]+)?")
_STRANGE_CASE = re.compile(r"[а-яёєіїґў][А-ЯЁЄІЇҐЎ]|[¤¦§©¬®±¶·№]")


def encoding_of(opener: Opener, file: str, *, western: bool = False) -> str:
    """The name of the encoding that the whole file can be read in; with ``western`` also the code page of Western
    Windows, where its letters make words. Raises UnreadableFile."""
    with opener() as stream:
        head = stream.read(_HEAD)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        if _decodes(opener, "utf-16"):
            return "utf-16"
    elif b"\0" in head:
        raise UnreadableFile(Said("{file}: not a text file", file=file))
    elif _decodes(opener, "utf-8-sig"):
        return "utf-8-sig"
    elif _decodes(opener, WINDOWS):
        # Windows programs of the countries we know write UTF-8 or, older ones, the Cyrillic code page.
        try:
            _check_words(opener, file)
        except UnreadableFile:
            if western and _is_western(opener):
                return WESTERN
            raise
        return WINDOWS
    elif western and _is_western(opener):
        return WESTERN
    raise UnreadableFile(Said("{file}: its letters are in no encoding we know; save it as UTF-8", file=file))


@contextmanager
def opened_text(opener: Opener, encoding: str) -> Iterator[TextIO]:
    """The file as text, decoded while it is read, with its own line ends."""
    with opener() as stream, io.TextIOWrapper(stream, encoding, newline="") as text:
        yield text


def _decodes(opener: Opener, encoding: str) -> bool:
    with opened_text(opener, encoding) as text:
        try:
            while text.read(_AT_ONCE):
                pass
        except UnicodeError:
            return False
    return True


def _is_western(opener: Opener) -> bool:
    """Whether every word that is not ASCII has Latin letters only, and small ones after its first two."""
    try:
        with opened_text(opener, WESTERN) as text:
            for line in text:
                for word in _WORD.findall(line):
                    if not word.isascii() and not _WESTERN_WORD.fullmatch(word):
                        return False
    except UnicodeError:
        return False
    return True


def _check_words(opener: Opener, file: str) -> None:
    """Every byte is some letter of the code page, so only words tell whether it is the right one: ``José`` of Western
    Windows would be ``Josй``, and Thai has capitals after small letters."""
    clean, strange, first = 0, 0, ""
    unsure = ""
    with opened_text(opener, WINDOWS) as text:
        for line in text:
            if line.isascii():
                continue
            for word in _WORD.findall(line):
                if word.isascii():
                    continue
                latin = {letter for letter in word if letter.isascii()}
                if latin - _LOOK_ALIKES or _STRANGE_CASE.search(word):
                    strange += 1
                    first = first or word
                elif latin:
                    unsure = unsure or word
                elif len(word) > 1:
                    clean += 1
    if strange * 10 > clean or (unsure and not clean):
        raise UnreadableFile(
            Said(
                "{file}: its letters are neither UTF-8 nor Windows-1251, in which '{word}' would be a word; "
                "save it as UTF-8",
                file=file,
                word=(first or unsure)[:40],
            )
        )
