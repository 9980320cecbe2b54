"""What every answer carries and every write must show."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def headers_middleware(*, is_tls: bool) -> Middleware:
    """Strict headers on every answer, errors included."""
    headers = {
        "Content-Security-Policy": CSP,
        "X-Content-Type-Options": "nosniff",
        # Not "no-referrer": with that a browser sends a form with "Origin: null", and the check below needs it.
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if is_tls:
        headers["Strict-Transport-Security"] = "max-age=31536000"

    @web.middleware
    async def add(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except web.HTTPException as error:
            error.headers.update(headers)
            raise
        if not response.prepared:
            response.headers.update(headers)
            is_static = request.path.startswith("/static/")
            response.headers.setdefault("Cache-Control", "no-cache" if is_static else "no-store")
        return response

    return add


def check_origin(request: web.Request, public_address: str) -> None:
    """Refuse a write or a live connection that another site's page started. Raises HTTPForbidden."""
    origin = request.headers.get("Origin")
    if origin is None:
        raise web.HTTPForbidden(text="no origin")
    own = urlsplit(public_address)
    theirs = urlsplit(origin)
    if theirs.netloc not in (own.netloc, request.host) or theirs.scheme not in ("http", "https"):
        raise web.HTTPForbidden(text="wrong origin")


def csrf_token(key: bytes, secret: str) -> str:
    """The token that goes with a cookie's secret."""
    return hmac.new(key, b"csrf:" + secret.encode(), hashlib.sha256).hexdigest()


def check_csrf(given: str | None, key: bytes, secret: str) -> None:
    """Raises HTTPForbidden unless the token goes with the cookie."""
    if not given or not hmac.compare_digest(given, csrf_token(key, secret)):
        raise web.HTTPForbidden(text="csrf")


Networks = tuple[IPv4Network | IPv6Network, ...]


def client_address(request: web.Request, trusted_proxies: Networks) -> str:
    """The browser's network address; forwarded ones count only from a trusted proxy, the nearest first."""
    address = request.remote or ""
    forwarded = [
        part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()
    ]
    while forwarded and _is_in(address, trusted_proxies):
        address = forwarded.pop()
    return address


def _is_in(address: str, networks: Networks) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    # A socket that takes both kinds shows IPv4 peers as ::ffff:10.0.0.1.
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return any(ip in network for network in networks)
