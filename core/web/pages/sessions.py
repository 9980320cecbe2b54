"""/admin/sessions: the browsers in which the visitor is in the panel, and the way out."""

from __future__ import annotations

from aiohttp import web

from core.actions.panel_sessions import end_session, sessions_of
from core.domain.rights import PANEL_ROLES
from core.web.page import Page, Visit


async def show(visit: Visit) -> web.StreamResponse:
    """A page of the open sessions."""
    page = await sessions_of(visit.uow, visit.actor, sort=visit.query("sort", 30), after=visit.after)
    return visit.render("sessions.html", page=page)


async def end(visit: Visit) -> web.StreamResponse:
    """End one; ending the own one signs out."""
    number = visit.number()
    await end_session(visit.uow, visit.actor, number)
    if number == visit.session.id:
        return await _out(visit)
    return visit.go("/sessions", done="ended")


async def sign_out(visit: Visit) -> web.StreamResponse:
    """Sign out."""
    await end_session(visit.uow, visit.actor, visit.session.id)
    return await _out(visit)


async def _out(visit: Visit) -> web.StreamResponse:
    response = web.Response(status=303, headers={"Location": "/admin/sign-in"})
    # As it was set: a browser takes a "__Host-" cookie, also the one that ends it, only with Secure.
    response.del_cookie(
        visit.panel.cookie, path="/", secure=visit.panel.is_tls, httponly=True, samesite="Lax"
    )
    return response


PAGES = (
    Page("GET", "/sessions", show, PANEL_ROLES),
    Page("POST", r"/sessions/{id:\d{1,18}}/end", end, PANEL_ROLES),
    Page("POST", "/sign-out", sign_out, PANEL_ROLES),
)
