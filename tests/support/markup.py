"""Reading back what a renderer wrote: balanced tags, attributes and text."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = frozenset({"br"})


class Markup(HTMLParser):
    """Parses a fragment on construction; raises AssertionError where a tag is not closed in its order."""

    def __init__(self, fragment: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.nesting: list[tuple[str, ...]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(fragment)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def names(self) -> list[str]:
        """The names of all tags in the order they open."""
        return [name for name, _ in self.tags]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in _VOID:
            self.text += "\n"
            return
        self.nesting.append(tuple(self._open))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1] == tag, f"</{tag}> closes {self._open}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl!r}")
