"""The panel on aiohttp: its pages under ``/admin``, each behind the one guard that knows who may open it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Protocol

import aiohttp_jinja2
import jinja2
import structlog
from aiohttp import web

from core.access import School, load_actor
from core.actions.org_bots import AskBot
from core.actions.panel_sessions import OpenSession, read_session
from core.cards import Card
from core.clock import Clock
from core.db.engine import Database
from core.db.uow import UnitOfWork
from core.domain.rights import Role
from core.domain.telling import Held
from core.errors import NotFound, SchoolbellError
from core.files import FileStore
from core.http import (
    Handler,
    Networks,
    OwnAddress,
    check_csrf,
    check_origin,
    csrf_token,
    offered_languages,
    secret_of,
    words_of,
)
from core.i18n import LANGUAGE_NAMES, Translator, match_locale, translator
from core.importing.desk import ImportDesk
from core.queries.announcements_told import AnnouncementTold
from core.queries.offices import Office, list_offices, org_offices
from core.web import charts
from core.web.outcomes import OUTCOMES
from core.web.page import Page, Visit
from core.web.pages.account import BEFORE_THE_CODE
from core.web.routes import PAGES
from core.web.sign_in import SignIn
from core.web.upload import SentFile, form_of
from core.words import MESSENGER_NAMES, RIGHTS_NAMES, ROLE_NAMES, SCALE_NAMES, TRANSACTION_NAMES

log = structlog.get_logger(__name__)
_FOLDER = Path(__file__).parent
_LARGEST_BODY = 256 * 1024
_SPOKEN = web.RequestKey("language", Translator)


class Foreseen(Protocol):
    """What the notifier says of an announcement before it is out."""

    def card(self, t: Translator, zone: tzinfo, told: AnnouncementTold) -> Card:
        """As it will look in a chat."""
        ...

    async def decisions(
        self, uow: UnitOfWork, school: School, told: AnnouncementTold, at: datetime | None
    ) -> Mapping[Held, int]:
        """How many chats would be told at once, wait for what, or are never told."""
        ...


@dataclass(frozen=True, slots=True)
class PanelServices:
    """What pages need of the running application beside the database."""

    code_key: bytes
    """The key that invitation codes are hashed with."""
    public_url: str
    """Where people open the web chat; no slash at the end."""
    bot_usernames: Mapping[int, str]
    address_hash: Callable[[str], str]
    """A network address as it may be kept."""
    foreseen: Foreseen
    files: FileStore
    """Where files are kept."""
    own_bot: int = 0
    """The installation's own Telegram bot; 0 for none."""
    ask_bot: AskBot | None = None
    """Asks the messenger whose a bot's token is; None where this process speaks to no messenger."""
    bots_changed: Callable[[], None] = lambda: None
    """To be called after a school's bot was set or taken away, so that it is taken up at once."""
    ailments: Callable[[], Mapping[str, str]] = dict
    """What does not work in this process, by name, with the reason."""

    @property
    def own_username(self) -> str:
        """What the installation's own bot is called; empty without one."""
        return self.bot_usernames.get(self.own_bot, "")


