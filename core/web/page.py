"""Page: one address of the panel, what it is for and who may open it; and Visit, a signed-in person's request of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode, urlsplit

import aiohttp_jinja2
from aiohttp import web

from core.access import Actor, School
from core.actions.panel_sessions import OpenSession
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID
from core.domain.rights import Role
from core.http import client_address
from core.i18n import Translator
from core.queries.offices import Office
from core.queries.pages import Cursor
from core.web.upload import Upload

if TYPE_CHECKING:
    from core.web.panel import Panel

_LONGEST_CURSOR = 2_000
OFFICE_WORK = (Role.ADMIN, Role.SECRETARY)
"""People, codes and links."""
SCHOOL_VIEW = (Role.ADMIN, Role.SECRETARY, Role.HEAD, Role.DEPUTY)
"""The overview of a school."""
AUDITORS = (Role.ADMIN,)
STATISTICS = (Role.ADMIN, Role.HEAD, Role.DEPUTY)
"""Attendance, the state of the journal, and a pupil's diary: the office's others see none of it."""


@dataclass(frozen=True, slots=True)
class Page:
    """One address below ``/admin``. ``roles`` may open it, at the school in question; no other may."""

    method: Literal["GET", "POST"]
    path: str
    handler: Callable[[Visit], Awaitable[web.StreamResponse]]
    roles: tuple[Role, ...]
    takes_file: bool = False
    """Whether its form ends with a file, which is streamed to the disk once the visitor has shown that it may be."""
    needs_code: bool = False
    """Whether a code of an authenticator app must have been given in this session: for what is hard to take back."""
    entry: tuple[str, int] | None = None
    """Its words in the navigation (a message id) and its place there; None for pages that others lead to."""
    above: bool = False
    """Whether it is about all that the visitor runs, not about one school: then the office is the org of the visitor's
    role, whose schools may be still to come."""


@dataclass(slots=True)
class Visit:
    """One request. ``office`` is the school that it is about, ``offices`` all that the asker may choose from;
    ``form`` what was sent, empty for a GET."""

    panel: Panel
    request: web.Request
    page: Page
    uow: UnitOfWork
    actor: Actor
    session: OpenSession
    token: str
    t: Translator
    offices: tuple[Office, ...]
    office: Office
    form: Mapping[str, str] = field(default_factory=dict)
    upload: Upload | None = None
    """The file that was sent to a page that takes one."""
    faults: dict[str, str] = field(default_factory=dict)
    """What is wrong with the form that was sent: a sentence by the field's name, which the ``field`` macros show beside
    it; under ``""`` what is no field's alone."""

    @property
    def school(self) -> School:
        """The school that the request is about."""
        return self.office.school

    def number(self, name: str = "id") -> int:
        """A number in the address. Routes take digits only, at most 18."""
        return int(self.request.match_info[name])

    @property
    def address_hash(self) -> str:
        """The browser's network address as it may be kept."""
        return self.panel.services.address_hash(client_address(self.request, self.panel.trusted_proxies))

    def query(self, name: str, longest: int = 100) -> str:
        """A parameter of the address, cut to what a sane one is."""
        return self.request.query.get(name, "").replace("\0", "")[:longest].strip()

    @property
    def after(self) -> Cursor | None:
        """Where a page of a list begins: the key just as it was given out, spaces and all."""
        return Cursor.read(self.request.query.get("after", "").replace("\0", "")[:_LONGEST_CURSOR])

    def address(self, path: str, /, **parameters: object) -> str:
        """An address of the panel; the school stays where there is a choice, empty parameters are left out."""
        given = {name: str(value) for name, value in parameters.items() if value not in ("", None)}
        if len(self.offices) > 1:
            given["school"] = str(self.school.id)
        return f"/admin{path}" + (f"?{urlencode(given)}" if given else "")

    def here(self, **changes: object) -> str:
        """This very address with some parameters changed."""
        kept = {name: value for name, value in self.request.query.items() if name not in ("done", "after")}
        path = self.request.path.removeprefix("/admin")
        return self.address(path, **(kept | changes))

    @property
    def back(self) -> str:
        """The address of the panel's page that the browser was on; the overview's where it does not say."""
        came_from = urlsplit(self.request.headers.get("Referer", ""))
        where = f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
        return where if where.startswith("/admin") else self.address("")

    def number_asked(self, name: str) -> int | None:
        """A number of the address, such as a filter's; None for anything else."""
        text = self.query(name, 19)
        return int(text) if text.isascii() and text.isdigit() and int(text) <= LARGEST_ID else None

    def go(self, path: str, /, **parameters: object) -> web.Response:
        """After a write: to the page that shows it."""
        return web.Response(status=303, headers={"Location": self.address(path, **parameters)})

    def render(self, template: str, *, status: int = 200, **context: Any) -> web.StreamResponse:
        """A page of the panel around the template's content."""
        return aiohttp_jinja2.render_template(
            template,
            self.request,
            {"visit": self, "t": self.t, "plural": self.t.plural, "context": self.t.context, **context},
            status=status,
        )
