"""/admin/operator: the schools of an operator, their bots, and how the installation fares. Counts; nobody's name."""

from __future__ import annotations

from importlib.metadata import version

from aiohttp import web

from core.actions.schools import NewSchool, add_school
from core.actions.web_sessions import WEB_BOT
from core.db.migrate import current_revision, newest_revision
from core.domain.kinds import Messenger
from core.domain.rights import Role
from core.errors import Invalid
from core.i18n import N_
from core.queries.org_bots import bot_of
from core.queries.pages import IN_A_FILE, ON_A_PAGE, Cursor
from core.queries.school_settings import settled_school
from core.queries.schools import (
    Bots,
    SchoolLine,
    SchoolsPage,
    bot_queues,
    list_schools,
    places_for,
    run_by,
    school_line,
)
from core.web.page import Page, Visit
from core.web.pages.school_bot import drop_bot, put_bot
from core.web.pages.settings import choices, faults_of
from core.web.take_away import list_file

OPERATORS = (Role.OPERATOR,)


def _bots(visit: Visit) -> Bots:
    """The installation's own: the browser, and the Telegram bot of its settings."""
    return ((Messenger.WEB, WEB_BOT), (Messenger.TELEGRAM, visit.panel.services.own_bot))


async def show(visit: Visit) -> web.StreamResponse:
    """A page of schools."""
    page = await _page(visit, visit.after)
    return visit.render("schools.html", page=page, may_add=bool(await places_for(visit.uow, visit.actor)))


async def export(visit: Visit) -> web.StreamResponse:
    """The same list as a table file, whole; audited."""
    t = visit.t
    return await list_file(
        *(visit, "schools.csv", "schools.export"),
        [
            *(t("School"), t("Belongs to"), t("Pupils"), t("Joined"), t("Bot"), t("Last import")),
            *(t("Overdue"), t("Problems")),
        ],
        lambda after: _page(visit, after, IN_A_FILE),
        lambda one: _cells(visit, one),
    )


async def _page(visit: Visit, after: Cursor | None, most: int = ON_A_PAGE) -> SchoolsPage:
    return await list_schools(
        *(visit.uow, visit.actor, _bots(visit)),
        search=visit.query("search"),
        sort=visit.query("sort", 30),
        after=after,
        most=most,
    )


def _cells(visit: Visit, one: SchoolLine) -> list[str]:
    t = visit.t
    problems = [
        *([t("token refused")] if one.bot_refused else []),
        *([t("import failed")] if one.import_failed else []),
        *([t("news are late")] if one.is_late else []),
    ]
    return [
        *(one.name, one.above, str(one.pupils), str(one.reached), f"@{one.bot}" if one.bot else ""),
        one.imported_at.isoformat(timespec="minutes") if one.imported_at else "",
        *(str(one.overdue), ", ".join(problems)),
    ]


async def new(visit: Visit) -> web.StreamResponse:
    """The form for a school to be."""
    return await _new(visit)


async def _new(visit: Visit, *, status: int = 200) -> web.StreamResponse:
    places = await places_for(visit.uow, visit.actor)
    return visit.render(
        "school_new.html",
        places=[(one.id, one.name) for one in places],
        **choices(visit.t),
        usual=visit.school,
        status=status,
    )


async def add(visit: Visit) -> web.StreamResponse:
    """Add the school."""
    form = visit.form
    parent = form.get("parent", "")
    try:
        school_id = await add_school(
            visit.uow,
            visit.session.key,
            NewSchool(
                int(parent) if parent.isascii() and parent.isdigit() and len(parent) < 19 else 0,
                " ".join(form.get("name", "").split()),
                form.get("timezone", ""),
                form.get("locale", ""),
                form.get("currency", ""),
                form.get("scale", ""),
            ),
        )
    except Invalid as error:
        words = faults_of(visit.t) | {
            "name": visit.t("A school needs a name of at most 200 characters, its own at this place.")
        }
        visit.faults |= {name: words[name] for name in error.params["fields"]}
        return await _new(visit, status=400)
    return visit.go(f"/operator/schools/{school_id}", done="school_added")


async def school(visit: Visit) -> web.StreamResponse:
    """One school."""
    return await _school(visit)


async def _school(visit: Visit, *, status: int = 200) -> web.StreamResponse:
    one = await school_line(visit.uow, visit.actor, visit.number(), _bots(visit))
    return visit.render(
        "school.html",
        one=one,
        settled=await settled_school(visit.uow, one.id),
        bot=await bot_of(visit.uow, one.id),
        names_setter=False,
        consequences=None,
        has_messenger=visit.panel.services.ask_bot is not None,
        status=status,
    )


async def put(visit: Visit) -> web.StreamResponse:
    """Set a school's bot."""
    if await put_bot(visit, visit.number()):
        return visit.go(f"/operator/schools/{visit.number()}", done="bot_set")
    return await _school(visit, status=400)


async def drop(visit: Visit) -> web.StreamResponse:
    """Take a school's bot away."""
    await school_line(visit.uow, visit.actor, visit.number(), _bots(visit))
    if await drop_bot(visit, visit.number()):
        return visit.go(f"/operator/schools/{visit.number()}", done="bot_removed")
    return await _school(visit, status=400)


async def health(visit: Visit) -> web.StreamResponse:
    """How the installation fares."""
    database = visit.panel.database
    revision = await current_revision(database)
    return visit.render(
        "health.html",
        ailments=visit.panel.services.ailments(),
        queues=await bot_queues(visit.uow, visit.actor, _bots(visit)),
        own_bot=visit.panel.services.own_bot,
        own_username=visit.panel.services.own_username,
        database="SQLite" if database.is_sqlite else "PostgreSQL",
        revision=revision,
        is_newest=revision == newest_revision(),
        version=version("schoolbell"),
        orgs=run_by(visit.actor),
    )


_SCHOOL = r"/operator/schools/{id:\d{1,18}}"
PAGES = (
    Page("GET", "/operator", show, OPERATORS, entry=(N_("Schools"), 5), above=True),
    Page("POST", "/operator/export", export, OPERATORS, needs_code=True, above=True),
    Page("GET", "/operator/new", new, OPERATORS, above=True),
    Page("POST", "/operator/new", add, OPERATORS, above=True),
    Page("GET", "/operator/health", health, OPERATORS, above=True),
    Page("GET", _SCHOOL, school, OPERATORS, above=True),
    Page("POST", _SCHOOL + "/bot", put, OPERATORS, needs_code=True, above=True),
    Page("POST", _SCHOOL + "/bot/remove", drop, OPERATORS, needs_code=True, above=True),
)