@cache
def _templates() -> jinja2.Environment:
    """The pages' templates, which know nothing of an installation; compiled once."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    macros = environment.get_template("macros.html").module
    environment.globals.update(
        charts=charts,
        navigation=navigation,
        page_paths=frozenset(page.path for page in PAGES),
        outcomes=OUTCOMES,
        role_names=ROLE_NAMES,
        rights_words=RIGHTS_NAMES,
        messengers=MESSENGER_NAMES,
        scale_names=SCALE_NAMES,
        language_names=LANGUAGE_NAMES,
        transactions=TRANSACTION_NAMES,
        **{
            name: getattr(macros, name)
            for name in ("csrf", "ask", "kept_school", "turning", "column", "field", "choice", "wrong")
        },
    )
    return environment


@dataclass(slots=True)
class Panel:
    """The panel of one installation."""

    database: Database
    clock: Clock
    key: bytes
    own_address: OwnAddress
    is_tls: bool
    trusted_proxies: Networks
    services: PanelServices
    desk: ImportDesk = field(init=False)
    """Where files are taken in."""

    def __post_init__(self) -> None:
        self.desk = ImportDesk(self.database, self.clock, self.services.files)

    def mount(self, site: web.Application) -> None:
        """Add the panel to a site, under ``/admin``."""
        app = web.Application(client_max_size=_LARGEST_BODY, middlewares=[self._apologise])
        app[aiohttp_jinja2.APP_KEY] = _templates()
        sign_in = SignIn(self)
        app.router.add_get("/enter", sign_in.ask)
        app.router.add_post("/enter", sign_in.enter)
        app.router.add_get("/sign-in", sign_in.door)
        app.router.add_post("/sign-in", sign_in.sign_in)
        for page in PAGES:
            app.router.add_route(page.method, page.path, self._guarded(page))
        app.router.add_static("/static", _FOLDER / "static")
        site.add_subapp("/admin", app)

    def uow(self) -> UnitOfWork:
        """Whatever is done in the panel says so in the audit."""
        return UnitOfWork(self.database, self.clock, via="panel")

    @property
    def role_names(self) -> Mapping[Role, str]:
        """What roles are called."""
        return ROLE_NAMES

    @property
    def cookie(self) -> str:
        """The name of the session's cookie."""
        return "__Host-schoolbell-panel" if self.is_tls else "schoolbell-panel"

    def set_cookie(self, response: web.StreamResponse, name: str, value: str) -> None:
        """A cookie until the browser is closed, which no script reads and no other site's form sends."""
        response.set_cookie(name, value, httponly=True, samesite="Lax", secure=self.is_tls, path="/")

    def translator_for(self, request: web.Request, session: OpenSession | None = None) -> Translator:
        """The chat's own language, else what the browser asks for."""
        if session is not None and session.locale and not request.query.get("lang"):
            return translator(session.locale)
        found = next((one for one in map(match_locale, offered_languages(request)) if one), "en")
        return translator(found)

    def _guarded(self, page: Page) -> Handler:
        async def guard(request: web.Request) -> web.StreamResponse:
            writes = page.method == "POST"
            if writes:
                check_origin(request, self.own_address)
            token = secret_of(request, self.cookie)
            async with self.uow() as uow:
                session = await read_session(uow, token) if token else None
                actor = (await load_actor(uow, session.key))[1] if session is not None else None
                if session is None or actor is None or actor.is_stranger:
                    raise (
                        web.HTTPForbidden(text="signed out") if writes else web.HTTPSeeOther("/admin/sign-in")
                    )
                form: Mapping[str, str] = {}
                sent: SentFile | None = None
                if writes:
                    form, sent = (
                        await form_of(request) if page.takes_file else (await words_of(request), None)
                    )
                    check_csrf(form.get("csrf"), self.key, token)
                if page.above:
                    offices = org_offices(actor, page.roles)
                else:
                    offices = await list_offices(uow, actor, page.roles)
                t = self.translator_for(request, session)
                request[_SPOKEN] = t
                if session.totp and session.verified_at is None and page.path not in BEFORE_THE_CODE:
                    raise web.HTTPForbidden(text="code") if writes else web.HTTPSeeOther("/admin/code")
                if (
                    not offices
                    and not writes
                    and Role.OPERATOR in page.roles
                    and org_offices(actor, page.roles)
                ):
                    # An operator whose schools are still to come.
                    raise web.HTTPSeeOther("/admin/operator")
                if not offices:
                    raise web.HTTPForbidden(text="not yours")
                wanted = "" if page.above else request.query.get("school", "")
                office = _chosen(offices, wanted)
                if page.needs_code and session.verified_at is None:
                    raise web.HTTPSeeOther("/admin/account?needed=1")
                visit = Visit(self, request, page, uow, actor, session, token, t, offices, office, form)
                if visit.form.get("ask"):
                    return visit.render("ask.html")
                if sent is None:
                    return await page.handler(visit)
                with self.services.files.draft() as draft:
                    visit.upload = await sent.receive(draft)
                    return await page.handler(visit)

        return guard

    @web.middleware
    async def _apologise(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Whatever goes wrong is a page in the reader's language; a fault of ours has a reference in the log."""
        try:
            return await handler(request)
        except NotFound:
            return self._sorry(request, 404)
        except SchoolbellError as error:
            log.info("panel.refused", key=error.key, path=request.path)
            return self._sorry(request, 400)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            return self._sorry(request, error.status)
        except ConnectionError:
            raise
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("panel.failed", reference=reference, method=request.method, path=request.path)
            return self._sorry(request, 500, reference)

    def _sorry(self, request: web.Request, status: int, reference: str = "") -> web.StreamResponse:
        t = request.get(_SPOKEN) or self.translator_for(request)
        return aiohttp_jinja2.render_template(
            "sorry.html", request, {"t": t, "status": status, "reference": reference}, status=status
        )

    def csrf(self, secret: str) -> str:
        """The token that goes with a cookie's secret."""
        return csrf_token(self.key, secret)


def _chosen(offices: tuple[Office, ...], wanted: str) -> Office:
    """The school of the address; without one the first. Raises NotFound for one that is not the asker's."""
    if not wanted:
        return offices[0]
    for office in offices:
        if str(office.school.id) == wanted:
            return office
    raise NotFound("school_not_found")


def navigation(visit: Visit) -> list[tuple[str, str, bool]]:
    """The entries that the visitor may open: address, words, and whether it is the one open now."""
    found = []
    for page in sorted((one for one in PAGES if one.entry), key=lambda one: one.entry[1] if one.entry else 0):
        if visit.office.may(page.roles) and page.entry:
            here = visit.page.path == page.path or (page.path and visit.page.path.startswith(page.path + "/"))
            found.append((visit.address(page.path), visit.t(page.entry[0]), bool(here)))
    return found
