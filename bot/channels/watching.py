"""For those who run the bot: ``/healthz``, ``/readyz`` and ``/metrics``. Nothing here tells anything of anybody."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.app import App
from core.db.migrate import current_revision, newest_revision
from core.db.uow import UnitOfWork
from core.queries.queue import count_stuck_events, queue_depths
from core.settings import is_loopback
from notifier.metrics import CONTENT_TYPE

Handler = Callable[[web.Request], Awaitable[web.Response]]


def watch(site: web.Application, app: App) -> None:
    """Add the addresses to the site."""
    site.router.add_get("/healthz", _healthz(app))
    site.router.add_get("/readyz", _readyz(app))
    site.router.add_get("/metrics", _metrics(app))


def _healthz(app: App) -> Handler:
    async def healthz(_request: web.Request) -> web.Response:
        """200 while the database answers, 503 otherwise."""
        try:
            await app.database.ping()
        except Exception:
            return web.json_response({"ok": False, "database": "unreachable"}, status=503)
        return web.json_response({"ok": True})

    return healthz


def _readyz(app: App) -> Handler:
    async def readyz(_request: web.Request) -> web.Response:
        """200 while all that is to run runs, else 503 with the names of what does not."""
        ailments = await _ailments(app)
        return web.json_response({"ok": not ailments, "ailments": ailments}, status=503 if ailments else 200)

    return readyz


async def _ailments(app: App) -> dict[str, str]:
    found = app.notifier.ailments()
    try:
        await app.database.ping()
        revision = await current_revision(app.database)
    except Exception:
        return {"database": "unreachable", **found}
    if revision != newest_revision():
        found["migrations"] = f"at {revision}, not at {newest_revision()}"
    return found


def _metrics(app: App) -> Handler:
    token = app.settings.metrics_token

    async def metrics(request: web.Request) -> web.Response:
        """Prometheus' text, for whoever has the token or, where none is set, sits at this machine."""
        if token is not None:
            given = request.headers.get("Authorization", "").removeprefix("Bearer ")
            may = hmac.compare_digest(given.encode(errors="replace"), token.get_secret_value().encode())
        else:
            # A proxy on this machine is at loopback, too, and speaks for the whole world.
            is_forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via"))
            may = is_loopback(request.remote or "") and not is_forwarded
        if not may:
            return web.Response(status=404, text="Not Found")
        async with UnitOfWork(app.database, app.clock) as uow:
            depths = await queue_depths(uow, bots=app.notifier.channels)
            stuck = await count_stuck_events(uow)
        body = app.notifier.metrics.exposed(depths, stuck, app.clock.now())
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    return metrics
