"""/admin/sessions: the browsers that are in the panel with this chat, and the way out."""

from __future__ import annotations

from aiohttp import web

from core.actions.panel_sessions import end_session, sessions_of
from core.domain.rights import PANEL_ROLES
from core.web.page import Page, Visit


async def show(visit: Visit) -> web.StreamResponse:
    """The open sessions."""
    return visit.render("sessions.html", sessions=await sessions_of(visit.uow, visit.actor))


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
    response.del_cookie(visit.panel.cookie, path="/")
    return response


PAGES = (
    Page("GET", "/sessions", show, PANEL_ROLES),
    Page("POST", r"/sessions/{id:\d{1,18}}/end", end, PANEL_ROLES),
    Page("POST", "/sign-out", sign_out, PANEL_ROLES),
)
