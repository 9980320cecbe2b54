"""The panel walked by its own links: every page that somebody can reach, and every form on it, found by reading them.

A page that is added to ``core.web.routes`` and linked from anywhere comes in by itself.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qsl, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

from core.domain.rights import Role
from core.web.page import Page
from core.web.routes import PAGES

_PLACES = [
    (
        page,
        re.compile("/admin" + re.sub(r"\{\w+:([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}", r"(?:\1)", page.path) + "/?$"),
    )
    for page in PAGES
]
LINKED = frozenset(page.path for page in PAGES if page.method == "GET") - {
    *("/code", "/operator/new", r"/announcements/drafts/{id:\d{1,18}}", r"/import/{id:\d{1,18}}/progress"),
}
"""What somebody of the cast reaches by links: not the code of the door, a new school (nobody runs a district), what a form
leads to, and what a page's script listens to."""
_ADMINS = LINKED & {page.path for page in PAGES if Role.ADMIN in page.roles}
_MOST_EXTRA = 60
Fetch = Callable[[str], Awaitable[tuple[int, str]]]
"""The status and the words of an address on the site; the words are empty where they are no HTML."""


def page_at(method: str, address: str) -> Page | None:
    """The page of the route table that an address leads to."""
    return _page_at(method, urlsplit(address).path)


@lru_cache(maxsize=4_096)
def _page_at(method: str, path: str) -> Page | None:
    return next((page for page, place in _PLACES if page.method == method and place.match(path)), None)


@dataclass(frozen=True)
class Form:
    """A form as it stands on a page: what it would send unchanged, by field; ``files`` are the names of file fields."""

    found_at: str
    method: str
    action: str
    fields: tuple[tuple[str, str], ...]
    files: tuple[str, ...]

    @property
    def key(self) -> tuple[object, ...]:
        """Forms with the same key do the same on another row."""
        page = page_at(self.method, self.action)
        return (page.path if page else self.action, self.method, *sorted({name for name, _ in self.fields}))


@dataclass
class Walked:
    """Every page that was opened, by address with its words, and one form of each sort."""

    pages: dict[str, str] = field(default_factory=dict)
    forms: dict[tuple[object, ...], Form] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    parameters: dict[str, set[str]] = field(default_factory=dict)
    """The parameters of the address that a page's links and filters know, by the page's path in the route table."""
    opened: set[str] = field(default_factory=set)
    """The paths of the route table that were reached by a GET."""


async def walk(fetch: Fetch, *, start: str = "/admin", each: int = 2, parameters: int = 2) -> Walked:
    """Follow every link below ``/admin``; of the addresses that differ only in numbers or values, so many ``each``, and
    some more as long as there are pages that no link has led to yet. None with more than so many ``parameters``."""
    walked, seen, how_often = Walked(), set[str](), Counter[tuple[object, ...]]()
    waiting, passed_over, extras = deque([start]), deque[str](), 0
    while waiting or (passed_over and extras < _MOST_EXTRA and _ADMINS - walked.opened):
        is_extra = not waiting
        address = (passed_over if is_extra else waiting).popleft()
        extras += is_extra
        page = page_at("GET", address)
        if page is None or (address in seen and not is_extra):
            continue
        seen.add(address)
        names = tuple(sorted(name for name, _ in parse_qsl(urlsplit(address).query) if name != "school"))
        if len(names) > parameters:
            continue
        how_often[page.path, names] += 1
        if how_often[page.path, names] > each and not is_extra:
            passed_over.append(address)
            continue
        walked.parameters.setdefault(page.path, set()).update(names)
        walked.statuses[address], text = await fetch(address)
        if not text:
            continue
        walked.pages[address] = text
        walked.opened.add(page.path)
        soup = BeautifulSoup(text, "html.parser")
        for link in soup.find_all("a", href=True):
            found = urljoin(address, str(link["href"])).partition("#")[0]
            if found.startswith("/admin") and "done=" not in found:
                waiting.append(found)
        for form in forms_of(address, soup):
            walked.forms.setdefault(form.key, form)
            if form.method == "GET" and (target := page_at("GET", form.action)):
                walked.parameters.setdefault(target.path, set()).update(name for name, _ in form.fields)
    return walked


def forms_of(address: str, soup: BeautifulSoup) -> Iterator[Form]:
    """The forms of a page."""
    for one in soup.find_all("form"):
        fields: list[tuple[str, str]] = []
        files: list[str] = []
        for entry in one.find_all(["input", "select", "textarea", "button"]):
            name = str(entry.get("name") or "")
            if not name:
                continue
            if entry.get("type") == "file":
                files.append(name)
            elif entry.name != "button" or not any(name == known for known, _ in fields):
                fields.append((name, _value(entry)))
        action = urljoin(address, str(one.get("action") or address))
        yield Form(address, str(one.get("method") or "get").upper(), action, tuple(fields), tuple(files))


def _value(entry: Tag) -> str:
    if entry.name == "select":
        options = entry.find_all("option")
        chosen = next((one for one in options if one.has_attr("selected")), options[0] if options else None)
        return str(chosen.get("value", chosen.text)) if chosen else ""
    return entry.text if entry.name == "textarea" else str(entry.get("value") or "")
