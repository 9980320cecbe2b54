"""/admin/account: an authenticator app, and /admin/code: the code that it shows."""

from __future__ import annotations

import pyotp
import segno
from aiohttp import web

from core.actions.panel_accounts import is_secret, note_try, set_totp, settle_try, spend_totp, step_of
from core.actions.panel_sessions import verify_session
from core.domain.rights import PANEL_ROLES
from core.errors import TooManyTries
from core.sealing import seal, unseal
from core.web.page import Page, Visit

BEFORE_THE_CODE = ("/code", "/sign-out")
"""What is open to a session whose code is still to be given."""


async def ask(visit: Visit) -> web.StreamResponse:
    """The code's form."""
    return visit.render("code.html", refused="")


async def give(visit: Visit) -> web.StreamResponse:
    """A right code opens the rest of the panel; wrong ones are counted."""
    t = visit.t
    account = visit.panel.services.address_hash(f"totp:{visit.session.person_id}")
    try:
        number = await note_try(visit.uow, account, visit.address_hash)
    except TooManyTries as error:
        until = t.time(error.until.astimezone(visit.school.zone))
        return visit.render(
            "code.html", refused=t("Too many tries. Try again at {time}.", time=until), status=429
        )
    secret = unseal(visit.panel.key, visit.session.totp) if visit.session.totp else None
    is_right = secret is not None and await spend_totp(
        visit.uow, visit.session.person_id, secret, visit.form.get("code", "")
    )
    await settle_try(visit.uow, number, visit.address_hash, is_right=is_right)
    if not is_right:
        return visit.render("code.html", refused=t("This code is not right, or was used."), status=403)
    await verify_session(visit.uow, visit.session.id)
    return visit.go("")


async def show(visit: Visit) -> web.StreamResponse:
    """Whether there is an app, and a new secret for one."""
    return _page(visit, pyotp.random_base32())


def _page(visit: Visit, secret: str, *, refused: str = "", status: int = 200) -> web.StreamResponse:
    who = visit.actor.identities[0].name.full_name
    address = pyotp.TOTP(secret).provisioning_uri(name=who, issuer_name="Schoolbell")
    drawing = segno.make(address).svg_inline(omitsize=True, border=2, svgclass="qr", lineclass="qr-line")
    return visit.render(
        "account.html",
        secret=secret,
        drawing=drawing,
        has_app=bool(visit.session.totp),
        needed=bool(visit.query("needed", 1)),
        refused=refused,
        status=status,
    )


async def keep(visit: Visit) -> web.StreamResponse:
    """Keep a secret once its first code is right. With an app already there, this session has given its code."""
    secret = visit.form.get("secret", "")
    step = step_of(secret, visit.form.get("code", ""), visit.uow.now)
    if step is None:
        shown = secret if is_secret(secret) else pyotp.random_base32()
        return _page(visit, shown, refused=visit.t("This code is not right, or was used."), status=400)
    await set_totp(visit.uow, visit.session.person_id, seal(visit.panel.key, secret), step=step)
    await verify_session(visit.uow, visit.session.id)
    return visit.go("/account", done="totp")


PAGES = (
    Page("GET", "/code", ask, PANEL_ROLES),
    Page("POST", "/code", give, PANEL_ROLES),
    Page("GET", "/account", show, PANEL_ROLES),
    Page("POST", "/account", keep, PANEL_ROLES),
)
