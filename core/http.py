"""What every page of ours carries and every write must show, whichever room it is in; and who is asking."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from core.settings import is_loopback

log = structlog.get_logger(__name__)

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
_SECRET = re.compile(r"[A-Za-z0-9_-]{32,64}")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Apology = Callable[[web.Request, str], str]


def headers_middleware(*, is_tls: bool, apology: Apology) -> Middleware:
    """Strict headers on every answer; an error of ours is an apology with the reference id that stands in the log."""
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
            error.headers.setdefault("Cache-Control", "no-store")
            raise
        except ConnectionError:
            raise  # the browser went away
        except web.RequestPayloadError:
            response = web.Response(text="the body cannot be read", status=400)
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("web.failed", reference=reference, method=request.method, path=request.path)
            response = _sorry(request, apology(request, reference))
        if not response.prepared:
            response.headers.update(headers)
            is_static = request.path.startswith(("/static/", "/admin/static/"))
            response.headers.setdefault("Cache-Control", "no-cache" if is_static else "no-store")
        return response

    return add


def _sorry(request: web.Request, words: str) -> web.Response:
    """For the page's script where it asks, for a person to read elsewhere."""
    if request.path.startswith("/chat/") or request.path == "/sign-out":
        return web.json_response({"error": words}, status=500)
    return web.Response(text=words, status=500)


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """Where our own pages come from: ``public`` is the address that people open, ``is_set`` whether the settings name
    it, ``bound`` the host that is listened on.

    Beside the public address a page may come from the very host that it was asked from, if that can be no name that
    somebody else's DNS points here: this machine's own names while we listen on this machine, and any IP address while
    we listen on all of them and nobody has said what the public address is.
    """

    public: str
    is_set: bool
    bound: str

    def is_own(self, origin: str, host: str) -> bool:
        """Whether a page of ``origin`` is ours, asked with this Host header."""
        theirs = _origin(origin)
        if theirs is None:
            return False
        return theirs == _origin(self.public) or (
            theirs == _origin(f"http://{host}") and self._is_no_foreign_name(theirs[1])
        )

    def _is_no_foreign_name(self, name: str) -> bool:
        if is_loopback(self.bound):
            return is_loopback(name)
        return not self.is_set and (is_loopback(name) or _is_address(name))


def _origin(address: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an http address, as browsers compare them; None for anything else."""
    try:
        parts = urlsplit(address)
        usual = {"http": 80, "https": 443}[parts.scheme]
        port = parts.port or usual
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname and "@" not in parts.netloc else None


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def check_origin(request: web.Request, own: OwnAddress) -> None:
    """Refuse a write or a live connection that another site's page started. Raises HTTPForbidden."""
    if not own.is_own(request.headers.get("Origin", ""), request.host):
        raise web.HTTPForbidden(
            text="This page was not opened at the address that Schoolbell is set up for (SCHOOLBELL_PUBLIC_URL)."
        )


def secret_of(request: web.Request, cookie: str) -> str:
    """A cookie's secret, or an empty string where there is none that we could have given out."""
    secret = request.cookies.get(cookie, "")
    return secret if _SECRET.fullmatch(secret) else ""


def csrf_token(key: bytes, secret: str) -> str:
    """The token that goes with a cookie's secret."""
    return hmac.new(key, b"csrf:" + secret.encode(), hashlib.sha256).hexdigest()


def check_csrf(given: object, key: bytes, secret: str) -> None:
    """Raises HTTPForbidden unless the token goes with the cookie."""
    if not isinstance(given, str) or not secret:
        raise web.HTTPForbidden(text="csrf")
    # Bytes: texts are compared only where they are ASCII, and what is given may be anything.
    if not hmac.compare_digest(given.encode(errors="replace"), csrf_token(key, secret).encode()):
        raise web.HTTPForbidden(text="csrf")


Networks = tuple[IPv4Network | IPv6Network, ...]


def client_address(request: web.Request, trusted_proxies: Networks) -> str:
    """The browser's network address; forwarded ones count only from a trusted proxy, the nearest first. Of an IPv6 address
    only its /64: whoever has one has all of its addresses, and could try anew from each."""
    address = request.remote or ""
    forwarded = [
        part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()
    ]
    while forwarded and _is_in(address, trusted_proxies):
        address = forwarded.pop()
    ip = _ip_of(address)
    if isinstance(ip, IPv6Address):
        return str(IPv6Network((ip, 64), strict=False).network_address)
    return address if ip is None else str(ip)


def _is_in(address: str, networks: Networks) -> bool:
    ip = _ip_of(address)
    return ip is not None and any(ip in network for network in networks)


def _ip_of(address: str) -> IPv4Address | IPv6Address | None:
    """None for what is no address. A socket that takes both kinds shows IPv4 peers as ::ffff:10.0.0.1."""
    try:
        ip = ip_address(address)
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


def browser_words(request: web.Request) -> str:
    """A word or two on the browser, for the list of linked chats."""
    agent = request.headers.get("User-Agent", "")
    systems = ("Android", "iPhone", "iPad", "Windows", "Macintosh", "Linux")
    browsers = ("Edg", "Firefox", "Chrome", "Safari")
    system = next((one for one in systems if one in agent), "")
    browser = next((one for one in browsers if one in agent), "")
    return (
        " · ".join(
            part for part in (browser.replace("Edg", "Edge"), system.replace("Macintosh", "Mac")) if part
        )
        or "Browser"
    )


def offered_languages(request: web.Request) -> list[str]:
    """What the reader wants to read, best first: what the address says, what was chosen before, what the browser asks."""
    header = request.headers.get("Accept-Language", "")[:200]
    asked = [part.split(";")[0].strip() for part in header.split(",")]
    return [request.query.get("lang", ""), request.cookies.get("lang", ""), *asked]


async def words_of(request: web.Request) -> Mapping[str, str]:
    """The words of a form. Raises HTTPBadRequest for anything else."""
    try:
        form = await request.post()
    except (ValueError, LookupError):
        raise web.HTTPBadRequest(text="not a form") from None
    return {name: value.replace("\0", "") for name, value in form.items() if isinstance(value, str)}
