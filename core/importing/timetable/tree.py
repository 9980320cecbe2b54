"""XML read safely into a light tree whose elements know their lines: no entity, no other file, no bomb."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from core.errors import UnreadableFile
from core.importing.said import Said

_DEEPEST = 50
_MOST_ELEMENTS = 1_000_000
_LONGEST = 300
"""Letters of one text that are kept: no name is longer, and an index holds no more."""
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")


@dataclass(slots=True)
class Node:
    """An element: its attributes, its own text, what it holds, and the line that it begins in."""

    tag: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def all(self, tag: str) -> Iterator[Node]:
        """Its children of that name."""
        return (one for one in self.children if one.tag == tag)

    def first(self, tag: str) -> Node | None:
        """Its first child of that name."""
        return next(self.all(tag), None)

    def said(self, tag: str) -> str:
        """The text of its first child of that name, trimmed; empty where there is none."""
        found = self.first(tag)
        return one_line(found.text) if found is not None else ""

    def attribute(self, name: str) -> str:
        """An attribute, trimmed; empty where there is none."""
        return one_line(self.attributes.get(name, ""))


def one_line(text: str) -> str:
    """Trimmed, with single spaces, and no longer than a name."""
    return " ".join(text.split())[:_LONGEST].rstrip()


class _Builder:
    """What the parser tells of the elements it meets."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.expat: object = None
        self.root: Node | None = None
        self._open: list[Node] = []
        self._texts: list[list[str]] = []
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= _DEEPEST or self._count > _MOST_ELEMENTS:
            raise UnreadableFile(
                Said("{file}: holds far more than a timetable does; refused", file=self.file)
            )
        node = Node(tag.rsplit("}", 1)[-1], attributes, getattr(self.expat, "CurrentLineNumber", 0))
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)
        self._texts.append([])

    def data(self, text: str) -> None:
        if self._texts:
            self._texts[-1].append(text)

    def end(self, _tag: str) -> None:
        self._open.pop().text = "".join(self._texts.pop())

    def close(self) -> Node | None:
        return self.root


def read_xml(content: bytes, file: str) -> Node:
    """The root. Raises UnreadableFile for what is no XML, is cut off, or declares entities."""
    builder = _Builder(file)
    parser = DefusedXMLParser(target=builder, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    builder.expat = parser.parser
    try:
        parser.feed(content)
        parser.close()
    except ParseError as error:
        raise UnreadableFile(_in_words(error, content, file)) from None
    except DefusedXmlException:
        raise UnreadableFile(
            Said("{file}: declares entities, which no timetable needs; refused", file=file)
        ) from None
    except (LookupError, ValueError):
        raise UnreadableFile(
            Said("{file}: is in an encoding that we cannot read; save it as UTF-8", file=file)
        ) from None
    if builder.root is None:
        raise UnreadableFile(Said("{file}: the file is empty", file=file))
    return builder.root


def _in_words(error: ParseError, content: bytes, file: str) -> str:
    line, column = error.position
    if (
        content.rstrip().endswith(b">") is False
        or "no element found" in str(error)
        or "unclosed" in str(error)
    ):
        return Said(
            "{file}, line {line}: the file ends in the middle; was it copied whole?", file=file, line=line
        )
    if "invalid token" in str(error) and _is_no_text(content, line):
        declared = _DECLARED.search(content[:500])
        encoding = declared[1].decode("ascii") if declared else "UTF-8"
        return Said(
            "{file}, line {line}: its letters are not in {encoding}, as its first line says; save it anew",
            file=file,
            line=line,
            encoding=encoding,
        )
    return Said(
        "{file}, line {line}, column {column}: no XML ({why})",
        file=file,
        line=line,
        column=column + 1,
        why=str(error).split(":")[0],
    )


def _is_no_text(content: bytes, line: int) -> bool:
    lines = content.splitlines()
    if not 0 < line <= len(lines):
        return False
    try:
        lines[line - 1].decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False
